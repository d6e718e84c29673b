//! What is known of a SCIM token once its secret has been shown.

use std::time::Duration;

use crate::{Scopes, Timestamp, TokenId};

const DAY: Duration = Duration::from_hours(24);

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
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
    /// When it was last used; up to a few seconds behind.
    pub last_used_at: Option<Timestamp>,
    /// From when on it is refused because somebody revoked it; may lie ahead, for an overlap.
    pub revoked_at: Option<Timestamp>,
}

/// What a token is in at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// It lets requests in.
    Active,
    /// It does, and its days are counted: [`TokenState::EXPIRING_DAYS`] or fewer are left.
    Expiring,
    /// Its time is over.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

impl TokenState {
    /// From how many days before its end on a token is expiring.
    pub const EXPIRING_DAYS: u64 = 30;

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl ScimToken {
    /// What it is in at this moment.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> TokenState {
        if self.revoked_at.is_some_and(|at| at <= now) {
            TokenState::Revoked
        } else if self.expires_at <= now {
            TokenState::Expired
        } else if self.days_left(now) <= TokenState::EXPIRING_DAYS {
            TokenState::Expiring
        } else {
            TokenState::Active
        }
    }

    /// Whether it lets requests in at this moment.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.revoked_at.is_none_or(|at| now < at)
    }

    /// How many days are left until its own end, the one that has begun counted; 0 after it.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> u64 {
        let left = self.expires_at.since(now);
        left.as_secs()
            .saturating_add(u64::from(left.subsec_nanos() > 0))
            .div_ceil(DAY.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(days: u64) -> Timestamp {
        Timestamp::from_unix_micros(0).plus(DAY * u32::try_from(days).unwrap())
    }

    #[test]
    fn a_token_goes_from_active_to_expiring_to_expired_unless_it_is_revoked() {
        let mut token = ScimToken {
            id: TokenId::from_uuid(Uuid::nil()),
            name: String::new(),
            prefix: String::new(),
            scopes: Scopes::WRITE,
            created_at: at(0),
            expires_at: at(100),
            last_used_at: None,
            revoked_at: None,
        };
        let seen = |token: &ScimToken, now| (token.state(now).as_str(), token.days_left(now));
        assert_eq!(seen(&token, at(0)), ("active", 100));
        assert_eq!(seen(&token, at(69)), ("active", 31));
        let a_moment = Duration::from_micros(1);
        assert_eq!(seen(&token, at(70).minus(a_moment)), ("active", 31));
        assert_eq!(seen(&token, at(70)), ("expiring", 30));
        assert_eq!(seen(&token, at(100).minus(a_moment)), ("expiring", 1));
        assert_eq!(seen(&token, at(100)), ("expired", 0));
        token.revoked_at = Some(at(50));
        assert_eq!(seen(&token, at(49)), ("active", 51));
        assert_eq!(seen(&token, at(100)), ("revoked", 0));
    }
}
