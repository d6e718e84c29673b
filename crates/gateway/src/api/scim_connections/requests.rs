//! `…/scim-connections/{scim}/requests`: what the identity provider asked.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use rollcall_model::{RequestId, Timestamp};
use rollcall_store::LoggedRequest;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::api::query::{self, ListBody, ListQuery};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list_requests);
}

/// A request that a connection was asked, refused ones too. It holds no query string and no body:
/// both carry personal data.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoggedRequest)]
struct LoggedRequestBody {
    /// The id that the answer carried as `X-Request-Id`.
    #[schema(value_type = String, example = "req_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: RequestId,
    /// When it was answered.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The HTTP method.
    method: String,
    /// The path, without the query.
    route: String,
    /// The HTTP status it was answered with.
    status: u16,
    /// The kind of outcome, or why the token was refused.
    outcome: String,
    /// The identity provider it was recognised as.
    #[schema(required = true)]
    idp: Option<String>,
    /// How long the answer took, in microseconds.
    duration_micros: u64,
    /// What the answer said went wrong; of a request that was done, the allowances that it needed.
    #[schema(required = true)]
    detail: Option<String>,
}

impl From<LoggedRequest> for LoggedRequestBody {
    fn from(request: LoggedRequest) -> Self {
        Self {
            id: request.id,
            at: request.at,
            method: request.method,
            route: request.route,
            status: request.status,
            outcome: request.outcome,
            idp: request.idp,
            duration_micros: request.duration_micros,
            detail: request.detail,
        }
    }
}

/// List requests
///
/// What the identity provider asked, newest first; up to a few seconds behind.
#[utoipa::path(
    tag = "Directory",
    params(ListQuery),
    responses((status = 200, description = "A page", body = ListBody<LoggedRequestBody>)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/requests")]
async fn list_requests(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let query: ListQuery = query::read(&req)?;
    let page = query.page(caller.app.settings.limits.max_page)?;
    let page = connection.list_requests(page).await?;
    answer::ok(&ListBody::from_page(page, LoggedRequestBody::from))
}
