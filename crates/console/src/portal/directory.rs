//! `/portal/connections/{scim}/users` and `/groups`: what arrived, in the order it did.

use actix_web::web::{self, Path, Query, ServiceConfig};
use askama::Template;
use rollcall_model::{GroupId, PageRequest, UserId};

use super::frame::{self, Frame, Place};
use super::home::After;
use super::visitor::Visitor;
use crate::answer::{self, Answer, next_page};
use crate::assets;
use crate::text as t;
use crate::text::portal as p;

/// How many stand on a page.
const AT_ONCE: u64 = 50;
/// How many groups of a user are named.
const NAMED_GROUPS: usize = 4;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/connections/{scim}/users", web::get().to(users))
        .route("/connections/{scim}/groups", web::get().to(groups));
}

struct UserRow {
    user_name: String,
    name: Option<String>,
    active: bool,
    /// The first groups, and how many more there are.
    groups: Vec<String>,
    more: usize,
    arrived: String,
    changed: String,
}

#[derive(Template)]
#[template(path = "portal/users.html")]
struct Users {
    frame: Frame,
    total: u64,
    users: Vec<UserRow>,
    first: Option<String>,
    next: Option<String>,
}

async fn users(visitor: Visitor, scim: Path<String>, query: Query<After>) -> Answer {
    let (connection, handle) = visitor.connection(&scim).await?;
    let page: PageRequest<UserId> = query.page(AT_ONCE)?;
    let path = format!("{}/users", frame::path(&connection));
    let first = page.after.is_some().then(|| path.clone());
    let page = handle.list_users(page).await?;
    let ids: Vec<_> = page.items.iter().map(|user| user.id).collect();
    let mut groups = handle.groups_of(&ids).await?;
    let rows = page.items.into_iter().map(|user| {
        let mut named = groups.remove(&user.id).unwrap_or_default();
        let more = named.len().saturating_sub(NAMED_GROUPS);
        named.truncate(NAMED_GROUPS);
        UserRow {
            user_name: user.resource.user_name().unwrap_or_default().to_owned(),
            name: user.resource.display_name().map(str::to_owned),
            active: user.resource.active(),
            groups: named.into_iter().map(|group| group.display_name).collect(),
            more,
            arrived: p::moment(user.created_at),
            changed: p::moment(user.updated_at),
        }
    });
    let users = rows.collect();
    answer::page(&Users {
        frame: Frame::of(&visitor, &connection, Place::Users),
        total: connection.users,
        users,
        first,
        next: next_page(&path, &[], page.next.map(|id| id.to_string())),
    })
}

struct GroupRow {
    name: String,
    arrived: String,
    changed: String,
}

#[derive(Template)]
#[template(path = "portal/groups.html")]
struct Groups {
    frame: Frame,
    total: u64,
    groups: Vec<GroupRow>,
    first: Option<String>,
    next: Option<String>,
}

async fn groups(visitor: Visitor, scim: Path<String>, query: Query<After>) -> Answer {
    let (connection, handle) = visitor.connection(&scim).await?;
    let page: PageRequest<GroupId> = query.page(AT_ONCE)?;
    let path = format!("{}/groups", frame::path(&connection));
    let first = page.after.is_some().then(|| path.clone());
    let page = handle.list_groups(page).await?;
    let rows = page.items.into_iter().map(|group| GroupRow {
        name: group.resource.display_name().unwrap_or_default().to_owned(),
        arrived: p::moment(group.created_at),
        changed: p::moment(group.updated_at),
    });
    let groups = rows.collect();
    answer::page(&Groups {
        frame: Frame::of(&visitor, &connection, Place::Groups),
        total: connection.groups,
        groups,
        first,
        next: next_page(&path, &[], page.next.map(|id| id.to_string())),
    })
}
