//! `/portal/link/{secret}`: in. `/portal/sign-out`, `/portal/ended`: out.
//!
//! Opening a link shows a page with one button and changes nothing, because chat and mail programs
//! open every link that they show. The button exchanges it.

use actix_web::http::StatusCode;
use actix_web::web::{Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use rollcall_orgs::portal;

use super::frame::Brand;
use super::visitor::{self, Sent, Visitor};
use crate::answer::{self, Answer, PageError, see_other};
use crate::text as t;
use crate::text::portal as p;
use crate::{assets, console, session};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/link/{secret}", web::get().to(look))
        .route("/link/{secret}", web::head().to(look))
        .route("/link/{secret}", web::post().to(enter))
        .route("/sign-out", web::post().to(leave))
        .route("/ended", web::get().to(ended));
}

#[derive(Template)]
#[template(path = "portal/enter.html")]
struct Enter {
    brand: Brand,
    organization: String,
    action: String,
    until: String,
}

#[derive(Template)]
#[template(path = "portal/outside.html")]
struct Outside {
    brand: Brand,
    title: &'static str,
    says: String,
    return_url: Option<String>,
}

fn brand(req: &HttpRequest) -> Brand {
    Brand::from(&console::of(req).options.branding)
}

/// The page of a link that opens nothing, whyever: who tries out links learns no more.
fn opens_nothing(req: &HttpRequest) -> Answer {
    let shared = console::of(req);
    if let Some(from) = (shared.options.source_of)(req) {
        let (limit, now) = (
            shared.options.max_failures_per_minute,
            shared.options.store.clock().now(),
        );
        if let Some(wait) = shared.guesses.note(from, limit, now) {
            return Err(PageError::TooMany(wait));
        }
    }
    let brand = brand(req);
    let page = Outside {
        title: p::NO_LINK,
        says: brand.fill(p::NO_LINK_SAYS),
        return_url: None,
        brand,
    };
    answer::page_with(StatusCode::GONE, &page)
}

async fn look(req: HttpRequest, secret: Path<String>) -> Answer {
    let shared = console::of(&req);
    let Some((org, link)) = portal::look_at(&shared.options.store, &secret).await? else {
        // Whoever opened it before, and still is in, has no other way back from the mail.
        if Visitor::find(&req).await?.is_some() {
            return Ok(see_other("/portal"));
        }
        return opens_nothing(&req);
    };
    answer::page(&Enter {
        brand: brand(&req),
        organization: org.organization().name.clone(),
        action: format!("{}{}", portal::LINK_PATH, *secret),
        until: p::moment(link.expires_at),
    })
}

async fn enter(req: HttpRequest, secret: Path<String>) -> Answer {
    session::check_site(&req)?;
    let shared = console::of(&req);
    let store = &shared.options.store;
    let issued = portal::exchange(store, &secret, console::request_id(&req)).await?;
    let Some(issued) = issued else {
        return opens_nothing(&req);
    };
    let mut answer = see_other("/portal");
    let cookie = visitor::cookie(&shared, issued.secret.expose());
    add_cookie(&mut answer, &cookie)?;
    Ok(answer)
}

fn add_cookie(
    answer: &mut HttpResponse,
    cookie: &actix_web::cookie::Cookie<'_>,
) -> Result<(), PageError> {
    let added = answer.add_cookie(cookie);
    added.map_err(|error| PageError::Internal(error.to_string()))
}

async fn leave(sent: Sent, req: HttpRequest) -> Answer {
    portal::end_session(&sent.org, sent.session.id, sent.origin()).await?;
    let brand = brand(&req);
    let page = Outside {
        title: p::LEFT,
        says: brand.fill(p::LEFT_SAYS),
        return_url: sent.session.return_url.clone(),
        brand,
    };
    let mut answer = answer::page(&page)?;
    add_cookie(&mut answer, &visitor::no_cookie(&sent.shared))?;
    Ok(answer)
}

async fn ended(req: HttpRequest) -> Answer {
    let brand = brand(&req);
    let page = Outside {
        title: p::ENDED,
        says: brand.fill(p::ENDED_SAYS),
        return_url: None,
        brand,
    };
    answer::page_with(StatusCode::UNAUTHORIZED, &page)
}
