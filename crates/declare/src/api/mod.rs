//! The management API, over HTTP: the only way to an installation that this crate knows.
//!
//! Everything a file changes goes through the rules, the audit log and the events that a call of
//! anybody's goes through, and an installation can be somewhere else.

mod error;

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::TryRng;
use rand::rngs::SysRng;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, Response, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

pub use error::ApiError;

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How often a call is sent that finds nobody or a server that is busy.
const ATTEMPTS: u32 = 6;

/// The longest that a server may ask to be left alone for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// An installation, and a key for it.
pub struct Api {
    client: Client,
    url: String,
    key: SecretString,
}

/// A page of a list.
#[derive(Deserialize)]
struct Page {
    data: Vec<Value>,
    next_cursor: Option<String>,
}

impl Api {
    /// The installation at a URL.
    ///
    /// # Errors
    ///
    /// The URL is none of a server, or there can be no HTTP client.
    pub fn new(url: &str, key: SecretString) -> Result<Self, ApiError> {
        let unusable = |reason: String| ApiError::Url {
            url: url.to_owned(),
            reason,
        };
        let parsed = Url::parse(url).map_err(|reason| unusable(reason.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(unusable(
                "it must begin with https:// or http://".to_owned(),
            ));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(unusable("leave user name and password out".to_owned()));
        }
        let mut client = Client::builder()
            .timeout(TIMEOUT)
            // The key goes to whom it was meant for and to nobody that one names.
            .redirect(redirect::Policy::none());
        let is_here = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if is_here {
            // A proxy of the environment could not reach this machine.
            client = client.no_proxy();
        }
        Ok(Self {
            client: client.build().map_err(ApiError::Client)?,
            url: parsed.as_str().trim_end_matches('/').to_owned(),
            key,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Reads one thing.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        self.call(Method::GET, path, None).await
    }

    /// Reads one thing that may not be there.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ApiError> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a list to its end.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>, ApiError> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = match &after {
                None => self.get::<Page>(path).await?,
                Some(cursor) => {
                    let after = escaped(cursor);
                    self.get(&format!("{path}{joint}after={after}")).await?
                }
            };
            all.extend(page.data);
            match page.next_cursor {
                None => return Ok(all),
                next => after = next,
            }
        }
    }

    /// Makes one thing, once, however often it has to be sent.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub async fn create(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        self.change(Method::POST, path, Some(body)).await
    }

    /// Takes one thing away. One that is gone already is no error.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub async fn delete(&self, path: &str) -> Result<(), ApiError> {
        self.change(Method::DELETE, path, None).await?;
        Ok(())
    }

    /// Changes something. A POST is done once, however often it has to be sent.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub(crate) async fn change(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, ApiError> {
        let again = method == Method::DELETE;
        match self.call(method, path, body).await {
            // It went with an answer that did not arrive, or somebody else took it away.
            Err(error) if again && error.is_not_found() => Ok(Value::Null),
            answer => answer,
        }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ApiError> {
        let once = once()?;
        let mut pause = Duration::from_millis(250);
        let mut attempt = 1;
        loop {
            let mut request = self
                .client
                .request(method.clone(), format!("{}{path}", self.url))
                .bearer_auth(self.key.expose_secret());
            if let Some(body) = body {
                request = request.json(body);
            }
            if method == Method::POST {
                request = request.header("idempotency-key", &once);
            }
            let what = || format!("{method} {path}");
            let wait = match request.send().await {
                Ok(answer) if is_busy(answer.status()) && attempt < ATTEMPTS => {
                    asked_for(&answer).unwrap_or(pause)
                }
                Ok(answer) => return read(answer, what()).await,
                Err(error) if attempt < ATTEMPTS && (error.is_connect() || error.is_timeout()) => {
                    pause
                }
                Err(source) => {
                    return Err(ApiError::NoAnswer {
                        url: self.url.clone(),
                        source,
                    });
                }
            };
            tokio::time::sleep(wait.min(LONGEST_WAIT)).await;
            pause *= 2;
            attempt += 1;
        }
    }
}

/// What tells a call that is sent again from another one.
fn once() -> Result<String, ApiError> {
    let mut random = [0; 16];
    SysRng
        .try_fill_bytes(&mut random)
        .map_err(|source| ApiError::Random(source.to_string()))?;
    Ok(format!("{:032x}", u128::from_le_bytes(random)))
}

/// A text in a path or a query string.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn is_busy(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    )
}

/// How long the server wants to be left alone.
fn asked_for(answer: &Response) -> Option<Duration> {
    let header = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    header.parse().ok().map(Duration::from_secs)
}

async fn read<T: DeserializeOwned>(answer: Response, what: String) -> Result<T, ApiError> {
    let status = answer.status();
    let body = answer.bytes().await;
    let body = body.map_err(|source| ApiError::BrokenOff {
        what: what.clone(),
        source,
    })?;
    if !status.is_success() {
        return Err(ApiError::refusal(what, status, &body));
    }
    // 204 has no body.
    let text: &[u8] = if body.is_empty() { b"null" } else { &body };
    serde_json::from_slice(text).map_err(|source| ApiError::NotAsPromised { what, source })
}
