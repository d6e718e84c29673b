//! How many users and groups a connection has, kept by the transactions that add and remove, and
//! the lock that comes with it.
//!
//! Every addition and removal updates the row of its connection anyway. So its lock is also the one
//! under which groups are nested and references are parked: see `members` for the order of locks.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::entity::directory_counts;
use crate::error::StoreError;
use crate::filter_sql::Table;
use crate::handle::{ConnectionHandle, DirectoryTx};

/// What is kept of the size of a connection's directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) users: u64,
    pub(crate) groups: u64,
    /// Moves when a resource is removed or brought back.
    pub(crate) rearranged: i64,
}

impl Counts {
    /// How many rows of a table there are.
    pub(crate) const fn of(&self, table: Table) -> u64 {
        match table {
            Table::Users => self.users,
            Table::Groups => self.groups,
        }
    }
}

impl ConnectionHandle {
    /// How many users and groups there are. Exact: kept by the transactions that add and remove.
    pub(crate) async fn counts(&self) -> Result<Counts, StoreError> {
        let key = (self.org_id.as_uuid(), self.connection_id.as_uuid());
        let row = directory_counts::Entity::find_by_id(key)
            .one(&self.store.db)
            .await?;
        // No row: the connection was deleted since the request was let in.
        Ok(row.map_or_else(Counts::default, |row| {
            let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
            Counts {
                users: count(row.users),
                groups: count(row.groups),
                rearranged: row.rearranged,
            }
        }))
    }
}

impl DirectoryTx {
    pub(crate) async fn count_users(&self, change: i64) -> Result<i64, StoreError> {
        self.count(directory_counts::Column::Users, change).await
    }

    /// Moves a maintained count, and returns how often a reference was parked. A removal also moves
    /// the number under which places in lists are remembered (see `search::anchors`). The row is
    /// locked until the commit, so this comes late.
    pub(crate) async fn count(
        &self,
        column: directory_counts::Column,
        change: i64,
    ) -> Result<i64, StoreError> {
        let mut update =
            directory_counts::Entity::update_many().col_expr(column, Expr::col(column).add(change));
        if change < 0 {
            let rearranged = directory_counts::Column::Rearranged;
            update = update.col_expr(rearranged, Expr::col(rearranged).add(1));
        }
        let updated = update
            .filter(directory_counts::Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(directory_counts::Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .exec_with_returning(self.connection())
            .await?;
        match updated.first() {
            Some(counts) => Ok(counts.parkings),
            None => Err(StoreError::ParentMissing),
        }
    }

    /// Notes that a resource was brought back, which stands among those that are there.
    pub(crate) async fn note_return(&self) -> Result<(), StoreError> {
        self.count(directory_counts::Column::Rearranged, 1).await?;
        Ok(())
    }

    /// Takes turns with everybody who adds or removes a resource, nests groups or parks a
    /// reference in this connection, and returns how often a reference was parked. First in the order
    /// of locks: whoever calls it before everything else meets nobody in a circle.
    ///
    /// # Errors
    ///
    /// The connection is gone ([`StoreError::ParentMissing`]).
    pub async fn lock_directory(&self) -> Result<i64, StoreError> {
        self.count(directory_counts::Column::Parkings, 0).await
    }
}
