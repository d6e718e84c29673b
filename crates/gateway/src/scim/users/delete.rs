//! Deleting a user (RFC 7644 §3.6).

use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_store::DirectoryTx;
use tracing::instrument;

use super::super::conditional::Conditions;
use super::super::failure::ScimFailure;
use super::super::tenant::Tenant;
use super::UserPath;

/// `DELETE /Users/{id}`
#[instrument(level = "debug", name = "scim.users.delete", skip_all)]
pub(super) async fn delete_user(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<UserPath>,
) -> Result<HttpResponse, ScimFailure> {
    let conditions = Conditions::of(&req, tenant.settings());
    let work = async |tx: &mut DirectoryTx| delete(tx, &path, &conditions).await;
    tenant.write(work).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Deletes a user, and takes it out of its groups.
pub(in crate::scim) async fn delete(
    tx: &mut DirectoryTx,
    path: &UserPath,
    conditions: &Conditions,
) -> Result<(), ScimFailure> {
    let id = path.id()?;
    let user = tx.lock_user_with_groups(id).await?;
    let user = user.ok_or_else(|| path.missing())?;
    conditions.check_write(user.version)?;
    tx.delete_user(id).await?;
    Ok(())
}
