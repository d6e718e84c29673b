//! Creating and changing SSO connections.
//!
//! Here a provider is only described. Whether its issuer answers and its certificate is still
//! valid is asked by the check of an SSO connection, not when it is stored: an admin may well
//! write down a provider before it is up.

use rollcall_model::{
    OidcProvider, Origin, SamlProvider, ScimConnectionId, SsoConnection, SsoConnectionId,
    SsoProvider,
};
use rollcall_store::{NewSsoConnection, OrgHandle, ScimConnectionChange, SsoConnectionChange};
use secrecy::{ExposeSecret, SecretString};

use crate::error::OrgsError;
use crate::secret::{SealedFor, SealingKey};
use crate::{field, saml_metadata};

/// What a caller says of a login provider.
pub enum ProviderInput {
    /// OpenID Connect.
    Oidc {
        /// The issuer URL.
        issuer: String,
        /// The client id of the vendor's product.
        client_id: String,
        /// The client secret, if the provider wants one.
        client_secret: Option<SecretString>,
        /// The claim that equals the SCIM `externalId`, if it is another than `sub`.
        external_id_claim: Option<String>,
    },
    /// SAML 2.0, as the provider's own document describes it.
    SamlMetadata {
        /// The document.
        metadata_xml: String,
    },
    /// SAML 2.0, field by field.
    SamlFields {
        /// The entity id.
        idp_entity_id: String,
        /// Where people are sent to sign in.
        sso_url: String,
        /// The signing certificates, PEM or the base64 inside it; at least one.
        certificates: Vec<String>,
    },
}

/// What a client secret is sealed for.
pub(crate) const CLIENT_SECRET: &str = "oidc_client_secret";

/// A provider that was checked, and its secret, sealed.
struct CheckedProvider {
    provider: SsoProvider,
    sealed_client_secret: Option<Vec<u8>>,
}

fn check(
    input: ProviderInput,
    id: SsoConnectionId,
    key: &SealingKey,
) -> Result<CheckedProvider, OrgsError> {
    match input {
        ProviderInput::Oidc {
            issuer,
            client_id,
            client_secret,
            external_id_claim,
        } => {
            let sealed_client_secret = client_secret
                .map(|secret| {
                    field::opaque("oidc.client_secret", secret.expose_secret())?;
                    let owner = SealedFor {
                        purpose: CLIENT_SECRET,
                        id: &id.to_string(),
                    };
                    Ok::<_, OrgsError>(key.seal(&secret, owner)?)
                })
                .transpose()?;
            Ok(CheckedProvider {
                provider: SsoProvider::Oidc(OidcProvider {
                    issuer: field::https_url("oidc.issuer", &issuer)?,
                    client_id: field::opaque("oidc.client_id", &client_id)?,
                    has_client_secret: sealed_client_secret.is_some(),
                    external_id_claim: external_id_claim
                        .map(|claim| field::opaque("oidc.external_id_claim", &claim))
                        .transpose()?,
                }),
                sealed_client_secret,
            })
        }
        ProviderInput::SamlMetadata { metadata_xml } => {
            let read = saml_metadata::parse(&metadata_xml).map_err(|reason| {
                OrgsError::invalid("saml.metadata_xml", format!("is not valid: {reason}"))
            })?;
            Ok(CheckedProvider {
                provider: SsoProvider::Saml(SamlProvider {
                    idp_entity_id: field::opaque("saml.metadata_xml", &read.idp_entity_id)?,
                    sso_url: field::https_url("saml.metadata_xml", &read.sso_url)?,
                    certificates: read.certificates,
                }),
                sealed_client_secret: None,
            })
        }
        ProviderInput::SamlFields {
            idp_entity_id,
            sso_url,
            certificates,
        } => Ok(CheckedProvider {
            provider: SsoProvider::Saml(SamlProvider {
                idp_entity_id: field::opaque("saml.idp_entity_id", &idp_entity_id)?,
                sso_url: field::https_url("saml.sso_url", &sso_url)?,
                certificates: check_certificates(&certificates)?,
            }),
            sealed_client_secret: None,
        }),
    }
}

/// How many certificates a provider may sign with. Two are usual while one takes over.
const MOST_CERTIFICATES: usize = 20;

fn check_certificates(texts: &[String]) -> Result<Vec<String>, OrgsError> {
    if !(1..=MOST_CERTIFICATES).contains(&texts.len()) {
        let reason = format!("must name 1 to {MOST_CERTIFICATES} certificates");
        return Err(OrgsError::invalid("saml.certificates", reason));
    }
    let mut certificates = Vec::new();
    for text in texts {
        let certificate = saml_metadata::certificate(text).map_err(|reason| {
            OrgsError::invalid("saml.certificate", format!("is not valid: {reason}"))
        })?;
        if !certificates.contains(&certificate) {
            certificates.push(certificate);
        }
    }
    Ok(certificates)
}

/// What a caller says of a new SSO connection.
pub struct SsoConnectionInput {
    /// Its name for people.
    pub name: String,
    /// The provider.
    pub provider: ProviderInput,
    /// Whether the provider is believed about addresses of verified domains.
    pub trust_email: bool,
    /// Whether people may sign in with it.
    pub enabled: bool,
}

/// What a caller wants changed. `None` leaves a field as it is.
#[derive(Default)]
pub struct SsoConnectionPatch {
    /// A new name.
    pub name: Option<String>,
    /// A new provider.
    pub provider: Option<ProviderInput>,
    /// Whether people may sign in with it.
    pub enabled: Option<bool>,
    /// Whether the provider is believed about addresses of verified domains.
    pub trust_email: Option<bool>,
}

/// Creates an SSO connection.
///
/// # Errors
///
/// A field is not valid.
pub async fn create(
    org: &OrgHandle,
    key: &SealingKey,
    input: SsoConnectionInput,
    origin: Origin,
) -> Result<SsoConnection, OrgsError> {
    let id = SsoConnectionId::new(org.clock());
    let name = field::name("name", &input.name)?;
    let checked = check(input.provider, id, key)?;
    let mut tx = org.begin(origin).await?;
    let connection = tx
        .insert_sso_connection(NewSsoConnection {
            id,
            name,
            provider: checked.provider,
            trust_email: input.trust_email,
            enabled: input.enabled,
            sealed_client_secret: checked.sealed_client_secret,
        })
        .await?;
    tx.commit().await?;
    Ok(connection)
}

/// Changes an SSO connection.
///
/// A provider is replaced as a whole; only an OIDC client secret that is not sent again stays, as
/// long as issuer and client id do.
///
/// # Errors
///
/// A field is not valid, or there is no SSO connection of that id.
pub async fn change(
    org: &OrgHandle,
    key: &SealingKey,
    id: SsoConnectionId,
    patch: SsoConnectionPatch,
    origin: Origin,
) -> Result<SsoConnection, OrgsError> {
    let not_found = OrgsError::NotFound {
        what: "SSO connection",
    };
    let name = patch.name.map(|text| field::name("name", &text));
    let name = name.transpose()?;
    let checked = patch
        .provider
        .map(|input| check(input, id, key))
        .transpose()?;
    let mut tx = org.begin(origin).await?;
    let Some(before) = tx.lock_sso_connection(id).await? else {
        return Err(not_found);
    };
    let mut change = SsoConnectionChange {
        name,
        enabled: patch.enabled,
        trust_email: patch.trust_email,
        ..SsoConnectionChange::default()
    };
    if let Some(mut checked) = checked {
        change.sealed_client_secret = if keeps_secret(&mut checked, &before.provider) {
            None
        } else {
            Some(checked.sealed_client_secret)
        };
        change.provider = Some(checked.provider);
    }
    let connection = tx
        .change_sso_connection(id, change)
        .await?
        .ok_or(not_found)?;
    tx.commit().await?;
    Ok(connection)
}

/// Whether a provider that was sent without a client secret keeps the stored one. It does if it
/// is the same client of the same issuer: a secret must not follow to another one.
fn keeps_secret(after: &mut CheckedProvider, before: &SsoProvider) -> bool {
    let (SsoProvider::Oidc(after_oidc), SsoProvider::Oidc(before)) = (&mut after.provider, before)
    else {
        return false;
    };
    let same = after_oidc.issuer == before.issuer && after_oidc.client_id == before.client_id;
    let keeps = after.sealed_client_secret.is_none() && same;
    if keeps {
        after_oidc.has_client_secret = before.has_client_secret;
    }
    keeps
}

/// Whether an address may stand for the person that a provider names.
///
/// It may if the provider says that it verified the address. If it says nothing and the SSO
/// connection trusts it (`trust_email`), it may if the domain of the address is one that the
/// organization itself has verified: then whoever runs the provider also gives out the addresses.
#[must_use]
pub fn address_is_proven(
    said_by_provider: bool,
    connection: &SsoConnection,
    domain_is_verified: bool,
) -> bool {
    said_by_provider || connection.trust_email && domain_is_verified
}

/// Deletes an SSO connection, with what it knows of who signed in.
///
/// SCIM connections that are linked to it are moved to the SSO connection `move_to`; without it,
/// none may be linked.
///
/// # Errors
///
/// There is none of that id; SCIM connections are linked to it, and nothing or no SSO connection of
/// this organization is said to take them.
pub async fn delete(
    org: &OrgHandle,
    id: SsoConnectionId,
    move_to: Option<SsoConnectionId>,
    origin: Origin,
) -> Result<(), OrgsError> {
    let not_found = OrgsError::NotFound {
        what: "SSO connection",
    };
    let mut tx = org.begin(origin).await?;
    if tx.lock_sso_connection(id).await?.is_none() {
        return Err(not_found);
    }
    if let Some(target) = move_to
        && (target == id || tx.lock_sso_connection(target).await?.is_none())
    {
        return Err(OrgsError::NoSuchReference { field: MOVE_TO });
    }
    let linked = tx.list_scim_connections_of_sso(id).await?;
    match move_to {
        None if !linked.is_empty() => return Err(OrgsError::Linked { by: named(&linked) }),
        None => {}
        Some(target) => {
            for (connection, _) in linked {
                let change = ScimConnectionChange {
                    sso_connection_id: Some(target),
                    ..ScimConnectionChange::default()
                };
                tx.change_scim_connection(connection, change).await?;
            }
        }
    }
    if !tx.delete_sso_connection(id).await? {
        return Err(not_found);
    }
    Ok(tx.commit().await?)
}

/// The parameter that says where linked SCIM connections go.
const MOVE_TO: &str = "move_scim_connections_to";

/// The first few of them, for a sentence.
fn named(linked: &[(ScimConnectionId, String)]) -> String {
    const SHOWN: usize = 5;
    let shown = linked.iter().take(SHOWN);
    let mut names: Vec<_> = shown.map(|(id, name)| format!("`{name}` ({id})")).collect();
    if linked.len() > SHOWN {
        names.push(format!("{} more", linked.len() - SHOWN));
    }
    names.join(", ")
}
