//! Which share of its requests fails, and when that is far more than usual.
//!
//! Requests are counted in windows. A window is over when it is a quarter of an hour old and holds
//! enough requests to say something; one of a connection that asks little may take a day. What a window
//! shows is judged by the lower end of its confidence interval (Wilson, 95 percent): of five requests,
//! one failure says nothing, and five say enough.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A window is at least so old.
const WINDOW: Duration = Duration::from_mins(15);

/// And has so many requests.
const REQUESTS: u64 = 20;

/// One that is so old needs fewer.
const LONG_WINDOW: Duration = Duration::from_hours(24);

/// That many.
const FEW_REQUESTS: u64 = 5;

/// Less than this share of failures is no reason to call anybody.
const LEAST: f64 = 0.1;

/// Far more than usual is so many times the usual share.
const TIMES_USUAL: f64 = 2.0;

/// How much of a window becomes usual.
const WEIGHT: f64 = 0.1;

/// The same while more fails than usual: bad times become usual too, but slowly.
const WEIGHT_WHILE_RISING: f64 = 0.02;

/// How many standard deviations 95 percent are.
const Z: f64 = 1.96;

const MILLION: f64 = 1_000_000.0;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Errors {
    /// When the window began, in microseconds since 1970.
    window_since: Option<i64>,
    requests: u64,
    failures: u64,
    /// The usual share of failures, in millionths: a whole number comes back from JSON as it was.
    usual: u64,
    /// Since when, and the requests and failures of the last window.
    rising: Option<(i64, u64, u64)>,
}

impl Errors {
    pub(super) fn learn(&mut self, now: Timestamp, requests: u64, failures: u64) {
        if requests == 0 {
            return;
        }
        let since = *self.window_since.get_or_insert(now.unix_micros());
        self.requests += requests;
        self.failures += failures;
        let age = now.since(Timestamp::from_unix_micros(since));
        let is_over = (age >= WINDOW && self.requests >= REQUESTS)
            || (age >= LONG_WINDOW && self.requests >= FEW_REQUESTS);
        if is_over {
            self.judge(now);
            (self.window_since, self.requests, self.failures) = (None, 0, 0);
        }
    }

    fn judge(&mut self, now: Timestamp) {
        let limit = LEAST.max(TIMES_USUAL * self.usual());
        let (requests, failures) = (as_float(self.requests), as_float(self.failures));
        let share = failures / requests;
        let since = self.rising.map(|(since, ..)| since);
        let is_rising = match since {
            None => at_least(failures, requests) > limit,
            Some(_) => share > limit,
        };
        let since = since.unwrap_or_else(|| now.unix_micros());
        self.rising = is_rising.then_some((since, self.requests, self.failures));
        let weight = if is_rising {
            WEIGHT_WHILE_RISING
        } else {
            WEIGHT
        };
        let usual = self.usual() + weight * (share - self.usual());
        self.usual = millionths(usual);
    }

    pub(super) fn rising(&self) -> Option<(Timestamp, u64, u64)> {
        let (since, requests, failures) = self.rising?;
        Some((Timestamp::from_unix_micros(since), requests, failures))
    }

    /// The usual share of failures, from 0 to 1.
    pub(super) const fn usual(&self) -> f64 {
        as_float(self.usual) / MILLION
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share is between 0 and 1"
)]
fn millionths(share: f64) -> u64 {
    (share * MILLION).round() as u64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a window of more than 2^53 requests does not exist"
)]
const fn as_float(count: u64) -> f64 {
    count as f64
}

/// The lower end of the Wilson interval of a share.
fn at_least(failures: f64, requests: f64) -> f64 {
    let share = failures / requests;
    let z = Z * Z / requests;
    let middle = share + z / 2.0;
    let spread = Z * (share * (1.0 - share) / requests + z / (4.0 * requests)).sqrt();
    (middle - spread) / (1.0 + z)
}
