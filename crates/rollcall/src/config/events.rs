//! `[events]`

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use super::values;

/// The feed of events, and who follows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsConfig {
    /// How long events are kept; `None`: for ever.
    #[serde(rename = "retention_days", deserialize_with = "retention")]
    pub(crate) retention: Option<Duration>,
    /// How many requests and streams of one process wait for events; at least 1.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_followers: usize,
    /// The key of the Redis stream that events are added to, if one is.
    #[serde(default, deserialize_with = "stream")]
    pub(crate) redis_stream: Option<String>,
    /// About how many entries it keeps; 0: all.
    pub(crate) redis_stream_max_len: u64,
}

/// A key of Redis.
fn stream<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    values::text(
        deserializer,
        |text| {
            let fits =
                (1..=200).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic());
            fits.then(|| Some(text.to_owned()))
        },
        "1 to 200 printable ASCII characters without spaces, such as rollcall:events",
    )
}

/// A number of days: longer than a webhook is tried, within a lifetime, or 0 for no end.
fn retention<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    match u64::deserialize(deserializer)? {
        0 => Ok(None),
        days @ 4..=36_500 => Ok(Some(Duration::from_hours(24 * days))),
        _ => Err(de::Error::custom(
            "expected a number of days from 4 to 36500, or 0 to keep events for ever",
        )),
    }
}
