//! The check of an SSO connection: what is wrong with it, and what to do, in plain words.
//!
//! It asks the provider at that moment, whatever is remembered of it, and changes nothing.

use std::time::Duration;

use rollcall_model::{OidcProvider, SamlProvider, SsoConnection, SsoProvider, Timestamp};
use rollcall_outbound::FetchError;
use rollcall_store::OrgHandle;

use crate::certificates;
use crate::error::OrgsError;
use crate::oidc::{OidcClients, ProviderUnavailable};

/// How long before its end a certificate is reported.
const EXPIRES_SOON: Duration = Duration::from_secs(30 * 24 * 3_600);

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nobody can sign in, or tokens cannot be verified.
    Error,
    /// It works, and may not for long or not as it was meant.
    Warning,
    /// Nothing is wrong.
    Info,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A stable word for programs.
    pub code: &'static str,
    /// What is so.
    pub message: String,
    /// What to do about it; empty if nothing is.
    pub what_to_do: &'static str,
}

fn found(
    severity: Severity,
    code: &'static str,
    message: impl Into<String>,
    what_to_do: &'static str,
) -> Finding {
    Finding {
        severity,
        code,
        message: message.into(),
        what_to_do,
    }
}

/// Checks an SSO connection.
///
/// # Errors
///
/// The database is not available. What is wrong with the provider is a finding.
pub async fn check(
    org: &OrgHandle,
    connection: &SsoConnection,
    clients: &OidcClients,
    now: Timestamp,
) -> Result<Vec<Finding>, OrgsError> {
    let mut findings = match &connection.provider {
        SsoProvider::Oidc(oidc) => vec![of_oidc(oidc, clients, now).await],
        SsoProvider::Saml(saml) => of_saml(saml, now),
    };
    if !connection.enabled {
        findings.push(found(
            Severity::Warning,
            "disabled",
            "The SSO connection is switched off, so every sign-in with it is denied.",
            "Switch it on by a change with `enabled: true`.",
        ));
    }
    if org
        .list_scim_connections_of_sso(connection.id)
        .await?
        .is_empty()
    {
        findings.push(found(
            Severity::Warning,
            "no_scim_connection",
            "No SCIM connection is linked to it, so nobody is provisioned for its sign-ins.",
            "Create a SCIM connection with this SSO connection, or link an existing one to it.",
        ));
    }
    let domains = org.list_domains().await?;
    if connection.trust_email && domains.iter().all(|domain| domain.verified_at.is_none()) {
        findings.push(found(
            Severity::Warning,
            "no_verified_domain",
            "Its e-mail addresses are trusted for verified domains, and the organization has none.",
            "Verify the domain of the organization's addresses.",
        ));
    }
    Ok(findings)
}

async fn of_oidc(provider: &OidcProvider, clients: &OidcClients, now: Timestamp) -> Finding {
    match clients.inspect(&provider.issuer, now).await {
        Ok(summary) => found(
            Severity::Info,
            "provider_answers",
            format!(
                "The provider answers and publishes {} keys, {} of which can verify a sign-in.",
                summary.published_keys, summary.usable_keys
            ),
            "",
        ),
        Err(reason) => found(
            Severity::Error,
            reason.code(),
            format!("Sign-ins cannot be verified: {reason}."),
            remedy(&reason),
        ),
    }
}

const fn remedy(reason: &ProviderUnavailable) -> &'static str {
    match reason {
        ProviderUnavailable::Discovery(error) | ProviderUnavailable::Keys(error) => {
            remedy_of_fetch(error)
        }
        ProviderUnavailable::IssuerMismatch { .. } => {
            "Copy the issuer exactly as the provider names it, with or without a slash at its end. For \
             Entra ID it ends in the id of the customer's own tenant, not in `common` or `organizations`."
        }
        ProviderUnavailable::NotDiscovery(_) => {
            "Compare the issuer with the provider's console: below it there must be \
             `/.well-known/openid-configuration`."
        }
        ProviderUnavailable::KeysNotHttps
        | ProviderUnavailable::NotKeys(_)
        | ProviderUnavailable::NoUsableKey { .. } => {
            "Ask the provider: it must publish RSA keys of 2048 bits or more, or keys on P-256, P-384 or \
             Ed25519, at an address that begins with https://."
        }
    }
}

const fn remedy_of_fetch(error: &FetchError) -> &'static str {
    match error {
        FetchError::NoAddress | FetchError::Url(_) | FetchError::NotHttps => {
            "Look for a typing mistake in the issuer."
        }
        FetchError::Forbidden => {
            "If the provider does run inside your network, ask whoever runs Rollcall to allow that network."
        }
        FetchError::Connect | FetchError::Timeout | FetchError::Broken => {
            "See whether the provider is up, and whether a firewall lets Rollcall reach it."
        }
        FetchError::Tls(_) => {
            "The provider needs a certificate of a public authority, with its intermediate certificates."
        }
        FetchError::Status(_) | FetchError::TooLong(_) | FetchError::Redirects(_) => {
            "Compare the issuer with the provider's console, and open \
             `/.well-known/openid-configuration` below it in a browser."
        }
    }
}

fn of_saml(provider: &SamlProvider, now: Timestamp) -> Vec<Finding> {
    const RENEW: &str =
        "Copy the provider's new metadata here before it signs with a new certificate.";
    let mut findings = Vec::new();
    let mut usable = 0;
    for (certificate, number) in provider.certificates.iter().zip(1..) {
        let facts = certificates::read(certificate);
        let name = format!("Signing certificate {number}");
        let finding = match (facts.not_before, facts.not_after) {
            (_, Some(end)) if end <= now => found(
                Severity::Warning,
                "certificate_expired",
                format!("{name} expired at {end}."),
                RENEW,
            ),
            (Some(begin), _) if begin > now => found(
                Severity::Warning,
                "certificate_not_yet_valid",
                format!("{name} is not valid before {begin}."),
                "",
            ),
            (_, Some(end)) if end <= now.plus(EXPIRES_SOON) => {
                usable += 1;
                let message = format!("{name} expires at {end}.");
                found(
                    Severity::Warning,
                    "certificate_expires_soon",
                    message,
                    RENEW,
                )
            }
            (Some(_), Some(end)) => {
                usable += 1;
                let message = format!("{name} is valid until {end}.");
                found(Severity::Info, "certificate_valid", message, "")
            }
            _ => found(
                Severity::Warning,
                "certificate_not_readable",
                format!("{name} is not an X.509 certificate."),
                "Copy the provider's metadata here again.",
            ),
        };
        findings.push(finding);
    }
    if usable == 0 {
        findings.push(found(
            Severity::Error,
            "no_valid_certificate",
            "None of the signing certificates is valid now.",
            RENEW,
        ));
    }
    findings
}
