//! Deleting a group (RFC 7644 §3.6).

use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_store::DirectoryTx;
use tracing::instrument;

use super::super::conditional::Conditions;
use super::super::failure::ScimFailure;
use super::super::tenant::Tenant;
use super::GroupPath;

/// `DELETE /Groups/{id}`
#[instrument(level = "debug", name = "scim.groups.delete", skip_all)]
pub(super) async fn delete_group(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<GroupPath>,
) -> Result<HttpResponse, ScimFailure> {
    let conditions = Conditions::of(&req, tenant.settings());
    let work = async |tx: &mut DirectoryTx| delete(tx, &path, &conditions).await;
    tenant.write(work).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Deletes a group, and takes it out of the groups that it is in; its members stay.
pub(in crate::scim) async fn delete(
    tx: &mut DirectoryTx,
    path: &GroupPath,
    conditions: &Conditions,
) -> Result<(), ScimFailure> {
    let id = path.id()?;
    let group = tx.lock_group_with_parents(id).await?;
    let group = group.ok_or_else(|| path.missing())?;
    conditions.check_write(group.version)?;
    tx.delete_group(id).await?;
    Ok(())
}
