//! The audit log: who did what, written in the transaction that does it.
//!
//! What belongs to the installation and to no organization, such as an API key, stands under the
//! nil UUID, so that the table's key can begin with the organization as every other does.

use rollcall_model::{AuditId, Clock, OrgId, Origin};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use uuid::Uuid;

use crate::entity::audit_log::{ActiveModel, Entity};
use crate::error::StoreError;

/// One row: who did which action to which target, by which request.
pub(crate) fn row(
    clock: &dyn Clock,
    org_id: Option<OrgId>,
    origin: Origin,
    action: &str,
    target: String,
) -> ActiveModel {
    ActiveModel {
        org_id: Set(org_id.map_or_else(Uuid::nil, OrgId::as_uuid)),
        id: Set(AuditId::new(clock).as_uuid()),
        at: Set(clock.now().unix_micros()),
        actor: Set(origin.actor.to_string()),
        action: Set(action.to_owned()),
        target: Set(target),
        request_id: Set(origin.request_id.as_uuid()),
    }
}

/// Writes rows; at most a few hundred, since one statement carries them.
pub(crate) async fn insert(
    tx: &impl ConnectionTrait,
    rows: Vec<ActiveModel>,
) -> Result<(), StoreError> {
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}
