//! Changing a group (RFC 7644 §3.5.2).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::Quirk;
use rollcall_scim::message::PatchRequest;
use rollcall_scim::patch::{self, GroupPatch};
use rollcall_store::{DirectoryTx, Group};
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
use super::{GroupPath, membership};

/// `PATCH /Groups/{id}`: all operations, or none.
///
/// Answers 204, since Entra ID advises against sending members back; with `attributes` or
/// `excludedAttributes`, or if the client prefers the resource, it answers 200 with what was asked
/// for.
#[instrument(level = "debug", name = "scim.groups.patch", skip_all)]
pub(super) async fn patch_group(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<GroupPath>,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().group();
    let mut projection = projection(&req, kind)?;
    let body = body::read(&tenant, &req, payload).await?;
    projection.show_supplied_by_patch(kind, &body);
    let request = read(&tenant, body)?;

    let conditions = Conditions::of(&req, tenant.settings());
    let shown = prefer::shows_resource(&req, false);
    let with_members = shown && projection.wants("members");
    let work = async |tx: &mut DirectoryTx| {
        let group = apply(&tenant, tx, &path, &conditions, &request).await?;
        let members = match with_members {
            true => Some(tx.members_of_group(group.id).await?),
            false => None,
        };
        Ok((group, members))
    };
    let (group, members) = tenant.write(work).await?;

    if !shown {
        return Ok(render::group_answer(&tenant, StatusCode::NO_CONTENT, &group).empty());
    }
    let mut resource = render::group(&tenant, &group, members.as_deref());
    projection.apply(kind, &mut resource);
    Ok(render::group_answer(&tenant, StatusCode::OK, &group).with(&resource))
}

/// A PATCH of a group, taken apart.
pub(in crate::scim) struct GroupPatchRequest {
    patch: GroupPatch,
    /// What the envelope needed.
    quirks: Vec<Quirk>,
}

/// Reads a PATCH body within the limits.
pub(in crate::scim) fn read(
    tenant: &Tenant,
    body: Value,
) -> Result<GroupPatchRequest, ScimFailure> {
    tenant.require(tenant.settings().features.patch, "PATCH")?;
    let request = PatchRequest::parse(body, tenant.catalog().group().profile)?;
    let limit = tenant.app.settings.limits.max_patch_operations;
    limits::check("operations", request.operations.len(), limit)?;
    let patch = patch::split_members(tenant.catalog().group(), request.operations)?;
    membership::check_size(tenant, &patch.members)?;
    Ok(GroupPatchRequest {
        patch,
        quirks: request.quirks,
    })
}

/// Applies a PATCH to a group and its membership.
pub(in crate::scim) async fn apply(
    tenant: &Tenant,
    tx: &mut DirectoryTx,
    path: &GroupPath,
    conditions: &Conditions,
    GroupPatchRequest { patch, quirks }: &GroupPatchRequest,
) -> Result<Group, ScimFailure> {
    let wanted = membership::wanted(tenant, &patch.members)?;
    let id = path.id()?;
    if let Some(external_id) = membership::external_id_of(&patch.attributes) {
        tx.prepare_external_id_of_group(id, external_id).await?;
    }
    let before = tx.lock_group_for(id, &wanted).await?;
    let before = before.ok_or_else(|| path.missing())?;
    conditions.check_write(before.version)?;
    let kind = tenant.catalog().group();
    let patched = patch.apply(kind, &before.resource)?;
    limits::check_attributes(tenant, Some(&before.resource), &patched.resource)?;
    let group = membership::save(tenant, tx, before, patched.resource, &patch.members).await?;
    for quirks in [quirks, &patch.quirks, &patched.quirks] {
        tenant.note_quirks(quirks);
    }
    Ok(group)
}
