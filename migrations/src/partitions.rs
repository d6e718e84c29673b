//! The option of PostgreSQL to split the tables that grow, by a hash of the organization.
//!
//! Split are the tables whose rows grow with users, requests and events: they end in `{by_org}`. A
//! table with a row for each organization, connection or token stays whole, since a split one makes
//! each statement dearer to plan.
//!
//! What cannot be had over all partitions is made once for each, with `{part:events}` for its name:
//! an index can be unique only if it holds `org_id`, which all of ours do but `events_by_position`,
//! and nobody but an operator ever analyzes a split table as a whole, which statistics would need.
//! See docs/decisions/0012-postgresql.md for what keeps positions apart between partitions.
//!
//! The catalog of the database is the only record of the choice: whatever it says is so.

use std::ops::RangeInclusive;

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// How many partitions there may be.
pub const NUMBERS: RangeInclusive<u32> = 2..=64;

/// How many locks the making of the schema holds at its end for each partition: tables, their indexes
/// and what keeps their long values. 124 were counted; the rest is for steps to come.
const LOCKS: u32 = 150;

/// How a transaction remembers the choice for its steps.
const SETTING: &str = "rollcall.hash_partitions";

/// Into how many partitions each table that grows is split; `None` if they are whole or not there.
///
/// # Errors
///
/// The database cannot be read.
pub async fn found<C: ConnectionTrait>(db: &C) -> Result<Option<u32>, DbErr> {
    const COUNT: &str =
        "select count(*)::int as n from pg_inherits where inhparent = to_regclass('users')";
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(None);
    }
    number(db, COUNT).await
}

/// How many locks are taken to make so many partitions, and for how many the server has room, if
/// that is too few.
///
/// # Errors
///
/// The database cannot be read.
pub async fn missing_locks<C: ConnectionTrait>(
    db: &C,
    partitions: u32,
) -> Result<Option<(u32, u32)>, DbErr> {
    const ROOM: &str = "select current_setting('max_locks_per_transaction')::int
        * (current_setting('max_connections')::int
            + current_setting('max_prepared_transactions')::int) as n";
    let (needed, room) = (LOCKS * partitions, number(db, ROOM).await?.unwrap_or(0));
    Ok((needed > room).then_some((needed, room)))
}

/// Has the steps that are taken later in this transaction split what they make.
///
/// # Errors
///
/// The database is not available.
pub async fn choose<C: ConnectionTrait>(tx: &C, partitions: u32) -> Result<(), DbErr> {
    let set = format!("select set_config('{SETTING}', '{partitions}', true)");
    tx.execute_unprepared(&set).await?;
    Ok(())
}

/// What was chosen in this transaction.
pub(crate) async fn chosen<C: ConnectionTrait>(tx: &C) -> Result<Option<u32>, DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let sql =
        format!("select coalesce(nullif(current_setting('{SETTING}', true), ''), '0')::int as n");
    number(tx, &sql).await
}

/// A number that a query answers with; `None` for 0.
async fn number<C: ConnectionTrait>(db: &C, sql: &str) -> Result<Option<u32>, DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let Some(row) = db.query_one_raw(statement).await? else {
        return Ok(None);
    };
    let number = row.try_get::<i32>("", "n")?;
    Ok(u32::try_from(number).ok().filter(|number| *number > 0))
}

/// The statements that one statement of a step becomes. `whole` ends a table that is not split.
pub(crate) fn split(statement: &str, partitions: Option<u32>, whole: &str) -> Vec<String> {
    let part = |table: &str, number: u32| format!("{table}_p{number}");
    if let Some(table) = parted(statement) {
        let of = |name: &str| statement.replace(&format!("{{part:{table}}}"), name);
        return match partitions {
            None => vec![of(table)],
            Some(count) => (0..count).map(|number| of(&part(table, number))).collect(),
        };
    }
    let Some(count) = partitions.filter(|_| statement.contains("{by_org}")) else {
        return vec![statement.replace("{by_org}", whole)];
    };
    let table = statement.split_whitespace().nth(2).unwrap_or_default();
    let parts = (0..count).map(|number| {
        format!(
            "create table {} partition of {table} for values with (modulus {count}, remainder \
             {number})",
            part(table, number)
        )
    });
    let parent = statement.replace("{by_org}", "partition by hash (org_id)");
    std::iter::once(parent).chain(parts).collect()
}

/// The table whose partitions a statement names one by one.
fn parted(statement: &str) -> Option<&str> {
    let (_, rest) = statement.split_once("{part:")?;
    Some(rest.split_once('}')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_followed_by_its_partitions() {
        let table = "create table users (\n    org_id {uuid}\n) {by_org}";
        assert_eq!(
            split(table, Some(2), ""),
            [
                "create table users (\n    org_id {uuid}\n) partition by hash (org_id)",
                "create table users_p0 partition of users for values with (modulus 2, remainder 0)",
                "create table users_p1 partition of users for values with (modulus 2, remainder 1)",
            ]
        );
        assert_eq!(
            split(table, None, "strict"),
            ["create table users (\n    org_id {uuid}\n) strict"]
        );
    }

    #[test]
    fn an_index_that_cannot_span_partitions_is_made_on_each() {
        let index = "create unique index {part:events}_by_position on {part:events} (position)";
        assert_eq!(
            split(index, Some(2), ""),
            [
                "create unique index events_p0_by_position on events_p0 (position)",
                "create unique index events_p1_by_position on events_p1 (position)",
            ]
        );
        assert_eq!(
            split(index, None, ""),
            ["create unique index events_by_position on events (position)"]
        );
    }

    #[test]
    fn everything_else_stays_what_it_is() {
        let other = "create table installation (name text) {strict}";
        assert_eq!(split(other, Some(2), ""), [other]);
    }
}
