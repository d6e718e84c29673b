//! Listing and looking up users (RFC 7644 §3.4.2).

use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_model::UserId;
use rollcall_scim::message::{ListQuery, list_response};
use rollcall_store::User;
use serde_json::Value;
use tracing::instrument;

use super::super::body;
use super::super::failure::ScimFailure;
use super::super::list::{ListRequest, Over, Place, list_query};
use super::super::render;
use super::super::tenant::Tenant;

/// `GET /Users`
#[instrument(name = "scim.users.list", skip_all)]
pub(super) async fn list_users(
    tenant: Tenant,
    req: HttpRequest,
) -> Result<HttpResponse, ScimFailure> {
    answer(&tenant, list_query(&req)?, Place::Url).await
}

/// `POST /Users/.search`
#[instrument(name = "scim.users.search", skip_all)]
pub(super) async fn search_users(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let limits = &tenant.app.settings.limits;
    let body = body::read(&req, payload, limits).await?;
    let query = ListQuery::from_search_request(body, tenant.catalog().user().profile)?;
    answer(&tenant, query, Place::Body).await
}

async fn answer(
    tenant: &Tenant,
    query: ListQuery,
    place: Place,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let request = ListRequest::new(tenant, kind, Over::OneType, query, place)?;
    let (total, results) = page(tenant, &request).await?;
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
            render::user(tenant, user, groups)
        })
        .collect())
}
