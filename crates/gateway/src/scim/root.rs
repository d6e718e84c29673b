//! Queries over all resource types at once: `GET` of the base address and `POST /.search`
//! (RFC 7644 §3.4.2.1, §3.4.3).
//!
//! Results come by type, users first, and within a type in the order of its own list. An attribute
//! that one type lacks has no value there; one that no type has is refused.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::ResourceType;
use rollcall_scim::message::{ListQuery, list_response};
use tracing::instrument;

use super::body;
use super::endpoint::Endpoint;
use super::failure::ScimFailure;
use super::list::{ListRequest, list_query};
use super::tenant::Tenant;
use super::{groups, users};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("").on(Method::GET, list_all),
        Endpoint::at("/.search").on(Method::POST, search_all),
    ]
}

/// `GET` of the base address
#[instrument(name = "scim.root.list", skip_all)]
async fn list_all(tenant: Tenant, req: HttpRequest) -> Result<HttpResponse, ScimFailure> {
    answer(&tenant, list_query(&req)?).await
}

/// `POST /.search`
#[instrument(name = "scim.root.search", skip_all)]
async fn search_all(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let body = body::read(&req, payload, &tenant.app.settings.limits).await?;
    answer(&tenant, ListQuery::from_search_request(body)?).await
}

async fn answer(tenant: &Tenant, query: ListQuery) -> Result<HttpResponse, ScimFailure> {
    let request =
        |kind: &ResourceType| ListRequest::new(query.clone(), kind, &tenant.app.settings.limits);
    let of_users = request(tenant.catalog().user());
    let of_groups = request(tenant.catalog().group());
    let (of_users, of_groups) = match (of_users, of_groups) {
        (Err(refused), Err(_)) => return Err(refused),
        (of_users, of_groups) => (of_users.ok(), of_groups.ok()),
    };
    let mut total = 0;
    let mut results = Vec::new();
    if let Some(request) = &of_users {
        (total, results) = users::list::page(tenant, request).await?;
    }
    if let Some(mut request) = of_groups {
        let shown = u64::try_from(results.len()).unwrap_or(u64::MAX);
        request.start_index = query.start_index.saturating_sub(total).max(1);
        request.count = request.count.saturating_sub(shown);
        let (groups, more) = groups::list::page(tenant, &request).await?;
        total += groups;
        results.extend(more);
    }
    let list = list_response(total, query.start_index, results);
    Ok(body::document(&list))
}
