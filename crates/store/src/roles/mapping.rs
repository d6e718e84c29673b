//! Groups that give their direct members a role.
//!
//! The mapping stands in the group's row and so follows its id: renaming the group changes nothing,
//! deleting it takes the mapping along into the tombstone, and a group that comes back gives what
//! it gave. Setting one looks at every direct member, in rounds.

use std::collections::BTreeMap;

use rollcall_model::{
    EventType, GroupId, OrgId, Page, PageRequest, RoleMapping, RoleName, ScimConnectionId, UserId,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::entity::{group_members, groups};
use crate::error::StoreError;
use crate::groups::Group;
use crate::handle::{DirectoryTx, OrgHandle, OrgTx};

/// A group that gives a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedGroup {
    /// The SCIM connection that it is of.
    pub connection_id: ScimConnectionId,
    /// The group.
    pub group_id: GroupId,
    /// Its `displayName`.
    pub display_name: String,
    /// What it gives.
    pub mapping: RoleMapping,
    /// How many users are directly in it.
    pub members: u64,
}

/// The mapping in a row of a group or of its tombstone.
pub(crate) fn read_mapping(
    role: Option<String>,
    precedence: Option<i64>,
    row: Uuid,
) -> Result<Option<RoleMapping>, StoreError> {
    let corrupt = |reason: String| StoreError::corrupt("groups", row, reason);
    let Some(role) = role else { return Ok(None) };
    let precedence = u32::try_from(precedence.unwrap_or_default());
    Ok(Some(RoleMapping {
        role: role
            .parse()
            .map_err(|reason: rollcall_model::BadRoleName| corrupt(reason.to_string()))?,
        precedence: precedence.map_err(|reason| corrupt(reason.to_string()))?,
    }))
}

fn told(mapping: Option<&RoleMapping>) -> Value {
    mapping.map_or(
        Value::Null,
        |it| json!({ "role": it.role, "precedence": it.precedence }),
    )
}

impl DirectoryTx {
    /// Has a locked group give another role, or none; whether it is a role of the policy is for the
    /// caller to find out. Equal mappings make no event.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn save_role_mapping(
        &mut self,
        before: &Group,
        after: Option<RoleMapping>,
    ) -> Result<(), StoreError> {
        if before.role_mapping == after {
            return Ok(());
        }
        use groups::Column;
        let (role, precedence) = columns(after.as_ref());
        groups::Entity::update_many()
            .col_expr(Column::Role, Expr::value(role))
            .col_expr(Column::RolePrecedence, Expr::value(precedence))
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::Id.eq(before.id.as_uuid()))
            .exec(self.connection())
            .await?;
        self.tell_role_mapping(before.id, before.role_mapping.as_ref(), after.as_ref());
        self.touch_members_of(before.id).await
    }

    /// Tells that a group gives another role than before, or none any more.
    pub(crate) fn tell_role_mapping(
        &mut self,
        id: GroupId,
        before: Option<&RoleMapping>,
        after: Option<&RoleMapping>,
    ) {
        let connection_id = self.connection_id;
        let mut data = json!({ "before": told(before), "after": told(after) });
        let detail = Some(data.clone());
        data["group"] = json!({ "id": id.to_scim() });
        let kind = EventType::GroupRoleMappingChanged;
        let connection = Some(connection_id);
        self.org
            .outbox
            .push_with(kind, connection, id, data, detail);
    }

    /// Has the roles of everybody settled who is directly in a locked group.
    async fn touch_members_of(&mut self, id: GroupId) -> Result<(), StoreError> {
        use group_members::{Column, Entity};
        let users: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::UserId)
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::GroupId.eq(id.as_uuid()))
            .into_tuple()
            .all(self.connection())
            .await?;
        self.roles.touch(users.into_iter().map(UserId::from_uuid));
        Ok(())
    }

    /// The same for a group that is about to be deleted, if it gives a role.
    pub(crate) async fn touch_members_of_mapped(&mut self, id: GroupId) -> Result<(), StoreError> {
        let mapped: Option<Uuid> = groups::Entity::find()
            .select_only()
            .column(groups::Column::Id)
            .filter(groups::Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(groups::Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(groups::Column::Id.eq(id.as_uuid()))
            .filter(groups::Column::Role.is_not_null())
            .lock_exclusive()
            .into_tuple()
            .one(self.connection())
            .await?;
        match mapped {
            Some(_) => self.touch_members_of(id).await,
            None => Ok(()),
        }
    }

    /// The mapping that a group comes back with: none if its role has gone meanwhile.
    pub(crate) async fn mapping_still_valid(
        &mut self,
        mapping: Option<RoleMapping>,
    ) -> Result<Option<RoleMapping>, StoreError> {
        let Some(mapping) = mapping else {
            return Ok(None);
        };
        let policy = self.policy_for_roles().await?;
        Ok(policy.roles.contains(&mapping.role).then_some(mapping))
    }
}

/// A mapping as its two columns.
pub(crate) fn columns(mapping: Option<&RoleMapping>) -> (Option<String>, Option<i64>) {
    let role = mapping.map(|mapping| mapping.role.as_str().to_owned());
    (role, mapping.map(|mapping| i64::from(mapping.precedence)))
}

impl OrgHandle {
    /// Lists the groups that give a role, over all SCIM connections, in the order of their ids.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_role_mappings(
        &self,
        page: PageRequest<GroupId>,
    ) -> Result<Page<MappedGroup, GroupId>, StoreError> {
        use groups::Column;
        let mut query = groups::Entity::find()
            .filter(Column::OrgId.eq(self.org_id().as_uuid()))
            .filter(Column::Role.is_not_null());
        if let Some(after) = page.after {
            query = query.filter(Column::Id.gt(after.as_uuid()));
        }
        let rows = query
            .order_by_asc(Column::Id)
            .limit(page.limit + 1)
            .all(&self.store.db)
            .await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let connection_id = ScimConnectionId::from_uuid(row.scim_connection_id);
            let members = self.count_users_in(connection_id, row.id).await?;
            if let Some(mapping) = read_mapping(row.role, row.role_precedence, row.id)? {
                items.push(MappedGroup {
                    connection_id,
                    group_id: GroupId::from_uuid(row.id),
                    display_name: row.display_name,
                    mapping,
                    members,
                });
            }
        }
        Ok(Page::from_one_more(items, page.limit, |item| item.group_id))
    }

    async fn count_users_in(
        &self,
        connection_id: ScimConnectionId,
        group_id: Uuid,
    ) -> Result<u64, StoreError> {
        use group_members::{Column, Entity};
        use sea_orm::PaginatorTrait;
        Ok(Entity::find()
            .filter(Column::OrgId.eq(self.org_id().as_uuid()))
            .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
            .filter(Column::GroupId.eq(group_id))
            .count(&self.store.db)
            .await?)
    }
}

/// Every role that something gives, with how many users and groups have it: as a user's role, in a
/// grant that another one hides, or in the mapping of a group.
async fn roles_in_use(
    db: &impl ConnectionTrait,
    org_id: OrgId,
) -> Result<BTreeMap<RoleName, u64>, StoreError> {
    const IN_USE: &str = "
        select role, count(*) as uses from (
            select role from user_roles where org_id = $1
            union all
            select attribute_role from user_roles
            where org_id = $1 and attribute_role is not null and attribute_role <> role
            union all
            select manual_role from user_roles
            where org_id = $1 and manual_role is not null and manual_role <> role
            union all
            select role from groups where org_id = $1 and role is not null
        ) as given
        group by role";
    let values = [org_id.as_uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), IN_USE, values);
    let mut in_use = BTreeMap::new();
    for row in db.query_all_raw(statement).await? {
        let role: String = row.try_get("", "role")?;
        let role = role
            .parse()
            .map_err(|reason| StoreError::corrupt("user_roles", &role, reason))?;
        let uses: i64 = row.try_get("", "uses")?;
        in_use.insert(role, u64::try_from(uses).unwrap_or_default());
    }
    Ok(in_use)
}

impl OrgHandle {
    /// Every role that something gives, with how many users and groups have it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn roles_in_use(&self) -> Result<BTreeMap<RoleName, u64>, StoreError> {
        roles_in_use(&self.store.db, self.org_id()).await
    }
}

impl OrgTx {
    /// The same, as this transaction sees it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn roles_in_use(&self) -> Result<BTreeMap<RoleName, u64>, StoreError> {
        roles_in_use(self.connection(), self.org_id).await
    }
}
