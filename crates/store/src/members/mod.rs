//! Memberships: one row for each user in each group.
//!
//! Adding or removing k members reads and writes k rows, whatever the size of the group. Only a
//! replacement of the whole membership reads it, and its request is of that size itself.
//! Members come back in the order of their ids, which is the order the users were created in.

mod read;

use std::collections::BTreeSet;

use rollcall_model::{EventType, GroupId, UserId};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde_json::json;
use uuid::Uuid;

use crate::entity::group_members::{ActiveModel, Column, Entity};
use crate::entity::users;
use crate::error::StoreError;
use crate::handle::DirectoryTx;

/// How many ids one statement carries. A fixed size keeps the number of prepared statements
/// small, and is far below what SQLite takes.
const IDS_PER_STATEMENT: usize = 500;

/// A group that a user is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRef {
    /// Its id.
    pub id: GroupId,
    /// Its `displayName`.
    pub display_name: String,
}

/// Who joined and who left a group in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembersChanged {
    added: BTreeSet<UserId>,
    removed: BTreeSet<UserId>,
}

impl MembersChanged {
    /// Whether nobody joined or left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }

    /// Takes in what another step of the same transaction changed, in its order.
    pub fn extend(&mut self, other: Self) {
        for user in other.removed {
            if !self.added.remove(&user) {
                self.removed.insert(user);
            }
        }
        for user in other.added {
            if !self.removed.remove(&user) {
                self.added.insert(user);
            }
        }
    }
}

impl DirectoryTx {
    /// Adds users to a locked group; who is in it already stays. Tell it with `save_group`.
    ///
    /// # Errors
    ///
    /// One of them is no user of this connection ([`StoreError::NoSuchMember`]).
    pub async fn add_members(
        &mut self,
        group_id: GroupId,
        user_ids: &[UserId],
    ) -> Result<MembersChanged, StoreError> {
        Ok(MembersChanged {
            added: self.insert_members(group_id, user_ids).await?,
            removed: BTreeSet::new(),
        })
    }

    /// Removes users from a locked group; who is not in it does not matter.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn remove_members(
        &mut self,
        group_id: GroupId,
        user_ids: &[UserId],
    ) -> Result<MembersChanged, StoreError> {
        let mut removed = BTreeSet::new();
        for chunk in user_ids.chunks(IDS_PER_STATEMENT) {
            let rows = self
                .delete_from(group_id)
                .filter(Column::UserId.is_in(chunk.iter().map(|id| id.as_uuid())))
                .exec_with_returning(self.connection())
                .await?;
            removed.extend(rows.into_iter().map(|row| UserId::from_uuid(row.user_id)));
        }
        Ok(MembersChanged {
            added: BTreeSet::new(),
            removed,
        })
    }

    /// Removes everybody from a locked group.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn remove_all_members(
        &mut self,
        group_id: GroupId,
    ) -> Result<MembersChanged, StoreError> {
        let rows = self
            .delete_from(group_id)
            .exec_with_returning(self.connection())
            .await?;
        let removed = rows
            .into_iter()
            .map(|row| UserId::from_uuid(row.user_id))
            .collect();
        Ok(MembersChanged {
            added: BTreeSet::new(),
            removed,
        })
    }

    /// Makes these users, and no others, the members of a locked group.
    ///
    /// # Errors
    ///
    /// One of them is no user of this connection ([`StoreError::NoSuchMember`]).
    pub async fn replace_members(
        &mut self,
        group_id: GroupId,
        user_ids: &[UserId],
    ) -> Result<MembersChanged, StoreError> {
        let wanted: BTreeSet<UserId> = user_ids.iter().copied().collect();
        let present: BTreeSet<UserId> = self.member_ids(group_id).await?.into_iter().collect();
        let leaving: Vec<UserId> = present.difference(&wanted).copied().collect();
        let joining: Vec<UserId> = wanted.difference(&present).copied().collect();
        let mut changed = self.remove_members(group_id, &leaving).await?;
        changed.extend(self.add_members(group_id, &joining).await?);
        Ok(changed)
    }

    /// Everybody in a group, as this transaction leaves it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn member_ids(&self, group_id: GroupId) -> Result<Vec<UserId>, StoreError> {
        let rows = self.members(group_id).all(self.connection()).await?;
        Ok(rows
            .into_iter()
            .map(|row| UserId::from_uuid(row.user_id))
            .collect())
    }

    /// Inserts memberships and returns those that are new.
    pub(crate) async fn insert_members(
        &self,
        group_id: GroupId,
        user_ids: &[UserId],
    ) -> Result<BTreeSet<UserId>, StoreError> {
        let mut added = BTreeSet::new();
        // Rows of users are locked in one order, whatever order a request names them in.
        let user_ids: BTreeSet<UserId> = user_ids.iter().copied().collect();
        let user_ids: Vec<UserId> = user_ids.into_iter().collect();
        for chunk in user_ids.chunks(IDS_PER_STATEMENT) {
            self.refuse_strangers(chunk).await?;
            let rows = chunk.iter().map(|user_id| ActiveModel {
                org_id: Set(self.org_id.as_uuid()),
                scim_connection_id: Set(self.connection_id.as_uuid()),
                group_id: Set(group_id.as_uuid()),
                user_id: Set(user_id.as_uuid()),
            });
            let inserted = Entity::insert_many(rows)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_with_returning(self.connection())
                .await?;
            added.extend(
                inserted
                    .into_iter()
                    .map(|row| UserId::from_uuid(row.user_id)),
            );
        }
        Ok(added)
    }

    /// Queues one event for each member that joined or left.
    pub(crate) fn tell_members(&mut self, group_id: GroupId, changed: &MembersChanged) {
        let connection_id = self.connection_id;
        let told = [
            (EventType::GroupMemberRemoved, &changed.removed),
            (EventType::GroupMemberAdded, &changed.added),
        ];
        for (kind, user_ids) in told {
            for user_id in user_ids {
                self.org.outbox.push(
                    kind,
                    Some(connection_id),
                    group_id,
                    json!({
                        "group": { "id": group_id.to_scim() },
                        "user": { "id": user_id.to_scim() },
                    }),
                );
            }
        }
    }

    /// Refuses ids that are no user of this connection, and names the first. Those that are stay
    /// until the end of the transaction.
    async fn refuse_strangers(&self, user_ids: &[UserId]) -> Result<(), StoreError> {
        let known: BTreeSet<Uuid> = users::Entity::find()
            .select_only()
            .column(users::Column::Id)
            .filter(users::Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(users::Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(users::Column::Id.is_in(user_ids.iter().map(|id| id.as_uuid())))
            .order_by_asc(users::Column::Id)
            .lock(LockType::KeyShare)
            .into_tuple()
            .all(self.connection())
            .await?
            .into_iter()
            .collect();
        match user_ids.iter().find(|id| !known.contains(&id.as_uuid())) {
            Some(stranger) => Err(StoreError::NoSuchMember { id: *stranger }),
            None => Ok(()),
        }
    }

    fn members(&self, group_id: GroupId) -> Select<Entity> {
        Entity::find()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::GroupId.eq(group_id.as_uuid()))
            .order_by_asc(Column::UserId)
    }

    fn delete_from(&self, group_id: GroupId) -> sea_orm::DeleteMany<Entity> {
        Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::GroupId.eq(group_id.as_uuid()))
    }
}
