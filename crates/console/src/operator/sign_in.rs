//! `/console/sign-in`, `/console/sign-out`

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use rollcall_model::{Actor, Origin};
use rollcall_orgs::api_keys;
use serde::Deserialize;

use crate::answer::{self, Answer, PageError, see_other};
use crate::assets;
use crate::console;
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
        .route("/sign-out", web::post().to(sign_out));
}

async fn start() -> HttpResponse {
    see_other(START)
}

#[derive(Template)]
#[template(path = "operator/sign_in.html")]
struct SignIn<'a> {
    next: &'a str,
    wrong: Option<&'a str>,
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

async fn show(query: web::Query<Next>) -> Answer {
    let (next, wrong) = (inside(&query.next), None);
    answer::page(&SignIn { next, wrong })
}

async fn sign_in(req: HttpRequest, body: Bytes) -> Answer {
    session::check_site(&req)?;
    let shared = console::of(&req);
    let store = &shared.options.store;
    let given: Given = session::read(&body)?;
    let next = inside(&given.next);
    let Some(key) = api_keys::authenticate(store, given.key.trim()).await? else {
        if let Some(from) = (shared.options.source_of)(&req) {
            let limit = shared.options.max_failures_per_minute;
            if let Some(wait) = shared.guesses.note(from, limit, store.clock().now()) {
                return Err(PageError::TooMany(wait));
            }
        }
        let wrong = Some(t::WRONG_KEY);
        return answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &SignIn { next, wrong });
    };
    let origin = Origin {
        actor: Actor::ApiKey(key.id),
        request_id: console::request_id(&req),
    };
    let cookie = Session::begin(&shared, key.id, origin).await?;
    let mut answer = see_other(next);
    answer
        .add_cookie(&cookie)
        .map_err(|error| PageError::Internal(error.to_string()))?;
    Ok(answer)
}

async fn sign_out(req: HttpRequest, body: Bytes) -> Answer {
    let (operator, _) = caller::sent(&req, async { Ok(body) }).await?;
    let cookie = operator.session.end(&operator.shared).await?;
    let mut answer = see_other("/console/sign-in");
    answer
        .add_cookie(&cookie)
        .map_err(|error| PageError::Internal(error.to_string()))?;
    Ok(answer)
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
