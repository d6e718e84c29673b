//! Events become deliveries.

use rollcall_model::{Clock, WebhookDeliveryId};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::error::StoreError;
use crate::transaction::Tx;

/// How an event becomes a delivery. `$1` and `$2` are the positions that it lies between (the first
/// one excluded), `$3` the moment, `$4` what the ids begin with. `{id}` makes the rest of one.
///
/// A type is looked for with the commas around it. `_` in a name stands for any letter there, which
/// no two types differ by.
const QUEUE: &str = "
    insert into webhook_deliveries (endpoint_id, id, org_id, sequence, event_id, position, type,
        occurred_at, state, attempts, queued_at, due_at)
    select e.id, {id}, event.org_id, event.sequence, event.id, event.position, event.type,
        event.occurred_at, 'pending', 0, $3, $3
    from events event
    join webhook_endpoints e on (e.org_id is null or e.org_id = event.org_id)
        and (e.types is null or e.types like '%,' || event.type || ',%')
    where event.position > $1 and event.position <= $2";

/// Whether there is anybody to queue for.
const ANY_ENDPOINT: &str = "select 1 as one from webhook_endpoints limit 1";

/// The statement, and the beginning of the ids: UUIDs of version 7, the end of which is random.
pub(super) fn queue(backend: DbBackend, clock: &dyn Clock) -> (String, String) {
    const MOMENT: usize = 13;
    let id = WebhookDeliveryId::new(clock).as_uuid();
    let hex = id.as_simple().to_string();
    let (moment, _) = hex.split_at(MOMENT);
    if backend == DbBackend::Sqlite {
        let rest =
            "unhex($4 || substr(hex(randomblob(2)), 2) || '8' || substr(hex(randomblob(8)), 2))";
        (QUEUE.replace("{id}", rest), moment.to_owned())
    } else {
        // The text of a random one is cut after its version.
        let rest = "($4 || substr(gen_random_uuid()::text, 16))::uuid";
        let (high, low) = moment.split_at(8);
        let (middle, version) = low.split_at(4);
        (
            QUEUE.replace("{id}", rest),
            format!("{high}-{middle}-{version}"),
        )
    }
}

/// Queues the events between two positions for every endpoint that wants them. To be called in the
/// transaction that placed them: none is missed, and none comes twice.
pub(crate) async fn fan_out(
    tx: &Tx,
    clock: &dyn Clock,
    (after, up_to): (i64, i64),
) -> Result<(), StoreError> {
    let backend = tx.get_database_backend();
    let any = Statement::from_string(backend, ANY_ENDPOINT);
    if tx.query_one_raw(any).await?.is_none() {
        return Ok(());
    }
    let (sql, moment) = queue(backend, clock);
    let now = clock.now().unix_micros();
    let values = [after.into(), up_to.into(), now.into(), moment.into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    Ok(())
}
