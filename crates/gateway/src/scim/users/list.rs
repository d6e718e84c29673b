//! Listing and looking up users (RFC 7644 §3.4.2).

use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::Projection;
use rollcall_scim::filter::CheckedFilter;
use rollcall_scim::message::{ListQuery, PagePlace, list_text};
use rollcall_store::UserKey;
use tracing::instrument;

use super::super::body;
use super::super::failure::ScimFailure;
use super::super::list::{ListRequest, Over, Place, list_query};
use super::super::page::{self, Wanted};
use super::super::render;
use super::super::tenant::Tenant;
use super::super::walk::Walk;

/// `GET /Users`
#[instrument(level = "debug", name = "scim.users.list", skip_all)]
pub(super) async fn list_users(
    tenant: Tenant,
    req: HttpRequest,
) -> Result<HttpResponse, ScimFailure> {
    answer(&tenant, list_query(&req)?, Place::Url).await
}

/// `POST /Users/.search`
#[instrument(level = "debug", name = "scim.users.search", skip_all)]
pub(super) async fn search_users(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let body = body::read(&tenant, &req, payload).await?;
    let query = ListQuery::from_search_request(body, tenant.catalog().user().profile)?;
    answer(&tenant, query, Place::Body).await
}

async fn answer(
    tenant: &Tenant,
    query: ListQuery,
    place: Place,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().user();
    let request = ListRequest::new(tenant, kind, Over::OneType, query.clone(), place)?;
    let walk = Walk::read(tenant, &kind.endpoint, &query, request.sort.as_ref())?;
    let name = request.filter.as_ref().and_then(CheckedFilter::user_name);
    if let (Some(name), None, 1, 1..) = (name, &walk, request.start_index, request.count) {
        return look_up(tenant, name, &request.projection).await;
    }
    let wanted = Wanted {
        users: Some(&request),
        groups: None,
    };
    page::answer(tenant, wanted, walk.as_ref()).await
}

/// The list of the one user of a name, or of nobody: what identity providers ask before each
/// write, and so one statement and not a page with its total.
async fn look_up(
    tenant: &Tenant,
    name: &str,
    projection: &Projection,
) -> Result<HttpResponse, ScimFailure> {
    let key = UserKey::UserName(name);
    let found = tenant
        .handle
        .find_shown_user(key, projection.wants("groups"));
    let mut resources = Vec::new();
    if let Some(shown) = found.await? {
        resources.push(render::user(tenant, &shown, projection)?);
    }
    let total = resources.len() as u64;
    Ok(body::text(list_text(
        total,
        &PagePlace::Number(1),
        &resources,
    )))
}
