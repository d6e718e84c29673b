//! Statements over a set of members: one for each change, whatever the size of the set.
//!
//! The set is bound as one value, so there is one statement to prepare and no limit on the number
//! of values to run into.

use std::collections::BTreeSet;

use rollcall_model::GroupId;
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use super::{MemberId, MemberKind};
use crate::dialect;
use crate::error::StoreError;
use crate::handle::DirectoryTx;

/// Which memberships.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    /// Users in groups.
    Users,
    /// Groups in groups.
    Groups,
}

impl Rows {
    const fn table(self) -> &'static str {
        match self {
            Self::Users => "group_members",
            Self::Groups => "group_groups",
        }
    }

    /// The column that names the member.
    const fn member(self) -> &'static str {
        match self {
            Self::Users => "user_id",
            Self::Groups => "member_id",
        }
    }

    /// The table that the member is in.
    const fn of(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
        }
    }

    fn id(self, id: Uuid) -> MemberId {
        match self {
            Self::Users => MemberId::of(MemberKind::User, id),
            Self::Groups => MemberId::of(MemberKind::Group, id),
        }
    }
}

impl DirectoryTx {
    /// Removes these members, and returns those who were there.
    pub(super) async fn delete_these(
        &self,
        rows: Rows,
        group_id: GroupId,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        self.delete(rows, group_id, "in", ids).await
    }

    /// Removes everybody but these members, and returns who went.
    pub(super) async fn delete_except(
        &self,
        rows: Rows,
        group_id: GroupId,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        self.delete(rows, group_id, "not in", ids).await
    }

    async fn delete(
        &self,
        rows: Rows,
        group_id: GroupId,
        which: &str,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        let (table, member, set) = (rows.table(), rows.member(), self.set("$4"));
        let sql = format!(
            "delete from {table}
             where org_id = $1 and scim_connection_id = $2 and group_id = $3
                and {member} {which} ({set})
             returning {member} as member"
        );
        self.changed(rows, &sql, group_id, ids).await
    }

    /// Adds those of these members who are not there yet, and returns them.
    pub(super) async fn insert_missing(
        &self,
        rows: Rows,
        group_id: GroupId,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (table, member, of, set) = (rows.table(), rows.member(), rows.of(), self.set("$4"));
        let sql = format!(
            "insert into {table} (org_id, scim_connection_id, group_id, {member})
             select org_id, scim_connection_id, $3, id from {of}
             where org_id = $1 and scim_connection_id = $2 and id in ({set})
             on conflict do nothing
             returning {member} as member"
        );
        self.changed(rows, &sql, group_id, ids).await
    }

    fn set(&self, parameter: &str) -> String {
        dialect::select_ids(self.connection().get_database_backend(), parameter)
    }

    async fn changed(
        &self,
        rows: Rows,
        sql: &str,
        group_id: GroupId,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        let values: [Value; 4] = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            group_id.as_uuid().into(),
            dialect::id_set(ids).into(),
        ];
        let backend = self.connection().get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let changed = self.connection().query_all_raw(statement).await?;
        changed
            .iter()
            .map(|row| Ok(rows.id(row.try_get::<Uuid>("", "member")?)))
            .collect()
    }
}
