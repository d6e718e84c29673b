//! Reading a group (RFC 7644 §3.4.1).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use tracing::instrument;

use super::super::conditional::Conditions;
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
    if Conditions::of(&req, tenant.settings()).not_modified(group.version)? {
        let unchanged = render::group_answer(&tenant, StatusCode::NOT_MODIFIED, &group);
        return Ok(unchanged.empty());
    }
    let mut resource = if projection.wants("members") {
        let members = tenant.handle.members_of(&[group.id]).await?;
        let members = members.get(&group.id).map(Vec::as_slice);
        render::group(&tenant, &group, members)
    } else {
        render::group(&tenant, &group, None)
    };
    projection.apply(kind, &mut resource);
    Ok(render::group_answer(&tenant, StatusCode::OK, &group).with(&resource))
}
