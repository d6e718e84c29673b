//! Listing and looking up users (RFC 7644 §3.4.2).

use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_model::UserId;
use rollcall_scim::message::{ListQuery, list_response};
use rollcall_store::User;
use serde_json::Value;
use tracing::instrument;

use super::super::body;
use super::super::failure::ScimFailure;
use super::super::list::ListRequest;
use super::super::render;
use super::super::tenant::Tenant;

/// `GET /Users`
#[instrument(name = "scim.users.list", skip_all)]
pub(super) async fn list_users(
    tenant: Tenant,
    req: HttpRequest,
) -> Result<HttpResponse, ScimFailure> {
    let limits = &tenant.app.settings.limits;
    let request = ListRequest::parse(&req, tenant.catalog().user(), limits)?;
    answer(&tenant, &request).await
}

/// `POST /Users/.search`
#[instrument(name = "scim.users.search", skip_all)]
pub(super) async fn search_users(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let limits = &tenant.app.settings.limits;
    let query = ListQuery::from_search_request(body::read(&req, payload, limits).await?)?;
    let request = ListRequest::new(query, tenant.catalog().user(), limits)?;
    answer(&tenant, &request).await
}

async fn answer(tenant: &Tenant, request: &ListRequest) -> Result<HttpResponse, ScimFailure> {
    let (total, results) = page(tenant, request).await?;
    let list = list_response(total, request.start_index, results);
    Ok(body::document(&list))
}

/// How many users match, and those of the page, as answers show them.
pub(in crate::scim) async fn page(
    tenant: &Tenant,
    request: &ListRequest,
) -> Result<(u64, Vec<Value>), ScimFailure> {
    let found = tenant.handle.search_users(&request.query()).await?;
    let with_groups = request.projection.wants("groups");
    let mut results = render_all(tenant, &found.items, with_groups).await?;
    for result in &mut results {
        request.projection.apply(tenant.catalog().user(), result);
    }
    Ok((found.total, results))
}

/// Renders a page of users; the groups of all of them come with one query.
async fn render_all(
    tenant: &Tenant,
    users: &[User],
    with_groups: bool,
) -> Result<Vec<Value>, ScimFailure> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let wanted: &[UserId] = if with_groups { &ids } else { &[] };
    let groups = tenant.handle.groups_of(wanted).await?;
    Ok(users
        .iter()
        .map(|user| {
            let groups = groups.get(&user.id).map(Vec::as_slice).unwrap_or_default();
            render::user(tenant.catalog(), &tenant.base, user, groups)
        })
        .collect())
}
