//! `[outbound]`

use rollcall_outbound::AllowedNetworks;
use serde::{Deserialize, Deserializer, de};

/// Requests that Rollcall makes to addresses that others named.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutboundConfig {
    /// Networks that are not public and may be asked all the same.
    #[serde(deserialize_with = "networks")]
    pub(crate) allowed_private_networks: AllowedNetworks,
}

fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<AllowedNetworks, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    AllowedNetworks::parse(&texts).map_err(de::Error::custom)
}
