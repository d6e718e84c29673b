//! `/console/organizations/{org}/portal-links`: the ways into the setup portal of an organization.

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{PageRequest, PortalLink, PortalLinkState, Timestamp};
use rollcall_orgs::portal::{self, DEFAULT_LINK_SECONDS};
use rollcall_store::OrgHandle;
use serde::Deserialize;

use super::{frame_of, page_of};
use crate::answer::{self, Answer, Danger, Field, PageError, When, next_page};
use crate::operator::connection::SecretPage;
use crate::operator::form_page::FormPage;
use crate::operator::form_parts::{Choice, Group, Part};
use crate::operator::table::{Cell, Table, TablePage};
use crate::operator::{Deed, Operator, PAGE, given, path_id};
use crate::text as t;

/// How many of the newest ones the page of an organization shows.
const SHOWN: u64 = 5;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/organizations/{org}/portal-links", web::get().to(list))
        .route("/organizations/{org}/portal-links", web::post().to(create))
        .route("/organizations/{org}/portal-links/new", web::get().to(new))
        .route(
            "/organizations/{org}/portal-links/{link}/revoke",
            web::post().to(revoke),
        );
}

/// The newest links of an organization, for its page.
///
/// Says also whether there are more.
pub(super) async fn newest(
    operator: &Operator,
    org: &OrgHandle,
) -> Result<(Table, bool), PageError> {
    let page = PageRequest {
        after: None,
        limit: SHOWN,
    };
    let links = org.list_newest_portal_links(page).await?;
    let table = table(operator, org, links.items, None);
    Ok((table, links.next.is_some()))
}

fn table(
    operator: &Operator,
    org: &OrgHandle,
    links: Vec<PortalLink>,
    next: Option<String>,
) -> Table {
    let (base, now) = (page_of(org), org.clock().now());
    let rows = links.into_iter().map(|link| {
        let is_live = matches!(
            link.state(now),
            PortalLinkState::Open | PortalLinkState::Used
        );
        let revoke = if is_live && operator.may_change() {
            Cell::Danger(danger(&link, org, &base))
        } else {
            Cell::Nothing
        };
        vec![
            Cell::Code(link.id.to_string()),
            state(&link, now),
            Cell::Text(link.return_url.unwrap_or_default()),
            Cell::Time(When::new(link.created_at, now)),
            revoke,
        ]
    });
    Table {
        heads: vec![
            t::PORTAL_LINK,
            t::STATE,
            t::RETURN_URL,
            t::CREATED,
            t::ACTIONS,
        ],
        rows: rows.collect(),
        empty: (t::NO_PORTAL_LINKS, t::NO_PORTAL_LINKS_SAYS),
        first: None,
        next,
    }
}

fn state(link: &PortalLink, now: Timestamp) -> Cell {
    let says = |at: Option<Timestamp>| When::maybe(at, now).map_or_else(String::new, |at| at.says);
    let (kind, name, at) = match link.state(now) {
        PortalLinkState::Open => ("note", t::LINK_OPEN, t::ends(&says(Some(link.expires_at)))),
        PortalLinkState::Used => ("good", t::LINK_USED, says(link.used_at)),
        PortalLinkState::Expired => ("plain", t::LINK_EXPIRED, says(Some(link.expires_at))),
        PortalLinkState::Revoked => ("plain", t::LINK_REVOKED, says(link.revoked_at)),
    };
    Cell::Badged(kind, name.to_owned(), at)
}

/// A link has no name, so that of the organization is typed.
fn danger(link: &PortalLink, org: &OrgHandle, base: &str) -> Danger {
    Danger {
        id: format!("confirm-{}", link.id),
        title: t::REVOKE,
        action: format!("{base}/portal-links/{}/revoke", link.id),
        does: t::REVOKE_LINK_DOES.to_owned(),
        name: org.organization().slug.to_string(),
        button: t::REVOKE_LINK,
    }
}

#[derive(Deserialize)]
struct Wanted {
    after: Option<String>,
}

async fn list(operator: Operator, org: web::Path<String>, query: web::Query<Wanted>) -> Answer {
    let org = operator.organization(&org).await?;
    let page = PageRequest::parse(query.after.as_deref(), PAGE);
    let page = page.map_err(|_| PageError::NotFound)?;
    let links = org.list_newest_portal_links(page).await?;
    let path = format!("{}/portal-links", page_of(&org));
    let next = next_page(&path, &[], links.next.map(|id| id.to_string()));
    let table = Table {
        first: query.after.as_ref().map(|_| path.clone()),
        ..table(&operator, &org, links.items, next)
    };
    let frame = frame_of(&operator, &org, t::PORTAL_LINKS);
    let mut page = TablePage::new(frame, t::PORTAL_LINKS_LEAD, table);
    if operator.may_change() {
        page.action = Some((t::NEW_PORTAL_LINK, format!("{path}/new")));
    }
    answer::page(&page)
}

#[derive(Deserialize)]
struct New {
    expires_in_seconds: u64,
    #[serde(default)]
    return_url: String,
}

fn form(operator: &Operator, org: &OrgHandle, held: &New) -> FormPage {
    let base = page_of(org);
    FormPage {
        frame: frame_of(operator, org, t::NEW_PORTAL_LINK),
        lead: t::NEW_PORTAL_LINK_LEAD,
        action: format!("{base}/portal-links"),
        back: base,
        tabs: Vec::new(),
        groups: Group::only([
            Part::Field(
                Field::text("return_url", t::RETURN_URL, t::RETURN_URL_HELP)
                    .of_kind("url")
                    .holding(&held.return_url),
            ),
            Part::Choice(Choice {
                name: "expires_in_seconds",
                label: t::LINK_LASTS,
                help: t::LINK_LASTS_HELP,
                value: held.expires_in_seconds.to_string(),
                options: t::LINK_LENGTHS
                    .iter()
                    .map(|(seconds, says)| (seconds.to_string(), (*says).to_owned()))
                    .collect(),
            }),
        ]),
        button: t::CREATE_PORTAL_LINK,
        wrong: None,
    }
}

async fn new(operator: Operator, org: web::Path<String>) -> Answer {
    operator.changes()?;
    let org = operator.organization(&org).await?;
    let held = New {
        expires_in_seconds: DEFAULT_LINK_SECONDS,
        return_url: String::new(),
    };
    answer::page(&form(&operator, &org, &held))
}

async fn create(deed: Deed, org: web::Path<String>) -> Answer {
    let org = deed.organization(&org).await?;
    let held: New = deed.form()?;
    let options = &deed.shared.options;
    let made = portal::create_link(
        &org,
        Some(held.expires_in_seconds),
        given(&held.return_url),
        &options.return_origins,
        deed.origin(),
    );
    match made.await {
        Err(refused) => form(&deed.operator, &org, &held).refused(refused),
        Ok(issued) => {
            let url = issued.url(&options.public_url);
            answer::page(&SecretPage {
                frame: frame_of(&deed.operator, &org, t::PORTAL_LINK_MADE),
                heading: t::PORTAL_LINK_MADE,
                values: vec![(t::PORTAL_LINK_URL, "portal-link", &url)],
                next: page_of(&org),
            })
        }
    }
}

async fn revoke(deed: Deed, path: web::Path<(String, String)>) -> Answer {
    let (org, link) = path.into_inner();
    let org = deed.organization(&org).await?;
    let link = org.find_portal_link(path_id(&link)?).await?;
    let link = link.ok_or(PageError::NotFound)?;
    deed.confirmed(org.organization().slug.as_str())?;
    portal::revoke_link(&org, link.id, deed.origin()).await?;
    deed.done(t::LINK_IS_REVOKED, &page_of(&org)).await
}
