//! Transactions on endpoints, and who is told of them.

use rollcall_model::{EventType, OrgId, Origin, Timestamp, WebhookEndpoint, WebhookEndpointId};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};

use super::endpoints::endpoints;
use crate::audit::{self, detail};
use crate::connect::Store;
use crate::dialect::WriteTx;
use crate::entity::webhook_endpoints::Column;
use crate::error::StoreError;
use crate::handle::OrgTx;
use crate::transaction::Tx;

/// A change of one endpoint. Of an endpoint of an organization there are an event and an audit row
/// in that organization; one of the installation has an audit row only.
pub(super) enum EndpointTx {
    Org(OrgTx),
    Installation {
        tx: WriteTx,
        store: Store,
        origin: Origin,
    },
}

/// What an endpoint was and is: one of the two is missing when it was made or is gone.
pub(super) struct Told {
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

impl EndpointTx {
    pub(super) async fn begin(
        store: &Store,
        org_id: Option<OrgId>,
        origin: Origin,
    ) -> Result<Self, StoreError> {
        Ok(match org_id {
            Some(org_id) => Self::Org(OrgTx::begin(store, org_id, origin).await?),
            None => Self::Installation {
                tx: store.begin_write().await?,
                store: store.clone(),
                origin,
            },
        })
    }

    pub(super) const fn connection(&self) -> &Tx {
        match self {
            Self::Org(tx) => tx.connection(),
            Self::Installation { tx, .. } => tx.connection(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::Org(tx) => tx.now,
            Self::Installation { store, .. } => store.clock.now(),
        }
    }

    /// Reads an endpoint and holds its row until the end.
    pub(super) async fn lock(
        &self,
        id: WebhookEndpointId,
    ) -> Result<Option<WebhookEndpoint>, StoreError> {
        let row = endpoints(None)
            .filter(Column::Id.eq(id.as_uuid()))
            .lock(sea_orm::sea_query::LockType::NoKeyUpdate)
            .one(self.connection())
            .await?;
        row.map(WebhookEndpoint::try_from).transpose()
    }

    /// Makes it durable, and tells of it.
    pub(super) async fn commit(
        self,
        kind: EventType,
        id: WebhookEndpointId,
        told: Told,
    ) -> Result<(), StoreError> {
        match self {
            Self::Org(mut tx) => {
                let outbox = &mut tx.outbox;
                match (told.before, told.after) {
                    (Some(before), Some(after)) => {
                        outbox.push_change(kind, None, id, before, after);
                    }
                    (None, Some(after)) => outbox.push_made(kind, None, id, after),
                    (before, None) => {
                        let gone = json!({ "webhook_endpoint": { "id": id } });
                        outbox.push_gone(kind, None, id, gone, before.unwrap_or_default());
                    }
                }
                tx.commit().await
            }
            Self::Installation { tx, store, origin } => {
                let detail = match (told.before, told.after) {
                    (Some(before), Some(after)) => detail::changed(&before, &after),
                    (None, Some(after)) => detail::made(after),
                    (before, None) => detail::gone(before.unwrap_or_default()),
                };
                let action = (kind.as_str(), id.to_string());
                note_in_installation(tx, &store, &origin, action, &detail).await
            }
        }
    }

    /// Makes it durable, with an audit row and no event.
    pub(super) async fn note(
        self,
        action: &'static str,
        id: WebhookEndpointId,
        detail: Value,
    ) -> Result<(), StoreError> {
        match self {
            Self::Org(mut tx) => {
                tx.note(action, id, detail);
                tx.commit().await
            }
            Self::Installation { tx, store, origin } => {
                let action = (action, id.to_string());
                note_in_installation(tx, &store, &origin, action, &detail).await
            }
        }
    }
}

async fn note_in_installation(
    tx: WriteTx,
    store: &Store,
    origin: &Origin,
    action: (&'static str, String),
    detail: &Value,
) -> Result<(), StoreError> {
    let moment = (store.clock(), store.clock().now());
    let entry = audit::entry(moment, None, origin, action, Some(detail));
    audit::append_to_installation(tx.connection(), entry).await?;
    tx.commit().await
}

/// An endpoint as events and audit rows tell it.
pub(super) fn shown(endpoint: &WebhookEndpoint) -> Value {
    json!({ "webhook_endpoint": {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "types": endpoint.types,
        "ordered": endpoint.ordered,
        "max_in_flight": endpoint.max_in_flight,
        "timeout_seconds": endpoint.timeout.as_secs(),
        "enabled": endpoint.paused.is_none(),
        "pause_reason": endpoint.paused.map(|(_, reason)| reason),
    }})
}
