//! `/console/organizations/{org}`: everything of one organization, and adding to it.

mod add_scim;
mod domains;
mod edit;
mod policy;
mod portal_links;
mod sso;

use actix_web::web::{self, ServiceConfig};
use askama::Template;
use rollcall_model::{
    Domain, Organization, PageRequest, Policy, ProvisioningDomains, ScimConnection, SsoConnection,
    SsoProvider, Timestamp, WhenFull,
};
use rollcall_orgs::domains::{record_name, record_value};
use rollcall_orgs::organizations;
use rollcall_store::OrgHandle;

use crate::answer::{self, Answer, Danger, When};
use crate::assets;
use crate::operator::organizations::kind_of;
use crate::operator::table::{Cell, Table};
use crate::operator::{Deed, Frame, Operator, Place};
use crate::text as t;

/// How many connections of a kind are shown. Organizations have a handful.
const MOST: u64 = 200;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/organizations/{org}", web::get().to(show))
        .route("/organizations/{org}/delete", web::post().to(delete))
        .configure(domains::configure)
        .configure(policy::configure)
        .configure(add_scim::configure)
        .configure(edit::configure)
        .configure(portal_links::configure)
        .configure(sso::configure);
}

/// The address of an organization's page.
pub(super) fn page_of(org: &OrgHandle) -> String {
    address(org.organization())
}

/// The same. The slug `new` is the address of the form for a new one.
pub(super) fn address(organization: &Organization) -> String {
    match organization.slug.as_str() {
        "new" => format!("/console/organizations/{}", organization.id),
        slug => format!("/console/organizations/{slug}"),
    }
}

/// The frame of a page that is about an organization and stands below its page.
pub(super) fn frame_of(operator: &Operator, org: &OrgHandle, title: impl Into<String>) -> Frame {
    Frame::new(operator, Place::Organizations, title)
        .below(t::ORGANIZATIONS, "/console/organizations")
        .below(&org.organization().name, page_of(org))
}

struct ScimRow {
    id: String,
    name: String,
    kind: &'static str,
    state: &'static str,
    idp: &'static str,
    users: String,
    groups: String,
    last: Option<When>,
}

impl ScimRow {
    fn new(connection: ScimConnection, now: Timestamp) -> Self {
        let state = connection.state();
        Self {
            id: connection.id.to_string(),
            kind: kind_of(state),
            state: t::state(state),
            idp: t::idp(connection.recognised_idp.or(connection.idp)),
            users: t::number(connection.users),
            groups: t::number(connection.groups),
            last: When::maybe(connection.last_request_at, now),
            name: connection.name,
        }
    }
}

struct SsoRow {
    href: String,
    name: String,
    enabled: bool,
    protocol: &'static str,
    issuer: String,
}

impl SsoRow {
    fn new(connection: SsoConnection, org: &OrgHandle) -> Self {
        let (protocol, issuer) = match connection.provider {
            SsoProvider::Oidc(oidc) => ("OIDC", oidc.issuer),
            SsoProvider::Saml(saml) => ("SAML", saml.idp_entity_id),
        };
        Self {
            href: sso::page_of_sso(org, connection.id),
            name: connection.name,
            enabled: connection.enabled,
            protocol,
            issuer,
        }
    }
}

struct DomainRow {
    name: String,
    verified: Option<When>,
    record_name: String,
    record_value: String,
    danger: Danger,
}

impl DomainRow {
    fn new(domain: &Domain, base: &str, now: Timestamp) -> Self {
        Self {
            name: domain.name.clone(),
            verified: When::maybe(domain.verified_at, now),
            record_name: record_name(&domain.name),
            record_value: record_value(domain),
            danger: Danger {
                id: format!("confirm-{}", domain.name),
                title: t::REMOVE,
                action: format!("{base}/domains/{}/delete", domain.name),
                does: t::remove_domain_does(&domain.name),
                name: domain.name.clone(),
                button: t::REMOVE_DOMAIN,
            },
        }
    }
}

#[derive(Template)]
#[template(path = "operator/organization.html")]
struct Shown {
    frame: Frame,
    base: String,
    id: String,
    slug: String,
    external_id: Option<String>,
    scim: Vec<ScimRow>,
    sso: Vec<SsoRow>,
    /// The newest portal links.
    table: Table,
    /// Whether there are more of them.
    more_links: bool,
    policy: Vec<(&'static str, String)>,
    domains: Vec<DomainRow>,
    danger: Danger,
}

async fn show(operator: Operator, org: web::Path<String>) -> Answer {
    let org = operator.organization(&org).await?;
    let now = org.clock().now();
    let base = page_of(&org);
    let organization = org.organization();
    let connections = org.list_scim_connections(all()).await?.items.into_iter();
    let sso = org.list_sso_connections(all()).await?.items.into_iter();
    let domains = org.list_domains().await?;
    let (table, more_links) = portal_links::newest(&operator, &org).await?;
    let frame = Frame::new(&operator, Place::Organizations, &organization.name);
    answer::page(&Shown {
        frame: frame.below(t::ORGANIZATIONS, "/console/organizations"),
        id: organization.id.to_string(),
        slug: organization.slug.to_string(),
        external_id: organization.external_id.clone(),
        scim: connections.map(|it| ScimRow::new(it, now)).collect(),
        sso: sso.map(|it| SsoRow::new(it, &org)).collect(),
        table,
        more_links,
        policy: facts(&org.policy().await?.policy),
        domains: domains
            .iter()
            .map(|domain| DomainRow::new(domain, &base, now))
            .collect(),
        danger: Danger {
            id: "confirm-organization".to_owned(),
            title: t::DELETE_ORGANIZATION,
            action: format!("{base}/delete"),
            does: t::delete_organization_does(&organization.name),
            name: organization.slug.to_string(),
            button: t::DELETE_ORGANIZATION,
        },
        base,
    })
}

/// All of a list that is a handful.
fn all<C>() -> PageRequest<C> {
    PageRequest {
        after: None,
        limit: MOST,
    }
}

fn facts(policy: &Policy) -> Vec<(&'static str, String)> {
    let yes = |on: bool| if on { t::ON } else { t::OFF }.to_owned();
    let seats = policy.seat_limit.map_or_else(
        || t::NO_LIMIT.to_owned(),
        |limit| {
            let waits = limit.when_full == WhenFull::Wait;
            t::seats(u64::from(limit.seats), waits)
        },
    );
    let verified = policy.provisioning_domains == ProvisioningDomains::Verified;
    let roles: Vec<_> = policy.roles.iter().map(|role| role.as_str()).collect();
    vec![
        (t::RESTRICT, yes(policy.restrict_account_creation_to_scim)),
        (t::JIT, yes(policy.just_in_time_provisioning)),
        (t::ROLES, roles.join(", ")),
        (t::DEFAULT_ROLE, policy.default_role.to_string()),
        (
            t::PROTECTED,
            t::number(u64::try_from(policy.protected_users.len()).unwrap_or(u64::MAX)),
        ),
        (t::LAST_OWNER, yes(policy.last_owner_protection)),
        (t::SEATS, seats),
        (t::LINKING, yes(policy.unverified_email_linking)),
        (
            t::ADDRESSES,
            if verified {
                t::ADDRESSES_VERIFIED
            } else {
                t::ADDRESSES_ANY
            }
            .to_owned(),
        ),
    ]
}

async fn delete(deed: Deed, org: web::Path<String>) -> Answer {
    let org = deed.organization(&org).await?;
    let organization = org.organization();
    let slug = organization.slug.as_str();
    deed.confirmed(slug)?;
    organizations::delete(&org, Some(slug), deed.origin()).await?;
    let says = t::organization_deleted(&organization.name);
    deed.done(&says, "/console/organizations").await
}
