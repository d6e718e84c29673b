//! What is known of a SCIM token once its secret has been shown.

use crate::{Timestamp, TokenId};

/// What a SCIM token may do with the users and groups of its connection.
///
/// Every token has one (RFC 7644 §2: each client maps to an access policy).
/// Ordered: what allows more is greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenAccess {
    /// Nothing at all. No token is made so: it is what a stored word means that this release does
    /// not know, because a later one wrote it.
    Nothing,
    /// Look.
    Read,
    /// Look and change.
    #[default]
    Write,
}

impl TokenAccess {
    /// The word that is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// Reads a stored word. One that nobody knows allows nothing.
    #[must_use]
    pub fn from_stored(word: &str) -> Self {
        match word {
            "read" => Self::Read,
            "write" => Self::Write,
            _ => Self::Nothing,
        }
    }
}

/// A SCIM token without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimToken {
    /// Its id.
    pub id: TokenId,
    /// Its name for people.
    pub name: String,
    /// The first characters of the secret, to tell tokens apart.
    pub prefix: String,
    /// What it may do.
    pub access: TokenAccess,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
    /// When it was last used; up to a few seconds behind.
    pub last_used_at: Option<Timestamp>,
    /// From when on it is refused because somebody revoked it; may lie ahead, for an overlap.
    pub revoked_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_later_release_allows_nothing() {
        for access in [TokenAccess::Read, TokenAccess::Write] {
            assert_eq!(TokenAccess::from_stored(access.as_str()), access);
        }
        assert_eq!(TokenAccess::from_stored("groups"), TokenAccess::Nothing);
    }

    #[test]
    fn whoever_may_write_may_read() {
        assert!(TokenAccess::Nothing < TokenAccess::Read);
        assert!(TokenAccess::Read < TokenAccess::Write);
    }
}
