//! `/portal/connections/{scim}/requests`: what the identity provider asked, with explanations.

use actix_web::web::{self, Path, Query, ServiceConfig};
use askama::Template;
use rollcall_model::{PageRequest, RequestCategory, RequestId};
use rollcall_orgs::request_log::{self, Explanation};
use rollcall_store::{LoggedBody, LoggedRequest, RequestQuery};
use serde::Deserialize;

use super::frame::{self, Frame, Place};
use super::visitor::Visitor;
use crate::answer::{self, Answer, PageError, next_page};
use crate::assets;
use crate::text as t;
use crate::text::portal as p;

/// How many stand on a page.
const AT_ONCE: u64 = 50;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/connections/{scim}/requests", web::get().to(list))
        .route("/connections/{scim}/requests/{req}", web::get().to(show));
}

#[derive(Deserialize)]
struct Asked {
    after: Option<String>,
    #[serde(default)]
    only: String,
}

struct Row {
    href: String,
    at: String,
    method: String,
    route: String,
    status: u16,
    kind: &'static str,
    title: &'static str,
    times: u64,
}

#[derive(Template)]
#[template(path = "portal/requests.html")]
struct Requests {
    frame: Frame,
    path: String,
    failed: bool,
    requests: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

const fn kind(category: RequestCategory) -> &'static str {
    match category {
        RequestCategory::Success => "good",
        RequestCategory::PartlyFailed | RequestCategory::RateLimit | RequestCategory::NotFound => {
            "warn"
        }
        _ => "bad",
    }
}

async fn list(visitor: Visitor, scim: Path<String>, query: Query<Asked>) -> Answer {
    let (connection, handle) = visitor.connection(&scim).await?;
    let failed = query.only == "failed";
    let page: PageRequest<RequestId> =
        PageRequest::parse(query.after.as_deref(), AT_ONCE).map_err(|_| PageError::NotFound)?;
    let path = format!("{}/requests", frame::path(&connection));
    let wanted = RequestQuery {
        failed,
        ..RequestQuery::default()
    };
    let only = if failed { "failed" } else { "" };
    let start = if failed {
        format!("{path}?only=failed")
    } else {
        path.clone()
    };
    let first = page.after.is_some().then_some(start);
    let page = handle.list_requests(&wanted, page).await?;
    let row = |request: LoggedRequest| {
        let explained = request_log::explain(&request, connection.idp);
        Row {
            href: format!("{path}/{}", request.id),
            at: p::moment(request.at),
            kind: kind(request.category),
            title: explained.title,
            status: request.status,
            times: request.times,
            method: request.method,
            route: request.route,
        }
    };
    let requests = page.items.into_iter().map(row).collect();
    answer::page(&Requests {
        frame: Frame::of(&visitor, &connection, Place::Requests),
        failed,
        requests,
        first,
        next: next_page(&path, &[("only", only)], page.next.map(|id| id.to_string())),
        path,
    })
}

/// A body as it is shown.
struct Body {
    says: &'static str,
    text: Option<String>,
    note: Option<String>,
}

impl Body {
    fn new(says: &'static str, body: Option<LoggedBody>) -> Option<Self> {
        let body = body?;
        let pretty = |text: String| {
            let value: Option<serde_json::Value> = serde_json::from_str(&text).ok();
            value.map_or(text, |value| format!("{value:#}"))
        };
        Some(Self {
            says,
            text: body.json.map(pretty),
            note: body.note,
        })
    }
}

#[derive(Template)]
#[template(path = "portal/request.html")]
struct RequestPage {
    frame: Frame,
    back: String,
    request: LoggedRequest,
    kind: &'static str,
    at: String,
    explained: Explanation,
    milliseconds: u64,
    bodies: Vec<Body>,
    /// For the vendor's support: everything above, as a text.
    bundle: String,
}

async fn show(visitor: Visitor, path: Path<(String, String)>) -> Answer {
    let (scim, req) = path.into_inner();
    let (connection, handle) = visitor.connection(&scim).await?;
    let id: RequestId = req.parse().map_err(|_| PageError::NotFound)?;
    let details = handle.find_request(id).await?.ok_or(PageError::NotFound)?;
    let bundle = request_log::bundle::details(&details, connection.idp);
    let (request, content) = (details.request, details.content);
    let bodies = [
        Body::new(p::REQUEST_BODY, content.request),
        Body::new(p::RESPONSE_BODY, content.response),
    ];
    answer::page(&RequestPage {
        frame: Frame::of(&visitor, &connection, Place::Requests),
        back: format!("{}/requests", frame::path(&connection)),
        kind: kind(request.category),
        at: p::moment(request.at),
        explained: request_log::explain(&request, connection.idp),
        milliseconds: request.duration_micros.div_ceil(1_000),
        bodies: bodies.into_iter().flatten().collect(),
        bundle: format!("{bundle:#}"),
        request,
    })
}
