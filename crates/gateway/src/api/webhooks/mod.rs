//! `/v1/webhook-endpoints`
//!
//! An endpoint belongs to one organization or to the installation. Whoever is bound to an organization
//! sees, makes and changes those of that one only.

mod body;
mod deliveries;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use rollcall_model::OrgId;
use rollcall_orgs::webhooks;
use secrecy::ExposeSecret;
use utoipa_actix_web::service_config::ServiceConfig;

use self::body::{
    ChangedEndpointBody, EndpointBody, EndpointsQuery, IssuedEndpointBody, NewEndpointBody,
    RotationBody,
};
use crate::api::answer::{self, Answer};
use crate::api::body::Patch;
use crate::api::caller::{Caller, path_id};
use crate::api::post::Post;
use crate::api::problem::Problem;
use crate::api::query::{self, ListBody};

const WHAT: &str = "webhook endpoint";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_webhook_endpoint)
        .service(list_webhook_endpoints)
        .service(get_webhook_endpoint)
        .service(change_webhook_endpoint)
        .service(delete_webhook_endpoint)
        .service(rotate_webhook_secret)
        .service(deliveries::test_webhook_endpoint)
        .service(deliveries::replay_to_webhook)
        .service(deliveries::list_webhook_deliveries)
        .service(deliveries::get_webhook_delivery)
        .service(deliveries::redeliver_webhook);
}

/// Whose events the endpoint is to be sent. Whoever is bound to an organization need not name it.
async fn organization(caller: &Caller, named: Option<&str>) -> Result<Option<OrgId>, Problem> {
    let Some(named) = named else {
        return Ok(caller.bound_to());
    };
    let named = caller.referenced_organization("organization", named);
    Ok(Some(named.await?.org_id()))
}

/// Make a webhook endpoint
///
/// Events that are placed in the feed from now on are sent there; see docs/webhooks.md. The secret is
/// shown in this answer only.
#[utoipa::path(
    tag = "Webhooks",
    request_body = NewEndpointBody,
    responses((status = 201, description = "The endpoint", body = IssuedEndpointBody)),
)]
#[post("/webhook-endpoints")]
async fn create_webhook_endpoint(post: Post<NewEndpointBody>) -> Result<HttpResponse, Problem> {
    post.answer(async move |caller, body| {
        let org_id = organization(&caller, body.organization.as_deref()).await?;
        let (url, chosen) = body.chosen()?;
        let app = &caller.app;
        let tools = (&app.store, &*app.sealing_key, &app.destinations);
        let issued = webhooks::create(tools, org_id, (url, chosen), caller.origin()).await?;
        let created = IssuedEndpointBody::from(issued.endpoint);
        Ok(Answer::created(&created)?.showing("/secret", issued.secret.expose_secret()))
    })
    .await
}

/// List webhook endpoints
///
/// Oldest first. A key that is bound to an organization sees those of that one.
#[utoipa::path(
    tag = "Webhooks",
    params(EndpointsQuery),
    responses((status = 200, description = "A page", body = ListBody<EndpointBody>)),
)]
#[get("/webhook-endpoints")]
async fn list_webhook_endpoints(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query: EndpointsQuery = query::read(&req)?;
    let page = query.page(caller.app.settings.limits.max_page)?;
    let within = organization(&caller, query.organization.as_deref()).await?;
    let page = caller.app.store.list_webhook_endpoints(within, page);
    answer::page(page.await?, EndpointBody::from)
}

/// Get a webhook endpoint
#[utoipa::path(
    tag = "Webhooks",
    responses((status = 200, description = "The endpoint", body = EndpointBody)),
)]
#[get("/webhook-endpoints/{whe}")]
async fn get_webhook_endpoint(caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let id = path_id(&path, WHAT)?;
    let store = &caller.app.store;
    let found = store.find_webhook_endpoint(caller.bound_to(), id).await?;
    answer::ok(&EndpointBody::from(
        found.ok_or_else(|| Problem::not_found(WHAT))?,
    ))
}

/// Change a webhook endpoint
///
/// What is not sent stays. `enabled: false` pauses it: events are queued, and sent once it is
/// enabled again.
#[utoipa::path(
    tag = "Webhooks",
    request_body = ChangedEndpointBody,
    responses((status = 200, description = "The endpoint", body = EndpointBody)),
)]
#[patch("/webhook-endpoints/{whe}")]
async fn change_webhook_endpoint(
    patch: Patch<ChangedEndpointBody>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let Patch { caller, change } = patch;
    let id = path_id(&path, WHAT)?;
    let app = &caller.app;
    let tools = (&app.store, &app.destinations);
    let change = change.chosen()?;
    let changed = webhooks::change(tools, caller.bound_to(), id, change, caller.origin()).await?;
    answer::ok(&EndpointBody::from(changed))
}

/// Delete a webhook endpoint
///
/// What waits for it is not sent any more, and what is known of its deliveries goes with it.
#[utoipa::path(
    tag = "Webhooks",
    responses((status = 204, description = "It is gone")),
)]
#[delete("/webhook-endpoints/{whe}")]
async fn delete_webhook_endpoint(
    caller: Caller,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = path_id(&path, WHAT)?;
    webhooks::delete(&caller.app.store, caller.bound_to(), id, caller.origin()).await?;
    Ok(answer::no_content())
}

/// Give a webhook endpoint a new secret
///
/// The secret is shown in this answer only. The one before signs along for a time, so that every
/// request carries two signatures until then.
#[utoipa::path(
    tag = "Webhooks",
    request_body = RotationBody,
    responses((status = 200, description = "The endpoint", body = IssuedEndpointBody)),
)]
#[post("/webhook-endpoints/{whe}/rotate-secret")]
async fn rotate_webhook_secret(
    post: Post<RotationBody>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let path = path.into_inner();
    post.answer(async move |caller, body| {
        let id = path_id(&path, WHAT)?;
        let app = &caller.app;
        let (tools, within) = ((&app.store, &*app.sealing_key), caller.bound_to());
        let issued =
            webhooks::rotate_secret(tools, within, id, body.overlap(), caller.origin()).await?;
        let rotated = IssuedEndpointBody::from(issued.endpoint);
        Ok(Answer::changed(&rotated)?.showing("/secret", issued.secret.expose_secret()))
    })
    .await
}
