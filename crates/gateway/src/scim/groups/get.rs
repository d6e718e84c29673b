//! Reading a group (RFC 7644 §3.4.1).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use tracing::instrument;

use super::super::conditional::not_modified;
use super::super::failure::ScimFailure;
use super::super::list::projection;
use super::super::render;
use super::super::tenant::Tenant;
use super::GroupPath;

/// `GET /Groups/{id}`; with `excludedAttributes=members` no member is read
#[instrument(name = "scim.groups.get", skip_all)]
pub(super) async fn get_group(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<GroupPath>,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().group();
    let projection = projection(&req, kind)?;
    let group = tenant.handle.find_group(path.id()?).await?;
    let group = group.ok_or_else(|| path.missing())?;
    if not_modified(&req, group.version) {
        let unchanged = render::group_answer(StatusCode::NOT_MODIFIED, &tenant.base, &group);
        return Ok(unchanged.empty());
    }
    let catalog = tenant.catalog();
    let mut resource = if projection.wants("members") {
        let members = tenant.handle.members_of(&[group.id]).await?;
        let members = members.get(&group.id).map(Vec::as_slice);
        render::group(catalog, &tenant.base, &group, members)
    } else {
        render::group(catalog, &tenant.base, &group, None)
    };
    projection.apply(kind, &mut resource);
    Ok(render::group_answer(StatusCode::OK, &tenant.base, &group).with(&resource))
}
