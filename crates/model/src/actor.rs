//! Who caused a change, and by which request.

use std::fmt;

use crate::{ApiKeyId, Clock, PortalSessionId, RequestId, ScimConnectionId};

/// Who caused a change. Its text form is what events and the audit log hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The identity provider behind a SCIM connection.
    IdentityProvider(ScimConnectionId),
    /// A vendor's program, by its API key.
    ApiKey(ApiKeyId),
    /// A customer's IT admin, by the session of the setup portal.
    PortalSession(PortalSessionId),
    /// Rollcall itself: the command line, start-up, background work.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IdentityProvider(connection) => connection.fmt(f),
            Self::ApiKey(key) => key.fmt(f),
            Self::PortalSession(session) => session.fmt(f),
            Self::System => f.write_str("system"),
        }
    }
}

/// Where a change came from: goes into its event and its audit row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// By which request.
    pub request_id: RequestId,
}

impl Origin {
    /// Rollcall itself, without a request of anybody: at start, from the command line.
    #[must_use]
    pub fn system(clock: &dyn Clock) -> Self {
        Self {
            actor: Actor::System,
            request_id: RequestId::new(clock),
        }
    }
}
