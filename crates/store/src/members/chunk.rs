//! Reading the members of a group a chunk at a time, each from where the last one ended.

use rollcall_model::GroupId;
use sea_orm::{
    ConnectionTrait, DbBackend, FromQueryResult, IdenStatic, Iterable, Statement, Value,
};
use uuid::Uuid;

use super::{MemberId, MemberKind, MemberRef, Scope, display_of_user};
use crate::dialect;
use crate::entity::groups::{Column, Model};
use crate::error::StoreError;
use crate::groups::Group;
use crate::handle::ConnectionHandle;

/// A group with the members that come first in it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupAndMembers {
    /// The group.
    pub group: Group,
    /// Users before groups, each in the order of their ids.
    pub members: Vec<MemberRef>,
    /// Whether these are all.
    pub whole: bool,
}

/// Members of one kind of the group `$3`, in the order of their ids, as `member` and `display`.
fn members_sql(backend: DbBackend, kind: MemberKind, after: &str, limit: &str) -> String {
    let (memberships, member, table, display) = match kind {
        MemberKind::User => {
            let display = display_of_user(backend, "t");
            ("group_members", "user_id", "users", display)
        }
        MemberKind::Group => {
            let display = "t.display_name".to_owned();
            ("group_groups", "member_id", "groups", display)
        }
    };
    let of = dialect::look_up_each(
        backend,
        table,
        "t",
        "t.org_id = $1 and t.scim_connection_id = $2 and t.id = m.member",
    );
    format!(
        "select m.member as member, {display} as display
         from (
            select {member} as member from {memberships}
            where org_id = $1 and scim_connection_id = $2 and group_id = $3 {after}
            order by {member} limit {limit}
         ) m {of}"
    )
}

/// See [`Snapshot::list_members_after`](crate::Snapshot::list_members_after).
pub(crate) async fn list_after(
    db: &impl ConnectionTrait,
    scope: Scope,
    group_id: GroupId,
    after: Option<MemberId>,
    limit: usize,
) -> Result<Vec<MemberRef>, StoreError> {
    let backend = db.get_database_backend();
    let mut members = Vec::new();
    for kind in [MemberKind::User, MemberKind::Group] {
        // Users come first, so a place among the groups has all of them behind it.
        let after = match after {
            None => None,
            Some(last) if last.kind() == kind => Some(last),
            Some(_) if kind == MemberKind::User => continue,
            Some(_) => None,
        };
        let room = limit.saturating_sub(members.len());
        if room == 0 {
            break;
        }
        let mut values: Vec<Value> = vec![
            scope.org_id.as_uuid().into(),
            scope.connection_id.as_uuid().into(),
            group_id.as_uuid().into(),
            i64::try_from(room).unwrap_or(i64::MAX).into(),
        ];
        let begins = match after {
            None => "",
            Some(last) => {
                values.push(last.as_uuid().into());
                match kind {
                    MemberKind::User => "and user_id > $5",
                    MemberKind::Group => "and member_id > $5",
                }
            }
        };
        let sql = members_sql(backend, kind, begins, "$4");
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let first = members.len();
        for row in db.query_all_raw(statement).await? {
            members.push(MemberRef {
                id: MemberId::of(kind, row.try_get("", "member")?),
                display: row.try_get("", "display")?,
            });
        }
        members[first..].sort_by_key(|member| member.id);
    }
    Ok(members)
}

impl ConnectionHandle {
    /// One group with at most so many of its members, as they are at one moment; `None` also if
    /// it belongs to another connection or organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_group_with_members(
        &self,
        id: GroupId,
        limit: usize,
    ) -> Result<Option<GroupAndMembers>, StoreError> {
        let db = &self.store.db;
        let backend = db.get_database_backend();
        let names: Vec<_> = Column::iter().map(|column| column.as_str()).collect();
        let nulls = vec!["null"; names.len()];
        // One more is read, to know whether these are all.
        let sql = format!(
            "select {names}, null as kind, null as member, null as display from groups
             where org_id = $1 and scim_connection_id = $2 and id = $3
             union all
             select {nulls}, 0, found.member, found.display from ({users}) as found
             union all
             select {nulls}, 1, found.member, found.display from ({groups}) as found",
            names = names.join(", "),
            nulls = nulls.join(", "),
            users = members_sql(backend, MemberKind::User, "", "$4"),
            groups = members_sql(backend, MemberKind::Group, "", "$4"),
        );
        let values: [Value; 4] = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            id.as_uuid().into(),
            i64::try_from(limit)
                .unwrap_or(i64::MAX)
                .saturating_add(1)
                .into(),
        ];
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let mut group = None;
        let mut members = Vec::new();
        for row in db.query_all_raw(statement).await? {
            let kind = match row.try_get::<Option<i32>>("", "kind")? {
                None => {
                    group = Some(Group::try_from(Model::from_query_result(&row, "")?)?);
                    continue;
                }
                Some(0) => MemberKind::User,
                Some(_) => MemberKind::Group,
            };
            members.push(MemberRef {
                id: MemberId::of(kind, row.try_get::<Uuid>("", "member")?),
                display: row.try_get("", "display")?,
            });
        }
        members.sort_by_key(|member| member.id);
        let whole = members.len() <= limit;
        members.truncate(limit);
        Ok(group.map(|group| GroupAndMembers {
            group,
            members,
            whole,
        }))
    }
}
