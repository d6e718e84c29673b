//! What is known of an API key once its secret has been shown.

use crate::{ApiKeyId, Timestamp};

/// A vendor's credential for the management API, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Its name for people.
    pub name: String,
    /// The first characters of the secret, to tell keys apart.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used; up to a few seconds behind.
    pub last_used_at: Option<Timestamp>,
}
