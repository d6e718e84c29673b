//! `/portal/connections/{scim}/tokens`: which tokens there are, and a new one in place of the old.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{self, Path, Query, ServiceConfig};
use askama::Template;
use rollcall_model::{
    PageRequest, PortalFormId, ScimConnection, ScimToken, Scopes, Timestamp, TokenId, TokenState,
};
use rollcall_orgs::tokens::{self, Previous, Wanted};
use rollcall_store::ConnectionHandle;
use serde::Deserialize;

use super::frame::{self, Frame, Place};
use super::guide::{GuidePage, Secret};
use super::home::After;
use super::visitor::{Sent, Visitor};
use crate::answer::{self, Answer, Field, PageError, next_page, see_other};
use crate::assets;
use crate::text as t;
use crate::text::portal as p;

/// How many stand on a page.
const AT_ONCE: u64 = 50;
/// For how long both tokens may work, in seconds: an hour, a day, a week.
const OVERLAPS: [u64; 3] = [3_600, 86_400, 604_800];

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/connections/{scim}/tokens", web::get().to(show))
        .route("/connections/{scim}/tokens", web::post().to(rotate))
        .route(
            "/connections/{scim}/tokens/{tok}/revoke",
            web::post().to(revoke),
        );
}

struct Row {
    name: String,
    prefix: String,
    kind: &'static str,
    state: &'static str,
    ends: String,
    last_used: String,
    /// Where the form that revokes it is sent; `None` if it opens nothing any more.
    revoke: Option<String>,
}

impl Row {
    fn new(token: ScimToken, path: &str, now: Timestamp) -> Self {
        let (kind, state) = match (token.state(now), token.revoked_at) {
            (TokenState::Active | TokenState::Expiring, Some(_)) => ("note", p::TOKEN_ENDING),
            (TokenState::Active, None) => ("good", p::TOKEN_ACTIVE),
            (TokenState::Expiring, None) => ("warn", p::TOKEN_EXPIRING),
            (TokenState::Expired, _) => ("", p::TOKEN_EXPIRED),
            (TokenState::Revoked, _) => ("", p::TOKEN_REVOKED),
        };
        let live = matches!(token.state(now), TokenState::Active | TokenState::Expiring);
        let end = token
            .revoked_at
            .map_or(token.expires_at, |at| at.min(token.expires_at));
        Self {
            kind,
            state,
            ends: p::moment(end),
            last_used: token
                .last_used_at
                .map_or_else(|| p::NEVER.to_owned(), |at| p::ago(at, now)),
            revoke: live.then(|| format!("{path}/{}/revoke", token.id)),
            name: token.name,
            prefix: token.prefix,
        }
    }
}

#[derive(Template)]
#[template(path = "portal/tokens.html")]
struct Tokens {
    frame: Frame,
    path: String,
    tokens: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
    name: Field,
    /// For how long the other tokens may work on.
    overlaps: [(u64, String); 3],
    form: PortalFormId,
}

async fn tokens_page(
    visitor: &Visitor,
    frame: Frame,
    (connection, handle): (&ScimConnection, &ConnectionHandle),
    page: PageRequest<TokenId>,
    name: Field,
) -> Result<Tokens, PageError> {
    let path = format!("{}/tokens", frame::path(connection));
    let first = page.after.is_some().then(|| path.clone());
    let page = handle.list_tokens(page).await?;
    let now = visitor.org.clock().now();
    let row = |token| Row::new(token, &path, now);
    Ok(Tokens {
        frame,
        tokens: page.items.into_iter().map(row).collect(),
        first,
        next: next_page(&path, &[], page.next.map(|id| id.to_string())),
        path,
        name,
        overlaps: OVERLAPS.map(|seconds| (seconds, p::overlap(Duration::from_secs(seconds)))),
        form: PortalFormId::new(visitor.org.clock()),
    })
}

fn name_field(now: Timestamp) -> Field {
    Field::text("name", p::TOKEN_NAME, p::TOKEN_NAME_HELP)
        .required()
        .holding(p::suggested_token_name(now))
}

async fn show(
    visitor: Visitor,
    scim: Path<String>,
    query: Query<After>,
    req: HttpRequest,
) -> Answer {
    let (connection, handle) = visitor.connection(&scim).await?;
    let frame = Frame::of(&visitor, &connection, Place::Tokens).after(&req);
    let name = name_field(visitor.org.clock().now());
    let page = query.page(AT_ONCE)?;
    let of = (&connection, &handle);
    answer::page(&tokens_page(&visitor, frame, of, page, name).await?)
}

#[derive(Deserialize)]
struct Rotation {
    name: String,
    /// `now`, `keep`, or how many seconds the other tokens work on.
    previous: String,
}

impl Rotation {
    fn previous(&self) -> Result<Previous, PageError> {
        match self.previous.as_str() {
            "keep" => Ok(Previous::Keep),
            "now" => Ok(Previous::Revoke),
            seconds => {
                let seconds = seconds.parse().ok().filter(|it| OVERLAPS.contains(it));
                let unknown = || PageError::BadForm(p::NO_SUCH_OVERLAP.to_owned());
                seconds.map(Previous::RevokeAfter).ok_or_else(unknown)
            }
        }
    }
}

/// Makes a token and shows it, in this answer only, above the steps in which it is pasted.
async fn rotate(sent: Sent, scim: Path<String>) -> Answer {
    let (connection, handle) = sent.connection(&scim).await?;
    let given: Rotation = sent.form()?;
    let previous = given.previous()?;
    if !sent.is_first().await? {
        let path = frame::path(&connection);
        return Ok(see_other(&format!("{path}/tokens?done=once")));
    }
    let wanted = Wanted {
        name: &given.name,
        scopes: Scopes::WRITE,
        expires_in_days: None,
    };
    match tokens::create(&sent.org, &handle, wanted, previous, sent.origin()).await {
        Ok(issued) => {
            let frame = Frame::of(&sent, &connection, Place::Tokens);
            let secret = Some(Secret::new(&issued));
            let page = GuidePage::new(&sent, frame, &connection, secret).await?;
            answer::page_with(StatusCode::CREATED, &page)
        }
        Err(error) => {
            let wrong = Some(p::wrong(&PageError::refusal(error)?));
            let name = Field {
                wrong,
                ..name_field(sent.org.clock().now()).holding(given.name)
            };
            let frame = Frame::of(&sent, &connection, Place::Tokens);
            let page = PageRequest {
                after: None,
                limit: AT_ONCE,
            };
            let page = tokens_page(&sent, frame, (&connection, &handle), page, name).await?;
            answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

#[derive(Deserialize)]
struct Confirmed {
    #[serde(default)]
    confirm: String,
}

/// Revokes a token, if what its secret begins with was typed.
async fn revoke(sent: Sent, path: Path<(String, String)>) -> Answer {
    let (scim, tok) = path.into_inner();
    let (connection, handle) = sent.connection(&scim).await?;
    let id: TokenId = tok.parse().map_err(|_| PageError::NotFound)?;
    let at_it = PageRequest {
        after: before(id),
        limit: 1,
    };
    let token = handle.list_tokens(at_it).await?.items.pop();
    let token = token
        .filter(|token| token.id == id)
        .ok_or(PageError::NotFound)?;
    let confirmed: Confirmed = sent.form()?;
    if confirmed.confirm.trim() != token.prefix {
        return Err(PageError::BadForm(t::unconfirmed(&token.prefix)));
    }
    tokens::revoke(&sent.org, connection.id, id, sent.origin()).await?;
    let path = frame::path(&connection);
    Ok(see_other(&format!("{path}/tokens?done=revoked")))
}

/// The id after which a list begins with this one.
fn before(id: TokenId) -> Option<TokenId> {
    let number = id.as_uuid().as_u128().checked_sub(1)?;
    Some(TokenId::from_uuid(uuid::Uuid::from_u128(number)))
}
