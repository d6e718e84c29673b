//! `[portal]`

use std::path::PathBuf;

use rollcall_orgs::portal::ReturnOrigins;
use serde::{Deserialize, Deserializer, de};

/// The setup portal, as customers see it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortalConfig {
    /// What the vendor's product is called.
    #[serde(deserialize_with = "name")]
    pub(crate) product_name: String,
    /// The vendor's logo.
    #[serde(default)]
    pub(crate) logo_file: Option<PathBuf>,
    /// The vendor's colour, as `#rrggbb`.
    #[serde(deserialize_with = "color")]
    pub(crate) accent_color: String,
    /// Where the portal may lead back to.
    #[serde(deserialize_with = "origins")]
    pub(crate) return_origins: ReturnOrigins,
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let name = text.trim();
    if (1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(de::Error::custom("expected a name of 1 to 60 characters"))
}

fn color<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(text.to_lowercase());
    }
    Err(de::Error::custom("expected a colour such as `#1d4ed8`"))
}

fn origins<'de, D: Deserializer<'de>>(from: D) -> Result<ReturnOrigins, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    ReturnOrigins::parse(&texts).map_err(de::Error::custom)
}
