//! Replacing a group (RFC 7644 §3.5.1).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::Resource;
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

/// `PUT /Groups/{id}`: a group without `members` is an empty group, as Keycloak's clients mean it
#[instrument(level = "debug", name = "scim.groups.replace", skip_all)]
pub(super) async fn replace_group(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<GroupPath>,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().group();
    let mut projection = projection(&req, kind)?;
    let body = body::read(&tenant, &req, payload).await?;
    projection.show_supplied(kind, &body);

    let conditions = Conditions::of(&req, tenant.settings());
    let shown = prefer::shows_resource(&req, true);
    let with_members = shown && projection.wants("members");
    let work = async |tx: &mut DirectoryTx| {
        let group = replace(&tenant, tx, &path, &conditions, &body).await?;
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

/// Writes a body over a group and its membership.
pub(in crate::scim) async fn replace(
    tenant: &Tenant,
    tx: &mut DirectoryTx,
    path: &GroupPath,
    conditions: &Conditions,
    body: &Value,
) -> Result<Group, ScimFailure> {
    let wanted = membership::wanted_in(tenant, body)?;
    let id = path.id()?;
    if let Some(external_id) = membership::external_id_in(body) {
        tx.prepare_external_id_of_group(id, external_id).await?;
    }
    let before = tx.lock_group_for(id, &wanted).await?;
    let before = before.ok_or_else(|| path.missing())?;
    let kind = tenant.catalog().group();
    let parsed = Resource::replace(kind, &path.id, &before.resource, body.clone())?;
    limits::check_attributes(tenant, Some(&before.resource), &parsed.resource)?;
    tenant.note_quirks(&parsed.quirks);
    let members = membership::named(tenant, &parsed.members.unwrap_or_default())?;
    conditions.check_write(before.version)?;
    let changed = tx.replace_members(before.id, &members).await?;
    Ok(tx.save_group(before, parsed.resource, &changed).await?)
}
