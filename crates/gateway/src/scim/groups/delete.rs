//! Deleting a group (RFC 7644 §3.6).

use actix_web::{HttpRequest, HttpResponse, web};
use tracing::instrument;

use super::super::conditional::check_if_match;
use super::super::failure::ScimFailure;
use super::super::tenant::Tenant;
use super::GroupPath;

/// `DELETE /Groups/{id}`
#[instrument(name = "scim.groups.delete", skip_all)]
pub(super) async fn delete_group(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<GroupPath>,
) -> Result<HttpResponse, ScimFailure> {
    let id = path.id()?;
    let mut tx = tenant.begin().await?;
    let group = tx.lock_group(id).await?;
    let group = group.ok_or_else(|| path.missing())?;
    check_if_match(&req, group.version)?;
    tx.delete_group(id).await?;
    tx.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}
