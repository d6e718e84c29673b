//! `/console/organizations/{org}/sso-connections/{sso}`: one login provider.

mod form;

use actix_web::web::{self, ServiceConfig};
use askama::Template;
use rollcall_model::{SsoConnection, SsoConnectionId, SsoProvider, Timestamp};
use rollcall_orgs::sso_check::{self, Finding, Severity};
use rollcall_orgs::sso_connections::{self, SsoConnectionPatch};
use rollcall_orgs::{certificates, oidc};
use rollcall_store::OrgHandle;
use serde::Deserialize;

use super::{all, frame_of, page_of};
use crate::answer::{self, Answer, Danger, PageError, When};
use crate::assets;
use crate::operator::{Deed, Frame, Operator, given, path_id};
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .configure(form::configure)
        .route(
            "/organizations/{org}/sso-connections/{sso}",
            web::get().to(show),
        )
        .route(
            "/organizations/{org}/sso-connections/{sso}/check",
            web::post().to(check),
        )
        .route(
            "/organizations/{org}/sso-connections/{sso}/enable",
            web::post().to(enable),
        )
        .route(
            "/organizations/{org}/sso-connections/{sso}/disable",
            web::post().to(disable),
        )
        .route(
            "/organizations/{org}/sso-connections/{sso}/delete",
            web::post().to(delete),
        );
}

/// The address of the page of an SSO connection.
pub(super) fn page_of_sso(org: &OrgHandle, id: SsoConnectionId) -> String {
    format!("{}/sso-connections/{id}", page_of(org))
}

/// An SSO connection that an operator has opened.
struct Opened {
    org: OrgHandle,
    connection: SsoConnection,
    /// The address of its page.
    base: String,
}

impl Opened {
    async fn of(operator: &Operator, (org, sso): &(String, String)) -> Result<Self, PageError> {
        let org = operator.organization(org).await?;
        let found = org.find_sso_connection(path_id(sso)?).await?;
        let connection = found.ok_or(PageError::NotFound)?;
        Ok(Self {
            base: page_of_sso(&org, connection.id),
            connection,
            org,
        })
    }

    fn frame(&self, operator: &Operator) -> Frame {
        frame_of(operator, &self.org, &self.connection.name)
    }

    fn danger(&self, path: &str, title: &'static str, does: String) -> Danger {
        Danger {
            id: format!("confirm-{path}"),
            title,
            action: format!("{}/{path}", self.base),
            does,
            name: self.connection.name.clone(),
            button: title,
        }
    }
}

struct Certificate {
    subject: String,
    fingerprint: String,
    ends: Option<When>,
    is_over: bool,
}

impl Certificate {
    fn new(certificate: &str, now: Timestamp) -> Self {
        let facts = certificates::read(certificate);
        Self {
            subject: facts.subject.unwrap_or_else(|| t::UNREADABLE.to_owned()),
            fingerprint: facts.sha256_fingerprint,
            ends: When::maybe(facts.not_after, now),
            is_over: facts.not_after.is_some_and(|end| end <= now),
        }
    }
}

struct Found {
    kind: &'static str,
    message: String,
    what_to_do: &'static str,
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Self {
        Self {
            kind: match finding.severity {
                Severity::Error => "bad",
                Severity::Warning => "warn",
                Severity::Info => "good",
            },
            message: finding.message,
            what_to_do: finding.what_to_do,
        }
    }
}

#[derive(Template)]
#[template(path = "operator/sso_connection.html")]
struct Shown {
    frame: Frame,
    base: String,
    id: String,
    enabled: bool,
    facts: Vec<(&'static str, String)>,
    certificates: Vec<Certificate>,
    created: When,
    changed: When,
    /// What a check has found, if there was one just now.
    findings: Option<Vec<Found>>,
    /// Name and address of the SCIM connections that are linked to it.
    linked: Vec<(String, String)>,
    /// What they can be linked to instead: id and name.
    others: Vec<(String, String)>,
    disable: Danger,
    delete: Danger,
}

async fn page(
    operator: &Operator,
    opened: Opened,
    findings: Option<Vec<Finding>>,
) -> Result<Shown, PageError> {
    let (org, connection) = (&opened.org, &opened.connection);
    let now = org.clock().now();
    let linked = org.list_scim_connections_of_sso(connection.id).await?;
    let others = org.list_sso_connections(all()).await?.items.into_iter();
    let others = others.filter(|other| other.id != connection.id);
    let scim = format!("{}/scim-connections", page_of(org));
    let certificates = match &connection.provider {
        SsoProvider::Oidc(_) => &[],
        SsoProvider::Saml(saml) => saml.certificates.as_slice(),
    };
    Ok(Shown {
        frame: opened.frame(operator),
        id: connection.id.to_string(),
        enabled: connection.enabled,
        facts: facts(connection),
        certificates: certificates
            .iter()
            .map(|it| Certificate::new(it, now))
            .collect(),
        created: When::new(connection.created_at, now),
        changed: When::new(connection.updated_at, now),
        findings: findings.map(|found| found.into_iter().map(Found::from).collect()),
        linked: linked
            .into_iter()
            .map(|(id, name)| (name, format!("{scim}/{id}")))
            .collect(),
        others: others.map(|it| (it.id.to_string(), it.name)).collect(),
        disable: opened.danger("disable", t::DISABLE, t::DISABLE_SSO_DOES.to_owned()),
        delete: opened.danger("delete", t::DELETE_SSO, t::DELETE_SSO_DOES.to_owned()),
        base: opened.base,
    })
}

fn facts(connection: &SsoConnection) -> Vec<(&'static str, String)> {
    let yes = |yes: bool| if yes { t::YES } else { t::NO }.to_owned();
    let mut facts = match &connection.provider {
        SsoProvider::Oidc(provider) => vec![
            (t::PROTOCOL, t::PROTOCOL_OIDC.to_owned()),
            (t::ISSUER, provider.issuer.clone()),
            (t::CLIENT_ID, provider.client_id.clone()),
            (t::CLIENT_SECRET, kept(provider.has_client_secret)),
            (
                t::EXTERNAL_ID_CLAIM,
                claim(provider.external_id_claim.as_deref()),
            ),
        ],
        SsoProvider::Saml(provider) => vec![
            (t::PROTOCOL, t::PROTOCOL_SAML.to_owned()),
            (t::ENTITY_ID, provider.idp_entity_id.clone()),
            (t::SSO_URL, provider.sso_url.clone()),
        ],
    };
    facts.push((t::TRUST_EMAIL, yes(connection.trust_email)));
    facts
}

fn kept(has_secret: bool) -> String {
    if has_secret {
        t::SECRET_KEPT
    } else {
        t::SECRET_NONE
    }
    .to_owned()
}

fn claim(named: Option<&str>) -> String {
    named.unwrap_or(oidc::DEFAULT_EXTERNAL_ID_CLAIM).to_owned()
}

async fn show(operator: Operator, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&operator, &path).await?;
    answer::page(&page(&operator, opened, None).await?)
}

/// Asks the provider now. What it finds is the answer, and is kept nowhere.
async fn check(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&deed, &path).await?;
    let (clients, now) = (&deed.shared.options.oidc, opened.org.clock().now());
    let findings = sso_check::check(&opened.org, &opened.connection, clients, now).await?;
    answer::page(&page(&deed.operator, opened, Some(findings)).await?)
}

async fn enable(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&deed, &path).await?;
    switch(&deed, &opened, true).await
}

async fn disable(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&deed, &path).await?;
    deed.confirmed(&opened.connection.name)?;
    switch(&deed, &opened, false).await
}

async fn switch(deed: &Deed, opened: &Opened, on: bool) -> Answer {
    let patch = SsoConnectionPatch {
        enabled: Some(on),
        ..SsoConnectionPatch::default()
    };
    let (key, id) = (&deed.shared.options.sealing_key, opened.connection.id);
    let changed = sso_connections::change(&opened.org, key, id, patch, deed.origin()).await?;
    deed.done(&t::switched(&changed.name, on), &opened.base)
        .await
}

#[derive(Deserialize)]
struct Gone {
    #[serde(default)]
    move_to: String,
}

async fn delete(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&deed, &path).await?;
    deed.confirmed(&opened.connection.name)?;
    let gone: Gone = deed.form()?;
    let move_to = given(&gone.move_to).map(path_id).transpose()?;
    let id = opened.connection.id;
    sso_connections::delete(&opened.org, id, move_to, deed.origin()).await?;
    let says = t::sso_deleted(&opened.connection.name);
    deed.done(&says, &page_of(&opened.org)).await
}
