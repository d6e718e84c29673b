//! Replacing a user (RFC 7644 §3.5.1).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::Resource;
use rollcall_store::{DirectoryTx, User};
use serde_json::Value;
use tracing::instrument;

use super::super::body;
use super::super::conditional::Conditions;
use super::super::failure::ScimFailure;
use super::super::limits;
use super::super::list::projection;
use super::super::prefer;
use super::super::render;
use super::super::tenant::Tenant;
use super::UserPath;

/// `PUT /Users/{id}`
#[instrument(name = "scim.users.replace", skip_all)]
pub(super) async fn replace_user(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<UserPath>,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let mut projection = projection(&req, kind)?;
    let body = body::read(&req, payload, &tenant.app.settings.limits).await?;
    projection.show_supplied(kind, &body);

    let mut tx = tenant.begin().await?;
    let user = replace(
        &tenant,
        &mut tx,
        &path,
        &Conditions::of(&req, tenant.settings()),
        body,
    )
    .await?;
    let shown = prefer::shows_resource(&req, true);
    let groups = if shown {
        tx.groups_of_user(user.id).await?
    } else {
        Vec::new()
    };
    let manager = tx.manager_of_user(&user).await?;
    tx.commit().await?;

    if !shown {
        return Ok(render::user_answer(&tenant, StatusCode::NO_CONTENT, &user).empty());
    }
    let mut resource = render::user(&tenant, &user, &groups, manager.as_ref());
    projection.apply(kind, &mut resource);
    Ok(render::user_answer(&tenant, StatusCode::OK, &user).with(&resource))
}

/// Writes a body over a user.
pub(in crate::scim) async fn replace(
    tenant: &Tenant,
    tx: &mut DirectoryTx,
    path: &UserPath,
    conditions: &Conditions,
    body: Value,
) -> Result<User, ScimFailure> {
    let before = tx.lock_user(path.id()?).await?;
    let before = before.ok_or_else(|| path.missing())?;
    let kind = tenant.catalog().user();
    let parsed = Resource::replace(kind, &path.id, &before.resource, body)?;
    limits::check_attributes(tenant, Some(&before.resource), &parsed.resource)?;
    conditions.check_write(before.version)?;
    tenant.note_quirks(&parsed.quirks);
    Ok(tx.save_user(before, parsed.resource).await?)
}
