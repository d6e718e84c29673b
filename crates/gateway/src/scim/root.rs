//! Queries over all resource types at once: `GET` of the base address and `POST /.search`
//! (RFC 7644 §3.4.2.1, §3.4.3).
//!
//! Results come by type, users first, and within a type in the order of its own list. An attribute
//! that one type lacks has no value there; one that no type has is refused. Pages are cut from the
//! two lists laid end to end, so a query that a great many resources match is refused.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_scim::ScimError;
use rollcall_scim::message::{ListQuery, list_response};
use tracing::instrument;

use super::body;
use super::endpoint::Endpoint;
use super::failure::ScimFailure;
use super::list::{ListRequest, Over, Place, list_query};
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
    require_root_query(&tenant)?;
    answer(&tenant, list_query(&req)?, Place::Url).await
}

/// `POST /.search`
#[instrument(name = "scim.root.search", skip_all)]
async fn search_all(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    require_root_query(&tenant)?;
    let body = body::read(&req, payload, &tenant.app.settings.limits).await?;
    let query = ListQuery::from_search_request(body, tenant.catalog().user().profile)?;
    answer(&tenant, query, Place::Body).await
}

fn require_root_query(tenant: &Tenant) -> Result<(), ScimFailure> {
    let on = tenant.settings().features.root_query;
    tenant.require(on, "a query of the base address")
}

async fn answer(
    tenant: &Tenant,
    query: ListQuery,
    place: Place,
) -> Result<HttpResponse, ScimFailure> {
    let start_index = query.start_index;
    let request = |kind| ListRequest::new(tenant, kind, Over::AllTypes, query.clone(), place);
    let of_users = request(tenant.catalog().user())?;
    let mut of_groups = request(tenant.catalog().group())?;

    let (users, mut results) = users::list::page(tenant, &of_users).await?;
    let shown = u64::try_from(results.len()).unwrap_or(u64::MAX);
    of_groups.start_index = start_index.saturating_sub(users).max(1);
    of_groups.count = of_groups.count.saturating_sub(shown);
    let (groups, more) = groups::list::page(tenant, &of_groups).await?;
    results.extend(more);

    let total = users.saturating_add(groups);
    let most = tenant.app.settings.limits.max_root_query_matches;
    if total > most {
        return Err(ScimError::too_many(format!(
            "more than {most} resources match; ask for one type, such as /Users, or filter more"
        ))
        .into());
    }
    let list = list_response(total, start_index, results);
    Ok(body::document(&list))
}
