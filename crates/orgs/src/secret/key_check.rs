//! Whether a sealing key is the one that a database was sealed with.
//!
//! A wrong key would be noticed only when a secret is read back, perhaps months later, and by then
//! others would have been sealed with it. So each database keeps a text sealed with its key, and a
//! server that cannot open it does not start.

use rollcall_store::Store;
use secrecy::SecretString;

use super::{SealedFor, SealingKey};
use crate::error::OrgsError;

/// What the sealed text is for.
pub(super) const OWNER: SealedFor<'static> = SealedFor {
    purpose: "key_check",
    id: "installation",
};

/// Compares a key with the one of the database; the first key to come is taken as that one.
///
/// # Errors
///
/// [`OrgsError::WrongKey`] if another key sealed what is stored.
pub async fn check(store: &Store, key: &SealingKey) -> Result<(), OrgsError> {
    let first = key.seal(&SecretString::from("rollcall"), OWNER)?;
    let kept = store.key_check(first).await?;
    key.open(&kept, OWNER)
        .map(drop)
        .map_err(|_| OrgsError::WrongKey)
}

/// Whether a key is the one that the database was first used with; `None` if it was not used yet.
/// Changes nothing.
///
/// # Errors
///
/// The database is not available.
pub async fn is_key_of(store: &Store, key: &SealingKey) -> Result<Option<bool>, OrgsError> {
    let kept = store.stored_key_check().await?;
    Ok(kept.map(|kept| key.open(&kept, OWNER).is_ok()))
}
