//! Queries over all resource types at once: `GET` of the base address and `POST /.search`
//! (RFC 7644 §3.4.2.1, §3.4.3).
//!
//! A token that may look at one type only is shown that type, as if there were no other.
//!
//! Results come by type, users first, and within a type in the order of its own list, or all in the
//! order that is asked for. An attribute that one type lacks has no value there; one that no type
//! has is refused. Pages are cut from both lists, so a query that a great many resources match is
//! refused.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_model::Scope;
use rollcall_orgs::authentication::Needed;
use rollcall_scim::ScimError;
use rollcall_scim::message::ListQuery;
use tracing::instrument;

use super::body;
use super::endpoint::Endpoint;
use super::failure::ScimFailure;
use super::list::{ListRequest, Over, Place, list_query};
use super::page::{self, Wanted};
use super::tenant::Tenant;
use super::walk::Walk;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("").on(Method::GET, list_all),
        Endpoint::at("/.search").on(Method::POST, search_all),
    ]
}

/// `GET` of the base address
#[instrument(level = "debug", name = "scim.root.list", skip_all)]
async fn list_all(tenant: Tenant, req: HttpRequest) -> Result<HttpResponse, ScimFailure> {
    require_root_query(&tenant)?;
    answer(&tenant, list_query(&req)?, Place::Url).await
}

/// `POST /.search`
#[instrument(level = "debug", name = "scim.root.search", skip_all)]
async fn search_all(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    require_root_query(&tenant)?;
    let body = body::read(&tenant, &req, payload).await?;
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
    let request = |kind| ListRequest::new(tenant, kind, Over::AllTypes, query.clone(), place);
    let users = request(tenant.catalog().user())?;
    let groups = request(tenant.catalog().group())?;
    let sees = |scope: Needed| tenant.may(scope).is_ok();
    let sort = match (&users.sort, &groups.sort) {
        (Some(of_users), Some(of_groups)) if of_users.values() != of_groups.values() => {
            let detail = "`sortBy` names text in one type and numbers in another";
            return Err(ScimError::invalid_value(detail).into());
        }
        (of_users, of_groups) => of_users.as_ref().or(of_groups.as_ref()),
    };
    let walk = Walk::read(tenant, "/", &query, sort)?;
    let wanted = Wanted {
        users: sees(&[Scope::UsersRead]).then_some(&users),
        groups: sees(&[Scope::GroupsRead]).then_some(&groups),
    };
    page::answer(tenant, wanted, walk.as_ref()).await
}
