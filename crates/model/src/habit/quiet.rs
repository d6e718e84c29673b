//! How long a connection pauses, and when it is silent for far longer.
//!
//! Two figures are kept: the last pauses, of which the middle one is the usual pause, and the longest
//! pause of each of the last weeks, because whoever works in an office is silent over each weekend. Of
//! the weeks the second worst counts, so that one outage does not blind us for a month.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Silence below this is no pause: identity providers send in bursts.
const PAUSE: Duration = Duration::from_mins(5);

/// How many pauses are kept.
const PAUSES: usize = 31;

/// How many pauses have to be known.
const ENOUGH: usize = 10;

/// How many weeks are kept.
const WEEKS: usize = 5;

/// How long a connection has to be known before it is judged.
const KNOWN: Duration = Duration::from_hours(3 * 24);

/// How long it has to be known before it is taken as known in weeks: two weekends are in it.
const KNOWN_WELL: Duration = Duration::from_hours(14 * 24);

/// What works through the nights pauses for less than this.
const NIGHT: Duration = Duration::from_hours(6);

/// Silence is far longer than usual from so many usual pauses on.
const USUAL_PAUSES: u32 = 5;

/// And from so many of the longest ones on: a long weekend is less than two weekends.
const LONGEST_PAUSES: u32 = 2;

/// Nobody is told of less silence than this.
const LEAST: Duration = Duration::from_hours(1);

/// The same before two weekends were seen, for what works through the nights.
const LEAST_BY_NIGHT: Duration = Duration::from_hours(24);

/// The same for what does not: the first weekend is still to come, and it may be a long one.
const LEAST_AT_FIRST: Duration = Duration::from_hours(5 * 24);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Pauses {
    /// When the first request came, in microseconds since 1970.
    since: Option<i64>,
    /// When the last one came.
    until: Option<i64>,
    /// The last pauses, in seconds, the oldest first.
    last: Vec<u64>,
    /// The longest pause that ended in a week since 1970, in seconds, the oldest week first.
    weeks: Vec<(i64, u64)>,
}

impl Pauses {
    pub(super) fn learn(&mut self, first: Timestamp, last: Timestamp) {
        self.since.get_or_insert(first.unix_micros());
        if let Some(until) = self.until() {
            let pause = first.since(until);
            if pause >= PAUSE {
                self.note(pause.as_secs(), week_of(first));
            }
        }
        self.until = self.until.max(Some(last.unix_micros()));
    }

    fn note(&mut self, seconds: u64, week: i64) {
        self.last.push(seconds);
        let too_many = self.last.len().saturating_sub(PAUSES);
        self.last.drain(..too_many);
        match self.weeks.iter_mut().find(|(known, _)| *known == week) {
            Some((_, longest)) => *longest = seconds.max(*longest),
            None => self.weeks.push((week, seconds)),
        }
        let too_many = self.weeks.len().saturating_sub(WEEKS);
        self.weeks.drain(..too_many);
    }

    pub(super) fn until(&self) -> Option<Timestamp> {
        self.until.map(Timestamp::from_unix_micros)
    }

    /// The pause in the middle of the last ones; the shortest that there is if there was none.
    pub(super) fn usual(&self) -> Duration {
        let mut sorted = self.last.clone();
        sorted.sort_unstable();
        let middle = sorted.get(sorted.len() / 2);
        middle.map_or(PAUSE, |seconds| Duration::from_secs(*seconds))
    }

    /// The longest pause of the second worst week; of the worst, while only two are known.
    fn longest(&self) -> Duration {
        let mut longest: Vec<u64> = self.weeks.iter().map(|(_, seconds)| *seconds).collect();
        longest.sort_unstable();
        if longest.len() > 2 {
            longest.pop();
        }
        Duration::from_secs(longest.pop().unwrap_or(0))
    }

    fn observed(&self) -> Duration {
        let since = self.since.map(Timestamp::from_unix_micros);
        let both = self.until().zip(since);
        both.map_or(Duration::ZERO, |(until, since)| until.since(since))
    }

    /// What never pauses for long has few pauses, and is known by that.
    pub(super) fn is_known(&self) -> bool {
        self.observed() >= KNOWN && (self.last.len() >= ENOUGH || self.longest() < NIGHT)
    }

    pub(super) fn quiet_from(&self) -> Option<Timestamp> {
        if !self.is_known() {
            return None;
        }
        let longest = self.longest();
        let least = if self.observed() >= KNOWN_WELL {
            LEAST
        } else if longest < NIGHT {
            LEAST_BY_NIGHT
        } else {
            LEAST_AT_FIRST
        };
        let usual = self.usual().saturating_mul(USUAL_PAUSES);
        let patience = usual.max(longest.saturating_mul(LONGEST_PAUSES)).max(least);
        self.until().map(|until| until.plus(patience))
    }
}

/// The week since 1970 that a moment is in.
fn week_of(at: Timestamp) -> i64 {
    const WEEK: i64 = 7 * 24 * 3_600 * 1_000_000;
    at.unix_micros().div_euclid(WEEK)
}
