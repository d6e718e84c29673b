//! `[webhooks]`

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use super::values;

/// How webhooks are sent, and what is kept of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhooksConfig {
    /// How many requests of one process are on their way at once; at least 1.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) concurrency: usize,
    /// After how long of nothing but failures an endpoint is paused.
    #[serde(rename = "pause_after_hours", deserialize_with = "hours")]
    pub(crate) pause_after: Duration,
    /// How long deliveries that arrived are kept.
    #[serde(rename = "keep_delivered_days", deserialize_with = "days")]
    pub(crate) keep_delivered: Duration,
    /// How long deliveries that were given up are kept.
    #[serde(rename = "keep_failed_days", deserialize_with = "days")]
    pub(crate) keep_failed: Duration,
}

fn within<'de, D: Deserializer<'de>>(from: D, most: u64) -> Result<u64, D::Error> {
    let number = u64::deserialize(from)?;
    if (1..=most).contains(&number) {
        Ok(number)
    } else {
        Err(de::Error::custom(format!(
            "expected a number from 1 to {most}"
        )))
    }
}

fn hours<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    Ok(Duration::from_hours(within(from, 24 * 365)?))
}

fn days<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    Ok(Duration::from_hours(24 * within(from, 3_650)?))
}
