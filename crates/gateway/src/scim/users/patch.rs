//! Changing a user (RFC 7644 §3.5.2).

use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::message::PatchRequest;
use rollcall_scim::{Resource, patch};
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

/// `PATCH /Users/{id}`: all operations, or none. Answers with the user, as Okta wants it,
/// unless the client prefers less.
#[instrument(level = "debug", name = "scim.users.patch", skip_all)]
pub(super) async fn patch_user(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<UserPath>,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let mut projection = projection(&req, kind)?;
    let body = body::read(&tenant, &req, payload).await?;
    projection.show_supplied_by_patch(kind, &body);
    let request = read(&tenant, body)?;

    let conditions = Conditions::of(&req, tenant.settings());
    let change = Change {
        tenant: &tenant,
        path: &path,
        projection: &projection,
        shows: prefer::shows_resource(&req, true),
    };
    change
        .make(|before| patched(&tenant, &conditions, &request, before))
        .await
}

/// Reads a PATCH body within the limits.
pub(in crate::scim) fn read(tenant: &Tenant, body: Value) -> Result<PatchRequest, ScimFailure> {
    tenant.require(tenant.settings().features.patch, "PATCH")?;
    let request = PatchRequest::parse(body, tenant.catalog().user().profile)?;
    let limit = tenant.app.settings.limits.max_patch_operations;
    limits::check("operations", request.operations.len(), limit)?;
    Ok(request)
}

/// Applies a PATCH to a user of a transaction.
pub(in crate::scim) async fn apply(
    tenant: &Tenant,
    tx: &mut DirectoryTx,
    path: &UserPath,
    conditions: &Conditions,
    request: &PatchRequest,
) -> Result<User, ScimFailure> {
    change_under_lock(tx, path, |before| {
        patched(tenant, conditions, request, before)
    })
    .await
}

/// What a PATCH makes of a user.
fn patched(
    tenant: &Tenant,
    conditions: &Conditions,
    request: &PatchRequest,
    before: &User,
) -> Result<Resource, ScimFailure> {
    conditions.check_write(before.version)?;
    let kind = tenant.catalog().user();
    let patched = patch::apply(kind, &before.resource, &request.operations)?;
    limits::check_attributes(tenant, Some(&before.resource), &patched.resource)?;
    tenant.note_quirks(&request.quirks);
    tenant.note_quirks(&patched.quirks);
    Ok(tenant.keep_system_attributes(Some(&before.resource), patched.resource))
}
