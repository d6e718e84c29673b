//! `…/scim-connections/{scim}/users` and `/groups`: what the identity provider pushed.

use std::collections::HashMap;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use rollcall_model::{GroupId, Page, RoleName, RoleSource, Timestamp, UserId, UserRole};
use rollcall_scim::{ResourceType, filter};
use rollcall_store::{
    ConnectionHandle, DirectoryQuery, Group, GroupRef, OrgHandle, StoreError, User,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::answer;
use crate::api::caller::Caller;
use crate::api::fields::from_text;
use crate::api::problem::Problem;
use crate::api::query::{self, ListBody};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list_users).service(list_groups);
}

/// A group that a user is in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupRef)]
struct GroupRefBody {
    /// The SCIM id.
    id: String,
    /// `displayName`.
    display_name: String,
    /// Whether the user itself is a member, and not only a group that it is in.
    direct: bool,
}

/// A user that an identity provider pushed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserBody {
    /// The SCIM id: a plain UUID.
    #[schema(example = "0190a5e4-5c1d-7d0a-9f3b-2f6d1c8e4b7a")]
    id: String,
    /// `userName`.
    #[schema(required = true)]
    user_name: Option<String>,
    /// `externalId`.
    #[schema(required = true)]
    external_id: Option<String>,
    /// Whether the account may be used.
    active: bool,
    /// The attributes as SCIM spells them, without `id`, `meta` and `groups`.
    #[schema(value_type = Object)]
    resource: Map<String, Value>,
    /// What was sent beside them and no schema of the connection knows.
    #[schema(value_type = Object)]
    unmapped: Map<String, Value>,
    /// The groups of the same connection that it is in, through other groups too.
    groups: Vec<GroupRefBody>,
    /// Its role.
    #[schema(example = "member")]
    role: String,
    /// What gives the role: `manual`, `attribute`, `group` or `default`.
    #[schema(value_type = String, example = "default")]
    role_source: RoleSource,
    /// Its product attributes, by the attribute mappings of the connection: those that have a value.
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    /// Why others have none that should: a sentence for each, by name.
    #[schema(value_type = Object)]
    attribute_problems: Map<String, Value>,
    /// When it was provisioned.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Grows by one with each change.
    version: u64,
}

impl UserBody {
    pub(super) fn new(
        connection: &ConnectionHandle,
        user: User,
        groups: Vec<GroupRef>,
        role: UserRole,
    ) -> Self {
        let kind = connection.catalog().user();
        let product = connection.product_attributes(&user.resource);
        let problems = product.problems.into_iter();
        let groups = groups.into_iter().map(|group| GroupRefBody {
            id: group.id.to_scim(),
            display_name: group.display_name,
            direct: group.direct,
        });
        Self {
            id: user.id.to_scim(),
            user_name: user.resource.user_name().map(str::to_owned),
            external_id: user.resource.external_id().map(str::to_owned),
            active: user.resource.active(),
            resource: user.resource.shown(kind),
            unmapped: user.resource.unmapped().clone(),
            groups: groups.collect(),
            role: role.role.into(),
            role_source: role.source,
            attributes: product.values,
            attribute_problems: problems
                .map(|(name, problem)| (name, Value::from(problem)))
                .collect(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            version: user.version,
        }
    }
}

/// The roles of some users.
pub(super) struct Roles {
    given: HashMap<UserId, UserRole>,
    default: RoleName,
}

impl Roles {
    pub(super) async fn of(
        org: &OrgHandle,
        connection: &ConnectionHandle,
        ids: &[UserId],
    ) -> Result<Self, Problem> {
        Ok(Self {
            given: connection.roles_of(ids).await?,
            default: org.policy().await?.policy.default_role,
        })
    }

    pub(super) fn take(&mut self, id: UserId) -> UserRole {
        self.given.remove(&id).unwrap_or_else(|| UserRole {
            role: self.default.clone(),
            source: RoleSource::Default,
            group: None,
        })
    }
}

/// A group that an identity provider pushed, without its members: users name their groups.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub(super) struct GroupBody {
    /// The SCIM id: a plain UUID.
    id: String,
    /// `displayName`.
    #[schema(required = true)]
    display_name: Option<String>,
    /// `externalId`.
    #[schema(required = true)]
    external_id: Option<String>,
    /// The attributes as SCIM spells them, without `id`, `meta` and `members`.
    #[schema(value_type = Object)]
    resource: Map<String, Value>,
    /// What was sent beside them and no schema of the connection knows.
    #[schema(value_type = Object)]
    unmapped: Map<String, Value>,
    /// The ids of members that do not exist yet, as the identity provider sent them. Each becomes
    /// a member when it arrives.
    parked_members: Vec<String>,
    /// When it was provisioned.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed, its members too.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Grows by one with each change, of its members too.
    version: u64,
}

impl GroupBody {
    pub(super) fn new(kind: &ResourceType, group: Group, parked_members: Vec<String>) -> Self {
        Self {
            id: group.id.to_scim(),
            display_name: group.resource.display_name().map(str::to_owned),
            external_id: group.resource.external_id().map(str::to_owned),
            resource: group.resource.shown(kind),
            unmapped: group.resource.unmapped().clone(),
            parked_members,
            created_at: group.created_at,
            updated_at: group.updated_at,
            version: group.version,
        }
    }
}

/// Which users are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UsersQuery {
    /// At most this many items; 50 if it is not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>, minimum = 1)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before; from the start of the list if it is not given.
    after: Option<String>,
    /// Only the user of this `userName`.
    user_name: Option<String>,
    /// Only the user of this SCIM id.
    id: Option<String>,
}

/// Which groups are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct GroupsQuery {
    /// At most this many items; 50 if it is not given.
    #[serde(default, deserialize_with = "from_text")]
    #[param(value_type = Option<u64>, minimum = 1)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before; from the start of the list if it is not given.
    after: Option<String>,
    /// Only groups of this `displayName`; there is no next page of them.
    display_name: Option<String>,
}

/// What equals a text, in a filter of SCIM.
fn equals(
    kind: &ResourceType,
    attribute: &str,
    text: &str,
    limit: u64,
) -> Result<DirectoryQuery, StoreError> {
    let wanted = filter::parse(&format!("{attribute} eq {}", Value::from(text)), kind)?;
    Ok(DirectoryQuery {
        filter: Some(filter::check(kind, wanted)?),
        limit,
        ..DirectoryQuery::default()
    })
}

/// A page of those users that are wanted.
async fn users(
    caller: &Caller,
    connection: &ConnectionHandle,
    query: UsersQuery,
) -> Result<Page<User, UserId>, Problem> {
    let max_page = caller.app.settings.limits.max_page;
    let one = |found: Option<User>| Page {
        items: Vec::from_iter(found),
        next: None,
    };
    match (query.user_name, query.id) {
        (None, None) => {
            let page = query::page(query.limit, query.after.as_deref(), max_page)?;
            Ok(connection.list_users(page).await?)
        }
        (Some(name), None) => {
            let query = equals(connection.catalog().user(), "userName", &name, 1)?;
            let found = connection.search_users(&query).await?;
            Ok(one(found.items.into_iter().next()))
        }
        (None, Some(id)) => Ok(one(match UserId::from_scim(&id) {
            Some(id) => connection.find_user(id).await?,
            None => None,
        })),
        (Some(_), Some(_)) => {
            let detail = "`id` and `user_name` cannot be given together";
            Err(Problem::invalid("id", detail))
        }
    }
}

/// A page of those groups that are wanted.
async fn groups(
    caller: &Caller,
    connection: &ConnectionHandle,
    query: GroupsQuery,
) -> Result<Page<Group, GroupId>, Problem> {
    let max_page = caller.app.settings.limits.max_page;
    let Some(name) = query.display_name else {
        let page = query::page(query.limit, query.after.as_deref(), max_page)?;
        return Ok(connection.list_groups(page).await?);
    };
    let limit = query::limit(query.limit, max_page)?;
    let query = equals(connection.catalog().group(), "displayName", &name, limit)?;
    Ok(Page {
        items: connection.search_groups(&query).await?.items,
        next: None,
    })
}

/// List users
///
/// What the identity provider pushed, in the order it did.
#[utoipa::path(
    tag = "Directory",
    params(UsersQuery),
    responses((status = 200, description = "A page", body = ListBody<UserBody>)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/users")]
async fn list_users(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (org, connection) = caller.connection(&org, &scim).await?;
    let page = users(&caller, &connection, query::read(&req)?).await?;
    let ids: Vec<_> = page.items.iter().map(|user| user.id).collect();
    let mut groups = connection.groups_of(&ids).await?;
    let mut roles = Roles::of(&org, &connection, &ids).await?;
    answer::page(page, |user| {
        let groups = groups.remove(&user.id).unwrap_or_default();
        let role = roles.take(user.id);
        UserBody::new(&connection, user, groups, role)
    })
}

/// List groups
///
/// What the identity provider pushed, in the order it did, without members.
#[utoipa::path(
    tag = "Directory",
    params(GroupsQuery),
    responses((status = 200, description = "A page", body = ListBody<GroupBody>)),
)]
#[get("/organizations/{org}/scim-connections/{scim}/groups")]
async fn list_groups(
    caller: Caller,
    path: Path<(String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (org, scim) = path.into_inner();
    let (_, connection) = caller.connection(&org, &scim).await?;
    let page = groups(&caller, &connection, query::read(&req)?).await?;
    let ids: Vec<_> = page.items.iter().map(|group| group.id).collect();
    let mut parked = connection.parked_members_of(&ids).await?;
    answer::page(page, |group| {
        let parked_members = parked.remove(&group.id).unwrap_or_default();
        GroupBody::new(connection.catalog().group(), group, parked_members)
    })
}
