//! `/v1/organizations/{org}/scim-connections/{scim}/tokens`

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use rollcall_model::{ScimToken, Timestamp, TokenId};
use rollcall_orgs::tokens::{self, Previous, Wanted};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::scopes::{self, Access, ScopeName};
use crate::api::answer::{self, Answer};
use crate::api::caller::{Caller, path_id};
use crate::api::fields::{self, FieldError};
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::{ListBody, ListQuery};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_scim_token)
        .service(list_scim_tokens)
        .service(revoke_scim_token);
}

/// A SCIM token without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScimToken)]
struct TokenBody {
    /// Its id.
    #[schema(value_type = String, example = "tok_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: TokenId,
    /// Its name for people.
    name: String,
    /// The first characters of the secret, to tell tokens apart.
    prefix: String,
    /// What it may do.
    scopes: Vec<ScopeName>,
    /// One word for its scopes: `read` if it may look at everything, `write` if it may also change
    /// everything, `null` for any other set.
    #[schema(value_type = Option<String>, required = true, example = "write")]
    access: Option<&'static str>,
    /// What it is in now: `active`, `expiring` (30 days or fewer are left), `expired` or `revoked`.
    #[schema(value_type = String, example = "active")]
    state: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// From when on it is refused.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// How many days are left until then, the one that has begun counted.
    #[schema(example = 365)]
    expires_in_days: u64,
    /// When it was last used; up to a few seconds behind.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    last_used_at: Option<Timestamp>,
    /// From when on it is refused because somebody revoked it; may lie ahead.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    revoked_at: Option<Timestamp>,
}

impl TokenBody {
    fn new(token: ScimToken, now: Timestamp) -> Self {
        Self {
            state: token.state(now).as_str(),
            expires_in_days: token.days_left(now),
            id: token.id,
            name: token.name,
            prefix: token.prefix,
            scopes: scopes::names(token.scopes),
            access: token.scopes.shorthand(),
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            revoked_at: token.revoked_at,
        }
    }
}

/// A SCIM token in the one answer that shows its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedScimToken)]
pub(super) struct IssuedTokenBody {
    #[serde(flatten)]
    token: TokenBody,
    /// The secret, shown this once: `null` when the answer is repeated.
    #[schema(value_type = Option<String>, required = true)]
    secret: (),
}

impl From<ScimToken> for IssuedTokenBody {
    fn from(token: ScimToken) -> Self {
        let now = token.created_at;
        Self {
            token: TokenBody::new(token, now),
            secret: (),
        }
    }
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewScimToken)]
#[serde(deny_unknown_fields)]
struct NewTokenBody {
    /// Its name for people, 1 to 200 characters.
    name: String,
    /// What it may do; everything if absent. Who may write may read the same.
    scopes: Option<Vec<ScopeName>>,
    /// One word instead of `scopes`: `write` for everything, or `read` for a client that only looks.
    access: Option<Access>,
    /// Its life in days, 1 to 365; 365 if absent.
    expires_in_days: Option<u32>,
    /// What becomes of the tokens that were there before; they stay if absent.
    #[schema(value_type = Option<RevokePrevious>)]
    revoke_previous: Option<Value>,
}

/// What becomes of the tokens that were there before a new one: `true` ends them now, `false`
/// leaves them, and an object ends them later.
#[derive(ToSchema)]
#[schema(as = RevokePrevious)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema of what `previous` reads")]
enum RevokePrevious {
    Now(bool),
    After(RevokeAfter),
}

/// Ends the tokens that were there before later, so that both work while a person exchanges them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RevokeAfter {
    /// In how many seconds, up to 30 days.
    after_seconds: u64,
}

fn previous(asked: Option<Value>) -> Result<Previous, FieldError> {
    const FIELD: &str = "revoke_previous";
    match asked {
        None | Some(Value::Bool(false)) => Ok(Previous::Keep),
        Some(Value::Bool(true)) => Ok(Previous::Revoke),
        Some(Value::Object(members)) => {
            let after: RevokeAfter = fields::read(members).map_err(|error| error.within(FIELD))?;
            Ok(Previous::RevokeAfter(after.after_seconds))
        }
        Some(_) => Err(FieldError::Invalid {
            field: FIELD.to_owned(),
            reason: "expected true, false or {\"after_seconds\": N}".to_owned(),
        }),
    }
}

/// Make a token
///
/// The secret is shown in this answer only. With `revoke_previous` the connection's other tokens
/// end, at once or after an overlap.
#[utoipa::path(
    tag = "SCIM tokens",
    request_body = NewTokenBody,
    responses((status = 201, description = "The token", body = IssuedTokenBody)),
)]
#[post("/organizations/{org}/scim-connections/{scim}/tokens")]
async fn create_scim_token(
    post: Post<NewTokenBody>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    post.answer(async move |caller, body| {
        let (org, connection) = caller.connection(&org, &scim).await?;
        let previous = previous(body.revoke_previous)?;
        let wanted = Wanted {
            name: &body.name,
            scopes: scopes::chosen(body.access, body.scopes)?,
            expires_in_days: body.expires_in_days,
        };
        let issued = tokens::create(&org, &connection, wanted, previous, caller.origin()).await?;
        let secret = issued.secret;
        Ok(Answer::created(&IssuedTokenBody::from(issued.token))?
            .showing("/secret", secret.expose()))
    })
    .await
}

/// List tokens
///
/// Oldest first, expired and revoked ones too, without their secrets.
#[utoipa::path(
    tag = "SCIM tokens",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<TokenBody>)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/tokens")]
async fn list_scim_tokens(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let page = caller.page(&req)?;
    let page = connection.list_tokens(page).await?;
    let now = caller.app.store.clock().now();
    answer::page(page, |token| TokenBody::new(token, now))
}

/// Revoke a token
///
/// At once. It stays in the list.
#[utoipa::path(
    tag = "SCIM tokens",
    responses((status = 204, description = "It is refused from now on")),
)]
#[delete("/organizations/{org}/scim-connections/{scim}/tokens/{tok}")]
async fn revoke_scim_token(
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim, tok) = path.into_inner();
    let (org, connection) = caller.connection(&org, &scim).await?;
    let id = path_id(&tok, "token")?;
    tokens::revoke(&org, connection.connection_id(), id, caller.origin()).await?;
    Ok(answer::no_content())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn previous_tokens_stay_end_now_or_end_later() {
        assert_eq!(previous(None), Ok(Previous::Keep));
        assert_eq!(previous(Some(json!(false))), Ok(Previous::Keep));
        assert_eq!(previous(Some(json!(true))), Ok(Previous::Revoke));
        let later = previous(Some(json!({ "after_seconds": 60 })));
        assert_eq!(later, Ok(Previous::RevokeAfter(60)));
    }

    #[test]
    fn another_form_is_refused_by_name() {
        insta::assert_snapshot!(
            previous(Some(json!("now"))).unwrap_err(),
            @r#"`revoke_previous` is not valid: expected true, false or {"after_seconds": N}"#
        );
        insta::assert_snapshot!(
            previous(Some(json!({ "after_seconds": -1 }))).unwrap_err(),
            @"`revoke_previous.after_seconds` is not valid: invalid value: integer `-1`, expected u64"
        );
    }
}
