//! Why a SCIM connection needs a person.
//!
//! Every reason is computed from what is stored, at the moment when somebody asks, and none of them has
//! to be taken back by hand. The same conditions stand as SQL in the store, for counts over all
//! connections; a test holds the two against each other.

use std::cmp::Reverse;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::habit::Habit;
use crate::{OauthClient, ScimToken, Timestamp};

const DAY: Duration = Duration::from_hours(24);

/// A token of which so little is left is about to end, if it was made for longer.
pub const EXPIRING: [Duration; 2] = [DAY.saturating_mul(7), DAY];

/// Why a connection needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttentionReason {
    /// Nothing lets its identity provider in.
    NoLiveToken,
    /// The token that its identity provider uses is about to end, and it uses no other.
    TokenExpiring,
    /// Its identity provider was let in before, and is refused again and again.
    AuthFailing,
    /// Far more of its requests fail than usual.
    ErrorsRising,
    /// Nothing was heard for far longer than it usually pauses.
    Quiet,
}

impl AttentionReason {
    /// Every reason, the worst first.
    pub const ALL: [Self; 5] = [
        Self::NoLiveToken,
        Self::TokenExpiring,
        Self::AuthFailing,
        Self::ErrorsRising,
        Self::Quiet,
    ];

    /// Its stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoLiveToken => "no_live_token",
            Self::TokenExpiring => "token_expiring",
            Self::AuthFailing => "auth_failing",
            Self::ErrorsRising => "errors_rising",
            Self::Quiet => "quiet",
        }
    }

    /// Its place in a set that is stored as a number. Never given to another reason.
    #[must_use]
    pub const fn bit(self) -> i64 {
        match self {
            Self::NoLiveToken => 1,
            Self::TokenExpiring => 2,
            Self::AuthFailing => 4,
            Self::ErrorsRising => 8,
            Self::Quiet => 16,
        }
    }
}

/// That a connection needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attention {
    /// Why.
    pub reason: AttentionReason,
    /// Since when.
    pub since: Timestamp,
    /// The same as a sentence, with the figures of this connection.
    pub detail: String,
}

/// What a connection is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The moment for which is asked.
    pub now: Timestamp,
    /// When its last request came.
    pub last_request_at: Option<Timestamp>,
    /// Its tokens that are live, or the one that was the last to be. Others are not looked at.
    pub tokens: &'a [ScimToken],
    /// Its OAuth clients that nobody has revoked, or the one that was revoked last.
    pub clients: &'a [OauthClient],
    /// What is usual for it, if anything was learned.
    pub habit: Option<&'a Habit>,
}

impl Evidence<'_> {
    /// Everything for which the connection would need a person if it is in use, the worst first.
    #[must_use]
    pub fn judge(&self) -> Vec<Attention> {
        let reasons = [
            self.no_live_token(),
            self.token_expiring(),
            self.auth_failing(),
            self.errors_rising(),
            self.quiet(),
        ];
        reasons.into_iter().flatten().collect()
    }

    fn live_tokens(&self) -> impl Iterator<Item = &ScimToken> {
        self.tokens.iter().filter(|token| token.is_live(self.now))
    }

    fn no_live_token(&self) -> Option<Attention> {
        let live_client = self.clients.iter().any(|it| it.revoked_at.is_none());
        if live_client || self.live_tokens().next().is_some() {
            return None;
        }
        let ends = self.tokens.iter().map(|token| {
            let revoked = token.revoked_at.unwrap_or(token.expires_at);
            revoked.min(token.expires_at)
        });
        let revoked = self.clients.iter().filter_map(|client| client.revoked_at);
        Some(Attention {
            reason: AttentionReason::NoLiveToken,
            since: ends.chain(revoked).max().unwrap_or(self.now),
            detail: "Every token has expired or was revoked, and there is no OAuth client: its \
                     identity provider is refused with 401."
                .to_owned(),
        })
    }

    /// Tokens that are to be revoked at a set time are in the middle of a rotation that somebody knows
    /// of, and a token that was never used does not show that the customer has it.
    fn token_expiring(&self) -> Option<Attention> {
        let used_client = |it: &OauthClient| it.revoked_at.is_none() && it.last_used_at.is_some();
        if self.clients.iter().any(used_client) {
            return None;
        }
        let used = self.live_tokens();
        let used = used.filter(|it| it.revoked_at.is_none() && it.last_used_at.is_some());
        let last = used.max_by_key(|token| (token.expires_at, Reverse(token.created_at)))?;
        let lifetime = last.expires_at.since(last.created_at);
        let left = last.expires_at.since(self.now);
        let reached = |notice: &Duration| lifetime > *notice && left <= *notice;
        let notice = EXPIRING.into_iter().find(reached)?;
        Some(Attention {
            reason: AttentionReason::TokenExpiring,
            since: last.expires_at.minus(notice),
            detail: format!(
                "The token that its identity provider uses ends at {}, and it uses no other.",
                last.expires_at
            ),
        })
    }

    /// What was learned is up to a minute old: a request that came since shows that all is well.
    fn heard_since(&self, until: Timestamp) -> bool {
        self.last_request_at.is_some_and(|last| last > until)
    }

    fn auth_failing(&self) -> Option<Attention> {
        let habit = self.habit?;
        let until = habit.active_until()?;
        let refused = habit.auth_failing()?;
        (!self.heard_since(until)).then(|| Attention {
            reason: AttentionReason::AuthFailing,
            since: refused.first,
            detail: format!(
                "It was refused {} times since {}; before, it was let in until {until}.",
                refused.count, refused.first
            ),
        })
    }

    fn errors_rising(&self) -> Option<Attention> {
        let habit = self.habit?;
        let (since, requests, failures) = habit.errors_rising()?;
        Some(Attention {
            reason: AttentionReason::ErrorsRising,
            since,
            detail: format!(
                "Of the last {requests} requests that were counted, {failures} failed; usual is \
                 {:.0} in a hundred.",
                habit.usual_failures()
            ),
        })
    }

    fn quiet(&self) -> Option<Attention> {
        let habit = self.habit?;
        let (until, from) = (habit.active_until()?, habit.quiet_from()?);
        let pause = habit.usual_pause()?;
        (from <= self.now && !self.heard_since(until)).then(|| Attention {
            reason: AttentionReason::Quiet,
            since: from,
            detail: format!(
                "Nothing was heard since {until}. Its identity provider usually pauses for {}.",
                Roughly(pause)
            ),
        })
    }
}

/// A duration for people.
struct Roughly(Duration);

impl fmt::Display for Roughly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        let seconds = self.0.as_secs();
        let (unit, name) = match seconds {
            0..=7_199 => (MINUTE, "minutes"),
            7_200..=172_799 => (HOUR, "hours"),
            _ => (DAY, "days"),
        };
        write!(f, "{} {name}", (seconds + unit / 2) / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_told_in_the_unit_that_fits() {
        let told = [300, 2_400, 7_200, 60_000, 400_000]
            .map(|seconds| Roughly(Duration::from_secs(seconds)).to_string());
        assert_eq!(
            told,
            ["5 minutes", "40 minutes", "2 hours", "17 hours", "5 days"]
        );
    }

    #[test]
    fn every_reason_has_a_place_of_its_own() {
        let all = AttentionReason::ALL
            .iter()
            .fold(0, |all, it| all + it.bit());
        assert_eq!(all, 0b1_1111);
    }
}
