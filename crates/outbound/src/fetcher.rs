//! A GET with limits on time, size and redirects.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::{Host, Url};

use crate::allowed::AllowedNetworks;
use crate::error::FetchError;
use crate::resolver::Reach;

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 3;

/// How long a connection is kept for the next request to the same host.
const IDLE: Duration = Duration::from_secs(30);

const USER_AGENT: &str = concat!("rollcall/", env!("CARGO_PKG_VERSION"));

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To look up the name, connect and agree on TLS, for each host.
    pub connect: Duration,
    /// For everything, redirects and body included.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(8),
        }
    }
}

/// An answer with status 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The whole body.
    pub body: Vec<u8>,
    /// How long the host says that it stays valid (`Cache-Control: max-age`, RFC 9111 §5.2.2.1).
    pub max_age: Option<Duration>,
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the client for outbound requests cannot be set up")]
pub struct FetcherError(#[from] reqwest::Error);

/// Asks addresses that somebody else named. One for each process: it keeps connections.
///
/// Proxies of the environment are not used: behind one, the address that is connected to would be
/// chosen by the proxy, unseen.
#[derive(Clone)]
pub struct Fetcher {
    /// For `https`: public addresses, and allowed networks.
    tls: (Client, Reach),
    /// For `http`: allowed networks only.
    plain: (Client, Reach),
    total: Duration,
}

impl Fetcher {
    /// A fetcher that reaches the public internet over TLS, and the networks that are allowed.
    ///
    /// # Errors
    ///
    /// The system's root certificates cannot be read.
    pub fn new(allowed: AllowedNetworks, timeouts: Timeouts) -> Result<Self, FetcherError> {
        let allowed = Arc::new(allowed);
        let client = |public| {
            let reach = Reach {
                public,
                allowed: Arc::clone(&allowed),
            };
            let client = Client::builder()
                .user_agent(USER_AGENT)
                .no_proxy()
                .redirect(Policy::none())
                .referer(false)
                .https_only(public)
                .connect_timeout(timeouts.connect)
                .pool_idle_timeout(IDLE)
                .dns_resolver(reach.clone())
                .build()?;
            Ok::<_, FetcherError>((client, reach))
        };
        Ok(Self {
            tls: client(true)?,
            plain: client(false)?,
            total: timeouts.total,
        })
    }

    /// Gets a document of at most `max_bytes`.
    ///
    /// Follows three redirects, each to an address that is checked as the first one was.
    ///
    /// # Errors
    ///
    /// [`FetchError`]: the address is forbidden, or the host gave no usable answer in time.
    pub async fn get(&self, url: &str, max_bytes: usize) -> Result<Fetched, FetchError> {
        in_time(self.total, async {
            let mut url = Url::parse(url).map_err(|reason| FetchError::Url(reason.to_string()))?;
            for _ in 0..=MAX_REDIRECTS {
                let response = self.ask(&url).await?;
                match redirect(&url, &response)? {
                    Some(next) => url = next,
                    None => return read(response, max_bytes).await,
                }
            }
            Err(FetchError::Redirects(MAX_REDIRECTS))
        })
        .await
    }

    async fn ask(&self, url: &Url) -> Result<Response, FetchError> {
        let request = self
            .client_for(url)?
            .get(url.clone())
            .header(ACCEPT, "application/json, */*;q=0.5");
        request.send().await.map_err(|error| FetchError::of(&error))
    }

    /// The client that may ask an address, if one may.
    pub(crate) fn client_for(&self, url: &Url) -> Result<&Client, FetchError> {
        let (client, reach) = match url.scheme() {
            "https" => &self.tls,
            "http" if !self.plain.1.allowed.is_empty() => &self.plain,
            _ => return Err(FetchError::NotHttps),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Url(
                "it holds a user name or password".to_owned(),
            ));
        }
        // The client looks up names only; a literal address would pass by its resolver.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) | None => None,
        };
        if literal.is_some_and(|address| !reach.holds(address)) {
            return Err(FetchError::Forbidden);
        }
        Ok(client)
    }
}

async fn in_time<T>(
    total: Duration,
    work: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    let done = tokio::time::timeout(total, work).await;
    done.unwrap_or(Err(FetchError::Timeout))
}

/// Where an answer sends us; `None` if it is the answer. TLS is never given up on the way.
fn redirect(from: &Url, response: &Response) -> Result<Option<Url>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let status = FetchError::Status(response.status().as_u16());
    let location = response.headers().get(LOCATION).ok_or(status)?;
    let location = location
        .to_str()
        .map_err(|_| FetchError::Url("the redirect leads nowhere".to_owned()))?;
    let next = from
        .join(location)
        .map_err(|reason| FetchError::Url(reason.to_string()))?;
    if from.scheme() == "https" && next.scheme() != "https" {
        return Err(FetchError::NotHttps);
    }
    Ok(Some(next))
}

async fn read(mut response: Response, max_bytes: usize) -> Result<Fetched, FetchError> {
    if response.status().as_u16() != 200 {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let max_age = max_age(response.headers());
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| FetchError::of(&error))?
    {
        if body.len() + chunk.len() > max_bytes {
            return Err(FetchError::TooLong(max_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Fetched { body, max_age })
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(CACHE_CONTROL)?.to_str().ok()?;
    let seconds = value.split(',').find_map(|directive| {
        let (name, seconds) = directive.trim().split_once('=')?;
        let named = name.eq_ignore_ascii_case("max-age");
        named.then(|| seconds.trim_matches('"').parse().ok())?
    });
    seconds.map(Duration::from_secs)
}

#[cfg(test)]
#[path = "fetcher_tests.rs"]
mod tests;
