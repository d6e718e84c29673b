//! `/console/webhooks`: where events are sent, what became of each, and changing it.

mod deliveries;
mod form;
mod settings;

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{
    EventType, OrgId, PageRequest, Timestamp, WebhookEndpoint, WebhookEndpointId,
};
use serde::Deserialize;

use crate::answer::{self, Answer, PageError, When, next_page};
use crate::operator::table::{Cell, SearchBox, Tab, Table, TablePage};
use crate::operator::{Frame, Operator, PAGE, Place, given, path_id};
use crate::text as t;

const LIST: &str = "/console/webhooks";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/webhooks", web::get().to(list))
        .configure(form::configure)
        .configure(settings::configure)
        // Last: a delivery may have any name.
        .configure(deliveries::configure);
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    organization: String,
    after: Option<String>,
}

async fn list(operator: Operator, query: web::Query<Wanted>) -> Answer {
    let page = PageRequest::parse(query.after.as_deref(), PAGE);
    let page = page.map_err(|_| PageError::NotFound)?;
    let within = whose(&operator, &query.organization).await?;
    let page = operator
        .store()
        .list_webhook_endpoints(within, page)
        .await?;
    let now = operator.store().clock().now();
    let kept = [("organization", query.organization.as_str())];
    let table = Table {
        heads: vec![t::ENDPOINT, t::STATE, t::ORGANIZATION, t::TYPES, t::CREATED],
        rows: page.items.into_iter().map(|it| row(it, now)).collect(),
        empty: (t::NO_WEBHOOKS, t::NO_WEBHOOKS_SAYS),
        first: query.after.as_ref().map(|_| LIST.to_owned()),
        next: next_page(LIST, &kept, page.next.map(|id| id.to_string())),
    };
    let frame = Frame::new(&operator, Place::Webhooks, t::WEBHOOKS);
    let mut page = TablePage::new(frame, t::WEBHOOKS_LEAD, table);
    if operator.may_change() {
        page.action = Some((t::NEW_WEBHOOK, format!("{LIST}/new")));
    }
    if operator.bound_to().is_none() {
        page.search = vec![SearchBox {
            name: "organization",
            label: t::ORGANIZATION_SLUG,
            value: query.organization.clone(),
            options: Vec::new(),
        }];
    }
    answer::page(&page)
}

/// The one organization of whose endpoints something is about: the one that the key is bound to, or
/// else the one that is named.
async fn whose(operator: &Operator, named: &str) -> Result<Option<OrgId>, PageError> {
    match (operator.bound_to(), given(named)) {
        (None, Some(named)) => Ok(Some(operator.organization(named).await?.org_id())),
        (bound, _) => Ok(bound),
    }
}

/// How an endpoint does: kind of its badge, what that says, and more of it, which may be empty.
fn state(endpoint: &WebhookEndpoint, now: Timestamp) -> (&'static str, &'static str, String) {
    match (endpoint.paused, endpoint.failing_since) {
        (Some((at, reason)), _) => {
            let since = When::new(at, now).says;
            ("bad", t::PAUSED, t::paused(reason, &since))
        }
        (None, Some(at)) => {
            let since = When::new(at, now).says;
            ("warn", t::FAILING, t::failing(endpoint.failures, &since))
        }
        (None, None) => ("good", t::WORKING, String::new()),
    }
}

fn row(endpoint: WebhookEndpoint, now: Timestamp) -> Vec<Cell> {
    let (kind, says, more) = state(&endpoint, now);
    let url = Cell::Link(endpoint.url, address(endpoint.id));
    let organization = endpoint.organization_id.map_or_else(
        || Cell::Text(t::ALL_ORGANIZATIONS.to_owned()),
        |id| Cell::Link(id.to_string(), format!("/console/organizations/{id}")),
    );
    vec![
        url,
        Cell::Badged(kind, says.to_owned(), more),
        organization,
        Cell::Text(types_of(endpoint.types.as_deref())),
        Cell::Time(When::new(endpoint.created_at, now)),
    ]
}

/// What an endpoint is sent.
fn types_of(types: Option<&[EventType]>) -> String {
    types.map_or_else(
        || t::EVERY_TYPE.to_owned(),
        |types| {
            let names: Vec<_> = types.iter().map(|it| it.as_str()).collect();
            names.join(", ")
        },
    )
}

/// The endpoint that a path names, if this operator may see it.
async fn endpoint(operator: &Operator, named: &str) -> Result<WebhookEndpoint, PageError> {
    let id: WebhookEndpointId = path_id(named)?;
    let within = operator.bound_to();
    let found = operator.store().find_webhook_endpoint(within, id).await?;
    found.ok_or(PageError::NotFound)
}

/// Where the page of an endpoint is.
fn address(id: WebhookEndpointId) -> String {
    format!("{LIST}/{id}")
}

/// The two pages of an endpoint.
fn tabs(id: WebhookEndpointId, settings: bool) -> Vec<Tab> {
    let base = address(id);
    vec![
        Tab {
            href: base.clone(),
            says: t::DELIVERIES,
            here: !settings,
        },
        Tab {
            href: format!("{base}/settings"),
            says: t::SETTINGS,
            here: settings,
        },
    ]
}
