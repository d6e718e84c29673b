//! `/console/organizations`, `/console/organizations/new`

use actix_web::web::{self, ServiceConfig};
use askama::Template;
use rollcall_model::{ConnectionState, OrgId, Organization, Page, PageRequest, Timestamp};
use rollcall_orgs::organizations::{self, NewOrganization};
use rollcall_store::{ConnectionStates, OrganizationQuery};
use serde::Deserialize;

use crate::answer::{self, Answer, Field, PageError, When, next_page};
use crate::assets;
use crate::operator::form_page::FormPage;
use crate::operator::form_parts::Group;
use crate::operator::organization::address;
use crate::operator::{Deed, Frame, Operator, PAGE, Place, given};
use crate::text as t;

const LIST: &str = "/console/organizations";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/organizations", web::get().to(list))
        .route("/organizations", web::post().to(create))
        .route("/organizations/new", web::get().to(new));
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    after: Option<String>,
}

struct Row {
    href: String,
    name: String,
    slug: String,
    external_id: Option<String>,
    created: When,
    /// Kind of badge, and what it says.
    states: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "operator/organizations.html")]
struct List {
    frame: Frame,
    q: String,
    state: String,
    searched: bool,
    may_create: bool,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

async fn list(operator: Operator, query: web::Query<Wanted>) -> Answer {
    let Wanted { q, state, after } = query.into_inner();
    let q = q.trim().to_owned();
    let wanted = OrganizationQuery {
        begins_with: given(&q).map(str::to_owned),
        state: state_of(&state),
    };
    let page = read(&operator, &wanted, after.as_deref()).await?;
    let ids: Vec<OrgId> = page.items.iter().map(|org| org.id).collect();
    let mut states = operator.store().connection_states(&ids).await?;
    let now = operator.store().clock().now();
    let rows = page.items.into_iter().map(|organization| {
        let states = states.remove(&organization.id).unwrap_or_default();
        row(organization, states, now)
    });
    let kept = [("q", q.as_str()), ("state", state.as_str())];
    let cursor = page.next.map(|id| id.to_string());
    answer::page(&List {
        frame: Frame::new(&operator, Place::Organizations, t::ORGANIZATIONS),
        searched: wanted.begins_with.is_some() || wanted.state.is_some(),
        may_create: operator.may_change() && operator.bound_to().is_none(),
        rows: rows.collect(),
        first: after.map(|_| LIST.to_owned()),
        next: next_page(LIST, &kept, cursor),
        q,
        state,
    })
}

/// Those that the operator may see: a bound key has one.
async fn read(
    operator: &Operator,
    wanted: &OrganizationQuery,
    after: Option<&str>,
) -> Result<Page<Organization, OrgId>, PageError> {
    if let Some(id) = operator.bound_to() {
        let own = operator.organization(&id.to_string()).await?;
        return Ok(Page {
            items: vec![own.organization().clone()],
            next: None,
        });
    }
    let page = PageRequest::parse(after, PAGE).map_err(|_| PageError::NotFound)?;
    Ok(operator.store().search_organizations(wanted, page).await?)
}

fn state_of(text: &str) -> Option<ConnectionState> {
    match text {
        "disabled" => Some(ConnectionState::Disabled),
        "awaiting_first_request" => Some(ConnectionState::AwaitingFirstRequest),
        "connected" => Some(ConnectionState::Connected),
        "attention" => Some(ConnectionState::Attention),
        _ => None,
    }
}

fn row(organization: Organization, states: ConnectionStates, now: Timestamp) -> Row {
    let states = [
        (ConnectionState::Attention, states.attention),
        (ConnectionState::Connected, states.connected),
        (ConnectionState::AwaitingFirstRequest, states.awaiting),
        (ConnectionState::Disabled, states.disabled),
    ];
    let states = states.into_iter().filter(|(_, count)| *count > 0);
    Row {
        href: address(&organization),
        name: organization.name,
        slug: organization.slug.to_string(),
        external_id: organization.external_id,
        created: When::new(organization.created_at, now),
        states: states
            .map(|(state, count)| (kind_of(state), t::counted(t::state(state), count)))
            .collect(),
    }
}

/// The kind of badge of a state.
pub(super) const fn kind_of(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Attention => "bad",
        ConnectionState::Connected => "good",
        ConnectionState::AwaitingFirstRequest => "note",
        ConnectionState::Disabled => "plain",
    }
}

#[derive(Default, Deserialize)]
struct New {
    name: String,
    #[serde(default)]
    slug: String,
    #[serde(default)]
    external_id: String,
}

fn form(operator: &Operator, held: &New) -> FormPage {
    let frame = Frame::new(operator, Place::Organizations, t::NEW_ORGANIZATION);
    FormPage {
        frame: frame.below(t::ORGANIZATIONS, LIST),
        lead: t::NEW_ORGANIZATION_LEAD,
        action: LIST.to_owned(),
        back: LIST.to_owned(),
        tabs: Vec::new(),
        groups: Group::only([
            Field::text("name", t::NAME, t::ORGANIZATION_NAME_HELP)
                .required()
                .holding(&held.name),
            Field::text("slug", t::SLUG, t::SLUG_HELP).holding(&held.slug),
            Field::text("external_id", t::EXTERNAL_ID, t::EXTERNAL_ID_HELP)
                .holding(&held.external_id),
        ]),
        button: t::CREATE_ORGANIZATION,
        wrong: None,
    }
}

async fn new(operator: Operator) -> Answer {
    operator.changes()?;
    operator.of_installation()?;
    answer::page(&form(&operator, &New::default()))
}

async fn create(deed: Deed) -> Answer {
    deed.of_installation()?;
    let held: New = deed.form()?;
    let new = NewOrganization {
        name: held.name.clone(),
        slug: given(&held.slug).map(str::to_owned),
        external_id: given(&held.external_id).map(str::to_owned),
    };
    match organizations::create(deed.store(), new, deed.origin()).await {
        Err(refused) => form(&deed.operator, &held).refused(refused),
        Ok(org) => {
            let made = org.organization();
            deed.done(&t::organization_created(&made.name), &address(made))
                .await
        }
    }
}
