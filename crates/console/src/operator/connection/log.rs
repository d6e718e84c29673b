//! What the identity provider asked, and what came of it: the request log, and the events.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use rollcall_model::{Event, PageRequest, RequestCategory, RequestId};
use rollcall_orgs::request_log::{self, Explanation};
use rollcall_store::{LoggedBody, LoggedRequest, RequestDetails, RequestQuery};
use serde::Deserialize;

use super::{Opened, Part};
use crate::answer::{self, Answer, PageError, When, next_page};
use crate::assets;
use crate::operator::table::{Cell, SearchBox, Table, TablePage};
use crate::operator::{Frame, Operator, PAGE, path_id};
use crate::text as t;

/// What is chosen to see whatever failed.
const FAILED: &str = "failed";

/// How many events a page has.
const EVENTS: usize = 50;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/requests", web::get().to(requests))
        .route("/requests/{request}", web::get().to(one))
        .route("/support-bundle", web::get().to(support_bundle))
        .route("/events", web::get().to(events));
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    category: String,
    after: Option<String>,
}

/// Which lines are wanted: `failed`, a category, or all.
fn query_of(category: &str) -> RequestQuery {
    RequestQuery {
        failed: category == FAILED,
        category: category.parse().ok(),
        ..RequestQuery::default()
    }
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
    let lines = query_of(&query.category);
    let page = opened.handle.list_requests(&lines, wanted).await?;
    let here = format!("{}/requests", opened.base);
    let idp = opened.connection.idp;
    let row = |line: LoggedRequest| {
        let explained = request_log::explain(&line, idp);
        let micros = line.duration_micros;
        let explanation = match &line.detail {
            Some(detail) => Cell::Small(explained.title.to_owned(), detail.clone()),
            None => Cell::Text(explained.title.to_owned()),
        };
        let name = t::counted(&format!("{} {}", line.method, line.route), line.times);
        vec![
            Cell::Link(name, format!("{here}/{}", line.id)),
            Cell::Badge(kind_of(line.status), line.status.to_string()),
            explanation,
            Cell::Text(t::milliseconds(micros)),
            Cell::Time(When::new(line.at, now)),
        ]
    };
    let kept = [("category", query.category.as_str())];
    let table = Table {
        heads: vec![t::REQUEST, t::RESULT, t::EXPLANATION, t::TOOK, t::WHEN],
        rows: page.items.into_iter().map(row).collect(),
        empty: if lines == RequestQuery::default() {
            (t::NO_REQUESTS, t::NO_REQUESTS_SAYS)
        } else {
            (t::NO_MATCH, t::NO_SUCH_REQUESTS_SAYS)
        },
        first: query.after.as_ref().map(|_| here.clone()),
        next: next_page(&here, &kept, page.next.map(|id| id.to_string())),
    };
    let mut page = TablePage::new(opened.frame(&operator), t::REQUESTS_LEAD, table);
    page.tabs = opened.tabs(Part::Requests);
    page.action = Some((t::SUPPORT_BUNDLE, format!("{}/support-bundle", opened.base)));
    let mut options = vec![("", t::EVERY_REQUEST), (FAILED, t::FAILED_ONLY)];
    options.extend(
        RequestCategory::ALL
            .iter()
            .map(|it| (it.as_str(), t::category(*it))),
    );
    page.search = vec![SearchBox {
        name: "category",
        label: t::SHOWN,
        value: query.category.clone(),
        options,
    }];
    answer::page(&page)
}

/// The kind of badge of a status.
const fn kind_of(status: u16) -> &'static str {
    match status {
        0..400 => "good",
        400..500 => "warn",
        _ => "bad",
    }
}

#[derive(Template)]
#[template(path = "operator/request.html")]
struct OneRequest {
    frame: Frame,
    kind: &'static str,
    status: String,
    at: When,
    explained: Explanation,
    facts: Vec<(&'static str, String)>,
    /// Name, what was kept, and what there is to know of it.
    bodies: Vec<(&'static str, Option<String>, Option<String>)>,
}

async fn one(operator: Operator, path: web::Path<(String, String, String)>) -> Answer {
    let (org, scim, id) = path.into_inner();
    let opened = Opened::of(&operator, &(org, scim)).await?;
    let found = opened.handle.find_request(path_id(&id)?).await?;
    let RequestDetails { request, content } = found.ok_or(PageError::NotFound)?;
    let given = |text: &Option<String>| text.clone().unwrap_or_else(|| "—".to_owned());
    let body =
        |name, body: Option<LoggedBody>| body.map(|body| (name, pretty(body.json), body.note));
    let frame = opened
        .frame(&operator)
        .below(&opened.connection.name, &opened.base)
        .below(t::REQUEST_LOG, format!("{}/requests", opened.base))
        .titled(format!("{} {}", request.method, request.route));
    answer::page(&OneRequest {
        frame,
        kind: kind_of(request.status),
        status: request.status.to_string(),
        at: When::new(request.at, opened.org.clock().now()),
        explained: request_log::explain(&request, opened.connection.idp),
        facts: vec![
            (t::REQUEST, request.id.to_string()),
            (t::CATEGORY, t::category(request.category).to_owned()),
            (t::DETAIL, given(&request.detail)),
            (t::FILTER, given(&request.filter)),
            (t::SCIM_TYPE, given(&request.scim_type)),
            (t::RECOGNISED, t::idp(request.idp()).to_owned()),
            (t::TOOK, t::milliseconds(request.duration_micros)),
            (t::TIMES, t::number(request.times)),
        ],
        bodies: [
            body(t::SENT, content.request),
            body(t::ANSWER, content.response),
        ]
        .into_iter()
        .flatten()
        .collect(),
    })
}

/// A kept body, to be read.
fn pretty(json: Option<String>) -> Option<String> {
    let json = json?;
    let read = serde_json::from_str::<serde_json::Value>(&json);
    Some(read.map_or(json, |value| format!("{value:#}")))
}

/// What to give to support, as a file.
async fn support_bundle(operator: Operator, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&operator, &path).await?;
    let version = env!("CARGO_PKG_VERSION");
    let bundle = request_log::support_bundle(&opened.org, &opened.handle, version).await?;
    let name = format!(
        "attachment; filename=\"support-{}.json\"",
        opened.connection.id
    );
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_DISPOSITION, name))
        .content_type("application/json")
        .body(format!("{bundle:#}")))
}

#[derive(Deserialize)]
struct WantedEvents {
    after: Option<String>,
}

async fn events(
    operator: Operator,
    path: web::Path<(String, String)>,
    query: web::Query<WantedEvents>,
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
