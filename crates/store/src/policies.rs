//! The policy of one organization.

use rollcall_model::{EventType, OrgId, Policy, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};
use serde_json::{Value, json};

use crate::entity::organization_policies::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::{OrgHandle, OrgTx};

/// A policy as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPolicy {
    /// The rules.
    pub policy: Policy,
    /// When they were last changed; `None` if they never were.
    pub updated_at: Option<Timestamp>,
}

fn read(row: Option<Model>) -> Result<StoredPolicy, StoreError> {
    let Some(row) = row else {
        return Ok(StoredPolicy {
            policy: Policy::default(),
            updated_at: None,
        });
    };
    let policy = serde_json::from_str(&row.body)
        .map_err(|reason| StoreError::corrupt("organization_policies", row.org_id, reason))?;
    Ok(StoredPolicy {
        policy,
        updated_at: Some(Timestamp::from_unix_micros(row.updated_at)),
    })
}

/// What events tell of a policy.
fn told(policy: &Policy) -> Result<Value, StoreError> {
    let policy = serde_json::to_value(policy)
        .map_err(|reason| StoreError::corrupt("organization_policies", "new", reason))?;
    Ok(json!({ "policy": policy }))
}

impl OrgHandle {
    /// The rules as they are now.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn policy(&self) -> Result<StoredPolicy, StoreError> {
        read(find(&self.store.db, self).await?)
    }
}

/// The rules of an organization.
pub(crate) async fn in_force(
    db: &impl ConnectionTrait,
    org_id: OrgId,
) -> Result<Policy, StoreError> {
    let row = Entity::find_by_id(org_id.as_uuid()).one(db).await?;
    Ok(read(row)?.policy)
}

async fn find(db: &impl ConnectionTrait, org: &OrgHandle) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(org.org_id().as_uuid()).one(db).await?)
}

impl OrgTx {
    /// The rules as they are now.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn policy(&self) -> Result<StoredPolicy, StoreError> {
        let row = Entity::find_by_id(self.org_id.as_uuid());
        read(row.one(self.connection()).await?)
    }

    /// The rules, held until the end of the transaction: whoever counts seats or owners by them
    /// takes turns. Default rules have no row and are not held; they count nothing.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_policy(&self) -> Result<StoredPolicy, StoreError> {
        let row = Entity::find_by_id(self.org_id.as_uuid()).lock_exclusive();
        read(row.one(self.connection()).await?)
    }

    /// The rules, held as by [`Self::lock_policy`], if they have a say in what identity providers write.
    /// Others are neither held nor waited for.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub(crate) async fn lock_guarding_policy(&self) -> Result<Option<Policy>, StoreError> {
        let row = Entity::find_by_id(self.org_id.as_uuid())
            .filter(Column::Guarded.eq(true))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        match row {
            Some(row) => Ok(Some(read(Some(row))?.policy)),
            None => Ok(None),
        }
    }

    /// Replaces the rules and returns them. Equal rules make no event.
    ///
    /// # Errors
    ///
    /// The organization is gone ([`StoreError::ParentMissing`]).
    pub async fn save_policy(
        &mut self,
        before: StoredPolicy,
        after: Policy,
    ) -> Result<StoredPolicy, StoreError> {
        if before.policy == after {
            return Ok(before);
        }
        if after
            .roles
            .iter()
            .any(|role| !before.policy.roles.contains(role))
        {
            // What was no role until now may be what somebody's attribute says.
            self.reread_all_roles().await?;
        }
        let body = serde_json::to_string(&after)
            .map_err(|reason| StoreError::corrupt("organization_policies", "new", reason))?;
        Entity::insert(ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            body: Set(body),
            guarded: Set(after.guards_provisioning()),
            updated_at: Set(self.now.unix_micros()),
        })
        .on_conflict(
            OnConflict::column(Column::OrgId)
                .update_columns([Column::Body, Column::Guarded, Column::UpdatedAt])
                .to_owned(),
        )
        .exec_without_returning(self.connection())
        .await?;
        let (id, was, is) = (self.org_id, told(&before.policy)?, told(&after)?);
        self.outbox
            .push_change(EventType::PolicyUpdated, None, id, was, is);
        Ok(StoredPolicy {
            policy: after,
            updated_at: Some(self.now),
        })
    }
}
