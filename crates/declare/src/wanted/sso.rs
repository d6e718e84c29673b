//! An SSO connection of a file, and the secret that it refers to.

use std::path::{Path, PathBuf};

use rollcall_orgs::saml_metadata;
use secrecy::SecretString;
use serde_json::Value;
use toml::Spanned;

use super::read::{Reading, put};
use super::{Fields, SecretSource, Wanted, WantedSso};
use crate::document::{Oidc, Saml, SsoConnection};
use crate::place::FileError;

pub(super) const PATH: &str = "organizations.sso_connections";
const SAML: &str = "organizations.sso_connections.saml";

pub(super) fn read(reading: &Reading<'_>, given: SsoConnection) -> Result<WantedSso, FileError> {
    let mut fields = Fields::new();
    put(&mut fields, "enabled", given.enabled);
    put(&mut fields, "trust_email", given.trust_email);
    let mut client_secret = None;
    match (given.oidc, given.saml) {
        (Some(_), Some(_)) => {
            let reason = "an SSO connection speaks either OpenID Connect (`oidc`) or SAML (`saml`)";
            return Err(reading.wrong(&given.name, PATH, reason));
        }
        (Some(oidc), None) => {
            client_secret = source(reading, &oidc)?;
            fields.insert("oidc".to_owned(), of_oidc(&oidc));
        }
        (None, Some(saml)) => {
            fields.insert("saml".to_owned(), of_saml(reading, &given.name, saml)?);
        }
        (None, None) => {}
    }
    Ok(WantedSso {
        it: Wanted {
            name: reading.name(&given.name, &format!("{PATH}.name"))?,
            fields,
            place: reading.place(&given.name),
        },
        client_secret,
    })
}

fn of_oidc(oidc: &Oidc) -> Value {
    let mut provider = Fields::new();
    put(&mut provider, "issuer", Some(oidc.issuer.as_str()));
    put(&mut provider, "client_id", Some(oidc.client_id.as_str()));
    let claim = oidc.external_id_claim.as_deref();
    put(&mut provider, "external_id_claim", claim);
    Value::Object(provider)
}

fn source(reading: &Reading<'_>, oidc: &Oidc) -> Result<Option<SecretSource>, FileError> {
    match (&oidc.client_secret_from_env, &oidc.client_secret_from_file) {
        (None, None) => Ok(None),
        (Some(variable), None) => Ok(Some(of_variable(variable.get_ref()))),
        (None, Some(path)) => Ok(Some(of_file(&reading.folder.join(path.get_ref())))),
        (Some(variable), Some(_)) => {
            let reason = "a secret comes from a variable or from a file, not from both";
            Err(reading.wrong(variable, "organizations.sso_connections.oidc", reason))
        }
    }
}

fn of_variable(name: &str) -> SecretSource {
    let secret = match std::env::var(name) {
        Ok(text) if !text.is_empty() => Ok(SecretString::from(text)),
        Ok(_) => Err(format!("the variable {name} is empty")),
        Err(std::env::VarError::NotPresent) => Err(format!("the variable {name} is not set")),
        Err(std::env::VarError::NotUnicode(_)) => Err(format!("the variable {name} is no text")),
    };
    SecretSource {
        told: format!("the variable {name}"),
        secret,
    }
}

fn of_file(path: &Path) -> SecretSource {
    let read = std::fs::read_to_string(path);
    let secret = match read {
        Err(reason) => Err(format!("cannot read {}: {reason}", path.display())),
        // Editors and `echo` end a file with a line end that is not part of the secret.
        Ok(text) => match text.trim_end_matches(['\r', '\n']) {
            "" => Err(format!("{} is empty", path.display())),
            secret => Ok(SecretString::from(secret)),
        },
    };
    SecretSource {
        told: path.display().to_string(),
        secret,
    }
}

fn of_saml(reading: &Reading<'_>, name: &Spanned<String>, saml: Saml) -> Result<Value, FileError> {
    let mut provider = Fields::new();
    if let Some(file) = &saml.metadata_file {
        if saml.idp_entity_id.is_some() || saml.sso_url.is_some() || saml.certificates.is_some() {
            let reason = "the metadata says the rest of `saml` already";
            return Err(reading.wrong(file, SAML, reason));
        }
        let metadata = metadata(reading, file)?;
        put(&mut provider, "idp_entity_id", Some(metadata.idp_entity_id));
        put(&mut provider, "sso_url", Some(metadata.sso_url));
        put(&mut provider, "certificates", Some(metadata.certificates));
        return Ok(Value::Object(provider));
    }
    let (Some(entity), Some(url), Some(texts)) =
        (saml.idp_entity_id, saml.sso_url, saml.certificates)
    else {
        let reason =
            "`saml` needs `metadata_file`, or `idp_entity_id`, `sso_url` and `certificates`";
        return Err(reading.wrong(name, SAML, reason));
    };
    let mut certificates: Vec<String> = Vec::new();
    for text in &texts {
        let certificate = saml_metadata::certificate(text.get_ref())
            .map_err(|reason| reading.wrong(text, SAML, format!("`certificates`: {reason}")))?;
        if !certificates.contains(&certificate) {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(reading.wrong(name, SAML, "`certificates` must name at least one"));
    }
    put(&mut provider, "idp_entity_id", Some(entity));
    put(&mut provider, "sso_url", Some(url));
    put(&mut provider, "certificates", Some(certificates));
    Ok(Value::Object(provider))
}

fn metadata(
    reading: &Reading<'_>,
    file: &Spanned<PathBuf>,
) -> Result<rollcall_model::SamlProvider, FileError> {
    let path = reading.folder.join(file.get_ref());
    let text = std::fs::read_to_string(&path).map_err(|reason| {
        let said = format!("cannot read {}: {reason}", path.display());
        reading.wrong(file, SAML, said)
    })?;
    saml_metadata::parse(&text)
        .map_err(|reason| reading.wrong(file, SAML, format!("{}: {reason}", path.display())))
}
