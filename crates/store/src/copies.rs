//! Many users at once, for benchmarks: copies of one that the server itself has made.
//!
//! A copy differs from its original in its id, and in a number that stands in all of its texts in the
//! place of a mark. The columns are asked of the database and not listed here, so copies follow
//! the schema. They make no events and no audit rows, which is why nothing but a benchmark may use
//! this: it is compiled with the feature `copies` only.

use std::fmt::Write;
use std::ops::Range;

use rollcall_model::{GroupId, UserId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use crate::connect::Store;
use crate::dialect::WriteTx;
use crate::error::StoreError;
use crate::handle::ConnectionHandle;

/// How many rows one statement writes: quick, and far from any timeout.
const ROWS_PER_STATEMENT: u64 = 20_000;

/// What stands for the number in the texts of the original.
pub const MARK: &str = "0000000";

#[derive(FromQueryResult)]
struct Column {
    name: String,
    kind: String,
}

/// Where copies go.
struct Place<'a> {
    /// A table `t` with the connections that get them.
    source: &'a str,
    /// The number in the id of a copy, from its number `n` and from `t`.
    number: &'a str,
}

impl ConnectionHandle {
    /// Makes a copy of a user for each of `numbers`, which have at most seven digits. Wherever a
    /// text of the original has [`MARK`], a copy has its number, so `userName` needs the mark.
    ///
    /// # Errors
    ///
    /// The database is not available, or a number was used before.
    pub async fn copy_user(&self, original: UserId, numbers: Range<u64>) -> Result<(), StoreError> {
        let mut from = numbers.start;
        while from < numbers.end {
            let to = numbers.end.min(from + ROWS_PER_STATEMENT);
            let tx = self.begin_copies().await?;
            for (table, user) in [("users", "id"), ("user_emails", "user_id")] {
                self.copy_rows(&tx, table, user, original, from..to).await?;
            }
            self.count_users(&tx, to - from).await?;
            tx.commit().await?;
            from = to;
        }
        Ok(())
    }

    async fn begin_copies(&self) -> Result<WriteTx, StoreError> {
        let tx = self.store.begin_write().await?;
        if let Some(sql) = self.store.dialect.before_copies() {
            tx.connection().execute_unprepared(sql).await?;
        }
        Ok(tx)
    }

    /// Gives every other connection of the installation, none of which has users, this many copies
    /// of a user, numbered from 0. The number in the id of a copy is its own number and, for each
    /// connection that comes before in the order of organizations and connections, `users` more.
    ///
    /// # Errors
    ///
    /// The database is not available, or a connection has such users already.
    pub async fn copy_user_everywhere(
        &self,
        original: UserId,
        users: u64,
    ) -> Result<(), StoreError> {
        let tx = self.begin_copies().await?;
        for (table, user) in [("users", "id"), ("user_emails", "user_id")] {
            let place = Place {
                source: "(select org_id, id as scim_connection_id,
                    row_number() over (order by org_id, id) - 1 as number
                    from scim_connections where not (org_id = $1 and id = $2)) t",
                number: &format!("(t.number * {users} + n)"),
            };
            self.insert_copies(&tx, (table, user), original, 0..users, &place)
                .await?;
        }
        let count = Statement::from_sql_and_values(
            tx.connection().get_database_backend(),
            "update directory_counts set users = users + $3
            where not (org_id = $1 and scim_connection_id = $2)",
            self.counted(users),
        );
        tx.connection().execute_raw(count).await?;
        tx.commit().await
    }

    async fn copy_rows(
        &self,
        tx: &WriteTx,
        table: &str,
        user: &str,
        original: UserId,
        numbers: Range<u64>,
    ) -> Result<(), StoreError> {
        let here = Place {
            source: "(select $1 as org_id, $2 as scim_connection_id) t",
            number: "n",
        };
        self.insert_copies(tx, (table, user), original, numbers, &here)
            .await
    }

    /// `of` is a table, and its column with the id of the user.
    async fn insert_copies(
        &self,
        tx: &WriteTx,
        of: (&str, &str),
        original: UserId,
        numbers: Range<u64>,
        place: &Place<'_>,
    ) -> Result<(), StoreError> {
        let (table, user) = of;
        let db = tx.connection();
        let dialect = &self.store.dialect;
        let columns = Column::find_by_statement(Statement::from_sql_and_values(
            db.get_database_backend(),
            dialect.columns_of_a_table(),
            [table.into()],
        ));
        // A number of a fixed width, whichever database pads it.
        let number = format!(
            "substr(cast({} + n as text), 2)",
            10_u64.pow(MARK.len() as u32)
        );
        let (mut names, mut values) = (String::new(), String::new());
        for Column { name, kind } in columns.all(db).await? {
            let value = if name == user {
                dialect.numbered_uuid(&original.as_uuid(), place.number)
            } else if matches!(name.as_str(), "org_id" | "scim_connection_id") {
                format!("t.{name}")
            } else {
                match kind.to_ascii_lowercase().as_str() {
                    kind @ ("text" | "jsonb") => format!(
                        "cast(replace(cast(c.{name} as text), '{MARK}', {number}) as {kind})"
                    ),
                    _ => format!("c.{name}"),
                }
            };
            let comma = if names.is_empty() { "" } else { ", " };
            // Writing into a `String` does not fail.
            let _ = write!(names, "{comma}{name}");
            let _ = write!(values, "{comma}{value}");
        }
        let source = place.source;
        let sql = format!(
            "with recursive series (n) as (
                select cast($4 as bigint) union all select n + 1 from series where n + 1 < $5
            )
            insert into {table} ({names})
            select {values} from {table} c cross join series cross join {source}
            where c.org_id = $1 and c.scim_connection_id = $2 and c.{user} = $3"
        );
        let of = [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            original.as_uuid().into(),
            number_value(numbers.start),
            number_value(numbers.end),
        ];
        db.execute_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            sql,
            of,
        ))
        .await?;
        Ok(())
    }

    async fn count_users(&self, tx: &WriteTx, more: u64) -> Result<(), StoreError> {
        let db = tx.connection();
        let count = Statement::from_sql_and_values(
            db.get_database_backend(),
            "update directory_counts set users = users + $3
            where org_id = $1 and scim_connection_id = $2",
            self.counted(more),
        );
        db.execute_raw(count).await?;
        Ok(())
    }

    fn counted(&self, more: u64) -> [Value; 3] {
        [
            self.org_id.as_uuid().into(),
            self.connection_id.as_uuid().into(),
            number_value(more),
        ]
    }

    /// Puts the first users, by their ids, into a group that has no members.
    ///
    /// # Errors
    ///
    /// The database is not available, or one of them is a member.
    pub async fn fill_group(&self, group: GroupId, users: u64) -> Result<(), StoreError> {
        let mut filled = 0;
        while filled < users {
            let rows = ROWS_PER_STATEMENT.min(users - filled);
            let tx = self.begin_copies().await?;
            let db = tx.connection();
            let fill = Statement::from_sql_and_values(
                db.get_database_backend(),
                "insert into group_members (org_id, scim_connection_id, group_id, user_id)
                select org_id, scim_connection_id, $3, id from users
                where org_id = $1 and scim_connection_id = $2
                order by id limit $4 offset $5",
                [
                    self.org_id.as_uuid().into(),
                    self.connection_id.as_uuid().into(),
                    group.as_uuid().into(),
                    number_value(rows),
                    number_value(filled),
                ],
            );
            db.execute_raw(fill).await?;
            tx.commit().await?;
            filled += rows;
        }
        Ok(())
    }
}

impl Store {
    /// Does at once what a database does for its planner in the course of a day.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn settle(&self) -> Result<(), StoreError> {
        if let Some(sql) = self.dialect.settle() {
            let tx = self.begin_write().await?;
            tx.connection().execute_unprepared(sql).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

fn number_value(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}
