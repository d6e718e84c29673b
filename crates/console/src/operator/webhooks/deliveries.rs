//! What became of each event that was to be sent to an endpoint.

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{
    DeliveryState, PageRequest, Timestamp, WebhookAttempt, WebhookDelivery, WebhookDeliveryId,
};
use serde::Deserialize;

use super::{LIST, address, endpoint, tabs};
use crate::answer::{self, Answer, PageError, When, next_page};
use crate::operator::table::{Cell, SearchBox, Table, TablePage};
use crate::operator::{Deed, Frame, Operator, PAGE, Place, path_id};
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
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
    let here = address(endpoint.id);
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
    page.tabs = tabs(endpoint.id, false);
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
    let here = address(endpoint.id);
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
    deed.done(t::REDELIVERED, &address(endpoint.id)).await
}
