//! `/portal`: the connections of the organization.

use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, web};
use askama::Template;
use rollcall_model::{PageRequest, ScimConnection, ScimConnectionId};
use serde::Deserialize;

use super::frame::{self, Frame};
use super::status::Status;
use super::visitor::Visitor;
use crate::answer::{self, Answer, PageError, next_page, see_other};
use crate::assets;
use crate::text as t;
use crate::text::portal as p;

/// How many stand on a page. Nearly everybody has one.
const AT_ONCE: u64 = 20;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.route("", web::get().to(show));
}

#[derive(Deserialize)]
pub(super) struct After {
    pub(super) after: Option<String>,
}

impl After {
    /// The page that is asked for. A text that is no cursor asks for nothing that is there.
    pub(super) fn page<C: std::str::FromStr>(
        &self,
        limit: u64,
    ) -> Result<PageRequest<C>, PageError> {
        let after = self.after.as_deref();
        PageRequest::parse(after, limit).map_err(|_| PageError::NotFound)
    }
}

struct Card {
    name: String,
    href: String,
    status: Status,
}

#[derive(Template)]
#[template(path = "portal/home.html")]
struct Home {
    frame: Frame,
    cards: Vec<Card>,
    first: Option<String>,
    next: Option<String>,
}

async fn show(visitor: Visitor, req: HttpRequest, query: web::Query<After>) -> Answer {
    let page: PageRequest<ScimConnectionId> = query.page(AT_ONCE)?;
    let first = page.after.is_some().then(|| "/portal".to_owned());
    let page = visitor.org.list_scim_connections(page).await?;
    if page.items.is_empty() && first.is_none() {
        return Ok(see_other("/portal/setup"));
    }
    let now = visitor.org.clock().now();
    let card = |connection: ScimConnection| Card {
        href: frame::path(&connection),
        status: Status::of(&connection, now),
        name: connection.name,
    };
    answer::page(&Home {
        frame: Frame::new(&visitor, p::HOME).after(&req),
        cards: page.items.into_iter().map(card).collect(),
        first,
        next: next_page("/portal", &[], page.next.map(|id| id.to_string())),
    })
}
