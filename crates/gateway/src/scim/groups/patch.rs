//! Changing a group (RFC 7644 §3.5.2).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::message::PatchRequest;
use rollcall_scim::patch;
use tracing::instrument;

use super::super::body;
use super::super::conditional::check_if_match;
use super::super::failure::ScimFailure;
use super::super::limits;
use super::super::list::{asks_for_projection, projection};
use super::super::render;
use super::super::tenant::Tenant;
use super::{GroupPath, membership};

/// `PATCH /Groups/{id}`: all operations, or none.
///
/// Answers 204, since Entra ID advises against sending members back; with `attributes` or
/// `excludedAttributes` it answers 200 with what was asked for.
#[instrument(name = "scim.groups.patch", skip_all)]
pub(super) async fn patch_group(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<GroupPath>,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.app.catalog.group();
    let projection = projection(&req, kind)?;
    let max = &tenant.app.settings.limits;
    let body = body::read(&req, payload, max).await?;
    let request = PatchRequest::parse(body)?;
    limits::check(
        "operations",
        request.operations.len(),
        max.max_patch_operations,
    )?;
    let patch = patch::split_members(kind, request.operations)?;
    membership::check_size(&tenant, &patch.members)?;

    let mut tx = tenant.begin().await?;
    let before = tx.lock_group(path.id()?).await?;
    let before = before.ok_or_else(|| path.missing())?;
    check_if_match(&req, before.version)?;
    let patched = patch.apply(kind, &before.resource)?;
    let changed = membership::change(&tenant, &mut tx, kind, before.id, &patch.members).await?;
    let group = tx.save_group(before, patched.resource, &changed).await?;
    let shown = asks_for_projection(&req);
    let members = if shown && projection.wants("members") {
        Some(tx.member_ids(group.id).await?)
    } else {
        None
    };
    tx.commit().await?;

    for quirks in [&request.quirks, &patch.quirks, &patched.quirks] {
        tenant.note_quirks(quirks);
    }
    if !shown {
        return Ok(render::group_answer(StatusCode::NO_CONTENT, &tenant.base, &group).empty());
    }
    let catalog = &tenant.app.catalog;
    let mut resource = render::group(catalog, &tenant.base, &group, members.as_deref());
    projection.apply(kind, &mut resource);
    Ok(render::group_answer(StatusCode::OK, &tenant.base, &group).with(&resource))
}
