//! Creating and changing SSO connections.
//!
//! Here a provider is only described. Whether its issuer answers and its certificate is still
//! valid is asked by the check of an SSO connection, not when it is stored: an admin may well
//! write down a provider before it is up.

use rollcall_model::{
    OidcProvider, Origin, SamlProvider, SsoConnection, SsoConnectionId, SsoProvider,
};
use rollcall_store::{NewSsoConnection, OrgHandle, SsoConnectionChange};
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
        /// The signing certificate, PEM or the base64 inside it.
        certificate: String,
    },
}

/// What a client secret is sealed for.
const CLIENT_SECRET: &str = "oidc_client_secret";

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
            certificate,
        } => Ok(CheckedProvider {
            provider: SsoProvider::Saml(SamlProvider {
                idp_entity_id: field::opaque("saml.idp_entity_id", &idp_entity_id)?,
                sso_url: field::https_url("saml.sso_url", &sso_url)?,
                certificates: vec![saml_metadata::certificate(&certificate).map_err(|reason| {
                    OrgsError::invalid("saml.certificate", format!("is not valid: {reason}"))
                })?],
            }),
            sealed_client_secret: None,
        }),
    }
}

/// Creates an SSO connection.
///
/// # Errors
///
/// A field is not valid.
pub async fn create(
    org: &OrgHandle,
    key: &SealingKey,
    name: &str,
    provider: ProviderInput,
    origin: Origin,
) -> Result<SsoConnection, OrgsError> {
    let id = SsoConnectionId::new(org.clock());
    let name = field::name("name", name)?;
    let checked = check(provider, id, key)?;
    let mut tx = org.begin(origin).await?;
    let connection = tx
        .insert_sso_connection(NewSsoConnection {
            id,
            name,
            provider: checked.provider,
            sealed_client_secret: checked.sealed_client_secret,
        })
        .await?;
    tx.commit().await?;
    Ok(connection)
}

/// Changes an SSO connection's name, its provider, or both.
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
    name: Option<&str>,
    provider: Option<ProviderInput>,
    origin: Origin,
) -> Result<SsoConnection, OrgsError> {
    let not_found = OrgsError::NotFound {
        what: "SSO connection",
    };
    let name = name.map(|text| field::name("name", text)).transpose()?;
    let checked = provider.map(|input| check(input, id, key)).transpose()?;
    let mut tx = org.begin(origin).await?;
    let Some(before) = tx.lock_sso_connection(id).await? else {
        return Err(not_found);
    };
    let mut change = SsoConnectionChange {
        name,
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

/// Deletes an SSO connection that no SCIM connection is linked to.
///
/// # Errors
///
/// There is none of that id, or a SCIM connection is linked to it.
pub async fn delete(org: &OrgHandle, id: SsoConnectionId, origin: Origin) -> Result<(), OrgsError> {
    let mut tx = org.begin(origin).await?;
    if !tx.delete_sso_connection(id).await? {
        return Err(OrgsError::NotFound {
            what: "SSO connection",
        });
    }
    Ok(tx.commit().await?)
}
