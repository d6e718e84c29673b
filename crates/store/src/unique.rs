//! Values of custom attributes that have to be unique (RFC 7643 §7, `uniqueness`).
//!
//! One row for each value, and its primary key decides: of two requests that bring the same value
//! at the same time, one ends in a conflict. `userName` has an index of its own.

use std::collections::BTreeSet;

use rollcall_model::{GroupId, UserId};
use rollcall_scim::Resource;
use rollcall_scim::schema::Extends;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::entity::unique_values::{ActiveModel, Column, Entity};
use crate::error::StoreError;
use crate::handle::DirectoryTx;
use crate::search::indexable;

/// Values of one resource: the path of the attribute and the key of the value.
type Values = BTreeSet<(String, String)>;

impl DirectoryTx {
    /// Keeps the unique values of a user in line with its attributes.
    ///
    /// # Errors
    ///
    /// Another user of this connection has one of them ([`StoreError::Conflict`]).
    pub(crate) async fn save_unique_values_of_user(
        &self,
        id: UserId,
        before: Option<&Resource>,
        after: &Resource,
    ) -> Result<(), StoreError> {
        let kind = self.shape.catalog.user();
        let of = |resource: &Resource| resource.unique_values(kind);
        let before = before.map(of).unwrap_or_default();
        self.save_unique_values(Extends::User, id.as_uuid(), &before, &of(after))
            .await
    }

    /// Keeps the unique values of a group in line with its attributes.
    ///
    /// # Errors
    ///
    /// Another group of this connection has one of them ([`StoreError::Conflict`]).
    pub(crate) async fn save_unique_values_of_group(
        &self,
        id: GroupId,
        before: Option<&Resource>,
        after: &Resource,
    ) -> Result<(), StoreError> {
        let kind = self.shape.catalog.group();
        let of = |resource: &Resource| resource.unique_values(kind);
        let before = before.map(of).unwrap_or_default();
        self.save_unique_values(Extends::Group, id.as_uuid(), &before, &of(after))
            .await
    }

    /// Writes the unique values of a resource anew, whatever rows it had.
    ///
    /// # Errors
    ///
    /// Another resource of the type has one of them ([`StoreError::Conflict`]).
    pub(crate) async fn replace_unique_values(
        &self,
        extends: Extends,
        id: Uuid,
        values: Values,
    ) -> Result<(), StoreError> {
        Entity::delete_many()
            .filter(self.held_by(extends, id))
            .exec(self.connection())
            .await?;
        self.save_unique_values(extends, id, &Values::new(), &values)
            .await
    }

    async fn save_unique_values(
        &self,
        extends: Extends,
        id: Uuid,
        before: &Values,
        after: &Values,
    ) -> Result<(), StoreError> {
        for (path, key) in before.difference(after) {
            Entity::delete_many()
                .filter(self.held_by(extends, id))
                .filter(Column::Path.eq(path.as_str()))
                .filter(Column::ValueKey.eq(key.as_str()))
                .exec(self.connection())
                .await?;
        }
        for (path, key) in after.difference(before) {
            let (user_id, group_id) = match extends {
                Extends::User => (Some(id), None),
                Extends::Group => (None, Some(id)),
            };
            // One by one, so that the answer can name the attribute. There are few.
            Entity::insert(ActiveModel {
                org_id: Set(self.org_id.as_uuid()),
                scim_connection_id: Set(self.connection_id.as_uuid()),
                resource_type: Set(extends.as_str().to_owned()),
                path: Set(path.clone()),
                value_key: Set(indexable(path.clone(), key.clone())?),
                user_id: Set(user_id),
                group_id: Set(group_id),
            })
            .exec_without_returning(self.connection())
            .await
            .map_err(StoreError::naming_conflict(path.clone()))?;
        }
        Ok(())
    }

    /// The rows of one resource.
    fn held_by(&self, extends: Extends, id: Uuid) -> Condition {
        let owner = match extends {
            Extends::User => Column::UserId.eq(id),
            Extends::Group => Column::GroupId.eq(id),
        };
        Condition::all()
            .add(Column::OrgId.eq(self.org_id.as_uuid()))
            .add(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .add(owner)
    }
}
