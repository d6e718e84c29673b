//! Another key in the place of the one that a database is sealed with.

use rollcall_store::{Resealed, Sealed, Store, StoreError};

use super::{OpenError, SealError, SealedFor, SealingKey, key_check};
use crate::oauth::signing_key_owner;
use crate::sso_connections::CLIENT_SECRET;
use crate::webhooks::SEALED_AS;

/// The key was not replaced, and nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceKeyError {
    /// Something was sealed with another key than the present one, or damaged.
    #[error(
        "the {what} does not open with the present secret key; give it a new secret, or delete it"
    )]
    Open {
        /// What it is, with its id.
        what: String,
        /// How it failed.
        source: OpenError,
    },
    /// A secret could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database refused, or is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens everything with `old` and seals it with `new`, or changes nothing.
///
/// No server may run meanwhile: it would go on sealing with the old key.
///
/// # Errors
///
/// Something does not open with `old`, or the database is not available.
pub async fn replace_key(
    store: &Store,
    old: &SealingKey,
    new: &SealingKey,
) -> Result<Resealed, ReplaceKeyError> {
    let again = |what: &str, owner: SealedFor<'_>, sealed: &[u8]| {
        let secret = old.open(sealed, owner);
        let secret = secret.map_err(|source| ReplaceKeyError::Open {
            what: format!("{what} of {}", owner.id),
            source,
        })?;
        Ok(new.seal(&secret, owner)?)
    };
    store
        .reseal(|what, sealed| match what {
            Sealed::KeyCheck => again("mark", key_check::OWNER, sealed),
            Sealed::ClientSecret(id) => {
                let id = id.to_string();
                let owner = SealedFor {
                    purpose: CLIENT_SECRET,
                    id: &id,
                };
                again("client secret", owner, sealed)
            }
            Sealed::WebhookSecret(id) => {
                let id = id.to_string();
                let owner = SealedFor {
                    purpose: SEALED_AS,
                    id: &id,
                };
                again("webhook secret", owner, sealed)
            }
            Sealed::SigningKey(id) => {
                again("signing key", signing_key_owner(&id.to_string()), sealed)
            }
        })
        .await
}
