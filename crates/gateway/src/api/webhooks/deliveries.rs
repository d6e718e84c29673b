//! `/v1/webhook-endpoints/{whe}/deliveries`, and what queues a delivery by hand.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get, post};
use rollcall_model::{
    DeliveryState, EventId, OrgId, Timestamp, WebhookAttempt, WebhookDelivery, WebhookDeliveryId,
    WebhookEndpoint,
};
use rollcall_store::ReplayRange;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::WHAT;
use super::body::types;
use crate::api::answer::{self, Answer};
use crate::api::body::Nothing;
use crate::api::caller::{Caller, path_id};
use crate::api::fields::from_text;
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::{self, ListBody};

const DELIVERY: &str = "delivery";

/// One event on its way to one endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(super) struct DeliveryBody {
    /// Its id.
    #[schema(value_type = String, example = "whd_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    id: WebhookDeliveryId,
    /// The event: the `webhook-id` of every attempt.
    #[schema(value_type = String, example = "evt_01jd8w3v5hfq0a6c2x9b4m7k1e")]
    event_id: EventId,
    /// The type of the event; `webhook_endpoint.test` for a test.
    #[schema(example = "user.created")]
    event_type: String,
    /// Whose event it is; `null` for a test.
    #[schema(value_type = Option<String>, required = true)]
    organization_id: Option<OrgId>,
    /// The event's place in the feed; 0 for a test.
    position: u64,
    /// `pending`, `delivered` or `failed`.
    #[schema(value_type = String, example = "delivered")]
    state: DeliveryState,
    /// How many attempts were begun.
    attempts: u32,
    /// When it was queued.
    #[schema(value_type = String, format = DateTime)]
    queued_at: Timestamp,
    /// When the next attempt is due; `null` while one is under way, and at the end.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    due_at: Option<Timestamp>,
    /// When it was delivered or given up.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    finished_at: Option<Timestamp>,
}

impl From<WebhookDelivery> for DeliveryBody {
    fn from(delivery: WebhookDelivery) -> Self {
        Self {
            id: delivery.id,
            event_id: delivery.event_id,
            event_type: delivery.event_type,
            organization_id: delivery.organization_id,
            position: delivery.position,
            state: delivery.state,
            attempts: delivery.attempts,
            queued_at: delivery.queued_at,
            due_at: delivery.due_at,
            finished_at: delivery.finished_at,
        }
    }
}

/// One request, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
struct AttemptBody {
    /// 1, 2, 3, …
    number: u32,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// How long it took, in milliseconds.
    duration_ms: u64,
    /// The status that was answered; `null` if there was no answer.
    #[schema(required = true)]
    status: Option<u16>,
    /// Why it failed, in words; `null` if it did not.
    #[schema(required = true)]
    error: Option<String>,
    /// The first 4 KiB of what was answered.
    #[schema(required = true)]
    response: Option<String>,
}

impl From<WebhookAttempt> for AttemptBody {
    fn from(attempt: WebhookAttempt) -> Self {
        Self {
            number: attempt.number,
            at: attempt.at,
            duration_ms: u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX),
            status: attempt.status,
            error: attempt.error,
            response: attempt.response,
        }
    }
}

/// A delivery with its attempts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryWithAttempts)]
struct WholeDeliveryBody {
    #[serde(flatten)]
    delivery: DeliveryBody,
    /// Its attempts, oldest first.
    attempt_log: Vec<AttemptBody>,
}

/// Which deliveries are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeliveriesQuery {
    /// Only those of this state: `pending`, `delivered` or `failed`.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<String>, example = "failed")]
    state: Option<DeliveryState>,
    /// At most this many items; 50 if it is not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>, minimum = 1)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before; from the newest if it is not given.
    after: Option<String>,
}

/// Which events are sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = WebhookReplay)]
#[serde(deny_unknown_fields)]
struct ReplayBody {
    /// Events after this position of the feed; 0 is its beginning.
    after: u64,
    /// Up to this position; to the end of the feed if it is not given.
    up_to: Option<u64>,
    /// Only these types, of those that the endpoint is sent.
    types: Option<Vec<String>>,
}

/// What was queued.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookReplayed)]
struct ReplayedBody {
    /// How many deliveries.
    queued: u64,
}

async fn endpoint(caller: &Caller, id: &str) -> Result<WebhookEndpoint, Problem> {
    let store = &caller.app.store;
    let found = store.find_webhook_endpoint(caller.bound_to(), path_id(id, WHAT)?);
    found.await?.ok_or_else(|| Problem::not_found(WHAT))
}

/// List deliveries
///
/// Newest first. Delivered ones are kept for a week and failed ones for a month, or as the
/// configuration says.
#[utoipa::path(
    tag = "Webhooks",
    params(DeliveriesQuery),
    responses((status = 200, description = "A page", body = ListBody<DeliveryBody>)),
)]
#[get("/webhook-endpoints/{whe}/deliveries")]
pub(super) async fn list_webhook_deliveries(
    caller: Caller,
    path: Path<String>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let endpoint = endpoint(&caller, &path).await?;
    let query: DeliveriesQuery = query::read(&req)?;
    let max = caller.app.settings.limits.max_page;
    let page = query::page(query.limit, query.after.as_deref(), max)?;
    let store = &caller.app.store;
    let page = store.list_webhook_deliveries(endpoint.id, query.state, page);
    answer::page(page.await?, DeliveryBody::from)
}

/// Get a delivery
///
/// With every attempt: when it was, what was answered, and why it failed.
#[utoipa::path(
    tag = "Webhooks",
    responses((status = 200, description = "The delivery", body = WholeDeliveryBody)),
)]
#[get("/webhook-endpoints/{whe}/deliveries/{whd}")]
pub(super) async fn get_webhook_delivery(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (endpoint_id, id) = path.into_inner();
    let endpoint = endpoint(&caller, &endpoint_id).await?;
    answer::ok(&whole(&caller, &endpoint, &id).await?)
}

async fn whole(
    caller: &Caller,
    endpoint: &WebhookEndpoint,
    id: &str,
) -> Result<WholeDeliveryBody, Problem> {
    let id = path_id(id, DELIVERY)?;
    let found = caller.app.store.find_webhook_delivery(endpoint.id, id);
    let (delivery, attempts) = found.await?.ok_or_else(|| Problem::not_found(DELIVERY))?;
    Ok(WholeDeliveryBody {
        delivery: delivery.into(),
        attempt_log: attempts.into_iter().map(AttemptBody::from).collect(),
    })
}

/// Send a delivery again
///
/// As soon as it can be, whatever became of it, and for another three days. One that is under way
/// stays as it is.
#[utoipa::path(
    tag = "Webhooks",
    request_body = Nothing,
    responses((status = 200, description = "The delivery", body = WholeDeliveryBody)),
)]
#[post("/webhook-endpoints/{whe}/deliveries/{whd}/redeliver")]
pub(super) async fn redeliver_webhook(
    post: Post<Nothing>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (endpoint_id, id) = path.into_inner();
    post.answer(async move |caller, _| {
        let endpoint = endpoint(&caller, &endpoint_id).await?;
        let (store, of) = (&caller.app.store, endpoint.organization_id);
        let delivery = path_id(&id, DELIVERY)?;
        let known = store.redeliver_webhook((endpoint.id, of), delivery, caller.origin());
        if !known.await? {
            return Err(Problem::not_found(DELIVERY));
        }
        Answer::changed(&whole(&caller, &endpoint, &id).await?)
    })
    .await
}

/// Send a test
///
/// Queues an event of the type `webhook_endpoint.test`, which stands in no feed. What becomes of it
/// is seen at the delivery.
#[utoipa::path(
    tag = "Webhooks",
    request_body = Nothing,
    responses((status = 200, description = "The delivery", body = DeliveryBody)),
)]
#[post("/webhook-endpoints/{whe}/test")]
pub(super) async fn test_webhook_endpoint(
    post: Post<Nothing>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let path = path.into_inner();
    post.answer(async move |caller, _| {
        let endpoint = endpoint(&caller, &path).await?;
        let store = &caller.app.store;
        let of = endpoint.organization_id;
        let queued = store.queue_webhook_test(endpoint.id, of, caller.origin());
        Answer::changed(&DeliveryBody::from(queued.await?))
    })
    .await
}

/// Send events again
///
/// Queues a range of the feed for an endpoint, with the same event ids as before: those of its
/// organization and types.
#[utoipa::path(
    tag = "Webhooks",
    request_body = ReplayBody,
    responses((status = 200, description = "They are queued", body = ReplayedBody)),
)]
#[post("/webhook-endpoints/{whe}/replay")]
pub(super) async fn replay_to_webhook(
    post: Post<ReplayBody>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let path = path.into_inner();
    post.answer(async move |caller, body| {
        let endpoint = endpoint(&caller, &path).await?;
        if body.up_to.is_some_and(|up_to| up_to < body.after) {
            return Err(Problem::invalid("up_to", "`up_to` lies before `after`"));
        }
        let range = ReplayRange {
            after: body.after,
            up_to: body.up_to,
            types: types(body.types)?.unwrap_or_default(),
        };
        let store = &caller.app.store;
        let of = endpoint.organization_id;
        let queued = store.replay_to_webhook(endpoint.id, of, &range, caller.origin());
        let queued = queued.await?;
        Answer::changed(&ReplayedBody { queued })
    })
    .await
}
