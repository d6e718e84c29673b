//! Cells that were taken from Redis before they are needed.
//!
//! A connection that sends much would cost one question to Redis for each request. So a process takes
//! several cells at once: twice as many each time that the last ones were used up before they
//! lapsed, and at most those of [`LEASE_SHARE`] of a second. Up to 99 cells a second that is one, so a low limit
//! is exact; above, replicas can be ahead of it by what they hold. What lapses is lost to the
//! connection: the limit errs on the strict side, and never by more than it used.
//!
//! A refusal is remembered too, until the moment that Redis named: who sends without pause is refused
//! without asking again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Key;
use super::gcra::{Grant, Quota};
use super::table::Table;

/// A lease holds the cells of one part in so many of a second, at most.
const LEASE_SHARE: u64 = 50;

/// For how long leased cells may be used, in microseconds.
const LEASE_MICROS: u64 = 100_000;

#[derive(Debug, Default)]
struct Lease {
    quota: Option<Quota>,
    cells: u64,
    ends_at: u64,
    /// How many are taken next time, besides what is needed.
    size: u64,
    refused_until: u64,
    /// As Redis told last.
    left: u64,
    full_in: Duration,
}

impl Lease {
    fn is_used(&self, now: u64) -> bool {
        self.holds(now) || self.refuses(now).is_some()
    }

    /// A lease that ends too far ahead was made before the clock was set back.
    const fn holds(&self, now: u64) -> bool {
        now < self.ends_at && self.ends_at <= now + LEASE_MICROS
    }

    fn refuses(&self, now: u64) -> Option<Duration> {
        let most = self.quota?.micros_for(1);
        let wait = self.refused_until.checked_sub(now)?;
        (wait > 0 && wait <= most).then(|| Duration::from_micros(wait))
    }

    fn grant(&self, cells: u64, wait: Duration) -> Grant {
        Grant {
            cells,
            wait,
            left: self.left + self.cells,
            full_in: self.full_in,
        }
    }
}

/// What is to be done with a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Answer so; Redis need not be asked.
    Known(Grant),
    /// Ask Redis for what is needed and this many more.
    Ask {
        /// How many more.
        more: u64,
    },
}

/// What this process holds of each connection's budget.
#[derive(Debug, Default)]
pub(super) struct Leases(Mutex<Table<Key, Lease>>);

impl Leases {
    /// Takes `cells` of what is held.
    pub(super) fn take(&self, key: Key, quota: Quota, cells: u64, now: u64) -> Held {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lease) = leases.entry(key, |lease| lease.is_used(now)) else {
            return Held::Ask { more: 0 };
        };
        if lease.quota != Some(quota) {
            *lease = Lease {
                quota: Some(quota),
                ..Lease::default()
            };
        }
        if !lease.holds(now) {
            // It lapsed before it was used up, or a while ago: this one does not send much.
            lease.cells = 0;
            lease.size = 0;
        }
        if lease.cells >= cells {
            lease.cells -= cells;
            return Held::Known(lease.grant(cells, Duration::ZERO));
        }
        if let Some(wait) = lease.refuses(now)
            && cells == 1
        {
            return Held::Known(lease.grant(0, wait));
        }
        let most = quota.per_second() / LEASE_SHARE;
        lease.size = (2 * lease.size + 1).min(most.saturating_sub(1));
        Held::Ask { more: lease.size }
    }

    /// Notes what Redis said to a request that needs `cells`, and gives the answer to it. Another
    /// request of the connection may have brought cells in the meantime.
    pub(super) fn note(&self, key: Key, cells: u64, told: Grant, now: u64) -> Grant {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lease) = leases.entry(key, |lease| lease.is_used(now)) else {
            return told;
        };
        lease.left = told.left;
        lease.full_in = told.full_in;
        if told.cells > 0 {
            lease.cells += told.cells.saturating_sub(cells);
            lease.ends_at = now + LEASE_MICROS;
            lease.refused_until = 0;
            return lease.grant(cells, Duration::ZERO);
        }
        if lease.holds(now) && lease.cells >= cells {
            lease.cells -= cells;
            return lease.grant(cells, Duration::ZERO);
        }
        if cells == 1 {
            let wait = u64::try_from(told.wait.as_micros()).unwrap_or(u64::MAX);
            lease.refused_until = now.saturating_add(wait);
        }
        told
    }
}
