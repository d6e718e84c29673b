//! `[management_oidc]`

use rollcall_orgs::management_callers::ManagementOidc;
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::{ConfigError, values};

/// Whose tokens the management API takes beside API keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManagementOidcConfig {
    /// The vendor's own issuer, as its tokens spell it. There if and only if the audience is.
    #[serde(default, deserialize_with = "issuer")]
    pub(crate) issuer: Option<String>,
    /// What `aud` of a token must hold.
    #[serde(default, deserialize_with = "optional_claim_text")]
    pub(crate) audience: Option<String>,
    /// The claim with the role.
    #[serde(deserialize_with = "claim_text")]
    pub(crate) role_claim: String,
    /// Values of it that make an admin.
    #[serde(deserialize_with = "claim_texts")]
    pub(crate) admin_values: Vec<String>,
    /// Values of it that let read.
    #[serde(deserialize_with = "claim_texts")]
    pub(crate) read_only_values: Vec<String>,
    /// The claim with the one organization that a person is bound to.
    #[serde(default, deserialize_with = "optional_claim_text")]
    pub(crate) organization_claim: Option<String>,
}

impl ManagementOidcConfig {
    /// What the gateway is told; `None` if tokens are not taken.
    pub(crate) fn settings(&self) -> Option<ManagementOidc> {
        let (issuer, audience) = self.issuer.clone().zip(self.audience.clone())?;
        Some(ManagementOidc {
            issuer,
            audience,
            role_claim: self.role_claim.clone(),
            admin_values: self.admin_values.clone(),
            read_only_values: self.read_only_values.clone(),
            organization_claim: self.organization_claim.clone(),
        })
    }

    /// The rules between keys of this section.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let (issuer, audience) = ("management_oidc.issuer", "management_oidc.audience");
        let half = |given, missing| Err(ConfigError::HalfManagementOidc { given, missing });
        match (&self.issuer, &self.audience, &self.organization_claim) {
            (Some(_), None, _) => half(issuer, audience),
            (None, Some(_), _) => half(audience, issuer),
            (None, None, Some(_)) => half("management_oidc.organization_claim", issuer),
            (Some(_), Some(_), _) | (None, None, None) => Ok(()),
        }
    }
}

/// Taken as it is: tokens must spell it the same.
fn issuer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    fn convert(text: &str) -> Option<String> {
        let url = Url::parse(text).ok()?;
        let this_machine = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let secure = url.scheme() == "https" || (url.scheme() == "http" && this_machine);
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        (secure && bare).then(|| text.to_owned())
    }
    values::text(
        from,
        convert,
        "a URL that begins with `https://`, exactly as tokens have it in `iss`, such as \
         https://login.example.com",
    )
    .map(Some)
}

fn optional_claim_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    claim_text(from).map(Some)
}

fn claim_text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    values::text(from, some, "a text that is not empty")
}

fn claim_texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(de::Error::custom("expected texts that are not empty"));
    }
    Ok(texts)
}
