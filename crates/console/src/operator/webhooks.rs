//! `/console/webhooks`: where events are sent, and what became of each.

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{
    DeliveryState, PageRequest, Timestamp, WebhookAttempt, WebhookDelivery, WebhookDeliveryId,
    WebhookEndpoint, WebhookEndpointId,
};
use serde::Deserialize;

use crate::answer::{self, Answer, PageError, When, next_page};
use crate::operator::table::{Cell, SearchBox, Table, TablePage};
use crate::operator::{Deed, Frame, Operator, PAGE, Place, path_id};
use crate::text as t;

const LIST: &str = "/console/webhooks";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/webhooks", web::get().to(list))
        .route("/webhooks/{endpoint}", web::get().to(deliveries))
        .route("/webhooks/{endpoint}/{delivery}", web::get().to(attempts))
        .route(
            "/webhooks/{endpoint}/{delivery}/redeliver",
            web::post().to(redeliver),
        );
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    state: String,
    after: Option<String>,
}

async fn list(operator: Operator, query: web::Query<Wanted>) -> Answer {
    let page = PageRequest::parse(query.after.as_deref(), PAGE);
    let page = page.map_err(|_| PageError::NotFound)?;
    let within = operator.bound_to();
    let page = operator
        .store()
        .list_webhook_endpoints(within, page)
        .await?;
    let now = operator.store().clock().now();
    let table = Table {
        heads: vec![t::ENDPOINT, t::STATE, t::ORGANIZATION, t::TYPES, t::CREATED],
        rows: page.items.into_iter().map(|it| row(it, now)).collect(),
        empty: (t::NO_WEBHOOKS, t::NO_WEBHOOKS_SAYS),
        first: query.after.as_ref().map(|_| LIST.to_owned()),
        next: next_page(LIST, &[], page.next.map(|id| id.to_string())),
    };
    let frame = Frame::new(&operator, Place::Webhooks, t::WEBHOOKS);
    answer::page(&TablePage::new(frame, t::WEBHOOKS_LEAD, table))
}

fn row(endpoint: WebhookEndpoint, now: Timestamp) -> Vec<Cell> {
    let state = match (endpoint.paused, endpoint.failing_since) {
        (Some((at, reason)), _) => {
            let since = When::new(at, now).says;
            Cell::Badged("bad", t::PAUSED.to_owned(), t::paused(reason, &since))
        }
        (None, Some(at)) => {
            let since = When::new(at, now).says;
            Cell::Badged(
                "warn",
                t::FAILING.to_owned(),
                t::failing(endpoint.failures, &since),
            )
        }
        (None, None) => Cell::Badge("good", t::WORKING.to_owned()),
    };
    let organization = endpoint.organization_id.map_or_else(
        || Cell::Text(t::ALL_ORGANIZATIONS.to_owned()),
        |id| Cell::Link(id.to_string(), format!("/console/organizations/{id}")),
    );
    let types = endpoint.types.map_or_else(
        || t::EVERY_TYPE.to_owned(),
        |types| {
            let names: Vec<_> = types.iter().map(|it| it.as_str()).collect();
            names.join(", ")
        },
    );
    vec![
        Cell::Link(endpoint.url, format!("{LIST}/{}", endpoint.id)),
        state,
        organization,
        Cell::Text(types),
        Cell::Time(When::new(endpoint.created_at, now)),
    ]
}

/// The endpoint that a path names, if this operator may see it.
async fn endpoint(operator: &Operator, named: &str) -> Result<WebhookEndpoint, PageError> {
    let id: WebhookEndpointId = path_id(named)?;
    let within = operator.bound_to();
    let found = operator.store().find_webhook_endpoint(within, id).await?;
    found.ok_or(PageError::NotFound)
}

async fn deliveries(
    operator: Operator,
    path: web::Path<String>,
    query: web::Query<Wanted>,
) -> Answer {
    let endpoint = endpoint(&operator, &path).await?;
    let page = PageRequest::parse(query.after.as_deref(), PAGE);
    let page: PageRequest<WebhookDeliveryId> = page.map_err(|_| PageError::NotFound)?;
    let state: Option<DeliveryState> = query.state.parse().ok();
    let store = operator.store();
    let page = store
        .list_webhook_deliveries(endpoint.id, state, page)
        .await?;
    let now = store.clock().now();
    let here = format!("{LIST}/{}", endpoint.id);
    let row = |delivery: WebhookDelivery| {
        let again = if operator.may_change() && delivery.state != DeliveryState::Pending {
            Cell::Deed(t::REDELIVER, format!("{here}/{}/redeliver", delivery.id))
        } else {
            Cell::Nothing
        };
        vec![
            Cell::Link(
                delivery.event_type.clone(),
                format!("{here}/{}", delivery.id),
            ),
            delivery_state(&delivery, now),
            Cell::Text(t::number(u64::from(delivery.attempts))),
            Cell::Time(When::new(delivery.queued_at, now)),
            again,
        ]
    };
    let kept = [("state", query.state.as_str())];
    let table = Table {
        heads: vec![t::EVENT, t::STATE, t::ATTEMPTS, t::QUEUED, t::ACTIONS],
        rows: page.items.into_iter().map(row).collect(),
        empty: (t::NO_DELIVERIES, t::NO_DELIVERIES_SAYS),
        first: query.after.as_ref().map(|_| here.clone()),
        next: next_page(&here, &kept, page.next.map(|id| id.to_string())),
    };
    let frame = Frame::new(&operator, Place::Webhooks, &endpoint.url);
    let mut page = TablePage::new(frame.below(t::WEBHOOKS, LIST), t::DELIVERIES_LEAD, table);
    page.search = vec![SearchBox {
        name: "state",
        label: t::STATE,
        value: query.state.clone(),
        options: t::DELIVERY_STATES.to_vec(),
    }];
    answer::page(&page)
}

fn delivery_state(delivery: &WebhookDelivery, now: Timestamp) -> Cell {
    match delivery.state {
        DeliveryState::Delivered => Cell::Badge("good", t::DELIVERED.to_owned()),
        DeliveryState::Failed => Cell::Badge("bad", t::DELIVERY_FAILED.to_owned()),
        DeliveryState::Pending => {
            let due = delivery.due_at.map(|at| When::new(at, now).says);
            Cell::Badged("note", t::PENDING.to_owned(), due.unwrap_or_default())
        }
    }
}

async fn attempts(operator: Operator, path: web::Path<(String, String)>) -> Answer {
    let (named, delivery) = path.into_inner();
    let endpoint = endpoint(&operator, &named).await?;
    let store = operator.store();
    let found = store.find_webhook_delivery(endpoint.id, path_id(&delivery)?);
    let (delivery, attempts) = found.await?.ok_or(PageError::NotFound)?;
    let now = store.clock().now();
    let row = |attempt: WebhookAttempt| {
        let result = match (attempt.status, attempt.error) {
            (Some(status), _) => {
                let kind = if status < 300 { "good" } else { "bad" };
                Cell::Badge(kind, status.to_string())
            }
            (None, Some(error)) => Cell::Badged("bad", t::NO_ANSWER.to_owned(), error),
            (None, None) => Cell::Nothing,
        };
        let said = attempt
            .response
            .map_or(Cell::Nothing, |text| Cell::More(t::SHOW.to_owned(), text));
        let micros = u64::try_from(attempt.duration.as_micros()).unwrap_or(u64::MAX);
        vec![
            Cell::Text(attempt.number.to_string()),
            result,
            said,
            Cell::Text(t::milliseconds(micros)),
            Cell::Time(When::new(attempt.at, now)),
        ]
    };
    let here = format!("{LIST}/{}", endpoint.id);
    let table = Table {
        heads: vec![t::ATTEMPT, t::RESULT, t::ANSWER, t::TOOK, t::WHEN],
        rows: attempts.into_iter().map(row).collect(),
        empty: (t::NO_ATTEMPTS, t::NO_ATTEMPTS_SAYS),
        first: None,
        next: None,
    };
    let frame = Frame::new(&operator, Place::Webhooks, &delivery.event_type)
        .below(t::WEBHOOKS, LIST)
        .below(&endpoint.url, here);
    answer::page(&TablePage::new(
        frame,
        &delivery.event_id.to_string(),
        table,
    ))
}

async fn redeliver(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let (named, delivery) = path.into_inner();
    let endpoint = endpoint(&deed, &named).await?;
    let id: WebhookDeliveryId = path_id(&delivery)?;
    let of = (endpoint.id, endpoint.organization_id);
    let known = deed.store().redeliver_webhook(of, id, deed.origin());
    if !known.await? {
        return Err(PageError::NotFound);
    }
    deed.done(t::REDELIVERED, &format!("{LIST}/{}", endpoint.id))
        .await
}
