//! The chart of what a connection was asked in the last day.

use std::time::Duration;

use rollcall_model::Timestamp;
use rollcall_store::RequestsInHour;

use crate::text as t;

/// How many hours it shows, the one that has begun among them.
const HOURS: u64 = 24;
/// How wide an hour is.
const STEP: u64 = 20;
/// How high the chart is.
const HEIGHT: u64 = 118;

const MICROS_OF_AN_HOUR: i64 = 3_600_000_000;

/// One hour.
pub(super) struct Bar {
    pub(super) x: u64,
    pub(super) ok_y: u64,
    pub(super) ok_height: u64,
    pub(super) failed_y: u64,
    pub(super) failed_height: u64,
    pub(super) says: String,
}

/// From when on requests are counted.
pub(super) fn since(now: Timestamp) -> Timestamp {
    let hour = now.unix_micros().div_euclid(MICROS_OF_AN_HOUR);
    let begun = Timestamp::from_unix_micros(hour.saturating_mul(MICROS_OF_AN_HOUR));
    begun.minus(Duration::from_hours(HOURS - 1))
}

/// The bars of hours, the tallest as high as the chart. What failed stands on the ground.
pub(super) fn bars(hours: &[RequestsInHour], since: Timestamp) -> Vec<Bar> {
    let most = hours.iter().map(|hour| hour.requests).max().unwrap_or(0);
    let high = |count: u64| match count {
        0 => 0,
        count => (count * HEIGHT / most.max(1)).max(2),
    };
    hours
        .iter()
        .map(|hour| {
            let place = hour.begins.since(since).as_secs() / 3_600;
            let failed_height = high(hour.failures);
            let ok_height = high(hour.requests - hour.failures);
            Bar {
                x: place * STEP + 2,
                ok_y: HEIGHT.saturating_sub(failed_height + ok_height) + 1,
                ok_height,
                failed_y: HEIGHT.saturating_sub(failed_height) + 1,
                failed_height,
                says: t::hour_says(&clock_of(hour.begins), hour.requests, hour.failures),
            }
        })
        .collect()
}

/// `08:00`
fn clock_of(at: Timestamp) -> String {
    let exact = at.to_string();
    let time = exact.split_once('T').map_or("", |(_, time)| time);
    time.get(..5).unwrap_or(time).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_hour_is_as_high_as_the_chart_and_one_failure_can_be_seen() {
        let now = Timestamp::from_unix_micros(1_795_305_600_000_000 + 5);
        let since = since(now);
        let hour = |ahead: u64, requests, failures| RequestsInHour {
            begins: since.plus(Duration::from_hours(ahead)),
            requests,
            failures,
        };
        let bars = bars(&[hour(0, 10, 0), hour(23, 1_000, 1)], since);
        assert_eq!(
            (bars[0].x, bars[0].ok_height, bars[0].failed_height),
            (2, 2, 0)
        );
        assert_eq!((bars[1].x, bars[1].failed_height), (462, 2));
        assert_eq!(bars[1].ok_height, 117);
        assert!(bars[1].says.starts_with("00:00"), "{}", bars[1].says);
    }
}
