//! `[redis]`

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::values;

/// How Redis is used, where `redis_url` names one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedisConfig {
    /// What every key and channel begins with; 1 to 64 letters, digits and `:._-`.
    #[serde(deserialize_with = "key_prefix")]
    pub(crate) key_prefix: String,
    /// How long connecting, and work that no request waits for, may take.
    #[serde(
        rename = "connect_timeout_milliseconds",
        deserialize_with = "values::milliseconds"
    )]
    pub(crate) connect_timeout: Duration,
    /// How long a request waits before Redis counts as away.
    #[serde(
        rename = "response_timeout_milliseconds",
        deserialize_with = "values::milliseconds"
    )]
    pub(crate) response_timeout: Duration,
}

/// A prefix that stands for itself in the patterns of an ACL.
fn key_prefix<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    values::text(
        from,
        |text| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":._-".contains(&byte);
            let fits = (1..=64).contains(&text.len()) && text.bytes().all(plain);
            fits.then(|| text.to_owned())
        },
        "1 to 64 letters, digits and `:._-`, such as rollcall:",
    )
}
