//! What is removed from the queue, and how long it is.

use rollcall_model::{PauseReason, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::connect::Store;
use crate::error::StoreError;

/// How many deliveries one transaction removes.
const AT_A_TIME: i64 = 500;

/// Deliveries of the state `$1` that were finished before `$2`.
const REMOVE_FINISHED: &str = "
    delete from webhook_deliveries where (endpoint_id, id) in (
        select endpoint_id, id from webhook_deliveries
        where state = $1 and finished_at is not null and finished_at < $2
        order by finished_at limit $3)";

/// Deliveries of endpoints that are gone. Endpoints are found by one index look-up each.
const REMOVE_ORPHANS: &str = "
    delete from webhook_deliveries where (endpoint_id, id) in (
        with recursive queues (endpoint_id) as (
            select endpoint_id from (
                select endpoint_id from webhook_deliveries order by endpoint_id limit 1
            ) as first
            union all
            select (
                select d.endpoint_id from webhook_deliveries d
                where d.endpoint_id > queues.endpoint_id order by d.endpoint_id limit 1
            )
            from queues where queues.endpoint_id is not null
        )
        select d.endpoint_id, d.id
        from queues join webhook_deliveries d on d.endpoint_id = queues.endpoint_id
        where queues.endpoint_id is not null
            and not exists (select 1 from webhook_endpoints e where e.id = queues.endpoint_id)
        limit $1)";

/// How many deliveries that wait are counted: a count of a million would cost more than it says.
const MAX_COUNTED: u64 = 100_000;

/// `$1` is how many deliveries are counted at most.
const LENGTH: &str = "
    select
        (select count(*) from (
            select 1 as one from webhook_deliveries where state = 'pending' limit $1
        ) as counted) as pending,
        (select count(*) from webhook_endpoints
            where paused_at is not null and pause_reason = 'manual') as manual,
        (select count(*) from webhook_endpoints
            where paused_at is not null and pause_reason = 'failing') as broken,
        (select count(*) from webhook_endpoints
            where paused_at is not null and pause_reason = 'gone') as gone,
        (select count(*) from webhook_endpoints
            where paused_at is null and failures > 0) as failing,
        (select min(due_at) from (
            select (
                select d.due_at from webhook_deliveries d
                where d.endpoint_id = e.id and d.due_at is not null
                order by d.due_at limit 1
            ) as due_at
            from webhook_endpoints e where e.paused_at is null
        ) as due) as oldest_due_at";

/// How the queue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookQueue {
    /// Deliveries that are neither delivered nor given up; no more than 100,000 are counted.
    pub pending: u64,
    /// Since when the longest due delivery is due, of endpoints that are not paused.
    pub oldest_due_at: Option<Timestamp>,
    /// Endpoints that are paused, by the reason.
    pub paused: [(PauseReason, u64); 3],
    /// Endpoints that are not paused and whose last attempt failed.
    pub failing: u64,
}

#[derive(Default, FromQueryResult)]
struct Row {
    pending: i64,
    manual: i64,
    broken: i64,
    gone: i64,
    failing: i64,
    oldest_due_at: Option<i64>,
}

impl Store {
    /// Removes a few deliveries that were kept long enough, or whose endpoint is gone. How many; fewer
    /// than before means that there are no more for now.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn remove_old_webhook_deliveries(
        &self,
        delivered_before: Timestamp,
        failed_before: Timestamp,
    ) -> Result<u64, StoreError> {
        let backend = self.db.get_database_backend();
        let finished = |state: &str, before: Timestamp| {
            let values = [state.into(), before.unix_micros().into(), AT_A_TIME.into()];
            Statement::from_sql_and_values(backend, REMOVE_FINISHED, values)
        };
        let statements = [
            finished("delivered", delivered_before),
            finished("failed", failed_before),
            Statement::from_sql_and_values(backend, REMOVE_ORPHANS, [AT_A_TIME.into()]),
        ];
        let mut removed = 0;
        for statement in statements {
            let tx = self.begin_write().await?;
            removed += tx
                .connection()
                .execute_raw(statement)
                .await?
                .rows_affected();
            tx.commit().await?;
        }
        Ok(removed)
    }

    /// How the queue stands.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn webhook_queue(&self) -> Result<WebhookQueue, StoreError> {
        let most = i64::try_from(MAX_COUNTED).unwrap_or(i64::MAX);
        let backend = self.db.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, LENGTH, [most.into()]);
        let row = Row::find_by_statement(statement).one(&self.db).await?;
        let row = row.unwrap_or_default();
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        Ok(WebhookQueue {
            pending: count(row.pending),
            paused: [
                (PauseReason::Manual, count(row.manual)),
                (PauseReason::Failing, count(row.broken)),
                (PauseReason::Gone, count(row.gone)),
            ],
            failing: count(row.failing),
            oldest_due_at: row.oldest_due_at.map(Timestamp::from_unix_micros),
        })
    }
}
