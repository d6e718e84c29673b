//! Webhook endpoints: what may be chosen for one, and its secrets.
//!
//! A secret is 32 random bytes, shown once as `whsec_` and base64 (Standard Webhooks). It signs every
//! request, so it has to be read back: it is stored sealed, for its endpoint.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::TryRng;
use rand::rngs::SysRng;
use rollcall_model::{AuditId, OrgId, Origin, WebhookEndpoint, WebhookEndpointId};
use rollcall_outbound::Fetcher;
use rollcall_store::{NewWebhookEndpoint, NewWebhookSecret, Store, WebhookEndpointChange};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::error::OrgsError;
use crate::secret::{OpenError, RandomSourceError, SealedFor, SealingKey};

/// What a secret begins with.
pub const SECRET_PREFIX: &str = "whsec_";

/// How long the old secret signs along after a rotation, if nobody says.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest that anybody may say.
const MAX_OVERLAP: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Standard Webhooks takes 24 to 64.
const SECRET_BYTES: usize = 32;

/// How many requests may be on their way to one endpoint.
const MAX_IN_FLIGHT: u32 = 64;

/// How long an endpoint may take to answer.
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

const MAX_URL: usize = 2_048;
const MAX_DESCRIPTION: usize = 500;
/// What its secrets are sealed as.
pub(crate) const SEALED_AS: &str = "webhook_secret";
const WHAT: &str = "webhook endpoint";

/// Knows where webhooks may be sent.
#[derive(Clone)]
pub struct Destinations(Fetcher);

impl Destinations {
    /// What this fetcher may reach.
    #[must_use]
    pub const fn new(fetcher: Fetcher) -> Self {
        Self(fetcher)
    }
}

/// An endpoint, and the secret that is shown this once.
pub struct IssuedSecret {
    /// The endpoint.
    pub endpoint: WebhookEndpoint,
    /// The secret.
    pub secret: SecretString,
}

/// Adds an endpoint of one organization, or of the installation.
///
/// # Errors
///
/// A field is not valid, or the organization is gone.
pub async fn create(
    (store, key, destinations): (&Store, &SealingKey, &Destinations),
    organization_id: Option<OrgId>,
    (url, mut chosen): (String, WebhookEndpointChange),
    origin: Origin,
) -> Result<IssuedSecret, OrgsError> {
    check_url(destinations, &url)?;
    check(&mut chosen)?;
    let id = WebhookEndpointId::new(store.clock());
    let (secret, sealed) = make_secret(store, key, id)?;
    let new = NewWebhookEndpoint {
        id,
        organization_id,
        chosen,
        url,
        secret: sealed,
    };
    let endpoint = store.insert_webhook_endpoint(new, origin).await?;
    Ok(IssuedSecret { endpoint, secret })
}

/// Changes an endpoint. `within` is the one organization that the caller is bound to.
///
/// # Errors
///
/// A field is not valid, or there is no endpoint of that id.
pub async fn change(
    (store, destinations): (&Store, &Destinations),
    within: Option<OrgId>,
    id: WebhookEndpointId,
    mut change: WebhookEndpointChange,
    origin: Origin,
) -> Result<WebhookEndpoint, OrgsError> {
    if let Some(url) = &change.url {
        check_url(destinations, url)?;
    }
    check(&mut change)?;
    let changed = store.change_webhook_endpoint(within, id, change, origin);
    changed.await?.ok_or(OrgsError::NotFound { what: WHAT })
}

/// Gives an endpoint a new secret. The one it has signs along for `overlap`.
///
/// # Errors
///
/// The overlap is too long, or there is no endpoint of that id.
pub async fn rotate_secret(
    (store, key): (&Store, &SealingKey),
    within: Option<OrgId>,
    id: WebhookEndpointId,
    overlap: Duration,
    origin: Origin,
) -> Result<IssuedSecret, OrgsError> {
    if overlap > MAX_OVERLAP {
        let reason = format!("must be 0 to {}", MAX_OVERLAP.as_secs());
        return Err(OrgsError::invalid("overlap_seconds", reason));
    }
    let (secret, sealed) = make_secret(store, key, id)?;
    let endpoint = store
        .rotate_webhook_secret(within, id, (sealed, overlap), origin)
        .await?
        .ok_or(OrgsError::NotFound { what: WHAT })?;
    Ok(IssuedSecret { endpoint, secret })
}

/// Deletes an endpoint, with what waits for it.
///
/// # Errors
///
/// There is none of that id.
pub async fn delete(
    store: &Store,
    within: Option<OrgId>,
    id: WebhookEndpointId,
    origin: Origin,
) -> Result<(), OrgsError> {
    if store.delete_webhook_endpoint(within, id, origin).await? {
        Ok(())
    } else {
        Err(OrgsError::NotFound { what: WHAT })
    }
}

/// Reads back a secret of an endpoint: its text, with `whsec_` before it.
///
/// # Errors
///
/// Another key sealed it, or it was changed.
pub fn open_secret(
    key: &SealingKey,
    id: WebhookEndpointId,
    sealed: &[u8],
) -> Result<SecretString, OpenError> {
    key.open(
        sealed,
        SealedFor {
            purpose: SEALED_AS,
            id: &id.to_string(),
        },
    )
}

fn make_secret(
    store: &Store,
    key: &SealingKey,
    id: WebhookEndpointId,
) -> Result<(SecretString, NewWebhookSecret), OrgsError> {
    let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
    SysRng
        .try_fill_bytes(bytes.as_mut_slice())
        .map_err(RandomSourceError::new)?;
    let encoded = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
    let secret = SecretString::from(format!("{SECRET_PREFIX}{}", *encoded));
    let owner = SealedFor {
        purpose: SEALED_AS,
        id: &id.to_string(),
    };
    let sealed = NewWebhookSecret {
        // Any id that carries the time: the newest secret is the first in the header.
        id: AuditId::new(store.clock()).as_uuid(),
        sealed: key.seal(&secret, owner)?,
    };
    Ok((secret, sealed))
}

fn check_url(destinations: &Destinations, url: &str) -> Result<(), OrgsError> {
    if url.len() > MAX_URL {
        let reason = format!("must not be longer than {MAX_URL} bytes");
        return Err(OrgsError::invalid("url", reason));
    }
    let refused = |reason| OrgsError::invalid("url", format!("cannot be used: {reason}"));
    destinations.0.check(url).map_err(refused)
}

fn check(change: &mut WebhookEndpointChange) -> Result<(), OrgsError> {
    if let Some(Some(description)) = &change.description
        && (description.chars().count() > MAX_DESCRIPTION
            || description.chars().any(char::is_control))
    {
        let reason = format!("must be at most {MAX_DESCRIPTION} characters without control ones");
        return Err(OrgsError::invalid("description", reason));
    }
    if let Some(Some(types)) = &mut change.types {
        if types.is_empty() {
            let reason = "must name at least one type; `null` is every type";
            return Err(OrgsError::invalid("types", reason));
        }
        types.sort_unstable_by_key(|kind| kind.as_str());
        types.dedup();
    }
    if change
        .max_in_flight
        .is_some_and(|most| !(1..=MAX_IN_FLIGHT).contains(&most))
    {
        let reason = format!("must be 1 to {MAX_IN_FLIGHT}");
        return Err(OrgsError::invalid("max_in_flight", reason));
    }
    let second = Duration::from_secs(1);
    if change
        .timeout
        .is_some_and(|timeout| !(second..=MAX_TIMEOUT).contains(&timeout))
    {
        let reason = format!("must be 1 to {}", MAX_TIMEOUT.as_secs());
        return Err(OrgsError::invalid("timeout_seconds", reason));
    }
    Ok(())
}
