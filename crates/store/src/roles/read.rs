//! Reading what gives users their roles, for a set of them at once.

use std::collections::HashMap;

use rollcall_model::{GroupId, RoleMapping, RoleName, RoleSource, UserId, UserRole};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement, Value};
use uuid::Uuid;

use super::explain::GroupGrant;
use super::mapping::read_mapping;
use crate::dialect;
use crate::entity::user_roles::Model;
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, OrgHandle};
use crate::members::Scope;

/// The name of a role in a row.
pub(super) fn role(stored: &str, row: Uuid) -> Result<RoleName, StoreError> {
    let corrupt = |reason| StoreError::corrupt("user_roles", row, reason);
    stored.parse().map_err(corrupt)
}

/// The role that a row says.
pub(super) fn user_role(row: &Model) -> Result<UserRole, StoreError> {
    let source = RoleSource::from_name(&row.source).ok_or_else(|| {
        StoreError::corrupt(
            "user_roles",
            row.user_id,
            "the source is none that is known",
        )
    })?;
    Ok(UserRole {
        role: role(&row.role, row.user_id)?,
        source,
        group: row.source_group_id.map(GroupId::from_uuid),
    })
}

fn statement(db: &impl ConnectionTrait, scope: Scope, sql: String, users: &[UserId]) -> Statement {
    let ids: Vec<Uuid> = users.iter().map(|id| id.as_uuid()).collect();
    let values: [Value; 3] = [
        scope.org_id.as_uuid().into(),
        scope.connection_id.as_uuid().into(),
        dialect::id_set(&ids).into(),
    ];
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}

/// The rows of those users who were given a role.
pub(super) async fn rows(
    db: &impl ConnectionTrait,
    scope: Scope,
    users: &[UserId],
) -> Result<HashMap<UserId, Model>, StoreError> {
    let backend = db.get_database_backend();
    let key = "r.org_id = $1 and r.scim_connection_id = $2 and r.user_id = wanted.id";
    let sql = format!(
        "select r.* from {} {}",
        dialect::wanted(backend, "$3"),
        dialect::look_up_each(backend, "user_roles", "r", key),
    );
    let found = db.query_all_raw(statement(db, scope, sql, users)).await?;
    found
        .iter()
        .map(|row| {
            let row = Model::from_query_result(row, "")?;
            Ok((UserId::from_uuid(row.user_id), row))
        })
        .collect()
}

/// The groups that give a role to their members, for each user that is directly in one, those that
/// decide first.
pub(super) async fn group_grants(
    db: &impl ConnectionTrait,
    scope: Scope,
    users: &[UserId],
) -> Result<HashMap<UserId, Vec<GroupGrant>>, StoreError> {
    let backend = db.get_database_backend();
    let membership = "m.org_id = $1 and m.scim_connection_id = $2 and m.user_id = wanted.id";
    let mapped = "g.org_id = $1 and g.scim_connection_id = $2 and g.id = m.group_id
        and g.role is not null";
    let sql = format!(
        "select m.user_id as user_id, g.id as id, g.display_name as display_name, g.role as role,
            g.role_precedence as role_precedence
         from {} {} {}",
        dialect::wanted(backend, "$3"),
        dialect::look_up_each(backend, "group_members", "m", membership),
        dialect::look_up_each(backend, "groups", "g", mapped),
    );
    let mut grants: HashMap<UserId, Vec<GroupGrant>> = HashMap::new();
    for row in db.query_all_raw(statement(db, scope, sql, users)).await? {
        let id: Uuid = row.try_get("", "id")?;
        let (role, precedence) = (
            row.try_get::<Option<String>>("", "role")?,
            row.try_get::<Option<i64>>("", "role_precedence")?,
        );
        let Some(mapping) = read_mapping(role, precedence, id)? else {
            continue;
        };
        let user_id = UserId::from_uuid(row.try_get("", "user_id")?);
        grants.entry(user_id).or_default().push(GroupGrant {
            group_id: GroupId::from_uuid(id),
            display_name: row.try_get("", "display_name")?,
            mapping,
        });
    }
    for grants in grants.values_mut() {
        grants.sort_by_key(order);
    }
    Ok(grants)
}

/// Of several groups, the first in this order gives the role.
fn order(grant: &GroupGrant) -> (u32, GroupId) {
    let RoleMapping { precedence, .. } = grant.mapping;
    (precedence, grant.group_id)
}

/// The role that a user was given; `None` if it has the default one.
pub(crate) async fn role_of(
    db: &impl ConnectionTrait,
    scope: Scope,
    user: UserId,
) -> Result<Option<UserRole>, StoreError> {
    let row = rows(db, scope, &[user]).await?.remove(&user);
    row.as_ref().map(user_role).transpose()
}

/// See [`ConnectionHandle::roles_of`].
pub(crate) async fn roles_of(
    db: &impl ConnectionTrait,
    scope: Scope,
    users: &[UserId],
) -> Result<HashMap<UserId, UserRole>, StoreError> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = rows(db, scope, users).await?;
    let roles = rows.iter().map(|(id, row)| Ok((*id, user_role(row)?)));
    roles.collect()
}

impl ConnectionHandle {
    /// The roles of those of some users who were given one. Whoever is absent has the default role
    /// of the policy.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn roles_of(
        &self,
        users: &[UserId],
    ) -> Result<HashMap<UserId, UserRole>, StoreError> {
        roles_of(&self.store.db, self.scope(), users).await
    }
}

impl OrgHandle {
    /// How many users have the default role of the policy, and the first of them with their
    /// `userName`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn users_with_default_role(
        &self,
        limit: u64,
    ) -> Result<(u64, Vec<(UserId, Option<String>)>), StoreError> {
        const COUNT: &str = "
            select (select cast(coalesce(sum(users), 0) as bigint) from directory_counts
                where org_id = $1) - (select count(*) from user_roles where org_id = $1) as number";
        let db = &self.store.db;
        let backend = db.get_database_backend();
        let org_id: Value = self.org_id().as_uuid().into();
        let count = Statement::from_sql_and_values(backend, COUNT, [org_id.clone()]);
        let counted = db.query_one_raw(count).await?;
        let number: i64 = match counted {
            Some(row) => row.try_get("", "number")?,
            None => 0,
        };
        let name = dialect::text_in(backend, "u.body", "userName");
        let first = format!(
            "select u.id as id, {name} as name from users u
             where u.org_id = $1 and not exists (
                select 1 from user_roles r where r.org_id = u.org_id
                    and r.scim_connection_id = u.scim_connection_id and r.user_id = u.id)
             order by u.org_id, u.scim_connection_id, u.id limit {limit}"
        );
        let first = Statement::from_sql_and_values(backend, first, [org_id]);
        let rows = db.query_all_raw(first).await?;
        let user = |row: &QueryResult| {
            Ok::<_, StoreError>((
                UserId::from_uuid(row.try_get("", "id")?),
                row.try_get("", "name")?,
            ))
        };
        let first = rows.iter().map(user).collect::<Result<_, _>>()?;
        Ok((u64::try_from(number).unwrap_or(0), first))
    }
}
