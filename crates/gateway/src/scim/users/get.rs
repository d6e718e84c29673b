//! Reading a user (RFC 7644 §3.4.1).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use tracing::instrument;

use super::super::conditional::not_modified;
use super::super::failure::ScimFailure;
use super::super::list::projection;
use super::super::render;
use super::super::tenant::Tenant;
use super::{UserPath, shown};

/// `GET /Users/{id}`
#[instrument(name = "scim.users.get", skip_all)]
pub(super) async fn get_user(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<UserPath>,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.app.catalog.user();
    let projection = projection(&req, kind)?;
    let user = tenant.handle.find_user(path.id()?).await?;
    let user = user.ok_or_else(|| path.missing())?;
    if not_modified(&req, user.version) {
        let unchanged = render::user_answer(StatusCode::NOT_MODIFIED, &tenant.base, &user);
        return Ok(unchanged.empty());
    }
    let mut resource = if projection.wants("groups") {
        shown(&tenant, &user).await?
    } else {
        render::user(&tenant.app.catalog, &tenant.base, &user, &[])
    };
    projection.apply(kind, &mut resource);
    Ok(render::user_answer(StatusCode::OK, &tenant.base, &user).with(&resource))
}
