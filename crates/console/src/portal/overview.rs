//! `/portal/connections/{scim}`: how a connection is.

use actix_web::HttpRequest;
use actix_web::web::{self, Path, ServiceConfig};
use askama::Template;

use super::frame::{Frame, Place};
use super::live::Live;
use super::status::Status;
use super::visitor::Visitor;
use crate::answer::{self, Answer};
use crate::assets;
use crate::text as t;
use crate::text::portal as p;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/connections/{scim}", web::get().to(show));
}

#[derive(Template)]
#[template(path = "portal/overview.html")]
struct Overview {
    frame: Frame,
    name: String,
    path: String,
    status: Status,
    endpoint: String,
    sso: Option<String>,
    created: String,
    /// While nothing has come.
    live: Option<Live>,
}

async fn show(visitor: Visitor, scim: Path<String>, req: HttpRequest) -> Answer {
    let (connection, _) = visitor.connection(&scim).await?;
    let now = visitor.org.clock().now();
    let sso = visitor
        .org
        .find_sso_connection(connection.sso_connection_id)
        .await?;
    let live = match connection.first_request_at {
        None => Some(Live::of(&visitor, connection.id).await?),
        Some(_) => None,
    };
    answer::page(&Overview {
        frame: Frame::of(&visitor, &connection, Place::Overview).after(&req),
        path: super::frame::path(&connection),
        status: Status::of(&connection, now),
        endpoint: visitor.endpoint_url(&connection),
        sso: sso.map(|sso| sso.name),
        created: p::moment(connection.created_at),
        live,
        name: connection.name,
    })
}
