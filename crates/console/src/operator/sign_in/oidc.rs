//! `/console/sign-in/oidc` and `/console/sign-in/callback`: signing in at the vendor's own issuer.
//!
//! The first is a link and not a form: what a form leads to has to be of this site, says the
//! policy of every page (`form-action`).

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use rollcall_model::{Actor, ApiKey, Origin, chain};
use rollcall_orgs::console_sign_in::{ConsoleOidc, SignInRefused};
use rollcall_orgs::management_callers::CallerRefused;
use rollcall_orgs::oidc::CodeRefused;
use rollcall_store::Granted;
use serde::Deserialize;

use super::{Next, SignIn, inside, note_failure, with_cookies};
use crate::answer::{self, Answer, PageError, see_other};
use crate::console::{self, Shared};
use crate::session::{Flow, Session};
use crate::text as t;

/// Where somebody begins.
pub(super) const BEGIN: &str = "/console/sign-in/oidc";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/sign-in/oidc", web::get().to(begin))
        .route("/sign-in/callback", web::get().to(come_back));
}

fn settings(shared: &Shared) -> Result<&ConsoleOidc, PageError> {
    let settings = shared.options.sign_in.as_ref();
    settings.ok_or(PageError::NotFound)
}

async fn begin(req: HttpRequest, query: web::Query<Next>) -> Answer {
    let shared = console::of(&req);
    let (oidc, options) = (settings(&shared)?, &shared.options);
    let next = inside(&query.next);
    let flow = Flow::begin(next, options.store.clock().now())?;
    let (store, url) = (&options.store, &options.public_url);
    let asked = flow.code_flow();
    let address = oidc.address(store, &options.oidc, url, &asked);
    match address.await {
        Ok(address) => with_cookies(see_other(address.as_str()), &[flow.cookie(&shared)]),
        Err(reason) => refused(&req, &shared, oidc, next, Refused::Code(reason)),
    }
}

/// What an issuer sends a browser back with: a code, or why there is none (RFC 6749 §4.1.2).
#[derive(Deserialize)]
struct Returned {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    /// Who it is, if it says so (RFC 9207).
    iss: Option<String>,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
enum Refused {
    /// There is no cookie, it is too old, or it is of another sign-in.
    #[error("the `state` is not one of a sign-in that this browser has begun in the last minutes")]
    Stale,
    /// It was used before.
    #[error("the sign-in was used before")]
    Spent,
    /// The answer is of another issuer.
    #[error("the answer comes from another issuer: `iss` is not the one that is set")]
    OtherIssuer,
    /// The issuer let nobody in.
    #[error("the issuer answered with the error `{0}`")]
    Denied(String),
    /// It gave neither a code nor an error.
    #[error("the issuer sent neither `code` nor `error`")]
    NoCode,
    /// It did not say who it is.
    #[error(transparent)]
    Code(CodeRefused),
    /// It did, and that person may not come in.
    #[error(transparent)]
    Person(CallerRefused),
}

impl Refused {
    /// What the page says. Why is in the log.
    fn says(&self, issuer: &str) -> String {
        match self {
            Self::Stale => t::SIGN_IN_STALE.to_owned(),
            Self::Spent => t::SIGN_IN_SPENT.to_owned(),
            Self::Denied(_) => t::sign_in_denied(issuer),
            Self::Code(reason) if reason.is_of_issuer() => t::sign_in_unavailable(issuer),
            Self::OtherIssuer
            | Self::NoCode
            | Self::Code(_)
            | Self::Person(CallerRefused::Token(_)) => t::sign_in_not_believed(issuer),
            Self::Person(_) => t::sign_in_no_role(issuer),
        }
    }

    const fn is_of_issuer(&self) -> bool {
        matches!(self, Self::Code(reason) if reason.is_of_issuer())
    }
}

async fn come_back(req: HttpRequest, query: web::Query<Returned>) -> Answer {
    let shared = console::of(&req);
    let oidc = settings(&shared)?;
    let flow = Flow::of(&shared, &req);
    let next = flow.as_ref().map_or("", |flow| flow.next.as_str());
    let next = inside(next).to_owned();
    let person = match who(&req, &shared, oidc, flow, &query).await? {
        Ok(person) => person,
        Err(reason) => return refused(&req, &shared, oidc, &next, reason),
    };
    let granted = Granted {
        role: person.role,
        organization_id: person.organization_id,
    };
    let origin = Origin {
        actor: Actor::ApiKey(person.id),
        request_id: console::request_id(&req),
    };
    let session = Session::begin(&shared, person.id, Some(granted), origin).await?;
    with_cookies(see_other(&next), &[session, Flow::no_cookie(&shared)])
}

/// Who came back.
async fn who(
    req: &HttpRequest,
    shared: &Shared,
    oidc: &ConsoleOidc,
    flow: Option<Flow>,
    returned: &Returned,
) -> Result<Result<ApiKey, Refused>, PageError> {
    let options = &shared.options;
    let now = options.store.clock().now();
    let own = |flow: &Flow| flow.is_open(now) && flow.holds_state(&returned.state);
    let Some(flow) = flow.filter(own) else {
        return Ok(Err(Refused::Stale));
    };
    let other = |iss: &str| iss != oidc.vendor.issuer;
    if returned.iss.as_deref().is_some_and(other) {
        return Ok(Err(Refused::OtherIssuer));
    }
    // The issuer is asked next, for somebody who may be trying out codes.
    let from = (options.source_of)(req);
    let limit = options.max_failures_per_minute;
    if let Some(wait) = from.and_then(|from| shared.guesses.must_wait(from, limit, now)) {
        return Err(PageError::TooMany(wait));
    }
    let (digest, ends) = (flow.digest(), flow.expires_at());
    if !options.store.spend_sign_in(&digest, ends).await? {
        return Ok(Err(Refused::Spent));
    }
    let Some(code) = &returned.code else {
        let denied = returned.error.as_deref().map(shown).map(Refused::Denied);
        return Ok(Err(denied.unwrap_or(Refused::NoCode)));
    };
    let clients = (&options.store, options.oidc.as_ref());
    let (flow, id) = (flow.code_flow(), console::request_id(req));
    let person = oidc.person(clients, &options.public_url, (code, &flow), id);
    match person.await {
        Ok(person) => Ok(Ok(person)),
        Err(SignInRefused::Code(reason)) => Ok(Err(Refused::Code(reason))),
        Err(SignInRefused::Person(CallerRefused::Store(error))) => Err(error.into()),
        Err(SignInRefused::Person(reason)) => Ok(Err(Refused::Person(reason))),
    }
}

/// The page to sign in at, with a sentence. The cause goes to the log.
fn refused(
    req: &HttpRequest,
    shared: &Shared,
    oidc: &ConsoleOidc,
    next: &str,
    reason: Refused,
) -> Answer {
    let request_id = console::request_id(req);
    let status = if reason.is_of_issuer() {
        tracing::warn!(request.id = %request_id, reason = %chain(&reason), "the issuer of operators does not answer as it should");
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        tracing::info!(request.id = %request_id, reason = %chain(&reason), "a sign-in to the console was refused");
        note_failure(shared, req)?;
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let says = reason.says(&oidc.display_name);
    let page = SignIn::new(shared, next, Some(&says));
    let answer = answer::page_with(status, &page)?;
    match reason {
        // Another sign-in of this browser may be under way.
        Refused::Stale => Ok(answer),
        _ => with_cookies(answer, &[Flow::no_cookie(shared)]),
    }
}

/// The beginning of a text that the address bar may hold, on one line.
fn shown(text: &str) -> String {
    const MAX: usize = 100;
    let printable = text.chars().filter(|letter| !letter.is_control());
    printable.take(MAX).collect()
}
