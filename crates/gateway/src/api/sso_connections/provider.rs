//! The part of an SSO connection's body that describes the provider.

use rollcall_model::{OidcProvider, SamlProvider, Timestamp};
use rollcall_orgs::certificates;
use rollcall_orgs::oidc::DEFAULT_EXTERNAL_ID_CLAIM;
use rollcall_orgs::sso_connections::ProviderInput;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::fields::{self, FieldError, Members};
use crate::api::problem::Problem;

/// What people sign in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum Protocol {
    /// OpenID Connect.
    Oidc,
    /// SAML 2.0.
    Saml,
}

/// An OpenID Connect provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OidcProvider)]
pub(in crate::api) struct OidcBody {
    /// The issuer URL, compared exactly with `iss`.
    #[schema(example = "https://acme.okta.com")]
    issuer: String,
    /// The client id that the vendor's product has there.
    client_id: String,
    /// Whether a client secret is kept.
    has_client_secret: bool,
    /// The claim of an id token that equals the SCIM `externalId`.
    #[schema(example = "sub")]
    external_id_claim: String,
}

/// A SAML 2.0 identity provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SamlProvider)]
pub(super) struct SamlBody {
    /// Its entity id.
    idp_entity_id: String,
    /// Where people are sent to sign in.
    sso_url: String,
    /// Signing certificates, in the order of the metadata.
    certificates: Vec<CertificateBody>,
}

/// A signing certificate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SamlCertificate)]
struct CertificateBody {
    /// Base64 of DER, without PEM lines.
    certificate: String,
    /// SHA-256 of the DER, in hexadecimal digits.
    sha256_fingerprint: String,
    /// Whom it is for; null if it cannot be read.
    subject: Option<String>,
    /// From when on it is valid; null if it cannot be read.
    #[schema(value_type = Option<String>, format = DateTime)]
    not_before: Option<Timestamp>,
    /// Until when it is valid; null if it cannot be read.
    #[schema(value_type = Option<String>, format = DateTime)]
    not_after: Option<Timestamp>,
}

impl From<String> for CertificateBody {
    fn from(certificate: String) -> Self {
        let facts = certificates::read(&certificate);
        Self {
            certificate,
            sha256_fingerprint: facts.sha256_fingerprint,
            subject: facts.subject,
            not_before: facts.not_before,
            not_after: facts.not_after,
        }
    }
}

impl From<OidcProvider> for OidcBody {
    fn from(provider: OidcProvider) -> Self {
        Self {
            issuer: provider.issuer,
            client_id: provider.client_id,
            has_client_secret: provider.has_client_secret,
            external_id_claim: provider
                .external_id_claim
                .unwrap_or_else(|| DEFAULT_EXTERNAL_ID_CLAIM.to_owned()),
        }
    }
}

impl From<SamlProvider> for SamlBody {
    fn from(provider: SamlProvider) -> Self {
        Self {
            idp_entity_id: provider.idp_entity_id,
            sso_url: provider.sso_url,
            certificates: provider.certificates.into_iter().map(Into::into).collect(),
        }
    }
}

/// An OpenID Connect provider, as it is described to us.
#[derive(Deserialize, ToSchema)]
#[schema(as = OidcProviderInput)]
#[serde(deny_unknown_fields)]
pub(super) struct OidcInput {
    /// The issuer URL.
    #[schema(example = "https://acme.okta.com")]
    issuer: String,
    /// The client id that the vendor's product has there.
    client_id: String,
    /// The client secret, if the provider wants one. No answer ever holds it.
    #[schema(value_type = Option<String>, write_only)]
    client_secret: Option<SecretString>,
    /// The claim of an id token that equals the SCIM `externalId`, `sub` if absent. Entra ID
    /// wants `oid`.
    external_id_claim: Option<String>,
}

/// A SAML 2.0 identity provider: its metadata document, or the three other fields.
#[derive(Deserialize, ToSchema)]
#[schema(as = SamlProviderInput)]
#[serde(deny_unknown_fields)]
pub(super) struct SamlInput {
    /// The provider's metadata document.
    metadata_xml: Option<String>,
    /// Its entity id.
    idp_entity_id: Option<String>,
    /// Where people are sent to sign in.
    sso_url: Option<String>,
    /// The signing certificate, PEM or the base64 inside it.
    certificate: Option<String>,
    /// Several signing certificates, instead of `certificate`.
    certificates: Option<Vec<String>>,
}

/// The provider of a new connection.
///
/// # Errors
///
/// 422: its object is missing, is another one than `protocol` says, or does not hold what it may.
pub(super) fn read_new(
    protocol: Protocol,
    oidc: Option<Members>,
    saml: Option<Members>,
) -> Result<ProviderInput, Problem> {
    match (protocol, oidc, saml) {
        (Protocol::Oidc, Some(members), None) => Ok(read_oidc(members)?),
        (Protocol::Saml, None, Some(members)) => Ok(read_saml(members)?),
        (Protocol::Oidc, _, Some(_)) => Err(not_of_protocol("saml", "oidc")),
        (Protocol::Saml, Some(_), _) => Err(not_of_protocol("oidc", "saml")),
        (Protocol::Oidc, None, None) => Err(missing("oidc").into()),
        (Protocol::Saml, None, None) => Err(missing("saml").into()),
    }
}

/// The new provider of a connection; `None` if it keeps its own.
///
/// # Errors
///
/// 422, as for [`read_new`].
pub(super) fn read_change(
    protocol: Option<Protocol>,
    oidc: Option<Members>,
    saml: Option<Members>,
) -> Result<Option<ProviderInput>, Problem> {
    let told = match (&oidc, &saml) {
        (None, None) => None,
        (Some(_), _) => Some(Protocol::Oidc),
        (None, Some(_)) => Some(Protocol::Saml),
    };
    match protocol.or(told) {
        None => Ok(None),
        Some(protocol) => read_new(protocol, oidc, saml).map(Some),
    }
}

fn not_of_protocol(field: &str, protocol: &str) -> Problem {
    let detail = format!("`{field}` does not go with the protocol `{protocol}`");
    Problem::invalid(field, detail)
}

fn missing(field: &str) -> FieldError {
    FieldError::Missing {
        field: field.to_owned(),
    }
}

fn read_oidc(members: Members) -> Result<ProviderInput, FieldError> {
    let input: OidcInput = fields::read(members).map_err(|error| error.within("oidc"))?;
    Ok(ProviderInput::Oidc {
        issuer: input.issuer,
        client_id: input.client_id,
        client_secret: input.client_secret,
        external_id_claim: input.external_id_claim,
    })
}

fn read_saml(members: Members) -> Result<ProviderInput, FieldError> {
    let input: SamlInput = fields::read(members).map_err(|error| error.within("saml"))?;
    let Some(metadata_xml) = input.metadata_xml else {
        return Ok(ProviderInput::SamlFields {
            idp_entity_id: input.idp_entity_id.ok_or(missing("saml.idp_entity_id"))?,
            sso_url: input.sso_url.ok_or(missing("saml.sso_url"))?,
            certificates: read_certificates(input.certificate, input.certificates)?,
        });
    };
    let beside = [
        ("saml.idp_entity_id", input.idp_entity_id),
        ("saml.sso_url", input.sso_url),
        ("saml.certificate", input.certificate),
        (
            "saml.certificates",
            input.certificates.map(|_| String::new()),
        ),
    ];
    match beside.into_iter().find(|(_, value)| value.is_some()) {
        Some((field, _)) => Err(FieldError::Invalid {
            field: field.to_owned(),
            reason: "the metadata document says it already".to_owned(),
        }),
        None => Ok(ProviderInput::SamlMetadata { metadata_xml }),
    }
}

fn read_certificates(
    one: Option<String>,
    several: Option<Vec<String>>,
) -> Result<Vec<String>, FieldError> {
    match (one, several) {
        (Some(one), None) => Ok(vec![one]),
        (None, Some(several)) => Ok(several),
        (None, None) => Err(missing("saml.certificate")),
        (Some(_), Some(_)) => Err(FieldError::Invalid {
            field: "saml.certificates".to_owned(),
            reason: "`certificate` says it already".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn members(value: Value) -> Option<Members> {
        value.as_object().cloned()
    }

    fn refusal(protocol: Protocol, oidc: Value, saml: Value) -> String {
        match read_new(protocol, members(oidc), members(saml)) {
            Ok(_) => "taken".to_owned(),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn a_provider_must_be_of_its_protocol() {
        insta::assert_snapshot!(
            refusal(Protocol::Oidc, Value::Null, json!({})),
            @"422 Unprocessable Entity invalid_field: `saml` does not go with the protocol `oidc`"
        );
        insta::assert_snapshot!(
            refusal(Protocol::Saml, Value::Null, Value::Null),
            @"422 Unprocessable Entity missing_field: `saml` is required"
        );
    }

    #[test]
    fn a_field_of_the_provider_is_named_with_its_path() {
        insta::assert_snapshot!(
            refusal(Protocol::Oidc, json!({ "issuer": "https://a" }), Value::Null),
            @"422 Unprocessable Entity missing_field: `oidc.client_id` is required"
        );
        insta::assert_snapshot!(
            refusal(Protocol::Saml, Value::Null, json!({ "sso_url": "https://a" })),
            @"422 Unprocessable Entity missing_field: `saml.idp_entity_id` is required"
        );
    }

    #[test]
    fn metadata_is_not_mixed_with_fields() {
        insta::assert_snapshot!(
            refusal(Protocol::Saml, Value::Null, json!({ "metadata_xml": "<x/>", "sso_url": "https://a" })),
            @"422 Unprocessable Entity invalid_field: `saml.sso_url` is not valid: the metadata document says it already"
        );
    }

    #[test]
    fn a_change_without_a_provider_keeps_it() {
        assert!(read_change(None, None, None).unwrap().is_none());
    }
}
