//! Creating a user (RFC 7644 §3.3).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::Resource;
use serde_json::Value;
use tracing::instrument;

use super::super::body;
use super::super::failure::ScimFailure;
use super::super::limits;
use super::super::list::projection;
use super::super::prefer;
use super::super::render;
use super::super::tenant::Tenant;

/// `POST /Users`: 201 also where the settings of the connection bring somebody back, with the id
/// that the user had. Identity providers link the id of a 201 and nothing else.
#[instrument(name = "scim.users.create", skip_all)]
pub(super) async fn create_user(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let mut projection = projection(&req, kind)?;
    let body = body::read(&req, payload, &tenant.app.settings.limits).await?;
    projection.show_supplied(kind, &body);
    let resource = read(&tenant, body)?;

    let mut tx = tenant.begin().await?;
    let user = tx.insert_user(resource).await?;
    // An inactive user that is brought back kept its groups.
    let groups = tx.groups_of_user(user.id).await?;
    let manager = tx.manager_of_user(&user).await?;
    tx.commit().await?;

    if !prefer::shows_resource(&req, true) {
        return Ok(render::user_answer(&tenant, StatusCode::CREATED, &user).empty());
    }
    let mut shown = render::user(&tenant, &user, &groups, manager.as_ref());
    projection.apply(kind, &mut shown);
    Ok(render::user_answer(&tenant, StatusCode::CREATED, &user).with(&shown))
}

/// Reads a user that is to be made.
pub(in crate::scim) fn read(tenant: &Tenant, body: Value) -> Result<Resource, ScimFailure> {
    let parsed = Resource::parse(tenant.catalog().user(), body)?;
    limits::check_attributes(tenant, None, &parsed.resource)?;
    tenant.note_quirks(&parsed.quirks);
    Ok(parsed.resource)
}
