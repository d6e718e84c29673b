//! `[rate_limits]`

use rollcall_model::RatePerSecond;
use rollcall_replicas::MOST_BURST_SECONDS;
use serde::{Deserialize, Deserializer, de};

/// How much a SCIM connection may ask for that chose nothing else.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimitsConfig {
    /// Reads that are given back each second; 0 is no limit.
    pub(crate) reads_per_second: RatePerSecond,
    /// Writes that are given back each second; 0 is no limit.
    pub(crate) writes_per_second: RatePerSecond,
    /// Seconds for which a connection can save up.
    #[serde(deserialize_with = "burst_seconds")]
    pub(crate) burst_seconds: u32,
}

fn burst_seconds<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let seconds = u32::deserialize(from)?;
    if (1..=MOST_BURST_SECONDS).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(de::Error::custom(format_args!(
            "expected 1 to {MOST_BURST_SECONDS}"
        )))
    }
}
