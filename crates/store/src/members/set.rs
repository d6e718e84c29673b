//! Statements over a set of members: one for each change, whatever the size of the set.
//!
//! The set is bound as one value, so there is one statement to prepare and no limit on the number
//! of values to run into. Each member is looked up by itself; nobody else's row is read.

use std::collections::BTreeSet;

use rollcall_model::GroupId;
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use super::{MemberId, MemberKind};
use crate::dialect;
use crate::error::StoreError;
use crate::groups::{Group, version_column};
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

    fn id(self, id: Uuid) -> MemberId {
        match self {
            Self::Users => MemberId::of(MemberKind::User, id),
            Self::Groups => MemberId::of(MemberKind::Group, id),
        }
    }
}

/// Which group a statement is about.
#[derive(Clone, Copy)]
enum Of<'g> {
    /// One that is saved otherwise.
    Group(GroupId),
    /// One that comes to this version if anybody moves.
    Moving(&'g Group),
}

impl Of<'_> {
    const fn id(self) -> GroupId {
        match self {
            Self::Group(id) => id,
            Self::Moving(group) => group.id,
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
        self.delete(rows, Of::Group(group_id), ids).await
    }

    /// The same, and saves the version of the group if anybody was there.
    pub(super) async fn delete_and_save(
        &self,
        rows: Rows,
        after: &Group,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        self.delete(rows, Of::Moving(after), ids).await
    }

    async fn delete(
        &self,
        rows: Rows,
        of: Of<'_>,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        let backend = self.connection().get_database_backend();
        let sql = dialect::delete_members(backend, rows.table(), rows.member());
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        self.changed(rows, sql, of, ids).await
    }

    /// Removes everybody but these members, and returns who went.
    pub(super) async fn delete_except(
        &self,
        rows: Rows,
        group_id: GroupId,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        let (table, member) = (rows.table(), rows.member());
        let kept = dialect::select_ids(self.connection().get_database_backend(), "$4");
        let sql = format!(
            "delete from {table}
             where org_id = $1 and scim_connection_id = $2 and group_id = $3
                and {member} not in ({kept})
             returning {member} as member"
        );
        self.changed(rows, sql, Of::Group(group_id), ids).await
    }

    /// Adds those of these members who are not there yet, and returns them.
    pub(super) async fn insert_missing(
        &self,
        rows: Rows,
        group_id: GroupId,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        self.insert(rows, Of::Group(group_id), ids).await
    }

    /// The same, and saves the version of the group if anybody was not.
    pub(super) async fn insert_and_save(
        &self,
        rows: Rows,
        after: &Group,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        self.insert(rows, Of::Moving(after), ids).await
    }

    async fn insert(
        &self,
        rows: Rows,
        of: Of<'_>,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        let (table, member) = (rows.table(), rows.member());
        let wanted = dialect::wanted(self.connection().get_database_backend(), "$4");
        // They are held, or the foreign key refuses them. Without `where`, SQLite would read
        // `on` as a part of the query.
        let sql = format!(
            "insert into {table} (org_id, scim_connection_id, group_id, {member})
             select $1, $2, $3, wanted.id from {wanted} where true
             on conflict do nothing
             returning {member} as member"
        );
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        self.changed(rows, sql, of, ids).await
    }

    async fn changed(
        &self,
        rows: Rows,
        sql: String,
        of: Of<'_>,
        ids: &[Uuid],
    ) -> Result<BTreeSet<MemberId>, StoreError> {
        let backend = self.connection().get_database_backend();
        let mut values: Vec<Value> = vec![
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            of.id().as_uuid().into(),
            dialect::id_set(ids).into(),
        ];
        let sql = match of {
            Of::Moving(after) if dialect::writes_within_queries(backend) => {
                values.push(version_column(after).into());
                values.push(after.updated_at.unix_micros().into());
                saving_the_version(&sql)
            }
            Of::Moving(_) | Of::Group(_) => sql,
        };
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let changed = self.connection().query_all_raw(statement).await?;
        if let Of::Moving(after) = of
            && !changed.is_empty()
            && !dialect::writes_within_queries(backend)
        {
            self.save_version_of_group(after).await?;
        }
        changed
            .iter()
            .map(|row| Ok(rows.id(row.try_get::<Uuid>("", "member")?)))
            .collect()
    }
}

/// A statement that moves members, and the version of their group if anybody moved. The group is
/// locked by an earlier statement, so both see the same state of it.
fn saving_the_version(moving: &str) -> String {
    format!(
        "with moved as ({moving}), saved as (
            update groups set version = $5, updated_at = $6
            where org_id = $1 and scim_connection_id = $2 and id = $3
                and exists (select 1 from moved)
         )
         select member from moved"
    )
}
