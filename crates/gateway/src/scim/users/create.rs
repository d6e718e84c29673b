//! Creating a user (RFC 7644 §3.3).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::Resource;
use serde_json::Value;
use tracing::instrument;

use super::super::body;
use super::super::failure::ScimFailure;
use super::super::list::projection;
use super::super::render;
use super::super::tenant::Tenant;

/// `POST /Users`
#[instrument(name = "scim.users.create", skip_all)]
pub(super) async fn create_user(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let projection = projection(&req, kind)?;
    let body = body::read(&req, payload, &tenant.app.settings.limits).await?;
    let resource = read(&tenant, body)?;

    let mut tx = tenant.begin().await?;
    let user = tx.insert_user(resource).await?;
    tx.commit().await?;

    // Nobody can have put a new user into a group yet.
    let mut shown = render::user(tenant.catalog(), &tenant.base, &user, &[]);
    projection.apply(kind, &mut shown);
    Ok(render::user_answer(StatusCode::CREATED, &tenant.base, &user).with(&shown))
}

/// Reads a user that is to be made.
pub(in crate::scim) fn read(tenant: &Tenant, body: Value) -> Result<Resource, ScimFailure> {
    let parsed = Resource::parse(tenant.catalog().user(), body)?;
    tenant.note_quirks(&parsed.quirks);
    Ok(parsed.resource)
}
