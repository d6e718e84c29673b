//! `/v1/consumers`: who follows events, and how far each says that it is.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use rollcall_model::Timestamp;
use rollcall_store::{Acknowledged, Consumer, MAX_CONSUMERS, OrgHandle};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::body::Patch;
use crate::api::caller::Caller;
use crate::api::problem::Problem;
use crate::api::query::{self, ListBody};

const WHAT: &str = "consumer";

/// The longest name.
const MAX_NAME: usize = 100;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(acknowledge)
        .service(list_consumers)
        .service(get_consumer)
        .service(delete_consumer);
}

/// Somebody who follows events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consumer)]
struct ConsumerBody {
    /// Its name.
    #[schema(example = "billing")]
    name: String,
    /// It has everything up to here.
    #[schema(example = "1042")]
    cursor: String,
    /// The furthest that it ever said.
    #[schema(example = "1042")]
    furthest_cursor: String,
    /// How many events come after its cursor; of its organization, if it has one.
    events_behind: u64,
    /// How old the oldest of them is, in seconds; 0 if there is none.
    seconds_behind: u64,
    /// Whether events after its cursor are no longer kept: it has to begin again.
    expired: bool,
    /// When it first said how far it is.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last did.
    #[schema(value_type = String, format = DateTime)]
    acknowledged_at: Timestamp,
    /// When it last said less than before.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    went_back_at: Option<Timestamp>,
}

fn body(consumer: Consumer, removed_to: u64) -> ConsumerBody {
    ConsumerBody {
        cursor: consumer.position.to_string(),
        furthest_cursor: consumer.furthest.to_string(),
        events_behind: consumer.events_behind,
        seconds_behind: consumer.seconds_behind,
        expired: consumer.position < removed_to,
        created_at: consumer.created_at,
        acknowledged_at: consumer.acknowledged_at,
        went_back_at: consumer.went_back_at,
        name: consumer.name,
    }
}

/// How far a consumer is.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Acknowledgement)]
#[serde(deny_unknown_fields)]
struct AcknowledgementBody {
    /// The `next_cursor` of the last answer, or the `id` of the last event of a stream, that it is done
    /// with.
    #[schema(example = "1042")]
    cursor: String,
}

/// Whose consumers are meant.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ScopeQuery {
    /// Those of this organization, by id or slug; without it those of the installation, or of the
    /// organization that the caller is bound to.
    organization: Option<String>,
}

/// The organization whose consumers are meant; `None` for those of the installation.
async fn scope(caller: &Caller, req: &HttpRequest) -> Result<Option<OrgHandle>, Problem> {
    let query: ScopeQuery = query::read(req)?;
    let bound = caller.bound_to().map(|id| id.to_string());
    match query.organization.or(bound) {
        Some(named) => Ok(Some(caller.organization(&named).await?)),
        None => Ok(None),
    }
}

macro_rules! consumers {
    ($caller:ident, $org:ident) => {
        match &$org {
            Some(org) => org.consumers(),
            None => $caller.app.store.consumers(),
        }
    };
}

fn check_name(name: &str) -> Result<(), Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    Err(Problem::invalid(
        "name",
        format!("the name of a consumer is 1 to {MAX_NAME} letters, digits and `._-`"),
    ))
}

/// Say how far a consumer is
///
/// It has everything up to this cursor. The first time makes the consumer. A cursor that goes back is
/// taken, and shown as such. Nothing depends on it but what this API and the metrics show.
#[utoipa::path(
    tag = "Events",
    params(ScopeQuery),
    request_body = AcknowledgementBody,
    responses(
        (status = 200, description = "The consumer as it is now", body = ConsumerBody),
        (status = 409, description = "There are too many consumers"),
    ),
)]
#[put("/consumers/{consumer}")]
async fn acknowledge(
    put: Patch<AcknowledgementBody>,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = put;
    check_name(&path)?;
    let cursor = change.cursor.parse().map_err(|_| {
        Problem::invalid(
            "cursor",
            "`cursor` must be a cursor of the feed, such as \"1042\"",
        )
    })?;
    let org = scope(&caller, &req).await?;
    let consumers = consumers!(caller, org);
    match consumers.acknowledge(&path, cursor).await? {
        Acknowledged::Done(consumer) => {
            answer::ok(&body(consumer, caller.app.store.feed_floor().await?))
        }
        Acknowledged::BeyondEnd => Err(Problem::invalid(
            "cursor",
            "`cursor` lies beyond the end of the feed; was the database restored from a backup?",
        )),
        Acknowledged::TooMany => Err(Problem::new(
            StatusCode::CONFLICT,
            "too_many",
            format!("there are {MAX_CONSUMERS} consumers already; delete one first"),
        )),
    }
}

/// List consumers
///
/// All of them, in the order of their names, with how far each is behind.
#[utoipa::path(
    tag = "Events",
    params(ScopeQuery),
    responses((status = 200, description = "All of them", body = ListBody<ConsumerBody>)),
)]
#[get("/consumers")]
async fn list_consumers(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let org = scope(&caller, &req).await?;
    let removed_to = caller.app.store.feed_floor().await?;
    let consumers = consumers!(caller, org).list().await?;
    let shown = consumers.into_iter().map(|it| body(it, removed_to));
    answer::ok(&ListBody::whole(shown.collect()))
}

/// Get a consumer
#[utoipa::path(
    tag = "Events",
    params(ScopeQuery),
    responses((status = 200, description = "The consumer", body = ConsumerBody)),
)]
#[get("/consumers/{consumer}")]
async fn get_consumer(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let org = scope(&caller, &req).await?;
    let found = consumers!(caller, org).find(&path).await?;
    let found = found.ok_or_else(|| Problem::not_found(WHAT))?;
    answer::ok(&body(found, caller.app.store.feed_floor().await?))
}

/// Forget a consumer
#[utoipa::path(
    tag = "Events",
    params(ScopeQuery),
    responses((status = 204, description = "It is forgotten")),
)]
#[delete("/consumers/{consumer}")]
async fn delete_consumer(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let org = scope(&caller, &req).await?;
    if consumers!(caller, org).delete(&path).await? {
        return Ok(answer::no_content());
    }
    Err(Problem::not_found(WHAT))
}
