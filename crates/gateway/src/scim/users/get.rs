//! Reading a user (RFC 7644 §3.4.1).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_model::UserId;
use tracing::instrument;

use super::super::conditional::Conditions;
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
    // The version counts what the identity provider wrote of the user. `groups` follows from what
    // it wrote of groups, which it knows (decision 0008).
    if Conditions::of(&req, tenant.settings()).not_modified(user.version)? {
        let unchanged = render::user_answer(&tenant, StatusCode::NOT_MODIFIED, &user);
        return Ok(unchanged.empty());
    }
    let wanted: &[UserId] = if projection.wants("groups") {
        &[user.id]
    } else {
        &[]
    };
    let groups = tenant.handle.groups_of(wanted).await?;
    let groups = groups.get(&user.id).map(Vec::as_slice).unwrap_or_default();
    let managers = tenant.handle.managers_of([&user]).await?;
    let mut resource = render::user(&tenant, &user, groups, managers.get(&user.id));
    projection.apply(kind, &mut resource);
    Ok(render::user_answer(&tenant, StatusCode::OK, &user).with(&resource))
}
