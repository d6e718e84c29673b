//! Moments as people read them.

use std::time::Duration;

use rollcall_model::Timestamp;

use crate::text as t;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A moment: how long ago for the reader, and exactly for whoever points at it.
#[derive(Clone, Debug)]
pub(crate) struct When {
    /// For `<time datetime>`.
    pub(crate) exact: String,
    /// `2026-11-22 08:15 UTC`
    pub(crate) full: String,
    /// `3 minutes ago`
    pub(crate) says: String,
}

impl When {
    /// A moment, as it is seen now.
    pub(crate) fn new(at: Timestamp, now: Timestamp) -> Self {
        let exact = at.to_string();
        let (date, time) = exact.split_once('T').unwrap_or((&exact, ""));
        let full = format!("{date} {} UTC", time.get(..5).unwrap_or(time));
        let says = if at <= now {
            t::ago(&long(now.since(at)))
        } else {
            t::ahead(&long(at.since(now)))
        };
        Self { exact, full, says }
    }

    /// Perhaps a moment.
    pub(crate) fn maybe(at: Option<Timestamp>, now: Timestamp) -> Option<Self> {
        at.map(|at| Self::new(at, now))
    }
}

/// A length of time in its largest unit.
pub(crate) fn long(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..MINUTE => t::seconds(seconds),
        MINUTE..HOUR => t::minutes(seconds / MINUTE),
        HOUR..DAY => t::hours(seconds / HOUR),
        _ => t::days(seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_from_now() {
        let at = Timestamp::from_unix_micros(1_795_305_600_000_000);
        let said = |length: Duration| When::new(at, at.plus(length)).says;
        assert_eq!(said(Duration::ZERO), "just now");
        assert_eq!(said(Duration::from_mins(1)), "1 minute ago");
        assert_eq!(said(Duration::from_hours(25)), "1 day ago");
        let ahead = When::new(at.plus(Duration::from_hours(48)), at);
        assert_eq!(ahead.says, "in 2 days");
        assert_eq!(ahead.full, "2026-11-24 00:00 UTC");
    }
}
