//! The tokens of a SCIM connection: making one, with an overlap for the others, and revoking one.

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{PageRequest, ScimToken, Scopes, Timestamp, TokenId, TokenState};
use rollcall_orgs::tokens::{self, Previous, Wanted};
use serde::Deserialize;

use super::{Opened, secret_page};
use crate::answer::{Answer, Danger, Field, PageError, When};
use crate::operator::table::{Cell, Table};
use crate::operator::{Deed, Operator, given, path_id};
use crate::text as t;

/// How many tokens are shown. Those that are over stay in the list.
const MOST: u64 = 100;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/tokens", web::post().to(create))
        .route("/tokens/{token}/revoke", web::post().to(revoke));
}

/// The list of a connection's tokens, the newest first.
pub(super) async fn table(
    operator: &Operator,
    opened: &Opened,
    now: Timestamp,
) -> Result<Table, PageError> {
    let page = PageRequest {
        after: None,
        limit: MOST,
    };
    let mut tokens = opened.handle.list_tokens(page).await?.items;
    tokens.reverse();
    let row = |token: ScimToken| {
        let is_live = !matches!(token.state(now), TokenState::Expired | TokenState::Revoked);
        let revoke = if is_live && operator.may_change() {
            Cell::Danger(danger(&token, &opened.base))
        } else {
            Cell::Nothing
        };
        vec![
            Cell::Small(token.name.clone(), format!("{}…", token.prefix)),
            state(&token, now),
            Cell::maybe(When::maybe(token.last_used_at, now), t::NEVER),
            Cell::Time(When::new(token.expires_at, now)),
            revoke,
        ]
    };
    Ok(Table {
        heads: vec![t::TOKEN, t::STATE, t::LAST_USED, t::EXPIRES, t::ACTIONS],
        rows: tokens.into_iter().map(row).collect(),
        empty: (t::NO_TOKENS, t::NO_TOKENS_SAYS),
        first: None,
        next: None,
    })
}

fn state(token: &ScimToken, now: Timestamp) -> Cell {
    match (token.state(now), token.revoked_at) {
        (TokenState::Active | TokenState::Expiring, Some(at)) => {
            let ends = When::new(at, now).says;
            Cell::Badged("warn", t::TOKEN_OVERLAP.to_owned(), t::ends(&ends))
        }
        (TokenState::Active, None) => Cell::Badge("good", t::TOKEN_ACTIVE.to_owned()),
        (TokenState::Expiring, None) => Cell::Badge("warn", t::TOKEN_EXPIRING.to_owned()),
        (TokenState::Expired, _) => Cell::Badge("bad", t::TOKEN_EXPIRED.to_owned()),
        (TokenState::Revoked, _) => Cell::Badge("plain", t::TOKEN_REVOKED.to_owned()),
    }
}

fn danger(token: &ScimToken, base: &str) -> Danger {
    Danger {
        id: format!("confirm-{}", token.id),
        title: t::REVOKE,
        action: format!("{base}/tokens/{}/revoke", token.id),
        does: t::revoke_does(&token.name),
        name: token.name.clone(),
        button: t::REVOKE_NOW,
    }
}

/// The fields of the form that makes one.
pub(super) fn fields() -> Vec<Field> {
    let mut days = Field::text("days", t::DAYS, t::DAYS_HELP).holding("365");
    days.kind = "number";
    vec![
        Field::text("name", t::NAME, t::TOKEN_NAME_HELP).required(),
        days,
    ]
}

#[derive(Deserialize)]
struct New {
    name: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    previous: String,
}

async fn create(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let opened = Opened::of(&deed, &path).await?;
    let new: New = deed.form()?;
    let days = given(&new.days).map(str::parse).transpose();
    let wanted = Wanted {
        name: &new.name,
        scopes: Scopes::WRITE,
        expires_in_days: days.map_err(|_| PageError::BadForm(t::DAYS_WRONG.to_owned()))?,
    };
    let previous = match new.previous.as_str() {
        "" | "keep" => Previous::Keep,
        "0" => Previous::Revoke,
        seconds => Previous::RevokeAfter(
            seconds
                .parse()
                .map_err(|_| PageError::BadForm(t::BAD_REQUEST_SAYS.to_owned()))?,
        ),
    };
    let issued =
        tokens::create(&opened.org, &opened.handle, wanted, previous, deed.origin()).await?;
    secret_page(&deed.operator, &opened.org, &opened.connection, &issued)
}

async fn revoke(deed: Deed, path: web::Path<(String, String, String)>) -> Answer {
    let (org, scim, token) = path.into_inner();
    let opened = Opened::of(&deed, &(org, scim)).await?;
    let id: TokenId = path_id(&token)?;
    let page = PageRequest {
        after: None,
        limit: MOST,
    };
    let known = opened.handle.list_tokens(page).await?.items;
    let token = known.into_iter().find(|token| token.id == id);
    let token = token.ok_or(PageError::NotFound)?;
    deed.confirmed(&token.name)?;
    tokens::revoke(&opened.org, opened.connection.id, id, deed.origin()).await?;
    deed.done(&t::token_revoked(&token.name), &opened.base)
        .await
}
