//! `externalId`, which is unique only where a connection wants it so (RFC 7643 §3.1 does not ask).
//!
//! A unique index would bind every connection. So the text is locked by name before anybody is
//! looked for who has it; two requests for one value take turns, and the second sees the first.

use std::borrow::Cow;

use rollcall_scim::{Resource, caseless};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::entity::{groups, users};
use crate::error::StoreError;
use crate::groups::Group;
use crate::handle::DirectoryTx;
use crate::users::User;

const EXTERNAL_ID_TAKEN: StoreError = StoreError::Conflict {
    attribute: Cow::Borrowed("externalId"),
};

impl DirectoryTx {
    /// Refuses the `externalId` of a user that another user has, where those are unique. One that
    /// did not change is not looked at: a setting that comes later must not refuse what was there.
    pub(crate) async fn claim_external_id_of_user(
        &self,
        user: &User,
        before: Option<&Resource>,
    ) -> Result<(), StoreError> {
        use users::{Column, Entity};
        let Some(external_id) = self.to_claim(&user.resource, before) else {
            return Ok(());
        };
        self.lock_external_id("User", external_id).await?;
        let taken = Entity::find()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::ExternalId.eq(external_id))
            .filter(Column::Id.ne(user.id.as_uuid()))
            .count(self.connection())
            .await?;
        if taken > 0 {
            Err(EXTERNAL_ID_TAKEN)
        } else {
            Ok(())
        }
    }

    /// The same for a group, among groups.
    pub(crate) async fn claim_external_id_of_group(
        &self,
        group: &Group,
        before: Option<&Resource>,
    ) -> Result<(), StoreError> {
        use groups::{Column, Entity};
        let Some(external_id) = self.to_claim(&group.resource, before) else {
            return Ok(());
        };
        self.lock_external_id("Group", external_id).await?;
        let taken = Entity::find()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::ExternalId.eq(external_id))
            .filter(Column::Id.ne(group.id.as_uuid()))
            .count(self.connection())
            .await?;
        if taken > 0 {
            Err(EXTERNAL_ID_TAKEN)
        } else {
            Ok(())
        }
    }

    /// Refuses the `displayName` of a group that another group has in any letter case, where names
    /// are unique. One that did not change is not looked at.
    pub(crate) async fn claim_name_of_group(
        &self,
        group: &Group,
        before: Option<&Resource>,
    ) -> Result<(), StoreError> {
        use groups::{Column, Entity};
        let key = |resource: &Resource| resource.display_name().map(caseless);
        let same = before.and_then(key) == key(&group.resource);
        let Some(name) = key(&group.resource) else {
            return Ok(());
        };
        if !self.shape.settings.unique_group_names || same {
            return Ok(());
        }
        let lock = format!("{} Group displayName {name}", self.connection_id);
        self.lock_name(&lock).await?;
        let taken = Entity::find()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::DisplayNameKey.eq(name))
            .filter(Column::Id.ne(group.id.as_uuid()))
            .count(self.connection())
            .await?;
        if taken > 0 {
            Err(StoreError::Conflict {
                attribute: Cow::Borrowed("displayName"),
            })
        } else {
            Ok(())
        }
    }

    /// The `externalId` that must be nobody else's.
    fn to_claim<'r>(&self, after: &'r Resource, before: Option<&Resource>) -> Option<&'r str> {
        let external_id = after.external_id()?;
        let same = before.and_then(Resource::external_id) == Some(external_id);
        (self.shape.settings.unique_external_ids && !same).then_some(external_id)
    }

    async fn lock_external_id(&self, kind: &str, external_id: &str) -> Result<(), StoreError> {
        let name = format!("{} {kind} externalId {external_id}", self.connection_id);
        self.lock_name(&name).await
    }
}
