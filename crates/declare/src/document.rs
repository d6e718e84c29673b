//! The file as TOML spells it. [`crate::wanted`] makes of it what is compared.
//!
//! TOML, because the configuration of Rollcall is TOML, and its reader keeps the place of everything.

use std::path::PathBuf;

use rollcall_model::{Policy, ScimSettings};
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use crate::named::Named;

/// The one version of the format that there is.
pub(crate) const VERSION: i64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) version: Spanned<i64>,
    #[serde(default)]
    pub(crate) organizations: Vec<Organization>,
    pub(crate) webhook_endpoints: Option<Vec<WebhookEndpoint>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organization {
    pub(crate) slug: Spanned<String>,
    pub(crate) name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) domains: Option<Vec<Domain>>,
    pub(crate) sso_connections: Option<Vec<SsoConnection>>,
    pub(crate) scim_connections: Option<Vec<ScimConnection>>,
    pub(crate) policy: Option<Named<Policy>>,
    pub(crate) webhook_endpoints: Option<Vec<WebhookEndpoint>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Domain {
    pub(crate) domain: Spanned<String>,
    pub(crate) sso_connection: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SsoConnection {
    pub(crate) name: Spanned<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) trust_email: Option<bool>,
    pub(crate) oidc: Option<Oidc>,
    pub(crate) saml: Option<Saml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Oidc {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) external_id_claim: Option<String>,
    pub(crate) client_secret_from_env: Option<Spanned<String>>,
    pub(crate) client_secret_from_file: Option<Spanned<PathBuf>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saml {
    pub(crate) metadata_file: Option<Spanned<PathBuf>>,
    pub(crate) idp_entity_id: Option<String>,
    pub(crate) sso_url: Option<String>,
    pub(crate) certificates: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScimConnection {
    pub(crate) name: Spanned<String>,
    pub(crate) sso_connection: Option<Spanned<String>>,
    pub(crate) idp: Option<Spanned<String>>,
    pub(crate) enabled: Option<bool>,
    pub(crate) settings: Option<Named<ScimSettings>>,
    pub(crate) schemas: Option<Vec<Spanned<Map<String, Value>>>>,
    pub(crate) attribute_mappings: Option<Vec<AttributeMapping>>,
    pub(crate) role_mappings: Option<Vec<RoleMapping>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeMapping {
    pub(crate) name: Spanned<String>,
    pub(crate) path: String,
    #[serde(rename = "type")]
    pub(crate) kind: Spanned<String>,
    pub(crate) required: Option<bool>,
    pub(crate) system: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleMapping {
    pub(crate) group: Spanned<String>,
    pub(crate) role: String,
    pub(crate) precedence: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookEndpoint {
    pub(crate) url: Spanned<String>,
    pub(crate) description: Option<String>,
    pub(crate) types: Option<Vec<Spanned<String>>>,
    pub(crate) ordered: Option<bool>,
    pub(crate) max_in_flight: Option<u32>,
    pub(crate) timeout_seconds: Option<u64>,
    pub(crate) enabled: Option<bool>,
}
