//! Portal links, and the sessions that they are exchanged for.

use crate::{PortalLinkId, PortalSessionId, Timestamp};

/// A time-limited link that lets a customer's IT admin do the setup, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalLink {
    /// Its id.
    pub id: PortalLinkId,
    /// Where the pages lead back to.
    pub return_url: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
    /// When it was exchanged for a session, which it can be once.
    pub used_at: Option<Timestamp>,
    /// When it was revoked, and with it the session that it was exchanged for.
    pub revoked_at: Option<Timestamp>,
}

impl PortalLink {
    /// What it is in now. A link that was used stays used when its time is over.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> PortalLinkState {
        if self.revoked_at.is_some() {
            PortalLinkState::Revoked
        } else if self.used_at.is_some() {
            PortalLinkState::Used
        } else if self.expires_at <= now {
            PortalLinkState::Expired
        } else {
            PortalLinkState::Open
        }
    }
}

/// The state that a portal link shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortalLinkState {
    /// It can be exchanged for a session.
    Open,
    /// It was exchanged.
    Used,
    /// Nobody exchanged it in time.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

impl PortalLinkState {
    /// Its name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// What a browser of a customer's IT admin holds after it exchanged a portal link, without the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalSession {
    /// Its id, which is who did what it does.
    pub id: PortalSessionId,
    /// The link that it was exchanged for.
    pub link_id: PortalLinkId,
    /// Where the pages lead back to.
    pub return_url: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_link_is_open_until_something_happens_to_it() {
        let at = Timestamp::from_unix_micros;
        let open = PortalLink {
            id: PortalLinkId::from_uuid(Uuid::nil()),
            return_url: None,
            created_at: at(0),
            expires_at: at(10),
            used_at: None,
            revoked_at: None,
        };
        let used = PortalLink {
            used_at: Some(at(5)),
            ..open.clone()
        };
        let revoked = PortalLink {
            revoked_at: Some(at(6)),
            ..used.clone()
        };
        assert_eq!(open.state(at(9)), PortalLinkState::Open);
        assert_eq!(open.state(at(10)), PortalLinkState::Expired);
        assert_eq!(used.state(at(10)), PortalLinkState::Used);
        assert_eq!(revoked.state(at(9)), PortalLinkState::Revoked);
    }
}
