//! Listing and looking up groups (RFC 7644 §3.4.2).

use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::message::ListQuery;
use tracing::instrument;

use super::super::body;
use super::super::failure::ScimFailure;
use super::super::list::{ListRequest, Over, Place, list_query};
use super::super::page::{self, Wanted};
use super::super::tenant::Tenant;
use super::super::walk::Walk;

/// `GET /Groups`
#[instrument(level = "debug", name = "scim.groups.list", skip_all)]
pub(super) async fn list_groups(
    tenant: Tenant,
    req: HttpRequest,
) -> Result<HttpResponse, ScimFailure> {
    answer(&tenant, list_query(&req)?, Place::Url).await
}

/// `POST /Groups/.search`
#[instrument(level = "debug", name = "scim.groups.search", skip_all)]
pub(super) async fn search_groups(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let body = body::read(&tenant, &req, payload).await?;
    let query = ListQuery::from_search_request(body, tenant.catalog().group().profile)?;
    answer(&tenant, query, Place::Body).await
}

async fn answer(
    tenant: &Tenant,
    query: ListQuery,
    place: Place,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().group();
    let request = ListRequest::new(tenant, kind, Over::OneType, query.clone(), place)?;
    let walk = Walk::read(tenant, &kind.endpoint, &query, request.sort.as_ref())?;
    let wanted = Wanted {
        users: None,
        groups: Some(&request),
    };
    page::answer(tenant, wanted, walk.as_ref()).await
}
