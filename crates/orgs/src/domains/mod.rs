//! Domains: claimed by an organization, verified through DNS.
//!
//! A domain is proven by a TXT record that only whoever runs its DNS can set. The record stands under
//! a name of its own, so that it neither mixes with the many records of the domain itself nor is
//! hidden by them. A subdomain is another domain and proven on its own.
//!
//! DNS is asked before the transaction begins: a slow name server must hold no lock.

mod dns;
mod name;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng;
use rand::rngs::SysRng;
use rollcall_model::{Domain, Origin, SsoConnectionId};
use rollcall_store::{OrgHandle, StoreError};

use crate::error::OrgsError;
use crate::secret::RandomSourceError;

pub use dns::{Dns, Lookup, TxtResolver, TxtUnavailable};
pub use name::DomainName;

/// What the name of the record begins with.
const RECORD_LABEL: &str = "_rollcall-challenge";
/// What the text of the record begins with.
const RECORD_TEXT: &str = "rollcall-verification=";
const RANDOM_BYTES: usize = 24;

/// The name of the TXT record that proves a domain.
#[must_use]
pub fn record_name(domain: &str) -> String {
    format!("{RECORD_LABEL}.{domain}")
}

/// The text of the TXT record that proves a domain.
#[must_use]
pub fn record_value(domain: &Domain) -> String {
    format!("{RECORD_TEXT}{}", domain.challenge)
}

fn not_found() -> OrgsError {
    OrgsError::NotFound { what: "domain" }
}

fn naming_sso(error: StoreError) -> OrgsError {
    match error {
        StoreError::ParentMissing => OrgsError::NoSuchReference {
            field: "sso_connection_id",
        },
        error => error.into(),
    }
}

/// Notes that an organization claims a domain, and makes up what proves it.
///
/// # Errors
///
/// The organization claims it already or claims too many, or there is no such SSO connection.
pub async fn claim(
    org: &OrgHandle,
    name: &DomainName,
    sso: Option<SsoConnectionId>,
    origin: Origin,
) -> Result<Domain, OrgsError> {
    let mut random = [0; RANDOM_BYTES];
    SysRng
        .try_fill_bytes(&mut random)
        .map_err(RandomSourceError::new)?;
    let challenge = URL_SAFE_NO_PAD.encode(random);
    let mut tx = org.begin(origin).await?;
    let domain = tx.claim_domain(name.as_str(), challenge, sso).await;
    let domain = domain.map_err(naming_sso)?;
    tx.commit().await?;
    Ok(domain)
}

/// Looks for the proof of a domain in DNS, and notes that it is there.
///
/// # Errors
///
/// The organization does not claim the domain, the proof is not there, another organization has
/// verified it, or DNS does not answer.
pub async fn verify(
    org: &OrgHandle,
    dns: &dyn TxtResolver,
    name: &DomainName,
    origin: Origin,
) -> Result<Domain, OrgsError> {
    let domain = org
        .find_domain(name.as_str())
        .await?
        .ok_or_else(not_found)?;
    if domain.verified_at.is_some() {
        return Ok(domain);
    }
    let (place, expected) = (record_name(&domain.name), record_value(&domain));
    let found = dns
        .txt(&place)
        .await
        .map_err(|reason| OrgsError::DnsUnavailable(reason.to_string()))?;
    if !found.iter().any(|text| text.trim() == expected) {
        return Err(OrgsError::DomainNotProven(missing(&place, found.len())));
    }
    let mut tx = org.begin(origin).await?;
    let verified = match tx.verify_domain(name.as_str()).await {
        Err(StoreError::Conflict { .. }) => return Err(OrgsError::DomainTaken),
        verified => verified?.ok_or_else(not_found)?,
    };
    tx.commit().await?;
    Ok(verified)
}

/// What was found instead of the proof, without showing records of somebody's DNS.
fn missing(place: &str, found: usize) -> String {
    let there_is = match found {
        0 => "there is no TXT record yet at".to_owned(),
        1 => "there is a TXT record with another text at".to_owned(),
        several => format!("there are {several} TXT records with other texts at"),
    };
    format!(
        "{there_is} `{place}`. A new record may take some minutes, or as long as the lifetime of an \
         older answer, to be seen; if it was set long ago, compare its name and text"
    )
}

/// Names the SSO connection that the people of a domain sign in with, or none.
///
/// # Errors
///
/// The organization does not claim the domain, or there is no such SSO connection.
pub async fn change(
    org: &OrgHandle,
    name: &DomainName,
    sso: Option<SsoConnectionId>,
    origin: Origin,
) -> Result<Domain, OrgsError> {
    let mut tx = org.begin(origin).await?;
    let changed = tx.change_domain(name.as_str(), sso).await;
    let domain = changed.map_err(naming_sso)?.ok_or_else(not_found)?;
    tx.commit().await?;
    Ok(domain)
}

/// Gives a domain up.
///
/// # Errors
///
/// The organization does not claim it.
pub async fn delete(org: &OrgHandle, name: &DomainName, origin: Origin) -> Result<(), OrgsError> {
    let mut tx = org.begin(origin).await?;
    if !tx.delete_domain(name.as_str()).await? {
        return Err(not_found());
    }
    Ok(tx.commit().await?)
}
