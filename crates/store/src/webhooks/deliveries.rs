//! What was queued for an endpoint: seen, and queued again.

use std::time::Duration;

use rollcall_model::{
    DeliveryState, EventId, EventType, OrgId, Origin, Page, PageRequest, Timestamp, WebhookAttempt,
    WebhookDelivery, WebhookDeliveryId, WebhookEndpointId,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use serde_json::json;
use uuid::Uuid;

use super::endpoints::types_to_column;
use super::fan_out::queue;
use super::tell::EndpointTx;
use crate::connect::Store;
use crate::entity::webhook_attempts;
use crate::entity::webhook_deliveries::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;

/// The type of the event of a test, which stands in no feed.
const TEST_TYPE: &str = "webhook_endpoint.test";

/// How many positions one transaction of a replay looks at.
const REPLAYED_AT_A_TIME: i64 = 5_000;

/// Which events are sent again.
#[derive(Clone, Debug, Default)]
pub struct ReplayRange {
    /// After this position.
    pub after: u64,
    /// Up to this one; `None`: to the end of the feed.
    pub up_to: Option<u64>,
    /// Only these types; empty: all that the endpoint is sent.
    pub types: Vec<EventType>,
}

impl TryFrom<Model> for WebhookDelivery {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let state = row.state.parse::<DeliveryState>();
        Ok(Self {
            id: WebhookDeliveryId::from_uuid(row.id),
            endpoint_id: WebhookEndpointId::from_uuid(row.endpoint_id),
            event_id: EventId::from_uuid(row.event_id),
            event_type: row.kind,
            organization_id: (!row.org_id.is_nil()).then_some(OrgId::from_uuid(row.org_id)),
            position: u64::try_from(row.position).unwrap_or(0),
            state: state
                .map_err(|reason| StoreError::corrupt("webhook_deliveries", row.id, reason))?,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            queued_at: Timestamp::from_unix_micros(row.queued_at),
            due_at: row.due_at.map(Timestamp::from_unix_micros),
            finished_at: row.finished_at.map(Timestamp::from_unix_micros),
        })
    }
}

impl From<webhook_attempts::Model> for WebhookAttempt {
    fn from(row: webhook_attempts::Model) -> Self {
        Self {
            number: u32::try_from(row.number).unwrap_or(u32::MAX),
            at: Timestamp::from_unix_micros(row.at),
            duration: Duration::from_millis(u64::try_from(row.duration_ms).unwrap_or(0)),
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            error: row.error,
            response: row.response,
        }
    }
}

impl Store {
    /// Lists what was queued for an endpoint, newest first. The endpoint has to be one that the caller
    /// may see.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_webhook_deliveries(
        &self,
        endpoint: WebhookEndpointId,
        state: Option<DeliveryState>,
        page: PageRequest<WebhookDeliveryId>,
    ) -> Result<Page<WebhookDelivery, WebhookDeliveryId>, StoreError> {
        let mut select = Entity::find().filter(Column::EndpointId.eq(endpoint.as_uuid()));
        if let Some(state) = state {
            select = select.filter(Column::State.eq(state.as_str()));
        }
        if let Some(after) = page.after {
            select = select.filter(Column::Id.lt(after.as_uuid()));
        }
        let rows = select
            .order_by_desc(Column::Id)
            .limit(page.limit + 1)
            .all(&self.db)
            .await?;
        let items = rows.into_iter().map(WebhookDelivery::try_from);
        let items = items.collect::<Result<_, _>>()?;
        Ok(Page::from_one_more(
            items,
            page.limit,
            |item: &WebhookDelivery| item.id,
        ))
    }

    /// One delivery with its attempts, oldest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_webhook_delivery(
        &self,
        endpoint: WebhookEndpointId,
        id: WebhookDeliveryId,
    ) -> Result<Option<(WebhookDelivery, Vec<WebhookAttempt>)>, StoreError> {
        let key = (endpoint.as_uuid(), id.as_uuid());
        let Some(row) = Entity::find_by_id(key).one(&self.db).await? else {
            return Ok(None);
        };
        let attempts = webhook_attempts::Entity::find()
            .filter(webhook_attempts::Column::EndpointId.eq(endpoint.as_uuid()))
            .filter(webhook_attempts::Column::DeliveryId.eq(id.as_uuid()))
            .order_by_asc(webhook_attempts::Column::Number)
            .all(&self.db)
            .await?;
        let attempts = attempts.into_iter().map(WebhookAttempt::from).collect();
        Ok(Some((row.try_into()?, attempts)))
    }

    /// Sends a delivery again as soon as it can be, whatever became of it, unless it is under way; an
    /// audit row tells of it. `false` if there is none of that id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn redeliver_webhook(
        &self,
        (endpoint, organization_id): (WebhookEndpointId, Option<OrgId>),
        id: WebhookDeliveryId,
        origin: Origin,
    ) -> Result<bool, StoreError> {
        let key = (endpoint.as_uuid(), id.as_uuid());
        let tx = EndpointTx::begin(self, organization_id, origin).await?;
        let now = tx.now().unix_micros();
        let queued = Entity::update_many()
            .col_expr(Column::State, Expr::value(DeliveryState::Pending.as_str()))
            .col_expr(Column::DueAt, Expr::value(now))
            .col_expr(Column::FirstAttemptAt, Expr::value(None::<i64>))
            .col_expr(Column::FinishedAt, Expr::value(None::<i64>))
            .filter(Column::EndpointId.eq(endpoint.as_uuid()))
            .filter(Column::Id.eq(id.as_uuid()))
            .filter(Column::LeaseUntil.is_null())
            .exec(tx.connection())
            .await?;
        if queued.rows_affected == 0 {
            let found = Entity::find_by_id(key).one(tx.connection()).await?;
            return Ok(found.is_some());
        }
        let detail = json!({ "delivery": id });
        tx.note("webhook_endpoint.redelivered", endpoint, detail)
            .await?;
        self.news.webhook_queued();
        Ok(true)
    }

    /// Queues a test for an endpoint: an event of the type `webhook_endpoint.test`, which stands in no feed.
    /// An audit row tells of it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn queue_webhook_test(
        &self,
        endpoint: WebhookEndpointId,
        organization_id: Option<OrgId>,
        origin: Origin,
    ) -> Result<WebhookDelivery, StoreError> {
        let now = self.clock.now();
        let event = EventId::new(self.clock());
        let body = json!({
            "id": event,
            "type": TEST_TYPE,
            "version": 1,
            "organization_id": organization_id,
            "scim_connection_id": null,
            "sequence": 0,
            "position": 0,
            "occurred_at": now,
            "actor": origin.actor.to_string(),
            "request_id": origin.request_id,
            "data": { "webhook_endpoint": { "id": endpoint } },
        });
        let row = Model {
            endpoint_id: endpoint.as_uuid(),
            id: WebhookDeliveryId::new(self.clock()).as_uuid(),
            org_id: Uuid::nil(),
            sequence: 0,
            event_id: event.as_uuid(),
            position: 0,
            kind: TEST_TYPE.to_owned(),
            occurred_at: now.unix_micros(),
            body: Some(body.to_string()),
            state: DeliveryState::Pending.as_str().to_owned(),
            attempts: 0,
            queued_at: now.unix_micros(),
            first_attempt_at: None,
            due_at: Some(now.unix_micros()),
            lease_until: None,
            finished_at: None,
        };
        let tx = EndpointTx::begin(self, organization_id, origin).await?;
        // Set whole: a value that is only unchanged is not written.
        Entity::insert(ActiveModel::from(row.clone()).reset_all())
            .exec_without_returning(tx.connection())
            .await?;
        let detail = json!({ "delivery": WebhookDeliveryId::from_uuid(row.id) });
        tx.note("webhook_endpoint.tested", endpoint, detail).await?;
        self.news.webhook_queued();
        row.try_into()
    }

    /// Queues events of the feed for an endpoint once more, with their ids of before; an audit row tells
    /// of it, and is there before any of them. How many.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn replay_to_webhook(
        &self,
        endpoint: WebhookEndpointId,
        organization_id: Option<OrgId>,
        range: &ReplayRange,
        origin: Origin,
    ) -> Result<u64, StoreError> {
        let end = self.feed_end().await?;
        let number = |position: u64| i64::try_from(position).unwrap_or(i64::MAX);
        let up_to = number(range.up_to.map_or(end, |asked| asked.min(end)));
        let floor = self.feed_floor().await?;
        let mut after = number(range.after.max(floor));
        let backend = self.db.get_database_backend();
        let (sql, moment) = queue(backend, self.clock());
        let sql =
            format!("{sql} and e.id = $5 and ($6 = '' or $6 like '%,' || event.type || ',%')");
        let types = match range.types.as_slice() {
            [] => String::new(),
            types => types_to_column(types),
        };
        let tx = EndpointTx::begin(self, organization_id, origin).await?;
        let detail = json!({ "after": range.after, "up_to": up_to, "types": range.types });
        tx.note("webhook_endpoint.replayed", endpoint, detail)
            .await?;
        let mut queued = 0;
        while after < up_to {
            let to = up_to.min(after.saturating_add(REPLAYED_AT_A_TIME));
            let values = [
                after.into(),
                to.into(),
                self.clock.now().unix_micros().into(),
                moment.clone().into(),
                endpoint.as_uuid().into(),
                types.clone().into(),
            ];
            let tx = self.begin_write().await?;
            let statement = Statement::from_sql_and_values(backend, &sql, values);
            queued += tx
                .connection()
                .execute_raw(statement)
                .await?
                .rows_affected();
            tx.commit().await?;
            self.news.webhook_queued();
            after = to;
        }
        Ok(queued)
    }
}
