//! `[oauth]`

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// Access tokens for OAuth clients.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OauthConfig {
    /// How long an access token lives.
    #[serde(
        rename = "access_token_lifetime_seconds",
        deserialize_with = "lifetime"
    )]
    pub(crate) access_token_lifetime: Duration,
    /// How old a signing key is when the next one is made.
    #[serde(rename = "signing_key_days", deserialize_with = "days")]
    pub(crate) signing_key_age: Duration,
}

fn lifetime<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    Ok(Duration::from_secs(within(from, 60, 3_600)?))
}

fn days<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    Ok(Duration::from_hours(24 * within(from, 1, 3_650)?))
}

fn within<'de, D: Deserializer<'de>>(from: D, least: u64, most: u64) -> Result<u64, D::Error> {
    let number = u64::deserialize(from)?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(de::Error::custom(format_args!(
            "expected a number from {least} to {most}"
        )))
    }
}
