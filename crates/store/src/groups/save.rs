//! Groups that are there: locked, changed, deleted.

use rollcall_model::{EventType, GroupId};
use rollcall_scim::{Resource, caseless, filter};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{Group, of, told_change, told_gone};
use crate::entity::directory_counts;
use crate::entity::groups::{ActiveModel, Column, Entity};
use crate::error::StoreError;
use crate::handle::DirectoryTx;
use crate::members::{MemberId, MembersChanged};
use crate::roles;
use crate::search::indexable;
use crate::users::later;

impl DirectoryTx {
    /// Reads one group and holds its row until the end of the transaction, so that changes of
    /// its members take turns.
    ///
    /// `None` also means "belongs to another connection or organization".
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_group(&self, id: GroupId) -> Result<Option<Group>, StoreError> {
        let row = of(self.org_id, self.connection_id)
            .filter(Column::Id.eq(id.as_uuid()))
            // Weaker than what a deletion takes: others may refer to the group meanwhile.
            .lock(LockType::NoKeyUpdate)
            .one(self.connection())
            .await?;
        row.map(Group::try_from).transpose()
    }

    /// Reads one group that is about to be deleted, and holds it and the groups that it is in
    /// until the end of the transaction, in the order of a change of members: those first, and before
    /// them the turn to remove.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_group_with_parents(&self, id: GroupId) -> Result<Option<Group>, StoreError> {
        self.lock_directory().await?;
        for parent in self.parents_of(id).await? {
            self.lock_group(parent).await?;
        }
        let row = of(self.org_id, self.connection_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        row.map(Group::try_from).transpose()
    }

    /// Takes its turn with those who add and remove if a group that is not locked yet is to have this
    /// `externalId`, and has another one now: somebody may wait for it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn prepare_external_id_of_group(
        &self,
        id: GroupId,
        external_id: &str,
    ) -> Result<(), StoreError> {
        let same = of(self.org_id, self.connection_id)
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.eq(id.as_uuid()))
            .filter(Column::ExternalId.eq(external_id))
            .into_tuple::<Uuid>()
            .one(self.connection())
            .await?;
        if same.is_none() {
            self.lock_directory().await?;
        }
        Ok(())
    }

    /// Replaces the attributes of a locked group and counts its members' changes into the
    /// version. If neither attributes nor members changed, nothing is written.
    ///
    /// # Errors
    ///
    /// Another group has the new `externalId` or `displayName`, where those are unique
    /// ([`StoreError::Conflict`]).
    pub async fn save_group(
        &mut self,
        before: Group,
        after: Resource,
        members: &MembersChanged,
    ) -> Result<Group, StoreError> {
        let old = before.resource.clone();
        let group = self.write_group(before, after, members).await?;
        self.claim_name_of_group(&group, Some(&old)).await?;
        let name = group.resource.external_id();
        if name.is_some() && name != old.external_id() {
            let parkings = self.lock_directory().await?;
            self.attach(MemberId::Group(group.id), &[name], parkings)
                .await?;
        }
        Ok(group)
    }

    /// Writes a locked group, if anything changed, and tells it.
    pub(crate) async fn write_group(
        &mut self,
        before: Group,
        after: Resource,
        members: &MembersChanged,
    ) -> Result<Group, StoreError> {
        let attributes_changed = before.resource != after;
        if !attributes_changed && members.is_empty() {
            return Ok(before);
        }
        let group = Group {
            resource: after,
            ..self.moved_on(&before)
        };
        if attributes_changed {
            Entity::update(self.group_row(&group)?)
                .exec(self.connection())
                .await?;
            self.claim_external_id_of_group(&group, Some(&before.resource))
                .await?;
            self.save_unique_values_of_group(group.id, Some(&before.resource), &group.resource)
                .await?;
            let (id, connection_id) = (group.id, self.connection_id);
            self.org.outbox.push(
                EventType::GroupUpdated,
                Some(connection_id),
                id,
                told_change(
                    self.shape.catalog.group(),
                    id,
                    &before.resource,
                    &group.resource,
                ),
            );
        } else {
            self.save_version_of_group(&group).await?;
        }
        self.tell_members(&group, members);
        Ok(group)
    }

    /// A group at its next version.
    pub(crate) fn moved_on(&self, before: &Group) -> Group {
        Group {
            version: before.version + 1,
            updated_at: later(before.updated_at, self.now),
            ..before.clone()
        }
    }

    /// Writes the version of a group and when it came to it, and nothing else.
    pub(crate) async fn save_version_of_group(&self, group: &Group) -> Result<(), StoreError> {
        Entity::update_many()
            .col_expr(Column::Version, version_column(group).into())
            .col_expr(Column::UpdatedAt, group.updated_at.unix_micros().into())
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::Id.eq(group.id.as_uuid()))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// Deletes a group and its memberships, and leaves its tombstone: one event for the group, one
    /// for each group it leaves; `false` if there is none of that id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_group(&mut self, id: GroupId) -> Result<bool, StoreError> {
        for parent in self.parents_of(id).await? {
            if let Some(group) = self.lock_group(parent).await? {
                let changed = self.remove_members(parent, &[id.to_scim()]).await?;
                let resource = group.resource.clone();
                self.write_group(group, resource, &changed).await?;
            }
        }
        self.touch_members_of_mapped(id).await?;
        let deleted = Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::Id.eq(id.as_uuid()))
            .exec_with_returning(self.connection())
            .await?;
        let Some(row) = deleted.into_iter().next() else {
            return Ok(false);
        };
        let gone = told_gone(&row.clone().try_into()?);
        self.bury_group(row).await?;
        self.count(directory_counts::Column::Groups, -1).await?;
        let connection_id = self.connection_id;
        self.org
            .outbox
            .push(EventType::GroupDeleted, Some(connection_id), id, gone);
        Ok(true)
    }

    pub(crate) fn group_row(&self, group: &Group) -> Result<ActiveModel, StoreError> {
        let display_name = group.resource.display_name().unwrap_or_default();
        let (role, role_precedence) = roles::columns(group.role_mapping.as_ref());
        let external_id = group.resource.external_id();
        // Empty text is no value, neither to a filter nor to an order.
        let external_id = external_id.filter(|id| !id.is_empty()).map(str::to_owned);
        Ok(ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            scim_connection_id: Set(self.connection_id.as_uuid()),
            id: Set(group.id.as_uuid()),
            display_name: Set(display_name.to_owned()),
            display_name_key: Set(indexable("displayName", caseless(display_name))?),
            external_id: Set(external_id
                .map(|id| indexable("externalId", id))
                .transpose()?),
            version: Set(version_column(group)),
            created_at: Set(group.created_at.unix_micros()),
            updated_at: Set(group.updated_at.unix_micros()),
            body: Set(group.resource.to_stored()),
            unmapped: Set(group.resource.unmapped_to_stored()),
            role: Set(role),
            role_precedence: Set(role_precedence),
            search: Set(filter::search::document(
                self.shape.catalog.group(),
                &group.resource,
            )),
        })
    }
}

/// The version of a group as the database holds it.
pub(crate) fn version_column(group: &Group) -> i64 {
    i64::try_from(group.version).unwrap_or(i64::MAX)
}
