//! `…/scim-connections/{scim}/requests` and `…/support-bundle`: what the identity provider asked.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use rollcall_model::{IdpKind, PageRequest, RequestCategory, RequestId, RequestReason, Timestamp};
use rollcall_orgs::request_log::{self, ExplainedQuirk, Explanation};
use rollcall_orgs::scim_connections;
use rollcall_store::{LoggedBody, LoggedRequest, RequestDetails, RequestQuery, StatusClass};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::caller::{Caller, path_id};
use crate::api::fields::from_text;
use crate::api::problem::Problem;
use crate::api::query::{self, ListBody, moment};

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(list_requests)
        .service(get_request)
        .service(get_support_bundle);
}

/// A request that a connection was asked, refused ones too.
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
    /// The filter, with `…` in the place of values that are not kept.
    #[schema(required = true, example = "userName eq \"…\"")]
    filter: Option<String>,
    /// The HTTP status it was answered with.
    status: u16,
    /// The kind of outcome, or why the token was refused.
    outcome: String,
    /// Who has to do something about it: `success`, `partly_failed`, `authentication`, `permission`,
    /// `not_found`, `conflict`, `validation`, `too_large`, `rate_limit`, `unsupported` or `server`.
    #[schema(value_type = String, example = "conflict")]
    category: RequestCategory,
    /// Why it was refused, as a stable word; `null` if it was not.
    #[schema(value_type = Option<String>, required = true, example = "inactive_user")]
    reason: Option<RequestReason>,
    /// The `scimType` of the error it was answered with.
    #[schema(required = true, example = "uniqueness")]
    scim_type: Option<String>,
    /// What the answer said went wrong; of a request that was done, the allowances that it needed.
    #[schema(required = true)]
    detail: Option<String>,
    /// The names of the allowances that it needed.
    quirks: Vec<String>,
    /// The identity provider it was recognised as.
    #[schema(required = true)]
    idp: Option<String>,
    /// How long the answer took, in microseconds.
    duration_micros: u64,
    /// How many requests the line stands for: itself, and successes like it soon afterwards of which
    /// no line was kept.
    times: u64,
}

impl From<LoggedRequest> for LoggedRequestBody {
    fn from(request: LoggedRequest) -> Self {
        Self {
            id: request.id,
            at: request.at,
            method: request.method,
            route: request.route,
            filter: request.filter,
            status: request.status,
            outcome: request.outcome,
            category: request.category,
            reason: request.reason,
            scim_type: request.scim_type,
            detail: request.detail,
            quirks: request.quirks,
            idp: request.idp,
            duration_micros: request.duration_micros,
            times: request.times,
        }
    }
}

/// A body, as far as it was kept: masked, and cut if it was long.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoggedBody)]
struct LoggedBodyBody {
    /// The document; `null` if nothing of it could be kept.
    #[schema(value_type = Option<Object>, required = true)]
    json: Option<Value>,
    /// How long it was, in bytes, if that is known.
    #[schema(required = true)]
    bytes: Option<u64>,
    /// What there is to know about it: that it was cut, or why it is not here.
    #[schema(required = true)]
    note: Option<String>,
}

impl From<LoggedBody> for LoggedBodyBody {
    fn from(body: LoggedBody) -> Self {
        let json = body.json.as_deref();
        Self {
            json: json.and_then(|text| serde_json::from_str(text).ok()),
            bytes: body.bytes,
            note: body.note,
        }
    }
}

/// An allowance that a request needed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedAllowance)]
struct QuirkBody {
    /// Its name, as in the metrics.
    name: String,
    /// What was sent, and what was made of it.
    meaning: &'static str,
}

/// What a request came to, for a person, in English.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestExplanation)]
struct ExplanationBody {
    /// What happened, in a few words.
    title: &'static str,
    /// What that means.
    meaning: &'static str,
    /// What to do about it.
    #[schema(required = true)]
    advice: Option<&'static str>,
    /// Where that is set in the identity provider.
    #[schema(required = true)]
    setting: Option<&'static str>,
    /// The provider that `setting` speaks of.
    #[schema(example = "okta")]
    idp: &'static str,
    /// The allowances that it needed.
    quirks: Vec<QuirkBody>,
}

impl From<Explanation> for ExplanationBody {
    fn from(explained: Explanation) -> Self {
        let quirk = |ExplainedQuirk { name, meaning }| QuirkBody { name, meaning };
        Self {
            title: explained.title,
            meaning: explained.meaning,
            advice: explained.advice,
            setting: explained.setting,
            idp: explained.idp.as_str(),
            quirks: explained.quirks.into_iter().map(quirk).collect(),
        }
    }
}

/// A request with everything that is kept of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoggedRequestDetails)]
struct RequestDetailsBody {
    #[serde(flatten)]
    request: LoggedRequestBody,
    /// What was sent; `null` if that is not kept of such a request.
    #[schema(required = true)]
    request_body: Option<LoggedBodyBody>,
    /// What was answered; `null` if that is not kept of such a request.
    #[schema(required = true)]
    response_body: Option<LoggedBodyBody>,
    /// What it means, and what to do.
    explanation: ExplanationBody,
}

impl RequestDetailsBody {
    fn new(details: RequestDetails, idp: Option<IdpKind>) -> Self {
        let RequestDetails { request, content } = details;
        let explanation = request_log::explain(&request, idp).into();
        Self {
            request: request.into(),
            request_body: content.request.map(Into::into),
            response_body: content.response.map(Into::into),
            explanation,
        }
    }
}

/// Which requests are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RequestsQuery {
    /// At most this many items; 50 if it is not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>, minimum = 1)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before; from the newest on if it is not given.
    after: Option<String>,
    /// `true`: only those that failed, or some of whose operations did.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<bool>)]
    failed: Option<bool>,
    /// Only those of this category.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>, example = "conflict")]
    category: Option<RequestCategory>,
    /// Only those that were answered with such a status: `2xx`, `3xx`, `4xx` or `5xx`.
    status: Option<String>,
    /// Only those of this method, in any letters.
    #[param(example = "PATCH")]
    method: Option<String>,
    /// Not before, as RFC 3339.
    #[param(example = "2026-11-22T00:00:00Z")]
    since: Option<String>,
    /// Before, as RFC 3339.
    until: Option<String>,
}

impl RequestsQuery {
    fn read(self, max_page: u64) -> Result<(RequestQuery, PageRequest<RequestId>), Problem> {
        let page = query::page(self.limit, self.after.as_deref(), max_page)?;
        let status = self.status.as_deref().map(str::parse::<StatusClass>);
        let status = status
            .transpose()
            .map_err(|reason| Problem::invalid("status", reason))?;
        let wanted = RequestQuery {
            failed: self.failed.unwrap_or(false),
            category: self.category,
            status,
            method: self.method.map(|method| method.to_ascii_uppercase()),
            since: moment("since", self.since.as_deref())?,
            until: moment("until", self.until.as_deref())?,
        };
        Ok((wanted, page))
    }
}

/// List requests
///
/// What the identity provider asked, newest first; up to a few seconds behind. With a filter that no
/// index serves (`status`, `method`, `category=success`), a page looks at a bounded number of
/// requests: it may hold fewer than were asked for, or none, and still have a `next_cursor`.
#[utoipa::path(
    tag = "Directory",
    params(RequestsQuery),
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
    let query: RequestsQuery = query::read(&req)?;
    let (wanted, page) = query.read(caller.app.settings.limits.max_page)?;
    let page = connection.list_requests(&wanted, page).await?;
    answer::page(page, LoggedRequestBody::from)
}

/// Get a request
///
/// With everything that is kept of it, and what it means.
#[utoipa::path(
    tag = "Directory",
    responses((status = 200, description = "The request", body = RequestDetailsBody)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/requests/{req}")]
async fn get_request(
    caller: Caller,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    const WHAT: &str = "request";
    let (org, scim, request) = path.into_inner();
    let (org, connection) = caller.connection(&org, &scim).await?;
    let found = connection.find_request(path_id(&request, WHAT)?).await?;
    let found = found.ok_or_else(|| Problem::not_found(WHAT))?;
    let about = scim_connections::find(&org, connection.connection_id()).await?;
    answer::ok(&RequestDetailsBody::new(found, about.idp))
}

/// Get a support bundle
///
/// One document about the connection for whoever helps: its settings, its tokens without their
/// secrets, its last failures with what was kept of them, its last requests, and the version of the
/// program. It holds no secret; it is as personal as the request log is set to be.
#[utoipa::path(
    tag = "Directory",
    responses((status = 200, description = "The bundle", body = Object)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/support-bundle")]
async fn get_support_bundle(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (org, connection) = caller.connection(&org, &scim).await?;
    let version = env!("CARGO_PKG_VERSION");
    answer::ok(&request_log::support_bundle(&org, &connection, version).await?)
}
