//! Reading a group (RFC 7644 §3.4.1).

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;
use rollcall_scim::Projection;
use rollcall_store::GroupAndMembers;
use tracing::instrument;

use super::super::conditional::Conditions;
use super::super::failure::ScimFailure;
use super::super::list::projection;
use super::super::long_group::{self, MEMBERS_AT_ONCE, Shown};
use super::super::render;
use super::super::tenant::Tenant;
use super::GroupPath;
use crate::stream::body;

/// `GET /Groups/{id}`; with `excludedAttributes=members` no member is read
#[instrument(level = "debug", name = "scim.groups.get", skip_all)]
pub(super) async fn get_group(
    tenant: Tenant,
    req: HttpRequest,
    path: web::Path<GroupPath>,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().group();
    let projection = projection(&req, kind)?;
    let conditions = Conditions::of(&req, tenant.settings());
    let id = path.id()?;
    let found = if projection.wants("members") {
        let found = tenant.handle.find_group_with_members(id, MEMBERS_AT_ONCE);
        found.await?
    } else {
        let group = tenant.handle.find_group(id).await?;
        group.map(|group| GroupAndMembers {
            group,
            members: Vec::new(),
            whole: true,
        })
    };
    let found = found.ok_or_else(|| path.missing())?;
    if conditions.not_modified(found.group.version)? {
        let unchanged = render::group_answer(&tenant, StatusCode::NOT_MODIFIED, &found.group);
        return Ok(unchanged.empty());
    }
    if !found.whole {
        return long(&tenant, &req, &path, &conditions, &projection).await;
    }
    let shown = Shown::new(&tenant, &projection);
    let text = shown.text(&shown.frame(&tenant, &found.group), &found.members);
    Ok(render::group_answer(&tenant, StatusCode::OK, &found.group).with_text(text))
}

/// Answers with a group that is written while it is read. Everything that can be wrong with the
/// request is, before the first byte.
async fn long(
    tenant: &Tenant,
    req: &HttpRequest,
    path: &GroupPath,
    conditions: &Conditions,
    projection: &Projection,
) -> Result<HttpResponse, ScimFailure> {
    let id = path.id()?;
    let snapshot = tenant.handle.snapshot().await?;
    let group = snapshot.find_groups(&[id]).await?.remove(&id);
    // It may have changed, or gone, since it was found to be long.
    let group = group.ok_or_else(|| path.missing())?;
    if conditions.not_modified(group.version)? {
        let unchanged = render::group_answer(tenant, StatusCode::NOT_MODIFIED, &group);
        return Ok(unchanged.empty());
    }
    let head = render::group_answer(tenant, StatusCode::OK, &group);
    if *req.method() == Method::HEAD {
        return Ok(head.streamed(stream::empty()));
    }
    let first = long_group::read(&snapshot, id, None).await?;
    let shown = Shown::new(tenant, projection);
    let frame = shown.frame(tenant, &group);
    let subject = format!("request {}, group {id}", tenant.request_id());
    let limit = tenant.app.settings.limits.long_answer_timeout;
    let body = body(subject, limit, |pen| async move {
        shown.write(&pen, &snapshot, id, frame, first).await
    });
    Ok(head.streamed(body))
}
