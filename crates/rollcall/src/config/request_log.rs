//! `[request_log]`

use std::time::Duration;

use rollcall_gateway::RequestLogSettings;
use rollcall_model::LoggedContent;
use serde::{Deserialize, Deserializer, de};

/// What the request log keeps, and for how long.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestLogConfig {
    /// Whether any request is kept.
    pub(crate) enabled: bool,
    /// Of which requests bodies and values in filters are kept.
    pub(crate) content: LoggedContent,
    /// Attributes whose values are never kept.
    pub(crate) masked_attributes: Vec<String>,
    /// How long a line is kept.
    #[serde(rename = "retention_days", deserialize_with = "days")]
    pub(crate) retention: Duration,
    /// How much the log of one connection may take.
    #[serde(rename = "max_mib_per_connection", deserialize_with = "mebibytes")]
    pub(crate) max_bytes: u64,
    /// How many successes of one kind in a minute have a line each.
    pub(crate) sample_above: u32,
    /// Beyond that, one line stands for up to so many.
    #[serde(deserialize_with = "at_least_one")]
    pub(crate) sample_every: u32,
}

impl RequestLogConfig {
    /// As the gateway takes it.
    pub(crate) fn settings(&self) -> RequestLogSettings {
        RequestLogSettings {
            enabled: self.enabled,
            content: self.content,
            masked_attributes: self.masked_attributes.clone(),
            retention: self.retention,
            max_bytes: self.max_bytes,
            sample_above: self.sample_above,
            sample_every: self.sample_every,
        }
    }
}

fn days<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    match u64::deserialize(from)? {
        days @ 1..=3_650 => Ok(Duration::from_hours(24 * days)),
        _ => Err(de::Error::custom(
            "expected a number of days from 1 to 3650",
        )),
    }
}

fn mebibytes<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match u64::deserialize(from)? {
        many @ 1..=1_048_576 => Ok(many * 1_024 * 1_024),
        _ => Err(de::Error::custom("expected 1 to 1048576 MiB")),
    }
}

fn at_least_one<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        0 => Err(de::Error::custom(
            "expected 1 or more; 1 keeps a line of each",
        )),
        many => Ok(many),
    }
}
