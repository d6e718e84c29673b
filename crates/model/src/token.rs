//! What is known of a SCIM token once its secret has been shown.

use crate::{Timestamp, TokenId};

/// A SCIM token without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimToken {
    /// Its id.
    pub id: TokenId,
    /// Its name for people.
    pub name: String,
    /// The first characters of the secret, to tell tokens apart.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
    /// When it was last used; up to a few seconds behind.
    pub last_used_at: Option<Timestamp>,
    /// From when on it is refused because somebody revoked it; may lie ahead, for an overlap.
    pub revoked_at: Option<Timestamp>,
}
