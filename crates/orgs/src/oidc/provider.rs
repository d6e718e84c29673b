//! The documents of a provider: where its keys are (OpenID Connect Discovery §4), and the keys.
//!
//! Both are remembered for as long as the provider says, within limits. A token with an unknown
//! key makes them be fetched anew, but not more often than every [`BETWEEN_REFRESHES`], so that
//! made-up key ids cannot turn us against a provider. One request at a time asks for a provider's
//! documents, and all who wait share its answer. A provider that is down stops no sign-in as long
//! as its keys are remembered and not older than [`AT_MOST`].

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rollcall_model::Timestamp;
use rollcall_outbound::{FetchError, Fetcher};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::oidc::keys::{self, MAX_KEYS, ProviderKey};

const MAX_DISCOVERY_BYTES: usize = 64 * 1024;
const MAX_KEYS_BYTES: usize = 512 * 1024;

/// How long documents are fresh if the provider does not say.
const BY_DEFAULT: Duration = Duration::from_secs(3_600);
/// How long they are fresh at least, whatever the provider says.
const AT_LEAST: Duration = Duration::from_secs(600);
/// How long they are used at most, even if newer ones cannot be had.
const AT_MOST: Duration = Duration::from_secs(24 * 3_600);
/// How often at most an unknown key makes them be fetched anew.
const BETWEEN_REFRESHES: Duration = Duration::from_secs(10);
/// How long a provider that failed is not asked again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Why the keys of a provider cannot be had, in words for whoever set it up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderUnavailable {
    /// The discovery document could not be fetched.
    #[error("its discovery document cannot be fetched: {0}")]
    Discovery(FetchError),
    /// It was fetched, but is something else.
    #[error("its discovery document is not one: {0}")]
    NotDiscovery(&'static str),
    /// It names another issuer.
    #[error("its discovery document names another issuer: `{found}`")]
    IssuerMismatch {
        /// The issuer that it names.
        found: String,
    },
    /// The keys would be fetched without TLS.
    #[error("its keys are at an address that does not begin with https://")]
    KeysNotHttps,
    /// The keys could not be fetched.
    #[error("its keys cannot be fetched: {0}")]
    Keys(FetchError),
    /// They were fetched, but are something else.
    #[error("its key document is not one: {0}")]
    NotKeys(&'static str),
    /// None of the keys can verify a token.
    #[error("none of the {published} keys that it publishes can verify a signature")]
    NoUsableKey {
        /// How many there are.
        published: usize,
    },
}

impl ProviderUnavailable {
    /// A stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Discovery(_) => "discovery_unreachable",
            Self::NotDiscovery(_) => "discovery_not_valid",
            Self::IssuerMismatch { .. } => "issuer_mismatch",
            Self::KeysNotHttps => "keys_not_https",
            Self::Keys(_) => "keys_unreachable",
            Self::NotKeys(_) => "keys_not_valid",
            Self::NoUsableKey { .. } => "no_usable_key",
        }
    }
}

/// What the documents of a provider hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderSummary {
    /// Keys that can verify tokens.
    pub usable_keys: usize,
    /// Keys that it publishes.
    pub published_keys: usize,
}

/// Where people sign in, and codes are redeemed.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Endpoints {
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    /// How clients may prove who they are (OpenID Connect Discovery §3).
    #[serde(default)]
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// What is remembered of a provider.
pub(super) struct Known {
    pub(super) keys: Vec<ProviderKey>,
    /// `None` if its document names none, or names some without TLS. Tokens can be verified all the
    /// same.
    pub(super) endpoints: Option<Endpoints>,
    published: usize,
    fetched_at: Timestamp,
    fresh_until: Timestamp,
}

/// When a provider was asked last, and without success.
#[derive(Default)]
struct Attempts {
    refreshed_at: Option<Timestamp>,
    failed: Option<(Timestamp, ProviderUnavailable)>,
}

/// One provider.
pub(super) struct Issuer {
    url: String,
    known: RwLock<Option<Arc<Known>>>,
    /// Held by the one request that asks the provider.
    asking: Mutex<Attempts>,
}

impl Issuer {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            known: RwLock::new(None),
            asking: Mutex::default(),
        }
    }

    fn remembered(&self) -> Option<Arc<Known>> {
        let known = self.known.read();
        known.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys, fetched if need be.
    pub(super) async fn known(
        &self,
        fetcher: &Fetcher,
        now: Timestamp,
    ) -> Result<Arc<Known>, ProviderUnavailable> {
        let fresh = || self.remembered().filter(|known| now < known.fresh_until);
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let mut attempts = self.asking.lock().await;
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let fetched = match &attempts.failed {
            Some((at, reason)) if now < at.plus(AFTER_FAILURE) => Err(reason.clone()),
            _ => self.fetch(&mut attempts, fetcher, now).await,
        };
        let usable = |known: &Arc<Known>| now < known.fetched_at.plus(AT_MOST);
        fetched.or_else(|reason| self.remembered().filter(usable).ok_or(reason))
    }

    /// Newer keys than `seen`, if they can be had and were not asked for a moment ago.
    pub(super) async fn known_after(
        &self,
        seen: &Arc<Known>,
        fetcher: &Fetcher,
        now: Timestamp,
    ) -> Arc<Known> {
        let mut attempts = self.asking.lock().await;
        let remembered = self.remembered().unwrap_or_else(|| Arc::clone(seen));
        let asked_before = attempts.refreshed_at;
        let too_soon = asked_before.is_some_and(|at| now < at.plus(BETWEEN_REFRESHES));
        if !Arc::ptr_eq(&remembered, seen) || too_soon {
            return remembered;
        }
        attempts.refreshed_at = Some(now);
        let fetched = self.fetch(&mut attempts, fetcher, now).await;
        fetched.unwrap_or(remembered)
    }

    /// Fetches the documents, because somebody wants to know how the provider is now.
    pub(super) async fn inspect(
        &self,
        fetcher: &Fetcher,
        now: Timestamp,
    ) -> Result<ProviderSummary, ProviderUnavailable> {
        let mut attempts = self.asking.lock().await;
        let known = self.fetch(&mut attempts, fetcher, now).await?;
        Ok(ProviderSummary {
            usable_keys: known.keys.len(),
            published_keys: known.published,
        })
    }

    async fn fetch(
        &self,
        attempts: &mut Attempts,
        fetcher: &Fetcher,
        now: Timestamp,
    ) -> Result<Arc<Known>, ProviderUnavailable> {
        match fetch(&self.url, fetcher, now).await {
            Ok(known) => {
                let known = Arc::new(known);
                attempts.failed = None;
                let mut remembered = self.known.write().unwrap_or_else(PoisonError::into_inner);
                *remembered = Some(Arc::clone(&known));
                Ok(known)
            }
            Err(reason) => {
                attempts.failed = Some((now, reason.clone()));
                Err(reason)
            }
        }
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

async fn fetch(
    issuer: &str,
    fetcher: &Fetcher,
    now: Timestamp,
) -> Result<Known, ProviderUnavailable> {
    let place = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let document = fetcher
        .get(&place, MAX_DISCOVERY_BYTES)
        .await
        .map_err(ProviderUnavailable::Discovery)?;
    let discovery: Discovery = serde_json::from_slice(&document.body).map_err(|_| {
        ProviderUnavailable::NotDiscovery("it is no JSON object with `issuer` and `jwks_uri`")
    })?;
    if discovery.issuer != issuer {
        return Err(ProviderUnavailable::IssuerMismatch {
            found: shown(&discovery.issuer),
        });
    }
    // Without TLS only if the issuer itself is without, on a developer's machine.
    let secure = |url: &str| url.starts_with("https://");
    if secure(issuer) && !secure(&discovery.jwks_uri) {
        return Err(ProviderUnavailable::KeysNotHttps);
    }
    let endpoints = serde_json::from_slice(&document.body).ok();
    let endpoints = endpoints.filter(|it: &Endpoints| {
        let named = [&it.authorization_endpoint, &it.token_endpoint];
        !secure(issuer) || named.into_iter().all(|url| secure(url))
    });
    let document = fetcher
        .get(&discovery.jwks_uri, MAX_KEYS_BYTES)
        .await
        .map_err(ProviderUnavailable::Keys)?;
    let set: KeySet = serde_json::from_slice(&document.body)
        .map_err(|_| ProviderUnavailable::NotKeys("it is no JSON object with `keys`"))?;
    if set.keys.len() > MAX_KEYS {
        return Err(ProviderUnavailable::NotKeys("it holds more than 100 keys"));
    }
    let published = set.keys.len();
    let keys = keys::usable(&set.keys);
    if keys.is_empty() {
        return Err(ProviderUnavailable::NoUsableKey { published });
    }
    let lifetime = document.max_age.unwrap_or(BY_DEFAULT);
    Ok(Known {
        keys,
        endpoints,
        published,
        fetched_at: now,
        fresh_until: now.plus(lifetime.clamp(AT_LEAST, AT_MOST)),
    })
}

/// The beginning of a text that a stranger chose, on one line.
pub(super) fn shown(text: &str) -> String {
    const MAX: usize = 200;
    let printable = text.chars().filter(|letter| !letter.is_control());
    printable.take(MAX).collect()
}
