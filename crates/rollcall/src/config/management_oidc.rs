//! `[management_oidc]`

use rollcall_orgs::console_sign_in::ConsoleOidc;
use rollcall_orgs::management_callers::{ManagementOidc, VendorIssuer};
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::{ConfigError, Secret, values};

/// The vendor's own issuer: whose tokens the management API takes beside API keys, and where people
/// sign in to the console.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManagementOidcConfig {
    /// The vendor's own issuer, as its tokens spell it. There if audience or client id are.
    #[serde(default, deserialize_with = "issuer")]
    pub(crate) issuer: Option<String>,
    /// What `aud` of a token must hold.
    #[serde(default, deserialize_with = "optional_claim_text")]
    pub(crate) audience: Option<String>,
    /// Who this server is where people sign in to the console.
    #[serde(default, deserialize_with = "optional_claim_text")]
    pub(crate) client_id: Option<String>,
    /// What proves it.
    #[serde(default, deserialize_with = "values::client_secret")]
    pub(crate) client_secret: Option<Secret>,
    /// What is asked for when people sign in. `openid` is among them.
    #[serde(deserialize_with = "scopes")]
    pub(crate) scopes: Vec<String>,
    /// What the issuer is called on the button to sign in.
    #[serde(default, deserialize_with = "optional_display_name")]
    pub(crate) display_name: Option<String>,
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
    fn vendor(&self) -> Option<VendorIssuer> {
        Some(VendorIssuer {
            issuer: self.issuer.clone()?,
            role_claim: self.role_claim.clone(),
            admin_values: self.admin_values.clone(),
            read_only_values: self.read_only_values.clone(),
            organization_claim: self.organization_claim.clone(),
        })
    }

    /// What the management API is told; `None` if it takes no tokens.
    pub(crate) fn management(&self) -> Option<ManagementOidc> {
        let (vendor, audience) = self.vendor().zip(self.audience.clone())?;
        Some(ManagementOidc { vendor, audience })
    }

    /// What the console is told; `None` if people sign in with API keys only.
    pub(crate) fn console(&self) -> Option<ConsoleOidc> {
        let (vendor, client_id) = self.vendor().zip(self.client_id.clone())?;
        let host = Url::parse(&vendor.issuer).ok();
        let host = host.as_ref().and_then(Url::host_str).unwrap_or_default();
        Some(ConsoleOidc {
            display_name: self.display_name.clone().unwrap_or_else(|| host.to_owned()),
            vendor,
            client_id,
            client_secret: self
                .client_secret
                .as_ref()
                .map(|it| it.as_secret_string().clone()),
            scopes: self.scopes.clone(),
        })
    }

    /// The rules between keys of this section.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let half = |given, missing| Err(ConfigError::HalfManagementOidc { given, missing });
        let of_issuer = [
            (self.audience.is_some(), "management_oidc.audience"),
            (self.client_id.is_some(), CLIENT_ID),
            (
                self.organization_claim.is_some(),
                "management_oidc.organization_claim",
            ),
        ];
        let of_client = [
            (
                self.client_secret.is_some(),
                "management_oidc.client_secret",
            ),
            (self.display_name.is_some(), "management_oidc.display_name"),
        ];
        let set = |keys: &[(bool, &'static str)]| keys.iter().find(|it| it.0).map(|it| it.1);
        match (set(&of_issuer), set(&of_client)) {
            (_, Some(given)) if self.client_id.is_none() => half(given, CLIENT_ID),
            (Some(given), _) if self.issuer.is_none() => half(given, "management_oidc.issuer"),
            _ if self.issuer.is_some() && self.audience.is_none() && self.client_id.is_none() => {
                Err(ConfigError::IdleManagementOidc)
            }
            _ => Ok(()),
        }
    }
}

const CLIENT_ID: &str = "management_oidc.client_id";

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

fn optional_display_name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let name = |text: &str| {
        let fits = (1..=60).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    };
    values::text(from, name, "a name of 1 to 60 characters").map(Some)
}

/// Scopes as a request names them (RFC 6749 §3.3).
fn scopes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let scopes = Vec::<String>::deserialize(from)?;
    let is_token = |text: &String| {
        let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        !text.is_empty() && text.bytes().all(allowed)
    };
    if scopes.iter().all(is_token) && scopes.iter().any(|scope| scope == "openid") {
        return Ok(scopes);
    }
    Err(de::Error::custom(
        "expected scopes without spaces, `openid` among them",
    ))
}

fn claim_texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(de::Error::custom("expected texts that are not empty"));
    }
    Ok(texts)
}
