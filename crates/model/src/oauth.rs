//! OAuth clients of SCIM connections (RFC 6749 §2), and what a request can be let in by.

use std::fmt;

use crate::{OauthClientId, Scopes, Timestamp, TokenId};

/// An OAuth client without its secret. It has no end of its own: the access tokens that it is given
/// end within the hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthClient {
    /// Its id, which it names itself by.
    pub id: OauthClientId,
    /// Its name for people.
    pub name: String,
    /// The first characters of the secret, to tell clients apart.
    pub prefix: String,
    /// What it may do at most.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// When one of its access tokens was last used; up to a few seconds behind.
    pub last_used_at: Option<Timestamp>,
    /// When somebody revoked it.
    pub revoked_at: Option<Timestamp>,
}

/// What a SCIM request was let in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credential {
    /// A SCIM token.
    Token(TokenId),
    /// An access token of this OAuth client.
    OauthClient(OauthClientId),
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(id) => id.fmt(f),
            Self::OauthClient(id) => id.fmt(f),
        }
    }
}
