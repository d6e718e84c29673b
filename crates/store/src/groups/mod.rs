//! Groups of one SCIM connection. Members are rows of their own, in `members`.

mod insert;
mod save;

use std::collections::HashMap;

use rollcall_model::{GroupId, OrgId, Page, PageRequest, RoleMapping, ScimConnectionId, Timestamp};
use rollcall_scim::{Resource, ResourceType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryFilter,
    Select, Statement,
};
use serde_json::{Value, json};

use crate::changes::changes;
use crate::dialect::{self, Hold, LookUp};
use crate::entity::groups::{Column, Entity, Model};
use crate::error::StoreError;
use crate::filter_sql::Table;
use crate::handle::ConnectionHandle;
use crate::members::Scope;
use crate::paging;
use crate::roles::read_mapping;
use crate::search::{self, DirectoryQuery, Listing, RowView, Searched};

pub use insert::NewGroup;
pub(crate) use save::version_column;

/// A group as it is stored, without its members.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Grows by one with each change, of members too; the opaque part of the ETag.
    pub version: u64,
    /// When it was provisioned, in whole milliseconds.
    pub created_at: Timestamp,
    /// When it was last changed, in whole milliseconds; grows with each change.
    pub updated_at: Timestamp,
    /// Its attributes, without `members`.
    pub resource: Resource,
    /// The role that it gives to its direct members, if it gives one.
    pub role_mapping: Option<RoleMapping>,
}

/// Every query on the table starts here.
pub(crate) fn of(org_id: OrgId, connection_id: ScimConnectionId) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrgId.eq(org_id.as_uuid()))
        .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
}

impl search::Row for Model {
    fn view(&self) -> RowView<'_> {
        RowView {
            id: GroupId::from_uuid(self.id).into(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
            user_name_key: None,
            external_id: self.external_id.as_deref(),
            display_name_key: Some(&self.display_name_key),
            search: &self.search,
        }
    }
}

impl TryFrom<Model> for Group {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let corrupt = |reason: String| StoreError::corrupt("groups", row.id, reason);
        Ok(Self {
            id: GroupId::from_uuid(row.id),
            version: u64::try_from(row.version).map_err(|reason| corrupt(reason.to_string()))?,
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
            resource: Resource::from_stored(&row.body)
                .and_then(|stored| stored.with_stored_unmapped(row.unmapped.as_deref()))
                .map_err(|reason| corrupt(reason.to_string()))?,
            role_mapping: read_mapping(row.role, row.role_precedence, row.id)?,
        })
    }
}

/// What events tell of a group: its attributes as they are now, with its id.
pub(crate) fn told(kind: &ResourceType, id: GroupId, resource: &Resource) -> Value {
    let mut group = resource.told(kind);
    group.shift_insert(0, "id".to_owned(), Value::from(id.to_scim()));
    json!({ "group": group })
}

/// What events tell of a group whose attributes changed: how they are now, and what is not as before.
fn told_change(kind: &ResourceType, id: GroupId, before: &Resource, after: &Resource) -> Value {
    let before = told(kind, id, before);
    let mut told = told(kind, id, after);
    told["changes"] = changes(&before["group"], &told["group"]);
    told
}

/// What events tell of a group that something else happened to.
pub(crate) fn named(group: &Group) -> Value {
    json!({ "id": group.id.to_scim(), "displayName": group.resource.display_name() })
}

/// What events tell of a group that is gone: what a product may know it by.
fn told_gone(group: &Group) -> Value {
    let mut told = named(group);
    told["externalId"] = group.resource.external_id().into();
    json!({ "group": told })
}

/// Those of some groups that are there.
pub(crate) async fn find_by_ids(
    db: &impl ConnectionTrait,
    scope: Scope,
    ids: &[GroupId],
) -> Result<HashMap<GroupId, Group>, StoreError> {
    let backend = db.get_database_backend();
    let columns: Vec<_> = Column::iter()
        .map(|column| format!("t.{0} as {0}", column.as_str()))
        .collect();
    let look_up = LookUp {
        table: "groups",
        columns: &columns.join(", "),
        parameter: "$3",
        hold: Hold::Nothing,
    };
    let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
    let values: [sea_orm::Value; 3] = [
        scope.org_id.as_uuid().into(),
        scope.connection_id.as_uuid().into(),
        dialect::id_set(&ids).into(),
    ];
    let statement = Statement::from_sql_and_values(backend, look_up.sql(backend), values);
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.query_all_raw(statement).await? {
        let group = Group::try_from(Model::from_query_result(&row, "")?)?;
        found.insert(group.id, group);
    }
    Ok(found)
}

impl ConnectionHandle {
    /// One group; `None` also if it belongs to another connection or organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_group(&self, id: GroupId) -> Result<Option<Group>, StoreError> {
        let row = of(self.org_id, self.connection_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .one(&self.store.db)
            .await?;
        row.map(Group::try_from).transpose()
    }

    /// Looks groups up, or reads a page of them.
    ///
    /// # Errors
    ///
    /// The query asks for what is not stored ([`StoreError::Filter`]).
    pub async fn search_groups(
        &self,
        query: &DirectoryQuery,
    ) -> Result<Listing<Group>, StoreError> {
        search::page(self, self.searched_groups(), query).await
    }

    /// Every group, to be searched.
    pub(crate) fn searched_groups(&self) -> Searched<'_, Entity> {
        Searched {
            everything: of(self.org_id, self.connection_id),
            id: Column::Id,
            target: self.filter_target(Table::Groups),
        }
    }

    /// Lists groups by cursor, for the management API.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_groups(
        &self,
        page: PageRequest<GroupId>,
    ) -> Result<Page<Group, GroupId>, StoreError> {
        paging::page(
            &self.store.db,
            of(self.org_id, self.connection_id),
            Column::Id,
            page,
            (GroupId::as_uuid, |group: &Group| group.id),
        )
        .await
    }
}
