//! Sinks: what one process at a time copies the feed to, and how far it is.

use std::time::Duration;

use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use crate::connect::Store;
use crate::error::StoreError;

/// `$1` is the sink, `$2` who asks, `$3` until when it would hold it, `$4` is now.
const TAKE: &str = "
    insert into feed_sinks (name, position, holder, held_until)
    select $1, removed_to, $2, $3 from feed_floor where true
    on conflict (name) do update set holder = $2, held_until = $3
    where feed_sinks.holder = $2 or feed_sinks.held_until < $4
    returning position";

const ADVANCE: &str = "update feed_sinks set position = $3 where name = $1 and holder = $2";

const RELEASE: &str = "update feed_sinks set held_until = 0 where name = $1 and holder = $2";

#[derive(FromQueryResult)]
struct Row {
    position: i64,
}

impl Store {
    /// Takes a sink for this long, or keeps it. The position of the last event that is in it;
    /// `None` if another process holds it. A sink that is new begins with the oldest event that is
    /// kept.
    ///
    /// Two processes whose clocks differ by more than the time may both hold it: whatever is added
    /// must bear being added twice.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn take_sink(
        &self,
        name: &str,
        holder: &str,
        time: Duration,
    ) -> Result<Option<u64>, StoreError> {
        let now = self.clock.now();
        let values: [Value; 4] = [
            name.into(),
            holder.into(),
            now.plus(time).unix_micros().into(),
            now.unix_micros().into(),
        ];
        let tx = self.begin_write().await?;
        let take = Statement::from_sql_and_values(self.db.get_database_backend(), TAKE, values);
        let row = Row::find_by_statement(take).one(tx.connection()).await?;
        tx.commit().await?;
        Ok(row.map(|row| u64::try_from(row.position).unwrap_or(0)))
    }

    /// Everything up to a position is in the sink. Nothing, if somebody else holds it by now.
    ///
    /// # Errors
    ///
    /// The database is not available; then it is added again.
    pub async fn advance_sink(
        &self,
        name: &str,
        holder: &str,
        position: u64,
    ) -> Result<(), StoreError> {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        self.change_sink(ADVANCE, vec![name.into(), holder.into(), position.into()])
            .await
    }

    /// Lets another process take the sink at once.
    ///
    /// # Errors
    ///
    /// The database is not available; then others wait until the time is over.
    pub async fn release_sink(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.change_sink(RELEASE, vec![name.into(), holder.into()])
            .await
    }

    async fn change_sink(&self, sql: &str, values: Vec<Value>) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        let change = Statement::from_sql_and_values(self.db.get_database_backend(), sql, values);
        tx.connection().execute_raw(change).await?;
        tx.commit().await
    }
}
