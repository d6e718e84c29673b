//! `[concurrency]`

use std::time::Duration;

use serde::Deserialize;

use super::values;

/// How many requests of one SCIM connection work and wait. Every number is at least 1.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConcurrencyConfig {
    /// Requests that work at once.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) requests_per_connection: usize,
    /// Requests that wait for that.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) waiting_per_connection: usize,
    /// How long one waits.
    #[serde(rename = "wait_seconds", deserialize_with = "values::seconds")]
    pub(crate) wait: Duration,
}
