//! What is usual for a SCIM connection, and when it is far from that.
//!
//! A fixed limit ("no request for an hour") is wrong for most connections: one identity provider asks
//! every forty minutes, another sends only what people change, in working hours. So each connection is
//! held against what it did before. All of it is learned from summaries of a minute, off the path of
//! requests, and kept in a few hundred bytes; the functions here have no clock and do no I/O.
//!
//! [`quiet`] judges silence, [`errors`] the share of failures, [`refusals`] an identity provider that
//! is not let in any more. The thresholds, and what they were chosen against, are in
//! docs/decisions/0033-habits.md.

mod errors;
mod quiet;
mod refusals;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::errors::Errors;
use self::quiet::Pauses;
use self::refusals::Refusals;
use crate::Timestamp;

/// What was seen of a connection in about a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The first and the last request that was let in.
    pub active: Option<(Timestamp, Timestamp)>,
    /// How many requests were let in and answered.
    pub requests: u64,
    /// Those of them that failed through what was sent. Our own failures, and what was too much at
    /// once, say nothing of the connection.
    pub failures: u64,
    /// Requests that were not let in after the last one that was.
    pub refused: Option<Refused>,
}

/// Requests that were not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How many.
    pub count: u64,
    /// When the first came.
    pub first: Timestamp,
    /// When the last came.
    pub last: Timestamp,
}

impl Observation {
    /// A request was let in. What was refused before does not matter any more.
    pub fn note_active(&mut self, at: Timestamp) {
        let (first, last) = self.active.unwrap_or((at, at));
        self.active = Some((first.min(at), last.max(at)));
        self.refused = None;
    }

    /// A request that was let in was answered.
    pub const fn note_answered(&mut self, failed: bool) {
        self.requests += 1;
        if failed {
            self.failures += 1;
        }
    }

    /// A request was not let in.
    pub fn note_refused(&mut self, at: Timestamp) {
        let before = self.refused.unwrap_or(Refused {
            count: 0,
            first: at,
            last: at,
        });
        self.refused = Some(Refused {
            count: before.count + 1,
            first: before.first.min(at),
            last: before.last.max(at),
        });
    }

    /// Adds what was seen elsewhere in the same minute.
    pub fn add(&mut self, more: &Self) {
        self.requests += more.requests;
        self.failures += more.failures;
        if let Some((first, last)) = more.active {
            self.note_active(first);
            self.note_active(last);
        }
        let until = self.active.map(|(_, last)| last);
        let Some(new) = more
            .refused
            .filter(|it| until.is_none_or(|until| it.last > until))
        else {
            return;
        };
        self.refused = Some(self.refused.map_or(new, |old| Refused {
            count: old.count + new.count,
            first: old.first.min(new.first),
            last: old.last.max(new.last),
        }));
    }
}

/// What was learned of a connection. Kept as JSON; what another release does not know is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Habit {
    pauses: Pauses,
    errors: Errors,
    refusals: Refusals,
}

impl Habit {
    /// Learns from what was seen. Summaries of several processes may come a minute out of order.
    pub fn learn(&mut self, seen: &Observation) {
        if let Some((first, last)) = seen.active {
            self.pauses.learn(first, last);
            self.refusals.forget();
        }
        let Some(until) = self.active_until() else {
            // Nothing was ever let in, so nothing is known that could have ended.
            return;
        };
        if let Some(refused) = seen.refused {
            self.refusals.learn(refused, until, self.pauses.usual());
        }
        self.errors.learn(until, seen.requests, seen.failures);
    }

    /// When the last request was let in, as far as it was learned.
    #[must_use]
    pub fn active_until(&self) -> Option<Timestamp> {
        self.pauses.until()
    }

    /// How long it usually pauses; `None` while too little is known.
    #[must_use]
    pub fn usual_pause(&self) -> Option<Duration> {
        self.pauses.is_known().then(|| self.pauses.usual())
    }

    /// From when on its silence is no usual one; `None` while too little is known.
    #[must_use]
    pub fn quiet_from(&self) -> Option<Timestamp> {
        self.pauses.quiet_from()
    }

    /// Since when its identity provider is not let in any more, and how often it was refused.
    #[must_use]
    pub fn auth_failing(&self) -> Option<Refused> {
        self.refusals.failing()
    }

    /// Since when far more fails than usual: when that was noticed, the requests and the failures that
    /// it was noticed by last.
    #[must_use]
    pub fn errors_rising(&self) -> Option<(Timestamp, u64, u64)> {
        self.errors.rising()
    }

    /// The share of requests that usually fails, in percent.
    #[must_use]
    pub fn usual_failures(&self) -> f64 {
        self.errors.usual() * 100.0
    }
}
