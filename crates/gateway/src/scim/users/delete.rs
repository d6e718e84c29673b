//! Deleting a user (RFC 7644 §3.6).

use actix_web::{HttpRequest, HttpResponse, web};
use tracing::instrument;

use super::super::conditional::check_if_match;
use super::super::failure::ScimFailure;
use super::super::tenant::Tenant;
use super::UserPath;

/// `DELETE /Users/{id}`
#[instrument(name = "scim.users.delete", skip_all)]
pub(super) async fn delete_user(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<UserPath>,
) -> Result<HttpResponse, ScimFailure> {
    let id = path.id()?;
    let mut tx = tenant.begin().await?;
    let user = tx.lock_user_with_groups(id).await?;
    let user = user.ok_or_else(|| path.missing())?;
    check_if_match(&req, user.version)?;
    tx.delete_user(id).await?;
    tx.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}
