//! Creating a group (RFC 7644 §3.3).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::Resource;
use rollcall_store::{DirectoryTx, NamedMember, NewGroup};
use serde_json::Value;
use tracing::instrument;

use super::super::body;
use super::super::failure::ScimFailure;
use super::super::limits;
use super::super::list::projection;
use super::super::prefer;
use super::super::render;
use super::super::tenant::Tenant;
use super::membership;

/// `POST /Groups`, with or without members
#[instrument(level = "debug", name = "scim.groups.create", skip_all)]
pub(super) async fn create_group(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().group();
    let mut projection = projection(&req, kind)?;
    let body = body::read(&tenant, &req, payload).await?;
    projection.show_supplied(kind, &body);
    let (resource, members) = read(&tenant, body)?;

    let insert =
        async |tx: &mut DirectoryTx| Ok(tx.insert_group(resource.clone(), &members).await?);
    let NewGroup { group, members } = tenant.write(insert).await?;

    if !prefer::shows_resource(&req, true) {
        return Ok(render::group_answer(&tenant, StatusCode::CREATED, &group).empty());
    }
    let mut resource = render::group(&tenant, &group, Some(&members));
    projection.apply(kind, &mut resource);
    Ok(render::group_answer(&tenant, StatusCode::CREATED, &group).with(&resource))
}

/// Reads a group that is to be made, and its first members.
pub(in crate::scim) fn read(
    tenant: &Tenant,
    body: Value,
) -> Result<(Resource, Vec<NamedMember>), ScimFailure> {
    let parsed = Resource::parse(tenant.catalog().group(), body)?;
    limits::check_attributes(tenant, None, &parsed.resource)?;
    tenant.note_quirks(&parsed.quirks);
    let members = membership::named(tenant, &parsed.members.unwrap_or_default())?;
    Ok((parsed.resource, members))
}
