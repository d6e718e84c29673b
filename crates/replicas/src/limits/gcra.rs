//! The generic cell rate algorithm, in whole microseconds.
//!
//! A budget is one number: when it will be full again. Taking cells moves that moment away, and it may
//! lie at most one window ahead. So a budget costs eight bytes, refills by itself, and needs no
//! clean-up but to forget what lies in the past.
//!
//! The numbers stay below 2⁵³, where the doubles of Lua are exact: Redis does the same step in
//! `gcra.lua`. That is why this is not a library's limiter: the two must agree, and each
//! connection may have a rate of its own.

use std::time::Duration;

use rollcall_model::RatePerSecond;

const SECOND: u64 = 1_000_000;

/// The longest window, in seconds.
pub const MOST_BURST_SECONDS: u32 = 3_600;

/// How much one budget holds, and how fast it refills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    per_second: u64,
    burst_seconds: u64,
}

impl Quota {
    /// A budget that refills by `rate` and holds the cells of `burst_seconds`; `None` if the rate is
    /// none, so that nothing is limited.
    ///
    /// Seconds are taken as 1 to [`MOST_BURST_SECONDS`].
    #[must_use]
    pub fn new(rate: RatePerSecond, burst_seconds: u32) -> Option<Self> {
        let per_second = u64::from(rate.get());
        let burst_seconds = u64::from(burst_seconds.clamp(1, MOST_BURST_SECONDS));
        (per_second > 0).then_some(Self {
            per_second,
            burst_seconds,
        })
    }

    /// Cells that are given back each second.
    #[must_use]
    pub const fn per_second(self) -> u64 {
        self.per_second
    }

    /// Cells that a full budget holds.
    #[must_use]
    pub const fn burst(self) -> u64 {
        self.per_second * self.burst_seconds
    }

    /// Seconds that an empty budget takes to be full.
    #[must_use]
    pub const fn window_seconds(self) -> u64 {
        self.burst_seconds
    }

    pub(super) const fn window_micros(self) -> u64 {
        self.burst_seconds * SECOND
    }

    pub(super) const fn micros_for(self, cells: u64) -> u64 {
        (cells * SECOND).div_ceil(self.per_second)
    }

    const fn cells_in(self, micros: u64) -> u64 {
        micros * self.per_second / SECOND
    }
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// Cells that were taken; none if there were too few.
    pub(super) cells: u64,
    /// How long until there will be enough, if there were not.
    pub(super) wait: Duration,
    /// Cells left in the budget.
    pub(super) left: u64,
    /// How long until the budget is full.
    pub(super) full_in: Duration,
}

/// Takes at least `least` and at most `most` cells, or none, from a budget that is full at `full_at`.
/// Both in microseconds; a moment too far ahead, as after a clock was set back, counts as empty.
///
/// `least` must not be more than [`Quota::burst`].
pub(super) fn take(quota: Quota, full_at: &mut u64, now: u64, least: u64, most: u64) -> Grant {
    let window = quota.window_micros();
    *full_at = (*full_at).clamp(now, now + window);
    let slack = now + window - *full_at;
    let affordable = quota.cells_in(slack);
    if affordable < least {
        return Grant {
            cells: 0,
            wait: Duration::from_micros(quota.micros_for(least).saturating_sub(slack)),
            left: affordable,
            full_in: Duration::from_micros(*full_at - now),
        };
    }
    let cells = affordable.min(most);
    *full_at += quota.micros_for(cells);
    Grant {
        cells,
        wait: Duration::ZERO,
        left: quota.cells_in(now + window - *full_at),
        full_in: Duration::from_micros(*full_at - now),
    }
}
