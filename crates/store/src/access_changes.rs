//! How a process knows that what it remembers of tokens still holds, without asking for each.
//!
//! Whoever changes what a token opens writes down in the same transaction what is out of date by
//! it, under the next number. Each process asks once a second for the numbers after the last that it
//! knows, forgets what they name, and may trust the rest for another while: one small query holds
//! for ten thousand connections. Messages between replicas are quicker, but may be lost; this is
//! the database's own word.
//!
//! Numbers are handed out under a lock that is held until the commit, so they become visible in
//! their order. The last that a process knows must still be there as it was: if it is not, it was
//! tidied away long ago, or the database is another one now (a standby that lagged behind took over),
//! and everything is forgotten.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Instant;

use rollcall_model::Stale;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use uuid::Uuid;

use crate::connect::Store;
use crate::error::StoreError;

/// How many numbers are kept. Whoever did not ask for so long forgets everything.
const KEPT: i64 = 10_000;

/// How many are read at a time.
const AT_A_TIME: i64 = 1_000;

const TAKE_NUMBERS: &str =
    "update access_change_count set last = last + $1 where name = 'all' returning last";

#[derive(FromQueryResult)]
struct Last {
    last: i64,
}

#[derive(FromQueryResult)]
struct Row {
    number: i64,
    what: String,
    stamp: Uuid,
}

/// The last change that a process knows of; `None` if there was none yet.
pub(crate) type LastChange = Option<(i64, Uuid)>;

/// Writes down what a transaction makes out of date, as its last act: all others that do so wait
/// for its end. `stamp` is random. The answer is the numbers that it took.
pub(crate) async fn write_down(
    tx: &impl ConnectionTrait,
    stale: &BTreeSet<Stale>,
    stamp: Uuid,
) -> Result<RangeInclusive<i64>, StoreError> {
    let backend = tx.get_database_backend();
    let statement = |sql: &str, values: Vec<sea_orm::Value>| {
        Statement::from_sql_and_values(backend, sql, values)
    };
    let many = i64::try_from(stale.len()).unwrap_or(i64::MAX);
    let taken = statement(TAKE_NUMBERS, vec![many.into()]);
    let taken = Last::find_by_statement(taken).one(tx).await?;
    let Last { last } = taken
        .ok_or_else(|| StoreError::corrupt("access_change_count", "all", "the row is missing"))?;
    let numbers = last - many + 1..=last;
    for (number, stale) in numbers.clone().zip(stale) {
        let values = vec![number.into(), stale.to_string().into(), stamp.into()];
        let row = "insert into access_changes (number, what, stamp) values ($1, $2, $3)";
        tx.execute_raw(statement(row, values)).await?;
    }
    Ok(numbers)
}

impl Store {
    /// Forgets what was changed since the last call, by any process, and trusts the rest from
    /// this moment on. To be called every second; nothing is trusted for long without.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn follow_access_changes(&self) -> Result<(), StoreError> {
        let begun = Instant::now();
        let Some(mut known) = self.remembered.known_changes() else {
            let last = self.last_access_change().await?;
            self.remembered.forget(&BTreeSet::from([Stale::Everything]));
            self.remembered.trust(begun, last);
            return Ok(());
        };
        loop {
            let mut rows = self.access_changes_from(known).await?;
            let in_order = match known {
                Some(known) => {
                    let first = rows.first().map(|row| (row.number, row.stamp));
                    let is_there = first == Some(known);
                    if is_there {
                        rows.remove(0);
                    }
                    is_there
                }
                None => rows.first().is_none_or(|row| row.number == 1),
            };
            if !in_order {
                known = self.last_access_change().await?;
                self.remembered.forget_own_changes();
                self.remembered.forget(&BTreeSet::from([Stale::Everything]));
                break;
            }
            let Some(last) = rows.last() else {
                break;
            };
            known = Some((last.number, last.stamp));
            let own = self.remembered.own_changes_up_to(last.number);
            let others = rows.iter().filter(|row| !own.contains(&row.number));
            // What a later release wrote may be of a kind that this one does not know.
            let stale = others.map(|row| row.what.parse().unwrap_or(Stale::Everything));
            self.remembered.forget(&stale.collect());
            self.tidy_access_changes(last.number - KEPT).await?;
        }
        self.remembered.trust(begun, known);
        Ok(())
    }

    async fn last_access_change(&self) -> Result<LastChange, StoreError> {
        let statement = Statement::from_string(
            self.db.get_database_backend(),
            "select number, what, stamp from access_changes order by number desc limit 1",
        );
        let row = Row::find_by_statement(statement).one(&self.db).await?;
        Ok(row.map(|row| (row.number, row.stamp)))
    }

    /// The last that is known, if it is still there, and what came after it.
    async fn access_changes_from(&self, known: LastChange) -> Result<Vec<Row>, StoreError> {
        let from = known.map_or(0, |(number, _)| number);
        let statement = Statement::from_sql_and_values(
            self.db.get_database_backend(),
            "select number, what, stamp from access_changes
             where number >= $1 order by number limit $2",
            [from.into(), AT_A_TIME.into()],
        );
        Ok(Row::find_by_statement(statement).all(&self.db).await?)
    }

    async fn tidy_access_changes(&self, up_to: i64) -> Result<(), StoreError> {
        if up_to <= 0 {
            return Ok(());
        }
        let old = Statement::from_sql_and_values(
            self.db.get_database_backend(),
            "delete from access_changes where number <= $1",
            [up_to.into()],
        );
        self.db.execute_raw(old).await?;
        Ok(())
    }
}
