//! `/v1/api-keys`

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use rollcall_model::{ApiKey, ApiKeyId, ApiKeyRole, OrgId, Timestamp};
use rollcall_orgs::api_keys::{self, KeyLimits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer::{self, Answer};
use crate::api::caller::{Caller, path_id};
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::{ListBody, ListQuery};

const WHAT: &str = "API key";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_api_key)
        .service(list_api_keys)
        .service(get_api_key)
        .service(delete_api_key);
}

/// A vendor's credential for this API, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
struct ApiKeyBody {
    /// Its id.
    #[schema(value_type = String, example = "key_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: ApiKeyId,
    /// Its name for people.
    name: String,
    /// The first characters of the secret, to tell keys apart.
    prefix: String,
    /// `admin`: may read and change; `read_only`: may read.
    #[schema(example = "admin")]
    role: &'static str,
    /// The one organization that it opens; `null` opens all, and what belongs to none.
    #[schema(value_type = Option<String>, required = true)]
    organization_id: Option<OrgId>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used; up to a few seconds behind.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    last_used_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyBody {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            role: key.role.as_str(),
            organization_id: key.organization_id,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// An API key in the one answer that shows its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedApiKey)]
struct IssuedApiKeyBody {
    #[serde(flatten)]
    key: ApiKeyBody,
    /// The secret, shown this once: `null` when the answer is repeated.
    #[schema(value_type = Option<String>, required = true)]
    secret: (),
}

/// A new API key.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewApiKey)]
#[serde(deny_unknown_fields)]
struct NewApiKeyBody {
    /// Its name for people, 1 to 200 characters.
    name: String,
    /// `admin` (reads and changes) or `read_only`; `admin` if it is not given.
    #[schema(example = "read_only")]
    role: Option<String>,
    /// Id or slug of the one organization that it shall open; all of them if it is not given.
    organization_id: Option<String>,
}

fn role(asked: Option<&str>) -> Result<ApiKeyRole, Problem> {
    asked.map_or(Ok(ApiKeyRole::Admin), |text| {
        text.parse()
            .map_err(|reason| Problem::invalid("role", format!("`role` {reason}")))
    })
}

/// Make an API key
///
/// The secret is shown in this answer only.
#[utoipa::path(
    tag = "API keys",
    request_body = NewApiKeyBody,
    responses((status = 201, description = "The API key", body = IssuedApiKeyBody)),
)]
#[post("/api-keys")]
async fn create_api_key(post: Post<NewApiKeyBody>) -> Result<HttpResponse, Problem> {
    post.answer(async move |caller, body| {
        let limits = KeyLimits {
            role: role(body.role.as_deref())?,
            organization_id: match &body.organization_id {
                Some(named) => {
                    let named = caller.referenced_organization("organization_id", named);
                    Some(named.await?.org_id())
                }
                None => None,
            },
        };
        let store = &caller.app.store;
        let issued = api_keys::create_limited(store, &body.name, limits, caller.origin()).await?;
        let created = IssuedApiKeyBody {
            key: issued.key.into(),
            secret: (),
        };
        Ok(Answer::created(&created)?.showing("/secret", issued.secret.expose()))
    })
    .await
}

/// List API keys
///
/// Oldest first, without their secrets.
#[utoipa::path(
    tag = "API keys",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<ApiKeyBody>)),
)]
#[get("/api-keys")]
async fn list_api_keys(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let page = caller.page(&req)?;
    let page = caller.app.store.list_api_keys(page).await?;
    answer::page(page, ApiKeyBody::from)
}

/// Get an API key
#[utoipa::path(
    tag = "API keys",
    responses((status = 200, description = "The API key", body = ApiKeyBody)),
)]
#[get("/api-keys/{key}")]
async fn get_api_key(caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let found = caller
        .app
        .store
        .find_api_key_by_id(path_id(&path, WHAT)?)
        .await?;
    let key = found.ok_or_else(|| Problem::not_found(WHAT))?;
    answer::ok(&ApiKeyBody::from(key))
}

/// Delete an API key
///
/// It stops working at once. The last one that can make others cannot be deleted: one with the role
/// `admin` that is bound to no organization.
#[utoipa::path(
    tag = "API keys",
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "It is the last one that can make others"),
    ),
)]
#[delete("/api-keys/{key}")]
async fn delete_api_key(caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let id = path_id(&path, WHAT)?;
    let store = &caller.app.store;
    api_keys::delete(store, id, caller.origin()).await?;
    Ok(answer::no_content())
}
