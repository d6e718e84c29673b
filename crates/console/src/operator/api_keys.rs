//! `/console/api-keys`: the vendor's credentials. For keys of the installation only.

use actix_web::web::{self, ServiceConfig};
use rollcall_model::{ApiKey, ApiKeyId, ApiKeyRole, PageRequest, Timestamp};
use rollcall_orgs::api_keys::{self, KeyLimits};
use serde::Deserialize;

use crate::answer::{self, Answer, Danger, Field, PageError, When, next_page};
use crate::operator::connection::SecretPage;
use crate::operator::form_page::FormPage;
use crate::operator::form_parts::{Choice, Group, Part};
use crate::operator::table::{Cell, Table, TablePage};
use crate::operator::{Deed, Frame, Operator, PAGE, Place, given, path_id};
use crate::text as t;

const LIST: &str = "/console/api-keys";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/api-keys", web::get().to(list))
        .route("/api-keys", web::post().to(create))
        .route("/api-keys/new", web::get().to(new))
        .route("/api-keys/{key}/delete", web::post().to(delete));
}

#[derive(Deserialize)]
struct Wanted {
    after: Option<String>,
}

async fn list(operator: Operator, query: web::Query<Wanted>) -> Answer {
    operator.of_installation()?;
    let page = PageRequest::parse(query.after.as_deref(), PAGE);
    let page = page.map_err(|_| PageError::NotFound)?;
    let page = operator.store().list_api_keys(page).await?;
    let now = operator.store().clock().now();
    let table = Table {
        heads: vec![
            t::API_KEY,
            t::ROLE,
            t::ORGANIZATION,
            t::LAST_USED,
            t::CREATED,
            t::ACTIONS,
        ],
        rows: page
            .items
            .into_iter()
            .map(|key| row(&operator, key, now))
            .collect(),
        empty: (t::NONE_YET, ""),
        first: query.after.as_ref().map(|_| LIST.to_owned()),
        next: next_page(LIST, &[], page.next.map(|id| id.to_string())),
    };
    let frame = Frame::new(&operator, Place::ApiKeys, t::API_KEYS);
    let mut page = TablePage::new(frame, t::API_KEYS_LEAD, table);
    if operator.may_change() {
        page.action = Some((t::NEW_API_KEY, format!("{LIST}/new")));
    }
    answer::page(&page)
}

fn row(operator: &Operator, key: ApiKey, now: Timestamp) -> Vec<Cell> {
    let role = match key.role {
        ApiKeyRole::Admin => t::ROLE_ADMIN,
        ApiKeyRole::ReadOnly => t::ROLE_READ_ONLY,
    };
    let organization = key.organization_id.map_or_else(
        || Cell::Text(t::ALL_ORGANIZATIONS.to_owned()),
        |id| Cell::Link(id.to_string(), format!("/console/organizations/{id}")),
    );
    let delete = if operator.may_change() {
        Cell::Danger(Danger {
            id: format!("confirm-{}", key.id),
            title: t::DELETE,
            action: format!("{LIST}/{}/delete", key.id),
            does: t::delete_key_does(&key.name, key.id == operator.key.id),
            name: key.name.clone(),
            button: t::DELETE_API_KEY,
        })
    } else {
        Cell::Nothing
    };
    vec![
        Cell::Small(key.name, format!("{}…", key.prefix)),
        Cell::Text(role.to_owned()),
        organization,
        Cell::maybe(When::maybe(key.last_used_at, now), t::NEVER),
        Cell::Time(When::new(key.created_at, now)),
        delete,
    ]
}

#[derive(Default, Deserialize)]
struct New {
    name: String,
    role: String,
    #[serde(default)]
    organization: String,
}

fn form(operator: &Operator, held: &New) -> FormPage {
    let frame = Frame::new(operator, Place::ApiKeys, t::NEW_API_KEY);
    FormPage {
        frame: frame.below(t::API_KEYS, LIST),
        lead: t::NEW_API_KEY_LEAD,
        action: LIST.to_owned(),
        back: LIST.to_owned(),
        tabs: Vec::new(),
        groups: Group::only([
            Part::Field(
                Field::text("name", t::NAME, t::KEY_NAME_HELP)
                    .required()
                    .holding(&held.name),
            ),
            Part::Field(
                Field::text("organization", t::ORGANIZATION, t::KEY_ORGANIZATION_HELP)
                    .holding(&held.organization),
            ),
            Part::Choice(Choice {
                name: "role",
                label: t::ROLE,
                help: t::KEY_ROLE_HELP,
                value: held.role.clone(),
                options: [ApiKeyRole::ReadOnly, ApiKeyRole::Admin]
                    .into_iter()
                    .map(|role| (role.as_str().to_owned(), role.as_str().to_owned()))
                    .collect(),
            }),
        ]),
        button: t::CREATE_API_KEY,
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
    let role: Result<ApiKeyRole, _> = held.role.parse();
    let organization_id = match given(&held.organization) {
        Some(named) => Some(deed.organization(named).await?.org_id()),
        None => None,
    };
    let limits = KeyLimits {
        role: role.map_err(|error| PageError::BadForm(error.to_string()))?,
        organization_id,
    };
    match api_keys::create_limited(deed.store(), &held.name, limits, deed.origin()).await {
        Err(refused) => form(&deed.operator, &held).refused(refused),
        Ok(issued) => {
            let frame = Frame::new(&deed.operator, Place::ApiKeys, t::KEY_MADE);
            answer::page(&SecretPage {
                frame: frame.below(t::API_KEYS, LIST),
                heading: &issued.key.name,
                values: vec![(t::API_KEY, "key", issued.secret.expose())],
                next: LIST.to_owned(),
            })
        }
    }
}

async fn delete(deed: Deed, key: web::Path<String>) -> Answer {
    deed.of_installation()?;
    let id: ApiKeyId = path_id(&key)?;
    let key = deed.store().find_api_key_by_id(id).await?;
    let key = key.ok_or(PageError::NotFound)?;
    deed.confirmed(&key.name)?;
    api_keys::delete(deed.store(), id, deed.origin()).await?;
    if id == deed.key.id {
        // The session went with it.
        return Ok(answer::see_other("/console/sign-in"));
    }
    deed.done(&t::key_deleted(&key.name), LIST).await
}
