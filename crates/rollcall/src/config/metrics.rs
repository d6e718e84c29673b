//! `[metrics]`

use rollcall_gateway::EachConnectionMetrics;
use serde::{Deserialize, Deserializer};

use super::values;

/// What is measured beyond the usual.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricsConfig {
    /// Of which SCIM connections there are metrics one by one.
    #[serde(deserialize_with = "connections")]
    pub(crate) connections: EachConnectionMetrics,
}

fn connections<'de, D: Deserializer<'de>>(from: D) -> Result<EachConnectionMetrics, D::Error> {
    values::text(
        from,
        |text| match text {
            "off" => Some(EachConnectionMetrics::Off),
            "top" => Some(EachConnectionMetrics::Top),
            "all" => Some(EachConnectionMetrics::All),
            _ => None,
        },
        "`off`, `top` or `all`",
    )
}
