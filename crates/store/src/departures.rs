//! Users who leave: their memberships, their reports and their tombstones.

use rollcall_model::{EventType, GroupId, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use crate::entity::group_members;
use crate::entity::users::{Column, Entity};
use crate::error::StoreError;
use crate::guards::Deed;
use crate::handle::DirectoryTx;
use crate::users::{User, of};

/// What events tell of a user who is gone: what a product may know it by.
fn told_gone(user: &User) -> Value {
    json!({ "user": {
        "id": user.id.to_scim(),
        "userName": user.resource.user_name(),
        "externalId": user.resource.external_id(),
    }})
}

impl DirectoryTx {
    /// Reads one user that is about to be deleted, and holds it and its groups until the end of
    /// the transaction.
    ///
    /// Groups come before users, in the order of their ids, as a change of a group's members locks the
    /// group before it looks at users; before them the turn to remove, in which everybody else who
    /// adds or removes looks at groups and users.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_user_with_groups(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.lock_directory().await?;
        for group_id in self.group_ids_of(id).await? {
            self.lock_group(group_id).await?;
        }
        let row = of(self.org_id, self.connection_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        row.map(User::try_from).transpose()
    }

    /// Deletes a locked user and its memberships, and leaves its tombstone: one event for the
    /// user, one for each group it leaves, and one for each user whose manager it was.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_user(&mut self, id: UserId) -> Result<(), StoreError> {
        for group_id in self.group_ids_of(id).await? {
            if let Some(group) = self.lock_group(group_id).await? {
                let changed = self.remove_members(group_id, &[id.to_scim()]).await?;
                let resource = group.resource.clone();
                self.write_group(group, resource, &changed).await?;
            }
        }
        self.release_reports(id).await?;
        let was_owner = self.is_owner(id).await?;
        let deleted = Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::Id.eq(id.as_uuid()))
            .exec_with_returning(self.connection())
            .await?;
        let Some(row) = deleted.into_iter().next() else {
            return Ok(());
        };
        self.note_deed(Deed::deleted(id, row.active, was_owner));
        let gone = told_gone(&row.clone().try_into()?);
        self.bury_user(row).await?;
        self.count_users(-1).await?;
        let connection_id = self.connection_id;
        self.org
            .outbox
            .push(EventType::UserDeleted, Some(connection_id), id, gone);
        Ok(())
    }

    /// The groups that a user is in, in the order of their ids.
    async fn group_ids_of(&self, id: UserId) -> Result<Vec<GroupId>, StoreError> {
        let rows = group_members::Entity::find()
            .filter(group_members::Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(group_members::Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(group_members::Column::UserId.eq(id.as_uuid()))
            .order_by_asc(group_members::Column::GroupId)
            .all(self.connection())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| GroupId::from_uuid(row.group_id))
            .collect())
    }
}
