//! Domains: what tells which organization an e-mail address belongs to.

use crate::{SsoConnectionId, Timestamp};

/// A domain that an organization claims, and perhaps has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Its name: lower case, in ASCII (`xn--…` for other letters).
    pub name: String,
    /// What has to stand in DNS as proof.
    pub challenge: String,
    /// The SSO connection that its people sign in with; `None` if any will do.
    pub sso_connection_id: Option<SsoConnectionId>,
    /// When it was claimed.
    pub created_at: Timestamp,
    /// When the proof was found; `None` while it is only a claim.
    pub verified_at: Option<Timestamp>,
}
