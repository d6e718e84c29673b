//! One page of a list, of one type or of both, as an answer shows it.
//!
//! What belongs to many resources at once, the groups and managers of users and the members of
//! groups, comes with one query for all of them.

use actix_web::HttpResponse;
use rollcall_model::{GroupId, UserId};
use rollcall_scim::ScimError;
use rollcall_scim::message::{PagePlace, list_text};
use rollcall_store::{DirectoryQuery, Found, Listing, ShownUser};

use super::body;
use super::failure::ScimFailure;
use super::list::ListRequest;
use super::render;
use super::tenant::Tenant;
use super::walk::Walk;

/// The most members that one list holds. A page with groups ends where it would hold more: clients
/// take fewer results than they asked for, and the memory of the server is everybody's.
const MAX_MEMBERS_PER_LIST: u64 = 100_000;

/// What is asked of each type; `None` for a type that is not asked for.
pub(super) struct Wanted<'r> {
    pub(super) users: Option<&'r ListRequest>,
    pub(super) groups: Option<&'r ListRequest>,
}

/// Answers with a page: that of a walk, or one by number.
pub(super) async fn answer(
    tenant: &Tenant,
    wanted: Wanted<'_>,
    walk: Option<&Walk>,
) -> Result<HttpResponse, ScimFailure> {
    let Some(request) = wanted.users.or(wanted.groups) else {
        return Err(ScimFailure::NoEndpoint);
    };
    let query = |request: &ListRequest| directory_query(request, walk);
    let users = wanted.users.map(query);
    let groups = wanted.groups.map(query);
    let mut found = tenant
        .handle
        .search_all(users.as_ref(), groups.as_ref())
        .await?;
    let most = tenant.app.settings.limits.max_root_query_matches;
    if users.is_some() && groups.is_some() && found.total > most {
        return Err(ScimError::too_many(format!(
            "more than {most} resources match; ask for one type, such as /Users, or filter more"
        ))
        .into());
    }
    let beyond = found.items.len();
    let count = usize::try_from(request.count).unwrap_or(usize::MAX);
    found.items.truncate(count);
    let fitting = that_fit(tenant, &wanted, &found).await?;
    found.items.truncate(fitting);
    let results = render_all(tenant, &wanted, &found.items).await?;

    let Some(walk) = walk else {
        let place = PagePlace::Number(request.start_index);
        return Ok(body::text(list_text(found.total, &place, &results)));
    };
    let is_last = results.len() == beyond;
    let last = results.len().checked_sub(1);
    let next = match last.and_then(|last| found.positions.get(last)) {
        Some(last) if !is_last => Some(walk.next(tenant, last)?),
        _ => None,
    };
    let place = PagePlace::Cursor(next);
    Ok(body::text(list_text(found.total, &place, &results)))
}

/// What of the directory is wanted. A walk reads one more than it shows, to know whether it goes on.
fn directory_query(request: &ListRequest, walk: Option<&Walk>) -> DirectoryQuery {
    let (after, offset, limit) = match walk {
        None => (None, request.start_index - 1, request.count),
        Some(_) if request.count == 0 => (None, 0, 0),
        Some(walk) => (walk.after.clone(), 0, request.count.saturating_add(1)),
    };
    DirectoryQuery {
        filter: request.filter.clone(),
        sort: request.sort.clone(),
        after,
        offset,
        limit,
    }
}

fn user_ids(items: &[Found]) -> Vec<UserId> {
    let users = items.iter().filter_map(|item| match item {
        Found::User(user) => Some(user.id),
        Found::Group(_) => None,
    });
    users.collect()
}

fn group_ids(items: &[Found]) -> Vec<GroupId> {
    let groups = items.iter().filter_map(|item| match item {
        Found::User(_) => None,
        Found::Group(group) => Some(group.id),
    });
    groups.collect()
}

fn wants(request: Option<&ListRequest>, attribute: &str) -> bool {
    request.is_some_and(|request| request.projection.wants(attribute))
}

/// How many of a page, from its beginning, fit into one answer with their members; at least one.
async fn that_fit(
    tenant: &Tenant,
    wanted: &Wanted<'_>,
    found: &Listing<Found>,
) -> Result<usize, ScimFailure> {
    if !wants(wanted.groups, "members") {
        return Ok(found.items.len());
    }
    let ids = group_ids(&found.items);
    let counts = tenant.handle.count_members_of(&ids).await?;
    let mut members = 0;
    let fitting = found.items.iter().take_while(|item| {
        if let Found::Group(group) = item {
            members += counts.get(&group.id).copied().unwrap_or(0);
        }
        members <= MAX_MEMBERS_PER_LIST
    });
    Ok(fitting.count().max(1).min(found.items.len()))
}

async fn render_all(
    tenant: &Tenant,
    wanted: &Wanted<'_>,
    items: &[Found],
) -> Result<Vec<String>, ScimFailure> {
    let mut users = user_ids(items);
    if !wants(wanted.users, "groups") {
        users.clear();
    }
    let mut groups_of = tenant.handle.groups_of(&users).await?;
    let with_manager = items.iter().filter_map(|item| match item {
        Found::User(user) => user.may_have_manager().then_some(user.id),
        Found::Group(_) => None,
    });
    let mut managers_of = tenant.handle.managers_of(with_manager).await?;
    let with_members = wants(wanted.groups, "members");
    let mut groups = group_ids(items);
    if !with_members {
        groups.clear();
    }
    let members_of = tenant.handle.members_of(&groups).await?;

    let kind = tenant.catalog().group();
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        let result = match (item, wanted.users, wanted.groups) {
            (Found::User(user), Some(request), _) => {
                let shown = ShownUser {
                    user: user.clone(),
                    groups: groups_of.remove(&user.id).unwrap_or_default(),
                    manager: managers_of.remove(&user.id),
                };
                render::user(tenant, &shown, &request.projection)?
            }
            (Found::Group(group), _, Some(request)) => {
                let members = members_of.get(&group.id);
                let members = members.map(Vec::as_slice).unwrap_or_default();
                let members = with_members.then_some(members);
                let mut result = render::group(tenant, group, members);
                request.projection.apply(kind, &mut result);
                result.to_string()
            }
            // Nobody asked for its type.
            (Found::User(_), None, _) | (Found::Group(_), _, None) => continue,
        };
        results.push(result);
    }
    Ok(results)
}
