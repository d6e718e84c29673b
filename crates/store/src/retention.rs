//! The beginning of the feed: events that were kept long enough are removed, oldest first.
//!
//! Only what stands before everything that is kept is removed, and how far is written down in the
//! same transaction: so a reader can tell whether something is missing (`FeedPage::removed_to`).

use rollcall_model::Timestamp;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::connect::Store;
use crate::error::StoreError;

/// How many events one step removes at most.
const AT_A_TIME: i64 = 1_000;

/// The oldest events that are kept.
const OLDEST: &str = "
    select position as place, occurred_at
    from events
    where position > $1
    order by position
    limit $2";

/// Fails to find the row if another process was quicker.
const MOVE_FLOOR: &str = "update feed_floor set removed_to = $2 where removed_to = $1";

const REMOVE: &str = "delete from events where position > $1 and position <= $2";

#[derive(FromQueryResult)]
struct Old {
    place: i64,
    occurred_at: i64,
}

impl Store {
    /// Removes some of the events that were made before a moment, unless a younger one stands
    /// before them in the feed. The answer is how many; 0 when there is nothing left to do.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn remove_old_events(&self, before: Timestamp) -> Result<u64, StoreError> {
        let backend = self.db.get_database_backend();
        let statement = |sql: &str, values: [i64; 2]| {
            Statement::from_sql_and_values(backend, sql, values.map(Into::into))
        };
        let floor = i64::try_from(self.feed_floor().await?).unwrap_or(i64::MAX);
        let oldest = Old::find_by_statement(statement(OLDEST, [floor, AT_A_TIME]))
            .all(&self.db)
            .await?;
        let before = before.unix_micros();
        let last = oldest
            .iter()
            .take_while(|event| event.occurred_at < before)
            .last();
        let Some(last) = last.map(|event| event.place) else {
            return Ok(0);
        };
        let tx = self.begin_write().await?;
        let moved = tx
            .connection()
            .execute_raw(statement(MOVE_FLOOR, [floor, last]))
            .await?;
        if moved.rows_affected() == 0 {
            return Ok(0);
        }
        let removed = tx
            .connection()
            .execute_raw(statement(REMOVE, [floor, last]))
            .await?;
        tx.commit().await?;
        Ok(removed.rows_affected())
    }
}
