//! Changing a user (RFC 7644 §3.5.2).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::message::PatchRequest;
use rollcall_scim::patch;
use tracing::instrument;

use super::super::body;
use super::super::conditional::check_if_match;
use super::super::failure::ScimFailure;
use super::super::limits;
use super::super::list::projection;
use super::super::render;
use super::super::tenant::Tenant;
use super::UserPath;

/// `PATCH /Users/{id}`: all operations, or none. Answers with the user, as Okta wants it.
#[instrument(name = "scim.users.patch", skip_all)]
pub(super) async fn patch_user(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<UserPath>,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.app.catalog.user();
    let projection = projection(&req, kind)?;
    let max = &tenant.app.settings.limits;
    let body = body::read(&req, payload, max).await?;
    let request = PatchRequest::parse(body)?;
    limits::check(
        "operations",
        request.operations.len(),
        max.max_patch_operations,
    )?;

    let mut tx = tenant.begin().await?;
    let before = tx.lock_user(path.id()?).await?;
    let before = before.ok_or_else(|| path.missing())?;
    check_if_match(&req, before.version)?;
    let patched = patch::apply(kind, &before.resource, &request.operations)?;
    let user = tx.save_user(before, patched.resource).await?;
    let groups = tx.groups_of_user(user.id).await?;
    tx.commit().await?;

    tenant.note_quirks(&request.quirks);
    tenant.note_quirks(&patched.quirks);
    let mut resource = render::user(&tenant.app.catalog, &tenant.base, &user, &groups);
    projection.apply(kind, &mut resource);
    Ok(render::user_answer(StatusCode::OK, &tenant.base, &user).with(&resource))
}
