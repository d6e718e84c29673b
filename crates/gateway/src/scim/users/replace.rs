//! Replacing a user (RFC 7644 §3.5.1).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::Resource;
use tracing::instrument;

use super::super::body;
use super::super::conditional::check_if_match;
use super::super::failure::ScimFailure;
use super::super::list::projection;
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
    let kind = tenant.app.catalog.user();
    let projection = projection(&req, kind)?;
    let body = body::read(&req, payload, &tenant.app.settings.limits).await?;

    let mut tx = tenant.begin().await?;
    let before = tx.lock_user(path.id()?).await?;
    let before = before.ok_or_else(|| path.missing())?;
    check_if_match(&req, before.version)?;
    let parsed = Resource::replace(kind, &path.id, &before.resource, body)?;
    tenant.note_quirks(&parsed.quirks);
    let user = tx.save_user(before, parsed.resource).await?;
    let groups = tx.groups_of_user(user.id).await?;
    tx.commit().await?;

    let mut resource = render::user(&tenant.app.catalog, &tenant.base, &user, &groups);
    projection.apply(kind, &mut resource);
    Ok(render::user_answer(StatusCode::OK, &tenant.base, &user).with(&resource))
}
