//! The last active owner of an organization.

use rollcall_model::{OWNER, OrgId, Policy, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};

use super::{Deed, PolicyRefusal};
use crate::entity::user_roles;
use crate::error::StoreError;
use crate::handle::DirectoryTx;
use crate::roles::RoleChange;

/// Whether anybody is left who can come in: `$1` is the organization, `$2` the role.
const ANY_OWNER: &str = "
    select 1 from user_roles r
    join users u on u.org_id = r.org_id and u.scim_connection_id = r.scim_connection_id
        and u.id = r.user_id
    where r.org_id = $1 and r.role = $2 and u.active and not exists (
        select 1 from waiting_users w where w.org_id = u.org_id
            and w.scim_connection_id = u.scim_connection_id and w.user_id = u.id
    ) limit 1";

impl DirectoryTx {
    /// Whether a user that is about to be deleted is an owner.
    pub(crate) async fn is_owner(&self, id: UserId) -> Result<bool, StoreError> {
        let key = (
            self.org_id.as_uuid(),
            self.connection_id.as_uuid(),
            id.as_uuid(),
        );
        let row = user_roles::Entity::find_by_id(key);
        let row = row.one(self.connection()).await?;
        Ok(row.is_some_and(|row| row.role == OWNER))
    }

    /// Refuses a write after which nobody is an active owner, if somebody was one before.
    pub(super) async fn check_owners(
        &self,
        policy: &Policy,
        deeds: &[Deed],
        changes: &[RoleChange],
    ) -> Result<(), StoreError> {
        if !policy.last_owner_protection {
            return Ok(());
        }
        let Some(user) = self.lost_owner(deeds, changes).await? else {
            return Ok(());
        };
        if any_owner(self.connection(), self.org_id).await? {
            return Ok(());
        }
        Err(PolicyRefusal::LastOwner { user }.into())
    }

    /// Somebody who was an active owner before, and is not now.
    async fn lost_owner(
        &self,
        deeds: &[Deed],
        changes: &[RoleChange],
    ) -> Result<Option<UserId>, StoreError> {
        for change in changes {
            let demoted = change.before.role.is_owner() && !change.after.role.is_owner();
            if demoted && self.was_active(change.user_id, deeds).await? {
                return Ok(Some(change.user_id));
            }
        }
        for deed in deeds.iter().filter(|deed| deed.activity < 0) {
            if deed.was_owner || (!deed.deleted && self.is_owner(deed.user).await?) {
                return Ok(Some(deed.user));
            }
        }
        Ok(None)
    }

    async fn was_active(&self, id: UserId, deeds: &[Deed]) -> Result<bool, StoreError> {
        if let Some(deed) = deeds
            .iter()
            .find(|deed| deed.user == id && deed.activity != 0)
        {
            return Ok(deed.activity < 0);
        }
        let user = crate::users::of(self.org_id, self.connection_id)
            .filter(crate::entity::users::Column::Id.eq(id.as_uuid()))
            .one(self.connection())
            .await?;
        Ok(user.is_some_and(|user| user.active))
    }
}

async fn any_owner(db: &impl ConnectionTrait, org_id: OrgId) -> Result<bool, StoreError> {
    let values = [org_id.as_uuid().into(), OWNER.into()];
    let look = Statement::from_sql_and_values(db.get_database_backend(), ANY_OWNER, values);
    Ok(db.query_one_raw(look).await?.is_some())
}
