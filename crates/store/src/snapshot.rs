//! A connection as it was at one moment, for answers that are too long for one query.
//!
//! A snapshot is a transaction that only reads, so it keeps a connection of the pool for as long
//! as it is held. No more than half of the pool goes to snapshots: whoever reads slowly must not
//! keep others from reading at all. How long one is held is for its owner to bound.

use std::collections::HashMap;

use rollcall_model::GroupId;
use tokio::sync::OwnedSemaphorePermit;

use crate::dialect::ReadTx;
use crate::error::StoreError;
use crate::groups::{self, Group};
use crate::handle::ConnectionHandle;
use crate::members::{self, MemberId, MemberRef, Scope};

/// A connection as it was when it was first read through this. Dropped, it is let go of.
pub struct Snapshot {
    tx: ReadTx,
    scope: Scope,
    _place: OwnedSemaphorePermit,
}

impl ConnectionHandle {
    /// Begins a snapshot.
    ///
    /// # Errors
    ///
    /// The database is not available, or too many snapshots are held.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let place = self.store.place_in(&self.store.snapshots).await?;
        Ok(Snapshot {
            tx: self.store.dialect.begin_read(&self.store.db).await?,
            scope: self.scope(),
            _place: place,
        })
    }
}

impl Snapshot {
    /// Those of some groups that are there.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_groups(
        &self,
        ids: &[GroupId],
    ) -> Result<HashMap<GroupId, Group>, StoreError> {
        groups::find_by_ids(self.tx.connection(), self.scope, ids).await
    }

    /// The members of some groups, as [`ConnectionHandle::members_of`] reads them.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn members_of(
        &self,
        group_ids: &[GroupId],
    ) -> Result<HashMap<GroupId, Vec<MemberRef>>, StoreError> {
        members::members_of(self.tx.connection(), self.scope, group_ids).await
    }

    /// The members of a group that come after one of them, users before groups, each in the order
    /// of their ids; at most so many. Fewer come only at the end.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_members_after(
        &self,
        group_id: GroupId,
        after: Option<MemberId>,
        limit: usize,
    ) -> Result<Vec<MemberRef>, StoreError> {
        members::list_after(self.tx.connection(), self.scope, group_id, after, limit).await
    }
}
