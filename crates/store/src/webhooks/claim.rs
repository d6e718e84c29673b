//! Taking deliveries out of the queue, for a time.
//!
//! The row of an endpoint is locked while deliveries are taken for it, and whoever finds it locked
//! goes on to the next. A taken delivery has a lease instead of a due time; its number of attempts
//! is what a late answer is told by.

use std::collections::HashMap;
use std::time::Duration;

use rollcall_model::{
    Event, EventId, OrgId, Timestamp, TracePlace, WebhookDeliveryId, WebhookEndpointId,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult,
    QueryFilter, Statement,
};
use uuid::Uuid;

use super::endpoints::signing_secrets;
use crate::connect::Store;
use crate::dialect::for_no_key_update_skip_locked;
use crate::entity::webhook_deliveries::{Column, Entity, Model};
use crate::entity::{events, webhook_attempts};
use crate::error::StoreError;
use crate::transaction::Tx;

/// After so many failures in a row an endpoint gets one request at a time, until one succeeds.
const FAILING_AFTER: i64 = 3;

/// Endpoints that something is due for, and how they are doing. Two index look-ups for each endpoint
/// that something is queued for, however much it is; the others, mostly nearly all, cost nothing.
const DUE: &str = "
    with recursive queued (endpoint_id) as (
        select endpoint_id from (
            select endpoint_id from webhook_deliveries
            where due_at is not null
            order by endpoint_id limit 1
        ) as first
        union all
        select (
            select d.endpoint_id from webhook_deliveries d
            where d.due_at is not null and d.endpoint_id > queued.endpoint_id
            order by d.endpoint_id limit 1
        )
        from queued where queued.endpoint_id is not null
    ), waiting as (
        select endpoint_id, (
            select d.due_at from webhook_deliveries d
            where d.endpoint_id = queued.endpoint_id and d.due_at is not null
            order by d.due_at limit 1
        ) as due_at
        from queued where endpoint_id is not null
    )
    select e.id, e.failures from waiting
    join webhook_endpoints e on e.id = waiting.endpoint_id
    where e.paused_at is null and waiting.due_at <= $1
    order by e.id";

/// Whether a lease is over.
const OVER: &str = "select id from webhook_deliveries where lease_until < $1 limit 1";

/// What may be sent to an endpoint, the longest due first.
const NEXT: &str = "
    select id from webhook_deliveries
    where endpoint_id = $1 and due_at is not null and due_at <= $2
    order by due_at, position limit $3";

/// The same of an ordered one: of each organization the oldest that is not finished, unless it is
/// under way or waits. One index look-up for each organization that something waits for.
const NEXT_IN_ORDER: &str = "
    with recursive organizations (org_id) as (
        select org_id from (
            select org_id from webhook_deliveries
            where endpoint_id = $1 and state = 'pending'
            order by org_id limit 1
        ) as first
        union all
        select (
            select d.org_id from webhook_deliveries d
            where d.endpoint_id = $1 and d.state = 'pending' and d.org_id > organizations.org_id
            order by d.org_id limit 1
        )
        from organizations where organizations.org_id is not null
    ), oldest as (
        select (
            select d.id from webhook_deliveries d
            where d.endpoint_id = $1 and d.state = 'pending' and d.org_id = organizations.org_id
            order by d.sequence, d.id limit 1
        ) as id
        from organizations where organizations.org_id is not null
    )
    select d.id from oldest
    join webhook_deliveries d on d.endpoint_id = $1 and d.id = oldest.id
    where d.due_at is not null and d.due_at <= $2
    order by d.due_at limit $3";

#[derive(FromQueryResult)]
struct DueRow {
    id: Uuid,
    failures: i64,
}

#[derive(FromQueryResult)]
struct EndpointRow {
    url: String,
    ordered: bool,
    max_in_flight: i64,
    timeout_seconds: i64,
    failures: i64,
}

#[derive(FromQueryResult)]
struct IdRow {
    id: Uuid,
}

#[derive(FromQueryResult)]
struct CountRow {
    count: i64,
}

/// An endpoint that something is due for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueEndpoint {
    /// Which one.
    pub id: WebhookEndpointId,
    /// Whether it has failed lately, and gets one request at a time.
    pub failing: bool,
}

/// What is to be sent to one endpoint now.
pub struct ClaimedDeliveries {
    /// Where to.
    pub url: String,
    /// How long it may take to answer.
    pub timeout: Duration,
    /// The secrets that sign, sealed, the current one first.
    pub secrets: Vec<Vec<u8>>,
    /// What.
    pub deliveries: Vec<ClaimedDelivery>,
}

/// One attempt that this process has to make.
#[derive(Clone, Debug)]
pub struct ClaimedDelivery {
    /// Which delivery.
    pub id: WebhookDeliveryId,
    /// Where to.
    pub endpoint_id: WebhookEndpointId,
    /// Its event.
    pub event_id: EventId,
    /// When the event happened.
    pub occurred_at: Timestamp,
    /// Which attempt this is: 1, 2, 3, …
    pub number: u32,
    /// When the first attempt was.
    pub first_attempt_at: Timestamp,
    /// Until when nobody else makes an attempt, and what came of this one can be told.
    pub lease_until: Timestamp,
    /// The body; `None` if the event is not kept any more.
    pub body: Option<String>,
    /// What the event is.
    pub kind: String,
    /// The organization it happened in.
    pub org_id: OrgId,
    /// What it was caused by, if that was recorded.
    pub cause: Option<TracePlace>,
}

impl Store {
    /// Endpoints that something is due for.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn due_webhook_endpoints(&self) -> Result<Vec<DueEndpoint>, StoreError> {
        let now = self.clock.now().unix_micros();
        let backend = self.db.get_database_backend();
        let due = Statement::from_sql_and_values(backend, DUE, [now.into()]);
        let rows = DueRow::find_by_statement(due).all(&self.db).await?;
        let told = |row: DueRow| DueEndpoint {
            id: WebhookEndpointId::from_uuid(row.id),
            failing: row.failures >= FAILING_AFTER,
        };
        Ok(rows.into_iter().map(told).collect())
    }

    /// Takes what is due for an endpoint, at most `most` and never more than it takes at once. The
    /// caller has to tell what came of each, within the endpoint's timeout and `grace`. `None` if
    /// there is nothing to take, or another process is at it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn claim_webhook_deliveries(
        &self,
        id: WebhookEndpointId,
        most: usize,
        grace: Duration,
    ) -> Result<Option<ClaimedDeliveries>, StoreError> {
        let tx = self.begin_write().await?;
        let db = tx.connection();
        let now = self.clock.now();
        let Some(endpoint) = lock_endpoint(db, id).await? else {
            return Ok(None);
        };
        let room = endpoint.room(in_flight(db, id).await?);
        let most = Ord::min(i64::try_from(most).unwrap_or(i64::MAX), room);
        if most < 1 {
            return Ok(None);
        }
        let ids = next(db, id, endpoint.ordered, (now, most)).await?;
        if ids.is_empty() {
            return Ok(None);
        }
        let timeout = Duration::from_secs(endpoint.timeout_seconds.unsigned_abs());
        let lease_until = now.plus(timeout).plus(grace);
        let lease = lease_until.unix_micros();
        let first = Expr::col(Column::FirstAttemptAt).if_null(now.unix_micros());
        let rows = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(None::<i64>))
            .col_expr(Column::LeaseUntil, Expr::value(lease))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .col_expr(Column::FirstAttemptAt, first)
            .filter(Column::EndpointId.eq(id.as_uuid()))
            .filter(Column::Id.is_in(ids))
            .filter(Column::DueAt.is_not_null())
            .exec_with_returning(db)
            .await?;
        let mut events = kept_events(db, &rows).await?;
        // All that is needed is read before the commit: what failed after it would be leased to nobody.
        let secrets = signing_secrets(db, id, now).await?;
        tx.commit().await?;
        let mut claimed = |row: Model| {
            let event = events.remove(&row.event_id);
            let (body, cause) = event.map_or((None, None), |it| (Some(it.body), it.cause));
            ClaimedDelivery {
                id: WebhookDeliveryId::from_uuid(row.id),
                endpoint_id: id,
                event_id: EventId::from_uuid(row.event_id),
                occurred_at: Timestamp::from_unix_micros(row.occurred_at),
                number: u32::try_from(row.attempts).unwrap_or(u32::MAX),
                first_attempt_at: Timestamp::from_unix_micros(
                    row.first_attempt_at.unwrap_or(now.unix_micros()),
                ),
                lease_until,
                body: row.body.or(body),
                kind: row.kind,
                org_id: OrgId::from_uuid(row.org_id),
                cause,
            }
        };
        Ok(Some(ClaimedDeliveries {
            url: endpoint.url,
            timeout,
            secrets: secrets.into_iter().map(|secret| secret.sealed).collect(),
            deliveries: rows.into_iter().map(&mut claimed).collect(),
        }))
    }

    /// Gives back what processes took that ended before they told what came of it. How many.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn release_webhook_leases(&self) -> Result<u64, StoreError> {
        let now = self.clock.now().unix_micros();
        // Asked first, since there mostly is none, and only one process writes at a time on SQLite.
        let over =
            Statement::from_sql_and_values(self.db.get_database_backend(), OVER, [now.into()]);
        if self.db.query_one_raw(over).await?.is_none() {
            return Ok(0);
        }
        let tx = self.begin_write().await?;
        let lost = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(now))
            .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
            .filter(Column::LeaseUntil.lt(now))
            .exec_with_returning(tx.connection())
            .await?;
        let count = u64::try_from(lost.len()).unwrap_or(0);
        let attempts = lost.into_iter().map(|row| webhook_attempts::Model {
            endpoint_id: row.endpoint_id,
            delivery_id: row.id,
            number: row.attempts,
            at: now,
            duration_ms: 0,
            status: None,
            error: Some(NOBODY_TOLD.to_owned()),
            response: None,
        });
        let attempts: Vec<webhook_attempts::ActiveModel> = attempts
            .map(|row| webhook_attempts::ActiveModel::from(row).reset_all())
            .collect();
        if count == 0 {
            return Ok(0);
        }
        webhook_attempts::Entity::insert_many(attempts)
            .exec_without_returning(tx.connection())
            .await?;
        tx.commit().await?;
        Ok(count)
    }
}

const NOBODY_TOLD: &str =
    "the process that sent it ended before it knew the answer; it may have arrived";

impl EndpointRow {
    fn room(&self, in_flight: i64) -> i64 {
        let most = match self.failures {
            FAILING_AFTER.. => 1,
            _ => self.max_in_flight,
        };
        most - in_flight
    }
}

/// Reads an endpoint that is not paused and holds its row; `None` as well if somebody else does.
async fn lock_endpoint(db: &Tx, id: WebhookEndpointId) -> Result<Option<EndpointRow>, StoreError> {
    let backend = db.get_database_backend();
    let hold = for_no_key_update_skip_locked(backend);
    let sql = format!(
        "select url, ordered, max_in_flight, timeout_seconds, failures from webhook_endpoints
         where id = $1 and paused_at is null {hold}"
    );
    let statement = Statement::from_sql_and_values(backend, sql, [id.as_uuid().into()]);
    Ok(EndpointRow::find_by_statement(statement).one(db).await?)
}

async fn in_flight(db: &Tx, id: WebhookEndpointId) -> Result<i64, StoreError> {
    let sql = "select count(*) as count from webhook_deliveries
               where endpoint_id = $1 and lease_until is not null";
    let backend = db.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, [id.as_uuid().into()]);
    let count = CountRow::find_by_statement(statement).one(db).await?;
    Ok(count.map_or(0, |row| row.count))
}

async fn next(
    db: &Tx,
    id: WebhookEndpointId,
    ordered: bool,
    (now, most): (Timestamp, i64),
) -> Result<Vec<Uuid>, StoreError> {
    let backend = db.get_database_backend();
    let sql = if ordered { NEXT_IN_ORDER } else { NEXT };
    let values = [id.as_uuid().into(), now.unix_micros().into(), most.into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = IdRow::find_by_statement(statement).all(db).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What is told of an event.
struct KeptEvent {
    /// The event as JSON.
    body: String,
    cause: Option<TracePlace>,
}

/// The events of deliveries, by their ids. One that cannot be read is left out, as one that
/// is not kept any more: it must not hold up the others.
async fn kept_events(db: &Tx, rows: &[Model]) -> Result<HashMap<Uuid, KeptEvent>, StoreError> {
    let wanted = rows.iter().filter(|row| row.body.is_none());
    let wanted = wanted.fold(Condition::any(), |any, row| {
        any.add(
            events::Column::OrgId
                .eq(row.org_id)
                .and(events::Column::Sequence.eq(row.sequence)),
        )
    });
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let found = events::Entity::find().filter(wanted).all(db).await?;
    let told = |row: events::Model| {
        let id = row.id;
        let cause = row.trace.as_deref().and_then(TracePlace::from_bytes);
        let body = Event::try_from(row).map(|event| serde_json::to_string(&event));
        match body {
            Ok(Ok(body)) => Some((id, KeptEvent { body, cause })),
            Ok(Err(_)) | Err(_) => {
                tracing::error!(event.id = %EventId::from_uuid(id), "an event cannot be read");
                None
            }
        }
    };
    Ok(found.into_iter().filter_map(told).collect())
}
