//! What the identity provider pushed: users, groups, and members that are awaited.

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{GroupId, PageRequest, ParkedReferenceId, UserId};
use rollcall_store::{Awaiting, Group, ParkedReference, User};
use serde::Deserialize;

use super::{Opened, Part};
use crate::answer::{self, Answer, PageError, When, next_page};
use crate::operator::table::{Cell, SearchBox, Table, TablePage};
use crate::operator::{Operator, PAGE, given};
use crate::text as t;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/users", web::get().to(users))
        .route("/groups", web::get().to(groups))
        .route("/parked", web::get().to(parked))
        .configure(crate::operator::user::configure);
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

impl Wanted {
    fn page<C: std::str::FromStr>(&self) -> Result<PageRequest<C>, PageError> {
        PageRequest::parse(self.after.as_deref(), PAGE).map_err(|_| PageError::NotFound)
    }
}

/// One page of a list, as it came from the store.
struct Listing<T> {
    part: Part,
    lead: String,
    heads: Vec<&'static str>,
    items: Vec<T>,
    /// What the next page is after.
    next: Option<String>,
    /// What is said if there is nothing.
    empty: (&'static str, &'static str),
}

impl Wanted {
    /// The page of a part that shows a list, line by line.
    fn show<T>(
        &self,
        operator: &Operator,
        opened: &Opened,
        listing: Listing<T>,
        row: impl FnMut(T) -> Vec<Cell>,
    ) -> TablePage {
        let here = opened.address(listing.part);
        let table = Table {
            heads: listing.heads,
            rows: listing.items.into_iter().map(row).collect(),
            empty: listing.empty,
            first: self.after.as_ref().map(|_| here.clone()),
            next: next_page(&here, &[], listing.next),
        };
        let mut page = TablePage::new(opened.frame(operator), &listing.lead, table);
        page.tabs = opened.tabs(listing.part);
        page
    }
}

async fn users(
    operator: Operator,
    path: web::Path<(String, String)>,
    query: web::Query<Wanted>,
) -> Answer {
    let opened = Opened::of(&operator, &path).await?;
    let now = opened.org.clock().now();
    let (users, next): (Vec<User>, Option<UserId>) = match given(&query.q) {
        Some(name) => (opened.handle.find_users_called(name, PAGE).await?, None),
        None => {
            let page = opened.handle.list_users(query.page()?).await?;
            (page.items, page.next)
        }
    };
    let here = opened.address(Part::Users);
    let row = |user: User| {
        let (kind, says) = active(user.resource.active());
        let name = user.resource.user_name().unwrap_or_default();
        vec![
            Cell::Link(name.to_owned(), format!("{here}/{}", user.id.to_scim())),
            Cell::Badge(kind, says.to_owned()),
            Cell::Text(user.resource.display_name().unwrap_or_default().to_owned()),
            code(user.resource.external_id()),
            Cell::Time(When::new(user.updated_at, now)),
        ]
    };
    let listing = Listing {
        part: Part::Users,
        lead: t::users_lead(opened.connection.users),
        heads: vec![
            t::USER_NAME,
            t::STATE,
            t::DISPLAY_NAME,
            t::EXTERNAL_ID,
            t::CHANGED,
        ],
        items: users,
        next: next.map(|id| id.to_string()),
        empty: match given(&query.q) {
            Some(_) => (t::NO_MATCH, t::NO_USER_SAYS),
            None => (t::NO_USERS, t::NO_USERS_SAYS),
        },
    };
    let mut page = query.show(&operator, &opened, listing, row);
    page.search = vec![SearchBox {
        name: "q",
        label: t::FIND_USER,
        value: query.q.clone(),
        options: Vec::new(),
    }];
    answer::page(&page)
}

/// The badge of a user.
pub(in crate::operator) const fn active(active: bool) -> (&'static str, &'static str) {
    if active {
        ("good", t::ACTIVE)
    } else {
        ("plain", t::INACTIVE)
    }
}

fn code(text: Option<&str>) -> Cell {
    text.map_or(Cell::Nothing, |text| Cell::Code(text.to_owned()))
}

async fn groups(
    operator: Operator,
    path: web::Path<(String, String)>,
    query: web::Query<Wanted>,
) -> Answer {
    let opened = Opened::of(&operator, &path).await?;
    let now = opened.org.clock().now();
    let page = opened.handle.list_groups(query.page::<GroupId>()?).await?;
    let ids: Vec<GroupId> = page.items.iter().map(|group| group.id).collect();
    let parked = opened.handle.parked_members_of(&ids).await?;
    let row = |group: Group| {
        let awaited = parked.get(&group.id).map_or(0, Vec::len);
        let role = group.role_mapping.as_ref();
        vec![
            Cell::Text(group.resource.display_name().unwrap_or_default().to_owned()),
            code(group.resource.external_id()),
            role.map_or(Cell::Nothing, |mapping| {
                Cell::Badge("note", mapping.role.to_string())
            }),
            Cell::Text(t::awaited(awaited)),
            Cell::Time(When::new(group.updated_at, now)),
        ]
    };
    let listing = Listing {
        part: Part::Groups,
        lead: t::groups_lead(opened.connection.groups),
        heads: vec![
            t::GROUP,
            t::EXTERNAL_ID,
            t::GIVES_ROLE,
            t::PARKED,
            t::CHANGED,
        ],
        items: page.items,
        next: page.next.map(|id| id.to_string()),
        empty: (t::NO_GROUPS, t::NO_GROUPS_SAYS),
    };
    answer::page(&query.show(&operator, &opened, listing, row))
}

async fn parked(
    operator: Operator,
    path: web::Path<(String, String)>,
    query: web::Query<Wanted>,
) -> Answer {
    let opened = Opened::of(&operator, &path).await?;
    let now = opened.org.clock().now();
    let wanted = query.page::<ParkedReferenceId>()?;
    let page = opened.handle.list_parked_references(wanted).await?;
    let row = |parked: ParkedReference| {
        let awaits = match parked.awaiting {
            Awaiting::Group(id) => Cell::Small(t::MEMBER_OF.to_owned(), id.to_scim()),
            Awaiting::User(id) => {
                let href = format!("{}/users/{}", opened.base, id.to_scim());
                Cell::Link(t::MANAGER_OF.to_owned(), href)
            }
        };
        vec![
            Cell::Code(parked.value),
            awaits,
            Cell::Time(When::new(parked.created_at, now)),
        ]
    };
    let listing = Listing {
        part: Part::Parked,
        lead: t::PARKED_LEAD.to_owned(),
        heads: vec![t::AWAITED, t::AWAITED_AS, t::SINCE],
        items: page.items,
        next: page.next.map(|id| id.to_string()),
        empty: (t::NO_PARKED, t::NO_PARKED_SAYS),
    };
    answer::page(&query.show(&operator, &opened, listing, row))
}
