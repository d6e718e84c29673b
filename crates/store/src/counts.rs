//! How many users and groups a connection has, kept by the transactions that add and remove, and
//! the lock that comes with it.
//!
//! Every addition and removal updates the row of its connection anyway. So its lock is also the one
//! under which groups are nested and references are parked, late in their transactions: see
//! `members` for the order of locks.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::entity::directory_counts;
use crate::error::StoreError;
use crate::handle::DirectoryTx;

impl DirectoryTx {
    pub(crate) async fn count_users(&self, change: i64) -> Result<i64, StoreError> {
        self.count(directory_counts::Column::Users, change).await
    }

    /// Moves a maintained count, and returns how often a reference was parked. The row is locked
    /// until the commit, so this comes late.
    pub(crate) async fn count(
        &self,
        column: directory_counts::Column,
        change: i64,
    ) -> Result<i64, StoreError> {
        let updated = directory_counts::Entity::update_many()
            .col_expr(column, Expr::col(column).add(change))
            .filter(directory_counts::Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(directory_counts::Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .exec_with_returning(self.connection())
            .await?;
        match updated.first() {
            Some(counts) => Ok(counts.parkings),
            None => Err(StoreError::ParentMissing),
        }
    }

    /// Takes turns with everybody who adds or removes a resource, nests groups or parks a
    /// reference in this connection, and returns how often a reference was parked.
    pub(crate) async fn lock_directory(&self) -> Result<i64, StoreError> {
        self.count(directory_counts::Column::Parkings, 0).await
    }
}
