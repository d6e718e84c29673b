//! `/portal/connections/{scim}/guide`: what to do at the provider, with the values of a connection.
//!
//! The same page shows a new token, once: then the token stands where it is pasted from.

use actix_web::HttpRequest;
use actix_web::web::{self, Path, ServiceConfig};
use askama::Template;
use rollcall_model::ScimConnection;
use rollcall_orgs::tokens::IssuedToken;

use super::frame::{self, Frame, Place};
use super::live::Live;
use super::setup::{self, Step};
use super::visitor::Visitor;
use crate::answer::{self, Answer, PageError};
use crate::assets;
use crate::text as t;
use crate::text::guides::{self, Guide, Value};
use crate::text::portal as p;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("/connections/{scim}/guide", web::get().to(show));
}

/// A token that was just made, in the one answer that shows it.
pub(super) struct Secret {
    pub(super) text: String,
    pub(super) name: String,
    pub(super) expires: String,
}

impl Secret {
    pub(super) fn new(issued: &IssuedToken) -> Self {
        Self {
            text: issued.secret.expose().to_owned(),
            name: issued.token.name.clone(),
            expires: p::day(issued.token.expires_at),
        }
    }
}

#[derive(Template)]
#[template(path = "portal/guide.html")]
pub(super) struct GuidePage {
    frame: Frame,
    steps: Vec<Step>,
    guide: &'static Guide,
    endpoint: String,
    secret: Option<Secret>,
    tokens: String,
    overview: String,
    live: Live,
}

impl GuidePage {
    pub(super) async fn new(
        visitor: &Visitor,
        frame: Frame,
        connection: &ScimConnection,
        secret: Option<Secret>,
    ) -> Result<Self, PageError> {
        let path = frame::path(connection);
        let connected = connection.first_request_at.is_some();
        Ok(Self {
            frame,
            steps: match (&secret, connected) {
                (Some(_), false) => setup::steps(3),
                _ => Vec::new(),
            },
            guide: guides::of(connection.idp.or(connection.recognised_idp)),
            endpoint: visitor.endpoint_url(connection),
            secret,
            tokens: format!("{path}/tokens"),
            live: Live::of(visitor, connection.id).await?,
            overview: path,
        })
    }
}

async fn show(visitor: Visitor, scim: Path<String>, req: HttpRequest) -> Answer {
    let (connection, _) = visitor.connection(&scim).await?;
    let frame = Frame::of(&visitor, &connection, Place::Guide).after(&req);
    answer::page(&GuidePage::new(&visitor, frame, &connection, None).await?)
}
