//! SSO connections: the login providers that SCIM connections are linked to.

use serde::{Deserialize, Serialize};

use crate::{SsoConnectionId, Timestamp};

/// An OIDC or SAML login provider of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsoConnection {
    /// Its id.
    pub id: SsoConnectionId,
    /// Its name for people.
    pub name: String,
    /// What people sign in with.
    pub provider: SsoProvider,
    /// Whether people may sign in with it.
    pub enabled: bool,
    /// Whether its provider is believed that addresses of the organization's verified domains belong
    /// to the people it names, although it does not say that it verified them.
    pub trust_email: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What Rollcall knows of a login provider. Secrets are not in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "protocol", content = "settings", rename_all = "lowercase")]
pub enum SsoProvider {
    /// OpenID Connect.
    Oidc(OidcProvider),
    /// SAML 2.0.
    Saml(SamlProvider),
}

/// An OpenID Connect provider, as its discovery document names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcProvider {
    /// The issuer URL, compared exactly with `iss`.
    pub issuer: String,
    /// The client id that the vendor's product has there: the expected audience.
    pub client_id: String,
    /// Whether a client secret is stored (sealed, beside this).
    pub has_client_secret: bool,
    /// The claim of an id token that equals the SCIM `externalId`; `sub` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id_claim: Option<String>,
}

/// A SAML 2.0 identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamlProvider {
    /// Its entity id.
    pub idp_entity_id: String,
    /// Where people are sent to sign in.
    pub sso_url: String,
    /// Signing certificates: base64 of DER, without PEM lines.
    pub certificates: Vec<String>,
}
