//! `[scim]`

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// Paths that Rollcall serves itself, and everything below them.
const RESERVED: [&str; 12] = [
    "/v1",
    "/oauth",
    "/console",
    "/portal",
    "/assets",
    "/.well-known",
    "/scim/v2",
    "/api/scim/v2",
    "/api/v1/auth/scim",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// The SCIM endpoint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScimConfig {
    /// More paths for the endpoint whose token names the connection: `/…`, no slash at the end.
    #[serde(deserialize_with = "paths")]
    pub(crate) extra_paths: Vec<String>,
    /// How long what is left of a deleted user or group is kept; zero leaves nothing.
    #[serde(rename = "tombstone_retention_days", deserialize_with = "days")]
    pub(crate) tombstone_retention: Duration,
}

/// A number of days, within a lifetime.
fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    const MOST: u64 = 36_500;
    let days = u64::deserialize(deserializer)?;
    if days > MOST {
        return Err(de::Error::custom(format_args!(
            "expected a number of days up to {MOST}"
        )));
    }
    Ok(Duration::from_hours(24 * days))
}

fn paths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let paths = Vec::<String>::deserialize(deserializer)?;
    paths
        .into_iter()
        .map(|path| {
            let path = path.trim_end_matches('/').to_owned();
            // What is left out here would be a pattern, a query or an escape, not a plain path.
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
            let reserved = RESERVED
                .iter()
                .find(|own| path == **own || path.starts_with(&format!("{own}/")));
            if let Some(own) = reserved {
                return Err(de::Error::custom(format_args!(
                    "`{path}` is taken: Rollcall serves `{own}` itself"
                )));
            }
            if path.len() > 1 && path.starts_with('/') && path.bytes().all(plain) {
                Ok(path)
            } else {
                Err(de::Error::custom(format_args!(
                    "`{path}` is not a path such as `/api/scim`, of letters, digits and `/-._~`"
                )))
            }
        })
        .collect()
}
