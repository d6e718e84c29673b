//! Reading a user (RFC 7644 §3.4.1).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_store::UserKey;
use tracing::instrument;

use super::super::conditional::Conditions;
use super::super::failure::ScimFailure;
use super::super::list::projection;
use super::super::render;
use super::super::tenant::Tenant;
use super::UserPath;

/// `GET /Users/{id}`
#[instrument(level = "debug", name = "scim.users.get", skip_all)]
pub(super) async fn get_user(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<UserPath>,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let projection = projection(&req, kind)?;
    let key = UserKey::Id(path.id()?);
    let found = tenant
        .handle
        .find_shown_user(key, projection.wants("groups"));
    let shown = found.await?.ok_or_else(|| path.missing())?;
    // The version counts what the identity provider wrote of the user. `groups` follows from what
    // it wrote of groups, which it knows (decision 0008).
    if Conditions::of(&req, tenant.settings()).not_modified(shown.user.version)? {
        let unchanged = render::user_answer(&tenant, StatusCode::NOT_MODIFIED, &shown.user);
        return Ok(unchanged.empty());
    }
    let resource = render::user(&tenant, &shown, &projection)?;
    Ok(render::user_answer(&tenant, StatusCode::OK, &shown.user).with_text(resource))
}
