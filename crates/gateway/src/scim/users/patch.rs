//! Changing a user (RFC 7644 §3.5.2).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::message::PatchRequest;
use rollcall_scim::patch;
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

/// `PATCH /Users/{id}`: all operations, or none. Answers with the user, as Okta wants it,
/// unless the client prefers less.
#[instrument(name = "scim.users.patch", skip_all)]
pub(super) async fn patch_user(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<UserPath>,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let mut projection = projection(&req, kind)?;
    let body = body::read(&req, payload, &tenant.app.settings.limits).await?;
    projection.show_supplied_by_patch(kind, &body);
    let request = read(&tenant, body)?;

    let mut tx = tenant.begin().await?;
    let user = apply(
        &tenant,
        &mut tx,
        &path,
        &Conditions::of(&req, tenant.settings()),
        &request,
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

/// Reads a PATCH body within the limits.
pub(in crate::scim) fn read(tenant: &Tenant, body: Value) -> Result<PatchRequest, ScimFailure> {
    tenant.require(tenant.settings().features.patch, "PATCH")?;
    let request = PatchRequest::parse(body, tenant.catalog().user().profile)?;
    let limit = tenant.app.settings.limits.max_patch_operations;
    limits::check("operations", request.operations.len(), limit)?;
    Ok(request)
}

/// Applies a PATCH to a user.
pub(in crate::scim) async fn apply(
    tenant: &Tenant,
    tx: &mut DirectoryTx,
    path: &UserPath,
    conditions: &Conditions,
    request: &PatchRequest,
) -> Result<User, ScimFailure> {
    let before = tx.lock_user(path.id()?).await?;
    let before = before.ok_or_else(|| path.missing())?;
    conditions.check_write(before.version)?;
    let kind = tenant.catalog().user();
    let patched = patch::apply(kind, &before.resource, &request.operations)?;
    limits::check_attributes(tenant, Some(&before.resource), &patched.resource)?;
    let user = tx.save_user(before, patched.resource).await?;
    tenant.note_quirks(&request.quirks);
    tenant.note_quirks(&patched.quirks);
    Ok(user)
}
