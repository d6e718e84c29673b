//! Listing and looking up groups (RFC 7644 §3.4.2).

use actix_web::{HttpRequest, HttpResponse, web};
use rollcall_model::GroupId;
use rollcall_scim::message::{ListQuery, list_response};
use rollcall_store::Group;
use serde_json::Value;
use tracing::instrument;

use super::super::body;
use super::super::failure::ScimFailure;
use super::super::list::{ListRequest, Over, Place, list_query};
use super::super::render;
use super::super::tenant::Tenant;

/// `GET /Groups`
#[instrument(name = "scim.groups.list", skip_all)]
pub(super) async fn list_groups(
    tenant: Tenant,
    req: HttpRequest,
) -> Result<HttpResponse, ScimFailure> {
    answer(&tenant, list_query(&req)?, Place::Url).await
}

/// `POST /Groups/.search`
#[instrument(name = "scim.groups.search", skip_all)]
pub(super) async fn search_groups(
    tenant: Tenant,
    req: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ScimFailure> {
    let limits = &tenant.app.settings.limits;
    let body = body::read(&req, payload, limits).await?;
    let query = ListQuery::from_search_request(body, tenant.catalog().group().profile)?;
    answer(&tenant, query, Place::Body).await
}

async fn answer(
    tenant: &Tenant,
    query: ListQuery,
    place: Place,
) -> Result<HttpResponse, ScimFailure> {
    let kind = tenant.catalog().group();
    let request = ListRequest::new(tenant, kind, Over::OneType, query, place)?;
    let (total, results) = page(tenant, &request).await?;
    let list = list_response(total, request.start_index, results);
    Ok(body::document(&list))
}

/// How many groups match, and those of the page, as answers show them.
pub(in crate::scim) async fn page(
    tenant: &Tenant,
    request: &ListRequest,
) -> Result<(u64, Vec<Value>), ScimFailure> {
    let found = tenant.handle.search_groups(&request.query()).await?;
    let with_members = request.projection.wants("members");
    let mut results = render_all(tenant, &found.items, with_members).await?;
    for result in &mut results {
        request.projection.apply(tenant.catalog().group(), result);
    }
    Ok((found.total, results))
}

/// The most members that one list holds. A page of groups ends where it would hold more: clients
/// take fewer results than they asked for, and the memory of the server is everybody's.
const MAX_MEMBERS_PER_LIST: u64 = 100_000;

/// Those groups of a page, from its beginning, whose members fit into one answer; at least one.
async fn that_fit<'groups>(
    tenant: &Tenant,
    groups: &'groups [Group],
) -> Result<&'groups [Group], ScimFailure> {
    let ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
    let counts = tenant.handle.count_members_of(&ids).await?;
    let mut members = 0;
    let fitting = ids.iter().take_while(|id| {
        members += counts.get(*id).copied().unwrap_or(0);
        members <= MAX_MEMBERS_PER_LIST
    });
    let fitting = fitting.count().max(1).min(groups.len());
    Ok(&groups[..fitting])
}

/// Renders a page of groups; the members of all of them come with one query.
async fn render_all(
    tenant: &Tenant,
    groups: &[Group],
    with_members: bool,
) -> Result<Vec<Value>, ScimFailure> {
    let groups = if with_members {
        that_fit(tenant, groups).await?
    } else {
        groups
    };
    let ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
    let wanted: &[GroupId] = if with_members { &ids } else { &[] };
    let members = tenant.handle.members_of(wanted).await?;
    Ok(groups
        .iter()
        .map(|group| {
            let members = members
                .get(&group.id)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let members = with_members.then_some(members);
            render::group(tenant, group, members)
        })
        .collect())
}
