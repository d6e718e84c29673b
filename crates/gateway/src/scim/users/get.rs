//! Reading a user (RFC 7644 §3.4.1).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_model::UserId;
use tracing::instrument;

use super::super::conditional::not_modified;
use super::super::failure::ScimFailure;
use super::super::list::projection;
use super::super::render;
use super::super::tenant::Tenant;
use super::UserPath;

/// `GET /Users/{id}`
#[instrument(name = "scim.users.get", skip_all)]
pub(super) async fn get_user(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<UserPath>,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let projection = projection(&req, kind)?;
    let user = tenant.handle.find_user(path.id()?).await?;
    let user = user.ok_or_else(|| path.missing())?;
    // The version counts what the identity provider wrote, and not the groups that are shown
    // with it: only without them does an equal version mean an equal answer.
    let with_groups = projection.wants("groups");
    if !with_groups && not_modified(&req, user.version) {
        let unchanged = render::user_answer(StatusCode::NOT_MODIFIED, &tenant.base, &user);
        return Ok(unchanged.empty());
    }
    let wanted: &[UserId] = if with_groups { &[user.id] } else { &[] };
    let groups = tenant.handle.groups_of(wanted).await?;
    let groups = groups.get(&user.id).map(Vec::as_slice).unwrap_or_default();
    let mut resource = render::user(tenant.catalog(), &tenant.base, &user, groups);
    projection.apply(kind, &mut resource);
    Ok(render::user_answer(StatusCode::OK, &tenant.base, &user).with(&resource))
}
