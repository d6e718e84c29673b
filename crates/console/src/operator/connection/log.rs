//! What the identity provider asked, and what came of it: the request log, and the events.

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{Event, PageRequest, RequestId};
use rollcall_store::LoggedRequest;
use serde::Deserialize;

use super::{Opened, Part};
use crate::answer::{self, Answer, PageError, When, next_page};
use crate::operator::table::{Cell, Table, TablePage};
use crate::operator::{Operator, PAGE};
use crate::text as t;

/// How many events a page has.
const EVENTS: usize = 50;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/requests", web::get().to(requests))
        .route("/events", web::get().to(events));
}

#[derive(Deserialize)]
struct Wanted {
    after: Option<String>,
}

async fn requests(
    operator: Operator,
    path: web::Path<(String, String)>,
    query: web::Query<Wanted>,
) -> Answer {
    let opened = Opened::of(&operator, &path).await?;
    let now = opened.org.clock().now();
    let wanted = PageRequest::parse(query.after.as_deref(), PAGE);
    let wanted: PageRequest<RequestId> = wanted.map_err(|_| PageError::NotFound)?;
    let page = opened.handle.list_requests(wanted).await?;
    let here = format!("{}/requests", opened.base);
    let row = |line: LoggedRequest| {
        let micros = line.duration_micros;
        vec![
            Cell::Small(
                format!("{} {}", line.method, line.route),
                line.id.to_string(),
            ),
            status(&line),
            Cell::Text(line.detail.unwrap_or_default()),
            Cell::Text(t::milliseconds(micros)),
            Cell::Time(When::new(line.at, now)),
        ]
    };
    let table = Table {
        heads: vec![t::REQUEST, t::RESULT, t::EXPLANATION, t::TOOK, t::WHEN],
        rows: page.items.into_iter().map(row).collect(),
        empty: (t::NO_REQUESTS, t::NO_REQUESTS_SAYS),
        first: query.after.as_ref().map(|_| here.clone()),
        next: next_page(&here, &[], page.next.map(|id| id.to_string())),
    };
    let mut page = TablePage::new(opened.frame(&operator), t::REQUESTS_LEAD, table);
    page.tabs = opened.tabs(Part::Requests);
    answer::page(&page)
}

fn status(line: &LoggedRequest) -> Cell {
    let kind = match line.status {
        0..400 => "good",
        400..500 => "warn",
        _ => "bad",
    };
    Cell::Badged(kind, line.status.to_string(), t::outcome(&line.outcome))
}

async fn events(
    operator: Operator,
    path: web::Path<(String, String)>,
    query: web::Query<Wanted>,
) -> Answer {
    let opened = Opened::of(&operator, &path).await?;
    let now = opened.org.clock().now();
    let here = format!("{}/events", opened.base);
    let before = query.after.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_| PageError::NotFound)?;
    let page = opened.handle.newest_events(before, EVENTS).await?;
    let row = |event: &Event| {
        let data = serde_json::to_string_pretty(&event.data).unwrap_or_default();
        vec![
            Cell::Small(event.kind.as_str().to_owned(), event.id.to_string()),
            Cell::Text(t::number(event.sequence)),
            Cell::More(t::SHOW.to_owned(), data),
            Cell::Time(When::new(event.occurred_at, now)),
        ]
    };
    let table = Table {
        heads: vec![t::EVENT, t::SEQUENCE, t::CONTENT, t::WHEN],
        rows: page.events.iter().map(row).collect(),
        empty: (t::NO_EVENTS, t::NO_EVENTS_SAYS),
        first: query.after.as_ref().map(|_| here.clone()),
        next: next_page(&here, &[], page.next.map(|position| position.to_string())),
    };
    let mut page = TablePage::new(opened.frame(&operator), t::EVENTS_LEAD, table);
    page.tabs = opened.tabs(Part::Events);
    answer::page(&page)
}
