//! Replacing a user (RFC 7644 §3.5.1).

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
use super::super::tenant::Tenant;
use super::UserPath;
use super::change::{Change, change_under_lock};

/// `PUT /Users/{id}`
#[instrument(level = "debug", name = "scim.users.replace", skip_all)]
pub(super) async fn replace_user(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<UserPath>,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let mut projection = projection(&req, kind)?;
    let body = body::read(&tenant, &req, payload).await?;
    projection.show_supplied(kind, &body);

    let conditions = Conditions::of(&req, tenant.settings());
    let change = Change {
        tenant: &tenant,
        path: &path,
        projection: &projection,
        shows: prefer::shows_resource(&req, true),
    };
    change
        .make(|before| replaced(&tenant, &path, &conditions, &body, before))
        .await
}

/// Writes a body over a user of a transaction.
pub(in crate::scim) async fn replace(
    tenant: &Tenant,
    tx: &mut DirectoryTx,
    path: &UserPath,
    conditions: &Conditions,
    body: &Value,
) -> Result<User, ScimFailure> {
    change_under_lock(tx, path, |before| {
        replaced(tenant, path, conditions, body, before)
    })
    .await
}

/// What a body makes of a user.
fn replaced(
    tenant: &Tenant,
    path: &UserPath,
    conditions: &Conditions,
    body: &Value,
    before: &User,
) -> Result<Resource, ScimFailure> {
    let kind = tenant.catalog().user();
    let parsed = Resource::replace(kind, &path.id, &before.resource, body.clone())?;
    limits::check_attributes(tenant, Some(&before.resource), &parsed.resource)?;
    conditions.check_write(before.version)?;
    tenant.note_quirks(&parsed.quirks);
    Ok(tenant.keep_system_attributes(Some(&before.resource), parsed.resource))
}
