//! The vendor's own people, by tokens of the vendor's own OIDC issuer: at the management API, and where
//! they sign in to the console (`console_sign_in`).
//!
//! At the API the token of each request says what a person may do, so whoever loses a role at the issuer loses it
//! here as soon as the last token has expired. What is kept of a person is a row with a name, for the
//! audit log and for idempotent answers; it opens nothing.

use rollcall_model::{ApiKey, ApiKeyRole, OrgId, OrgRef, RequestId};
use rollcall_store::{OidcCaller, Store, StoreError};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::oidc::{Claims, IdTokenRefused, OidcClients};

/// The value of the organization claim that opens all of them. It is no slug.
pub const ALL_ORGANIZATIONS: &str = "*";

/// The longest `sub`, in bytes (OpenID Connect Core §2).
const MAX_SUBJECT: usize = 255;
/// The longest name that is kept of a person, in characters, without [`NAME_PREFIX`].
const MAX_NAME: usize = 190;
/// What the names of people begin with in the audit log.
pub const NAME_PREFIX: &str = "oidc:";

/// The vendor's own issuer, and what its claims let people do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorIssuer {
    /// `iss`, and where the keys of the issuer are found.
    pub issuer: String,
    /// The claim that holds a person's role, or a list of them.
    pub role_claim: String,
    /// Values that make an admin.
    pub admin_values: Vec<String>,
    /// Values that let read.
    pub read_only_values: Vec<String>,
    /// The claim that holds the one organization that a person is bound to; `None` binds nobody.
    pub organization_claim: Option<String>,
}

impl VendorIssuer {
    /// Whether a stored subject ([`OidcCaller::subject`]) is one of this issuer.
    #[must_use]
    pub fn knows(&self, subject: &str) -> bool {
        let rest = subject.strip_prefix(self.issuer.as_str());
        rest.is_some_and(|rest| rest.starts_with('|'))
    }
}

/// Whose tokens are believed at the management API, and what they have to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagementOidc {
    /// Whose, and what they let people do.
    pub vendor: VendorIssuer,
    /// What `aud` must hold.
    pub audience: String,
}

/// Why a person may not come in.
#[derive(Debug, thiserror::Error)]
pub enum CallerRefused {
    /// The token is not believed, or cannot be verified now.
    #[error(transparent)]
    Token(#[from] IdTokenRefused),
    /// The token is genuine, and gives no role.
    #[error("the claim `{claim}` of the token holds none of the values that give a role: {wanted}")]
    NoRole {
        /// The claim that was looked at.
        claim: String,
        /// The values that would do, each in backticks.
        wanted: String,
    },
    /// The token is genuine, and names no organization that there is.
    #[error(
        "the claim `{claim}` of the token must hold the id or slug of one organization, or `*` for \
         all of them"
    )]
    NoOrganization {
        /// The claim that was looked at.
        claim: String,
    },
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The person of a token, as a caller with the role and organization that the token gives.
///
/// # Errors
///
/// Why the person may not come in.
pub async fn authenticate(
    store: &Store,
    clients: &OidcClients,
    settings: &ManagementOidc,
    token: &str,
    request_id: RequestId,
) -> Result<ApiKey, CallerRefused> {
    let now = store.clock().now();
    let claims = clients
        .verify_jwt(&settings.vendor.issuer, &settings.audience, token, now)
        .await?;
    person(store, &settings.vendor, &claims, request_id).await
}

/// The person of a token that was verified, as a caller with the role and organization that it gives.
///
/// # Errors
///
/// Why the person may not come in.
pub(crate) async fn person(
    store: &Store,
    vendor: &VendorIssuer,
    claims: &Claims,
    request_id: RequestId,
) -> Result<ApiKey, CallerRefused> {
    let subject = subject(claims)?;
    let role = role(vendor, claims)?;
    let organization_id = organization(store, vendor, claims).await?;
    let caller = OidcCaller {
        digest: digest(&vendor.issuer, subject),
        subject: format!("{}|{subject}", vendor.issuer),
        name: name(claims).unwrap_or_else(|| shown(subject)),
    };
    let known = store.find_oidc_caller(&caller.subject).await?;
    let as_before = |known: &ApiKey| name(claims).is_none_or(|name| name == known.name);
    let known = match known.filter(as_before) {
        Some(known) => known,
        None => store.save_oidc_caller(caller, request_id).await?,
    };
    Ok(ApiKey {
        role,
        organization_id,
        ..known
    })
}

fn subject(claims: &Claims) -> Result<&str, IdTokenRefused> {
    let subject = claims.text("sub");
    let subject = subject.ok_or(IdTokenRefused::Malformed("it has no `sub`"))?;
    if subject.len() > MAX_SUBJECT || subject.chars().any(char::is_control) {
        return Err(IdTokenRefused::Malformed(
            "its `sub` is longer than 255 bytes, or holds control characters",
        ));
    }
    Ok(subject)
}

fn role(vendor: &VendorIssuer, claims: &Claims) -> Result<ApiKeyRole, CallerRefused> {
    let given = texts(claims.get(&vendor.role_claim));
    let holds = |values: &[String]| values.iter().any(|value| given.contains(&value.as_str()));
    if holds(&vendor.admin_values) {
        return Ok(ApiKeyRole::Admin);
    }
    if holds(&vendor.read_only_values) {
        return Ok(ApiKeyRole::ReadOnly);
    }
    let wanted = vendor.admin_values.iter().chain(&vendor.read_only_values);
    let wanted: Vec<_> = wanted.map(|value| format!("`{value}`")).collect();
    Err(CallerRefused::NoRole {
        claim: vendor.role_claim.clone(),
        wanted: wanted.join(", "),
    })
}

/// A claim that is one text, or a list of texts.
fn texts(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The organization that a person is bound to.
///
/// A token without the claim is refused. Issuers leave out claims that have no value, so taking that
/// for "all organizations" would open everything to whoever was forgotten.
async fn organization(
    store: &Store,
    vendor: &VendorIssuer,
    claims: &Claims,
) -> Result<Option<OrgId>, CallerRefused> {
    let Some(claim) = &vendor.organization_claim else {
        return Ok(None);
    };
    let refused = || CallerRefused::NoOrganization {
        claim: claim.clone(),
    };
    let named = claims.text(claim).ok_or_else(refused)?;
    if named == ALL_ORGANIZATIONS {
        return Ok(None);
    }
    let named: OrgRef = named.parse().map_err(|_| refused())?;
    let found = store.open_organization(&named).await?;
    Ok(Some(found.ok_or_else(refused)?.org_id()))
}

/// The name that the token gives a person. One that gives none leaves the name as it is.
fn name(claims: &Claims) -> Option<String> {
    let given = ["email", "preferred_username"];
    given.iter().find_map(|claim| claims.text(claim)).map(shown)
}

fn shown(text: &str) -> String {
    let printable = text.chars().filter(|letter| !letter.is_control());
    format!(
        "{NAME_PREFIX}{}",
        printable.take(MAX_NAME).collect::<String>()
    )
}

/// Stands where keys have the digest of their secret. No secret has it: none holds a NUL, which no
/// header can carry.
fn digest(issuer: &str, subject: &str) -> [u8; 32] {
    let mut sha = Sha256::new();
    for part in ["OIDC caller", issuer, subject] {
        sha.update(part);
        sha.update([0]);
    }
    sha.finalize().into()
}
