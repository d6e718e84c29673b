//! The vendor's credentials for the management API.

use rand::rngs::SysRng;
use rollcall_model::{ApiKey, ApiKeyId, ApiKeyRole, OrgId, Origin};
use rollcall_store::{NewApiKey, Store, StoreError};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::error::OrgsError;
use crate::field;
use crate::secret::ApiKeySecret;

/// The shortest key that may be given from outside, in bytes.
pub const MIN_GIVEN_BYTES: usize = 24;
/// How much of a key is kept to tell it from others.
const PREFIX_CHARS: usize = 8;

/// An API key and the secret that is shown this once.
pub struct IssuedKey {
    /// What is kept.
    pub key: ApiKey,
    /// What is not.
    pub secret: ApiKeySecret,
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Makes an API key that may do everything.
///
/// # Errors
///
/// The name is not valid.
pub async fn create(store: &Store, name: &str, origin: Origin) -> Result<IssuedKey, OrgsError> {
    create_limited(store, name, KeyLimits::default(), origin).await
}

/// What an API key may do, and where.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyLimits {
    /// Whether it may change things.
    pub role: ApiKeyRole,
    /// The one organization that it opens; `None` opens all.
    pub organization_id: Option<OrgId>,
}

/// Makes an API key within limits.
///
/// # Errors
///
/// The name is not valid, or the organization is gone.
pub async fn create_limited(
    store: &Store,
    name: &str,
    limits: KeyLimits,
    origin: Origin,
) -> Result<IssuedKey, OrgsError> {
    let (secret, mut key) = generate(store, name)?;
    key.role = limits.role;
    key.organization_id = limits.organization_id;
    let key = store.insert_api_key(key, origin).await?;
    Ok(IssuedKey { key, secret })
}

/// Makes the first API key of an installation; `None` if there is one already.
///
/// # Errors
///
/// The database is not available.
pub async fn create_first(
    store: &Store,
    name: &str,
    origin: Origin,
) -> Result<Option<IssuedKey>, OrgsError> {
    let (secret, key) = generate(store, name)?;
    let key = store.insert_first_api_key(key, origin).await?;
    Ok(key.map(|key| IssuedKey { key, secret }))
}

fn generate(store: &Store, name: &str) -> Result<(ApiKeySecret, NewApiKey), OrgsError> {
    let name = field::name("name", name)?;
    let secret = ApiKeySecret::generate(&mut SysRng)?;
    let key = NewApiKey {
        id: ApiKeyId::new(store.clock()),
        name,
        prefix: secret.prefix(),
        digest: secret.digest(),
        role: ApiKeyRole::Admin,
        organization_id: None,
    };
    Ok((secret, key))
}

/// Takes in a key that the configuration gives. Doing it again changes nothing.
///
/// # Errors
///
/// The key is too short to be one.
pub async fn adopt(
    store: &Store,
    name: &str,
    secret: &SecretString,
    origin: Origin,
) -> Result<ApiKey, OrgsError> {
    let secret = secret.expose_secret();
    if secret.len() < MIN_GIVEN_BYTES {
        let reason = format!("must have at least {MIN_GIVEN_BYTES} characters");
        return Err(OrgsError::invalid("admin_key", reason));
    }
    let key = NewApiKey {
        id: ApiKeyId::new(store.clock()),
        name: name.to_owned(),
        prefix: secret.chars().take(PREFIX_CHARS).collect(),
        digest: digest(secret),
        role: ApiKeyRole::Admin,
        organization_id: None,
    };
    Ok(store.insert_api_key(key, origin).await?)
}

/// The API key of a bearer text; `None` if nobody made it.
///
/// Any text is looked up by its digest: a key given from outside has no fixed shape.
///
/// # Errors
///
/// The database is not available.
pub async fn authenticate(store: &Store, bearer: &str) -> Result<Option<ApiKey>, StoreError> {
    store.find_api_key(&digest(bearer)).await
}

/// Deletes an API key, which stops working at once.
///
/// # Errors
///
/// There is none of that id.
pub async fn delete(store: &Store, id: ApiKeyId, origin: Origin) -> Result<(), OrgsError> {
    if store.delete_api_key(id, origin).await? {
        Ok(())
    } else {
        Err(OrgsError::NotFound { what: "API key" })
    }
}
