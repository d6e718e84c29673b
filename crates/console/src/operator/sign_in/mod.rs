//! `/console/sign-in`, `/console/sign-out`

mod oidc;

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use rollcall_model::{Actor, Origin};
use rollcall_orgs::api_keys;
use serde::Deserialize;
use url::form_urlencoded;

use crate::answer::{self, Answer, PageError, see_other};
use crate::assets;
use crate::console::{self, Shared};
use crate::operator::caller;
use crate::session::{self, Session};
use crate::text as t;

/// Where an operator begins.
const START: &str = "/console/organizations";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("", web::get().to(start))
        .route("/sign-in", web::get().to(show))
        .route("/sign-in", web::post().to(sign_in))
        .route("/sign-out", web::post().to(sign_out))
        .configure(oidc::configure);
}

async fn start() -> HttpResponse {
    see_other(START)
}

#[derive(Template)]
#[template(path = "operator/sign_in.html")]
struct SignIn<'a> {
    next: &'a str,
    wrong: Option<&'a str>,
    /// What the button of the vendor's issuer says, and where it leads.
    issuer: Option<(String, String)>,
}

impl<'a> SignIn<'a> {
    fn new(shared: &Shared, next: &'a str, wrong: Option<&'a str>) -> Self {
        let issuer = shared.options.sign_in.as_ref().map(|oidc| {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("next", next)
                .finish();
            let says = t::sign_in_with(&oidc.display_name);
            (says, format!("{}?{query}", oidc::BEGIN))
        });
        Self {
            next,
            wrong,
            issuer,
        }
    }
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Given {
    key: String,
    #[serde(default)]
    next: String,
}

async fn show(req: HttpRequest, query: web::Query<Next>) -> Answer {
    let shared = console::of(&req);
    answer::page(&SignIn::new(&shared, inside(&query.next), None))
}

async fn sign_in(req: HttpRequest, body: Bytes) -> Answer {
    session::check_site(&req)?;
    let shared = console::of(&req);
    let store = &shared.options.store;
    let given: Given = session::read(&body)?;
    let next = inside(&given.next);
    let Some(key) = api_keys::authenticate(store, given.key.trim()).await? else {
        note_failure(&shared, &req)?;
        let page = SignIn::new(&shared, next, Some(t::WRONG_KEY));
        return answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let origin = Origin {
        actor: Actor::ApiKey(key.id),
        request_id: console::request_id(&req),
    };
    let cookie = Session::begin(&shared, key.id, None, origin).await?;
    with_cookies(see_other(next), &[cookie])
}

/// Notes that somebody failed to sign in.
///
/// # Errors
///
/// There were too many failures from there.
fn note_failure(shared: &Shared, req: &HttpRequest) -> Result<(), PageError> {
    let limit = shared.options.max_failures_per_minute;
    let now = shared.options.store.clock().now();
    let from = (shared.options.source_of)(req);
    match from.and_then(|from| shared.guesses.note(from, limit, now)) {
        None => Ok(()),
        Some(wait) => Err(PageError::TooMany(wait)),
    }
}

fn with_cookies(mut answer: HttpResponse, cookies: &[Cookie<'_>]) -> Answer {
    for cookie in cookies {
        answer
            .add_cookie(cookie)
            .map_err(|error| PageError::Internal(error.to_string()))?;
    }
    Ok(answer)
}

async fn sign_out(req: HttpRequest, body: Bytes) -> Answer {
    let (operator, _) = caller::sent(&req, async { Ok(body) }).await?;
    let cookie = operator.session.end(&operator.shared).await?;
    with_cookies(see_other("/console/sign-in"), &[cookie])
}

/// Where to go on: only to a page of the console, whatever a link says.
fn inside(next: &str) -> &str {
    let safe = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let below = next.strip_prefix("/console/");
    if safe && below.is_some_and(|rest| !rest.starts_with("sign-")) {
        next
    } else {
        START
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_nobody_is_led_elsewhere() {
        let page = "/console/organizations/acme?tab=domains";
        assert_eq!(inside(page), page);
        for elsewhere in [
            "",
            "https://evil.example.com",
            "//evil.example.com/console/",
            "/console/\\evil",
            "/console/a\r\nset-cookie: a=b",
            "/console/sign-out",
        ] {
            assert_eq!(inside(elsewhere), START, "{elsewhere}");
        }
    }
}
