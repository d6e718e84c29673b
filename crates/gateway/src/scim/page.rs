//! One page of a list, of one type or of both, as an answer shows it.
//!
//! What belongs to many resources at once, the groups and managers of users and the members of
//! groups, comes with one query for all of them.

use std::collections::HashMap;

use actix_web::HttpResponse;
use rollcall_model::{GroupId, UserId};
use rollcall_scim::ScimError;
use rollcall_scim::message::{PagePlace, list_text};
use rollcall_store::{DirectoryQuery, Found, Listing, ShownUser};

use super::body;
use super::failure::ScimFailure;
use super::list::ListRequest;
use super::long_group::{MEMBERS_AT_ONCE, Shown};
use super::long_list::{self, LongList};
use super::render;
use super::tenant::Tenant;
use super::walk::Walk;

/// The most members that one list holds. A page with groups ends where it would hold more: clients
/// take fewer results than they asked for, and have to receive a page within a time.
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
    found.items.truncate(fitting.items);
    let place = match walk {
        None => PagePlace::Number(request.start_index),
        Some(walk) => {
            let shown = found.items.len();
            let last = shown
                .checked_sub(1)
                .and_then(|last| found.positions.get(last));
            PagePlace::Cursor(match last {
                Some(last) if shown < beyond => Some(walk.next(tenant, last)?),
                _ => None,
            })
        }
    };
    if let Some(groups) = wanted.groups.filter(|_| fitting.is_long()) {
        let is_user = |item: &&Found| matches!(item, Found::User(_));
        let users: Vec<Found> = found.items.iter().filter(is_user).cloned().collect();
        let page = LongList {
            total: found.total,
            place,
            users: render_all(tenant, &wanted, &users).await?,
            items: found.items,
            members: fitting.members,
            projection: &groups.projection,
        };
        return long_list::answer(tenant, page).await;
    }
    let results = render_all(tenant, &wanted, &found.items).await?;
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

/// How much of a page fits into one answer.
struct Fitting {
    /// How many resources, from the beginning; at least one.
    items: usize,
    /// How many members the groups have that have any.
    members: HashMap<GroupId, u64>,
    /// How many members there are in what fits.
    held: u64,
}

impl Fitting {
    /// Whether it has more members than are held in memory.
    const fn is_long(&self) -> bool {
        self.held > MEMBERS_AT_ONCE as u64
    }
}

async fn that_fit(
    tenant: &Tenant,
    wanted: &Wanted<'_>,
    found: &Listing<Found>,
) -> Result<Fitting, ScimFailure> {
    let mut fitting = Fitting {
        items: found.items.len(),
        members: HashMap::new(),
        held: 0,
    };
    if !wants(wanted.groups, "members") {
        return Ok(fitting);
    }
    fitting.members = tenant
        .handle
        .count_members_of(&group_ids(&found.items))
        .await?;
    for (position, item) in found.items.iter().enumerate() {
        let members = match item {
            Found::User(_) => 0,
            Found::Group(group) => fitting.members.get(&group.id).copied().unwrap_or(0),
        };
        if position > 0 && fitting.held + members > MAX_MEMBERS_PER_LIST {
            fitting.items = position;
            break;
        }
        fitting.held += members;
    }
    Ok(fitting)
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
    let mut with_members = group_ids(items);
    if !wants(wanted.groups, "members") {
        with_members.clear();
    }
    let members_of = tenant.handle.members_of(&with_members).await?;

    let groups = wanted.groups.map(|request| &request.projection);
    let groups = groups.map(|projection| Shown::new(tenant, projection));
    let mut results = Vec::with_capacity(items.len());
    for item in items {
        let result = match (item, wanted.users, &groups) {
            (Found::User(user), Some(request), _) => {
                let shown = ShownUser {
                    user: user.clone(),
                    groups: groups_of.remove(&user.id).unwrap_or_default(),
                    manager: managers_of.remove(&user.id),
                };
                render::user(tenant, &shown, &request.projection)?
            }
            (Found::Group(group), _, Some(shown)) => {
                let members = members_of.get(&group.id).map(Vec::as_slice);
                shown.text(&shown.frame(tenant, group), members.unwrap_or_default())
            }
            // Nobody asked for its type.
            (Found::User(_), None, _) | (Found::Group(_), _, None) => continue,
        };
        results.push(result);
    }
    Ok(results)
}
