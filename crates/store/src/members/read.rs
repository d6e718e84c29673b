//! Reading memberships, from either end.

use std::collections::HashMap;

use rollcall_model::{GroupId, OrgId, ScimConnectionId, UserId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use uuid::Uuid;

use super::{MemberId, MemberKind};
use crate::dialect;
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, DirectoryTx};

/// How many steps up from a user `groups` shows, the direct membership being the first. Filters
/// on `groups` go as far.
pub(crate) const MAX_NESTING: u8 = 10;

/// A group that a user is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRef {
    /// Its id.
    pub id: GroupId,
    /// Its `displayName`.
    pub display_name: String,
    /// Whether the user itself is a member, and not only a group that it is in.
    pub direct: bool,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRef {
    /// Who it is.
    pub id: MemberId,
    /// `displayName`, or `userName` for a user without.
    pub display: Option<String>,
}

/// Whose memberships a query reads.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    pub(crate) org_id: OrgId,
    pub(crate) connection_id: ScimConnectionId,
}

impl Scope {
    /// A statement over some ids: `$1` and `$2` are the tenant, `$3` is the set.
    fn statement(self, db: &impl ConnectionTrait, sql: &str, ids: &[Uuid]) -> Statement {
        let values: [Value; 3] = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            dialect::id_set(ids).into(),
        ];
        Statement::from_sql_and_values(db.get_database_backend(), sql, values)
    }
}

/// What a member is called, of a row of `users` that has this name in a query.
pub(crate) fn display_of_user(backend: DbBackend, row: &str) -> String {
    let body = format!("{row}.body");
    let display_name = dialect::text_in(backend, &body, "displayName");
    let user_name = dialect::text_in(backend, &body, "userName");
    format!("coalesce(nullif({display_name}, ''), {user_name})")
}

pub(crate) async fn members_of(
    db: &impl ConnectionTrait,
    scope: Scope,
    group_ids: &[GroupId],
) -> Result<HashMap<GroupId, Vec<MemberRef>>, StoreError> {
    let mut members: HashMap<GroupId, Vec<MemberRef>> = HashMap::new();
    if group_ids.is_empty() {
        return Ok(members);
    }
    let backend = db.get_database_backend();
    let ids: Vec<Uuid> = group_ids.iter().map(|id| id.as_uuid()).collect();
    let wanted = dialect::wanted(backend, "$3");
    let look_up = |table, t, condition| dialect::look_up_each(backend, table, t, condition);
    let users = format!(
        "select m.group_id as group_id, m.user_id as member, {display} as display
         from {wanted} {memberships} {users}
         order by m.group_id, m.user_id",
        display = display_of_user(backend, "u"),
        memberships = look_up(
            "group_members",
            "m",
            "m.org_id = $1 and m.scim_connection_id = $2 and m.group_id = wanted.id"
        ),
        users = look_up(
            "users",
            "u",
            "u.org_id = $1 and u.scim_connection_id = $2 and u.id = m.user_id"
        ),
    );
    let groups = format!(
        "select m.group_id as group_id, m.member_id as member, g.display_name as display
         from {wanted} {memberships} {groups}
         order by m.group_id, m.member_id",
        memberships = look_up(
            "group_groups",
            "m",
            "m.org_id = $1 and m.scim_connection_id = $2 and m.group_id = wanted.id"
        ),
        groups = look_up(
            "groups",
            "g",
            "g.org_id = $1 and g.scim_connection_id = $2 and g.id = m.member_id"
        ),
    );
    for (sql, kind) in [(users, MemberKind::User), (groups, MemberKind::Group)] {
        for row in db.query_all_raw(scope.statement(db, &sql, &ids)).await? {
            members
                .entry(GroupId::from_uuid(row.try_get("", "group_id")?))
                .or_default()
                .push(MemberRef {
                    id: MemberId::of(kind, row.try_get("", "member")?),
                    display: row.try_get("", "display")?,
                });
        }
    }
    Ok(members)
}

/// Direct and indirect groups of some users, in one query. A row is made once for each length of
/// way, so a circle of groups ends at the longest way there is.
fn groups_of_sql(backend: DbBackend) -> String {
    let look_up = |table, t, condition| dialect::look_up_each(backend, table, t, condition);
    format!(
        "with recursive reached (user_id, group_id, steps) as (
            select m.user_id, m.group_id, 1 from {wanted} {memberships}
            union
            select reached.user_id, up.group_id, reached.steps + 1
            from reached {above}
            where reached.steps < {MAX_NESTING}
        )
        select reached.user_id as user_id, g.id as id, g.display_name as display_name,
            min(reached.steps) as steps
        from reached {groups}
        group by reached.user_id, g.id, g.display_name
        order by reached.user_id, g.id",
        wanted = dialect::wanted(backend, "$3"),
        memberships = look_up(
            "group_members",
            "m",
            "m.org_id = $1 and m.scim_connection_id = $2 and m.user_id = wanted.id"
        ),
        above = look_up(
            "group_groups",
            "up",
            "up.org_id = $1 and up.scim_connection_id = $2 and up.member_id = reached.group_id"
        ),
        groups = look_up(
            "groups",
            "g",
            "g.org_id = $1 and g.scim_connection_id = $2 and g.id = reached.group_id"
        ),
    )
}

fn read_group(row: &QueryResult) -> Result<(UserId, GroupRef), StoreError> {
    let group = GroupRef {
        id: GroupId::from_uuid(row.try_get("", "id")?),
        display_name: row.try_get("", "display_name")?,
        direct: row.try_get::<i32>("", "steps")? == 1,
    };
    Ok((UserId::from_uuid(row.try_get("", "user_id")?), group))
}

async fn groups_of(
    db: &impl ConnectionTrait,
    scope: Scope,
    user_ids: &[UserId],
) -> Result<HashMap<UserId, Vec<GroupRef>>, StoreError> {
    let mut found: HashMap<UserId, Vec<GroupRef>> = HashMap::new();
    if user_ids.is_empty() {
        return Ok(found);
    }
    let ids: Vec<Uuid> = user_ids.iter().map(|id| id.as_uuid()).collect();
    let sql = groups_of_sql(db.get_database_backend());
    for row in db.query_all_raw(scope.statement(db, &sql, &ids)).await? {
        let (user_id, group) = read_group(&row)?;
        found.entry(user_id).or_default().push(group);
    }
    Ok(found)
}

impl ConnectionHandle {
    pub(crate) const fn scope(&self) -> Scope {
        Scope {
            org_id: self.org_id,
            connection_id: self.connection_id,
        }
    }

    /// The members of some groups, users before groups, each in the order of their ids; a group
    /// without any is absent.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn members_of(
        &self,
        group_ids: &[GroupId],
    ) -> Result<HashMap<GroupId, Vec<MemberRef>>, StoreError> {
        members_of(&self.store.db, self.scope(), group_ids).await
    }

    /// How many users some groups have as members, without reading them; a group without any is
    /// absent. Groups in groups are few and not counted.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn count_members_of(
        &self,
        group_ids: &[GroupId],
    ) -> Result<HashMap<GroupId, u64>, StoreError> {
        let db = &self.store.db;
        let ids: Vec<Uuid> = group_ids.iter().map(|id| id.as_uuid()).collect();
        let sql = format!(
            "select wanted.id as group_id, (
                select count(*) from group_members m
                where m.org_id = $1 and m.scim_connection_id = $2 and m.group_id = wanted.id
             ) as members
             from {}",
            dialect::wanted(db.get_database_backend(), "$3")
        );
        let mut counts = HashMap::new();
        for row in db
            .query_all_raw(self.scope().statement(db, &sql, &ids))
            .await?
        {
            let members = row.try_get::<i64>("", "members")?;
            if let Some(members) = u64::try_from(members).ok().filter(|members| *members > 0) {
                counts.insert(GroupId::from_uuid(row.try_get("", "group_id")?), members);
            }
        }
        Ok(counts)
    }

    /// The groups of some users, direct and indirect; a user without any is absent.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn groups_of(
        &self,
        user_ids: &[UserId],
    ) -> Result<HashMap<UserId, Vec<GroupRef>>, StoreError> {
        groups_of(&self.store.db, self.scope(), user_ids).await
    }
}

impl DirectoryTx {
    pub(crate) fn scope(&self) -> Scope {
        Scope {
            org_id: self.org_id,
            connection_id: self.connection_id,
        }
    }

    /// The groups of a user, as this transaction leaves them.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn groups_of_user(&self, id: UserId) -> Result<Vec<GroupRef>, StoreError> {
        let mut groups = groups_of(self.connection(), self.scope(), &[id]).await?;
        Ok(groups.remove(&id).unwrap_or_default())
    }

    /// The members of a group, as this transaction leaves them.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn members_of_group(&self, id: GroupId) -> Result<Vec<MemberRef>, StoreError> {
        let mut members = members_of(self.connection(), self.scope(), &[id]).await?;
        Ok(members.remove(&id).unwrap_or_default())
    }
}
