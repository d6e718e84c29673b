//! Why a user has its role.

use rollcall_model::{GroupId, RoleMapping, RoleName, UserId, UserRole};
use sea_orm::{ColumnTrait, QueryFilter};

use super::attribute;
use super::manual::ManualRole;
use super::read;
use super::settle::decide;
use crate::entity::users;
use crate::error::StoreError;
use crate::handle::ConnectionHandle;
use crate::users::User;

/// A group that gives a role to a user who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupGrant {
    /// The group.
    pub group_id: GroupId,
    /// Its `displayName`.
    pub display_name: String,
    /// What it gives.
    pub mapping: RoleMapping,
}

/// What an identity provider sent for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRole {
    /// The attribute.
    pub path: String,
    /// Its value, as it was sent.
    pub value: String,
    /// The role that it gives; `None` if the value named none when it was written.
    pub role: Option<RoleName>,
}

/// The role of a user with all that gives it one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleExplanation {
    /// Its role.
    pub role: UserRole,
    /// What was given by hand.
    pub manual: Option<ManualRole>,
    /// What the identity provider sent.
    pub attribute: Option<SentRole>,
    /// The groups that give one, those that decide first.
    pub groups: Vec<GroupGrant>,
    /// What a user has whom nobody gave one.
    pub default_role: RoleName,
}

impl ConnectionHandle {
    /// Why a user has its role; `None` also if it belongs to another connection or organization.
    /// `default_role` is that of the policy.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn explain_role(
        &self,
        id: UserId,
        default_role: RoleName,
    ) -> Result<Option<RoleExplanation>, StoreError> {
        let tx = self.store.dialect.begin_read(&self.store.db).await?;
        let user = crate::users::of(self.org_id, self.connection_id)
            .filter(users::Column::Id.eq(id.as_uuid()))
            .one(tx.connection())
            .await?;
        let Some(user) = user else { return Ok(None) };
        let user = User::try_from(user)?;
        let mut rows = read::rows(tx.connection(), self.scope(), &[id]).await?;
        let mut groups = read::group_grants(tx.connection(), self.scope(), &[id]).await?;
        let (row, groups) = (rows.remove(&id), groups.remove(&id).unwrap_or_default());
        let given = row.as_ref().and_then(|row| row.attribute_role.as_ref());
        let given = given
            .map(|role| read::role(role, id.as_uuid()))
            .transpose()?;
        let said = attribute::said(&self.shape, &user.resource);
        let attribute = said.map(|said| SentRole {
            path: said.path,
            value: said.text,
            role: given,
        });
        Ok(Some(RoleExplanation {
            role: match &row {
                Some(row) => read::user_role(row)?,
                None => decide(None, None, &[], &default_role),
            },
            manual: row.as_ref().map_or(Ok(None), ManualRole::of)?,
            attribute,
            groups,
            default_role,
        }))
    }
}
