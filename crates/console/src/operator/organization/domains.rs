//! Claiming, verifying and removing domains.

use actix_web::web::{self, ServiceConfig};
use rollcall_orgs::OrgsError;
use rollcall_orgs::domains::{self, DomainName};
use serde::Deserialize;

use super::page_of;
use crate::answer::{Answer, PageError};
use crate::operator::Deed;
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/organizations/{org}/domains", web::post().to(claim))
        .route(
            "/organizations/{org}/domains/{domain}/verify",
            web::post().to(verify),
        )
        .route(
            "/organizations/{org}/domains/{domain}/delete",
            web::post().to(delete),
        );
}

#[derive(Deserialize)]
struct New {
    domain: String,
}

async fn claim(deed: Deed, org: web::Path<String>) -> Answer {
    let org = deed.organization(&org).await?;
    let new: New = deed.form()?;
    let name = DomainName::parse(&new.domain)?;
    domains::claim(&org, &name, None, deed.origin()).await?;
    deed.done(&t::domain_claimed(name.as_str()), &page_of(&org))
        .await
}

fn named(text: &str) -> Result<DomainName, PageError> {
    DomainName::parse(text).map_err(|_| PageError::NotFound)
}

async fn verify(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let (org, domain) = path.into_inner();
    let org = deed.organization(&org).await?;
    let name = named(&domain)?;
    let dns = &deed.shared.options.dns;
    match domains::verify(&org, dns.as_ref(), &name, deed.origin()).await {
        Ok(_) => {
            deed.done(&t::domain_verified(name.as_str()), &page_of(&org))
                .await
        }
        // It may be there in a minute: said where the record is shown.
        Err(refused @ (OrgsError::DomainNotProven(_) | OrgsError::DnsUnavailable(_))) => {
            deed.done(&refused.to_string(), &page_of(&org)).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn delete(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let (org, domain) = path.into_inner();
    let org = deed.organization(&org).await?;
    let name = named(&domain)?;
    deed.confirmed(name.as_str())?;
    domains::delete(&org, &name, deed.origin()).await?;
    deed.done(&t::domain_removed(name.as_str()), &page_of(&org))
        .await
}
