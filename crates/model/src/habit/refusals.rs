//! When an identity provider that was let in before is refused, again and again.
//!
//! Anybody who knows the address of a connection can send a wrong token there. So refusals count only
//! when nothing was let in since, when they go on for a while, and when they go on for longer than the
//! connection pauses anyway: then its own identity provider should have been let in between them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Refused;
use crate::Timestamp;

/// So many refusals at least.
const REFUSALS: u64 = 3;

/// And so much time between the first and the last.
const LASTING: Duration = Duration::from_mins(10);

/// What pauses for days is not waited for: the refusals are news all the same.
const MOST_PAUSE: Duration = Duration::from_hours(4);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Refusals {
    count: u64,
    /// When the first came, in microseconds since 1970.
    first: i64,
    /// When the last came.
    last: i64,
    failing: bool,
}

impl Refusals {
    /// `until` is when the last request was let in.
    pub(super) fn learn(&mut self, refused: Refused, until: Timestamp, usual_pause: Duration) {
        if refused.last <= until {
            return;
        }
        let (first, last) = (refused.first.unix_micros(), refused.last.unix_micros());
        let is_first = self.count == 0;
        self.count += refused.count;
        self.first = if is_first {
            first
        } else {
            self.first.min(first)
        };
        self.last = if is_first { last } else { self.last.max(last) };
        let last = Timestamp::from_unix_micros(self.last);
        let lasts = last.since(Timestamp::from_unix_micros(self.first)) >= LASTING;
        let overdue = last.since(until) >= usual_pause.min(MOST_PAUSE);
        self.failing |= self.count >= REFUSALS && lasts && overdue;
    }

    /// A request was let in.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn failing(&self) -> Option<Refused> {
        self.failing.then(|| Refused {
            count: self.count,
            first: Timestamp::from_unix_micros(self.first),
            last: Timestamp::from_unix_micros(self.last),
        })
    }
}
