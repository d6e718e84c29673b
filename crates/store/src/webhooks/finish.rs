//! What came of an attempt.

use std::time::Duration;

use rollcall_model::{EventType, Origin, PauseReason, Timestamp, WebhookEndpointId, chain};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, Statement,
};

use super::claim::ClaimedDelivery;
use super::tell::{EndpointTx, Told, shown};
use crate::connect::Store;
use crate::entity::webhook_deliveries::{Column, Entity};
use crate::entity::{webhook_attempts, webhook_endpoints};
use crate::error::StoreError;

/// One more failure of an endpoint.
const FAILED: &str = "
    update webhook_endpoints
    set failures = failures + 1, failing_since = coalesce(failing_since, $2)
    where id = $1
    returning failing_since, resumed_at";

/// One attempt that was made.
#[derive(Clone, Debug)]
pub struct AttemptMade {
    /// When it was begun.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// The status that was answered, if there was an answer.
    pub status: Option<u16>,
    /// Why it failed, in words; `None`: it did not.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub response: Option<String>,
    /// What to do if it failed.
    pub then: AfterFailure,
}

/// What is done after an attempt that failed.
#[derive(Clone, Copy, Debug)]
pub struct AfterFailure {
    /// When to try again; `None`: never.
    pub retry_at: Option<Timestamp>,
    /// For how long it is tried, from the first attempt, or from when the endpoint was resumed.
    pub give_up_after: Duration,
    /// An endpoint for which everything failed for so long is paused.
    pub pause_after: Duration,
    /// The endpoint says that it is gone, and is paused at once.
    pub gone: bool,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It has arrived.
    Delivered,
    /// It will be tried again.
    Retry,
    /// It was given up.
    GivenUp,
    /// Its lease was over, so that somebody else has it.
    Lost,
}

#[derive(FromQueryResult)]
struct FailingRow {
    failing_since: Option<i64>,
    resumed_at: i64,
}

impl Store {
    /// Notes what came of an attempt, and says what becomes of the delivery, and whether its endpoint
    /// was paused because of it. Called again for one that was noted, it changes nothing and says
    /// [`Finished::Lost`].
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn finish_webhook_attempt(
        &self,
        claimed: &ClaimedDelivery,
        made: AttemptMade,
    ) -> Result<(Finished, Option<PauseReason>), StoreError> {
        let tx = self.begin_write().await?;
        let db = tx.connection();
        let now = self.clock.now();
        let endpoint = claimed.endpoint_id.as_uuid();
        let failing = match &made.error {
            None => {
                webhook_endpoints::Entity::update_many()
                    .col_expr(webhook_endpoints::Column::Failures, Expr::value(0))
                    .col_expr(
                        webhook_endpoints::Column::FailingSince,
                        Expr::value(None::<i64>),
                    )
                    .filter(webhook_endpoints::Column::Id.eq(endpoint))
                    .filter(webhook_endpoints::Column::Failures.gt(0))
                    .exec(db)
                    .await?;
                None
            }
            // Nothing was sent, for which the endpoint can do nothing.
            Some(_) if claimed.body.is_none() => None,
            Some(_) => {
                let values = [endpoint.into(), now.unix_micros().into()];
                let backend = self.db.get_database_backend();
                let statement = Statement::from_sql_and_values(backend, FAILED, values);
                FailingRow::find_by_statement(statement).one(db).await?
            }
        };
        let resumed_at = failing.as_ref().map(|row| row.resumed_at);
        let (finished, retry_at) = outcome(claimed, &made, resumed_at, now);
        let state = match finished {
            Finished::Delivered => "delivered",
            Finished::GivenUp => "failed",
            Finished::Retry | Finished::Lost => "pending",
        };
        let ended = retry_at.is_none().then_some(now.unix_micros());
        let updated = Entity::update_many()
            .col_expr(Column::State, Expr::value(state))
            .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
            .col_expr(
                Column::DueAt,
                Expr::value(retry_at.map(Timestamp::unix_micros)),
            )
            .col_expr(Column::FinishedAt, Expr::value(ended))
            .filter(Column::EndpointId.eq(endpoint))
            .filter(Column::Id.eq(claimed.id.as_uuid()))
            .filter(Column::Attempts.eq(claimed.number))
            .filter(Column::LeaseUntil.is_not_null())
            .exec(db)
            .await?;
        if updated.rows_affected == 0 {
            return Ok((Finished::Lost, None));
        }
        let duration = i64::try_from(made.duration.as_millis()).unwrap_or(i64::MAX);
        webhook_attempts::Entity::insert(webhook_attempts::ActiveModel {
            endpoint_id: Set(endpoint),
            delivery_id: Set(claimed.id.as_uuid()),
            number: Set(claimed.number.into()),
            at: Set(made.at.unix_micros()),
            duration_ms: Set(duration),
            status: Set(made.status.map(Into::into)),
            error: Set(made.error),
            response: Set(made.response),
        })
        .exec_without_returning(db)
        .await?;
        tx.commit().await?;

        let since = failing.and_then(|row| row.failing_since);
        let since = since.map(Timestamp::from_unix_micros);
        let reason = match since {
            Some(_) if made.then.gone => PauseReason::Gone,
            Some(since) if now.since(since) >= made.then.pause_after => PauseReason::Failing,
            _ => return Ok((finished, None)),
        };
        // What came of the attempt is noted, whatever becomes of this. The next failure pauses too.
        let paused = self.pause_webhook_endpoint(claimed.endpoint_id, reason);
        let paused = paused.await.unwrap_or_else(|error| {
            let (id, error) = (claimed.endpoint_id, chain(&error));
            tracing::warn!(error, endpoint.id = %id, "a webhook endpoint was not paused");
            false
        });
        Ok((finished, paused.then_some(reason)))
    }

    /// Pauses an endpoint, and tells of it. Whether it was not paused before.
    async fn pause_webhook_endpoint(
        &self,
        id: WebhookEndpointId,
        reason: PauseReason,
    ) -> Result<bool, StoreError> {
        let Some(found) = self.find_webhook_endpoint(None, id).await? else {
            return Ok(false);
        };
        let origin = Origin::system(self.clock());
        let tx = EndpointTx::begin(self, found.organization_id, origin).await?;
        let Some(before) = tx.lock(id).await?.filter(|it| it.paused.is_none()) else {
            return Ok(false);
        };
        let now = tx.now();
        let mut after = before.clone();
        after.paused = Some((now, reason));
        webhook_endpoints::Entity::update_many()
            .col_expr(
                webhook_endpoints::Column::PausedAt,
                Expr::value(now.unix_micros()),
            )
            .col_expr(
                webhook_endpoints::Column::PauseReason,
                Expr::value(reason.as_str()),
            )
            .filter(webhook_endpoints::Column::Id.eq(id.as_uuid()))
            .exec(tx.connection())
            .await?;
        let told = Told {
            before: Some(shown(&before)),
            after: Some(shown(&after)),
        };
        tx.commit(EventType::WebhookEndpointPaused, id, told)
            .await?;
        Ok(true)
    }
}

/// What becomes of a delivery, and when it is tried again.
fn outcome(
    claimed: &ClaimedDelivery,
    made: &AttemptMade,
    resumed_at: Option<i64>,
    now: Timestamp,
) -> (Finished, Option<Timestamp>) {
    if made.error.is_none() {
        return (Finished::Delivered, None);
    }
    let resumed = resumed_at.map(Timestamp::from_unix_micros);
    let tried_since = resumed.map_or(claimed.first_attempt_at, |resumed| {
        resumed.max(claimed.first_attempt_at)
    });
    match made.then.retry_at {
        Some(at) if now.since(tried_since) < made.then.give_up_after => (Finished::Retry, Some(at)),
        _ => (Finished::GivenUp, None),
    }
}
