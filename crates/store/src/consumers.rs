//! Consumers: those who follow events and say how far they are.
//!
//! A consumer is of the installation, or of one organization; the names of the two are apart. What
//! is kept is a note for people and alerts: nothing is held back or kept for a consumer.

use rollcall_model::{OrgId, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use crate::connect::Store;
use crate::error::StoreError;
use crate::handle::OrgHandle;

/// How many consumers the installation, or one organization, may have.
pub const MAX_CONSUMERS: u64 = 100;

const COLUMNS: &str = "name, position, furthest, created_at, acknowledged_at, went_back_at";

/// `$1` is the name, `$2` the position, `$3` is now.
const SAVE: &str = "
    insert into {table} ({org_column}name, position, furthest, created_at, acknowledged_at)
    values ({org_value}$1, $2, $2, $3, $3)
    on conflict ({org_column}name) do update set
        position = excluded.position,
        furthest = case when excluded.position > {table}.furthest
            then excluded.position else {table}.furthest end,
        acknowledged_at = excluded.acknowledged_at,
        went_back_at = case when excluded.position < {table}.position
            then excluded.acknowledged_at else {table}.went_back_at end
    returning {columns}";

/// Where the events of an organization (`$1`) stand: the last that was committed, also if it has no
/// place in the feed yet, the last that was acknowledged (`$2`), and the first that is kept. Each is
/// one entry of an index.
const SEQUENCES: &str = "
    select
        (select last from event_sequences where org_id = $1) as last,
        (select sequence from events where org_id = $1 and position <= $2
            order by position desc limit 1) as acknowledged,
        (select sequence from events where org_id = $1 order by sequence limit 1) as first";

/// One consumer, and how far it is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// Everything up to here is acknowledged.
    pub position: u64,
    /// The furthest that it ever was.
    pub furthest: u64,
    /// When it first acknowledged.
    pub created_at: Timestamp,
    /// When it last did.
    pub acknowledged_at: Timestamp,
    /// When it last acknowledged less than before.
    pub went_back_at: Option<Timestamp>,
    /// How many events of the feed come after it (of its organization, if it has one).
    pub events_behind: u64,
    /// How old the oldest of them is, in seconds.
    pub seconds_behind: u64,
}

/// What became of an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// It was written down.
    Done(Consumer),
    /// It lies beyond the end of the feed.
    BeyondEnd,
    /// There are [`MAX_CONSUMERS`] others already.
    TooMany,
}

#[derive(FromQueryResult)]
struct Row {
    name: String,
    position: i64,
    furthest: i64,
    created_at: i64,
    acknowledged_at: i64,
    went_back_at: Option<i64>,
}

#[derive(FromQueryResult)]
struct Sequences {
    last: Option<i64>,
    acknowledged: Option<i64>,
    first: Option<i64>,
}

#[derive(FromQueryResult)]
struct Made {
    occurred_at: i64,
}

/// Consumers of the installation, or of one organization.
pub struct Consumers<'s> {
    store: &'s Store,
    org_id: Option<OrgId>,
}

impl Store {
    /// The consumers that follow the feed of every organization. For the vendor's API keys only.
    #[must_use]
    pub const fn consumers(&self) -> Consumers<'_> {
        Consumers {
            store: self,
            org_id: None,
        }
    }
}

impl OrgHandle {
    /// The consumers that follow the events of this organization.
    #[must_use]
    pub const fn consumers(&self) -> Consumers<'_> {
        Consumers {
            store: &self.store,
            org_id: Some(self.org_id()),
        }
    }
}

impl Consumers<'_> {
    /// Notes that a consumer has everything up to a position. Less than before is noted too.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn acknowledge(&self, name: &str, upto: u64) -> Result<Acknowledged, StoreError> {
        if upto > self.store.feed_end().await? {
            return Ok(Acknowledged::BeyondEnd);
        }
        if self.row(name).await?.is_none() && self.rows().await?.len() as u64 >= MAX_CONSUMERS {
            return Ok(Acknowledged::TooMany);
        }
        let now = self.store.clock.now().truncated_to_millis();
        let position = i64::try_from(upto).unwrap_or(i64::MAX);
        let values = vec![name.into(), position.into(), now.unix_micros().into()];
        let tx = self.store.begin_write().await?;
        let row = Row::find_by_statement(self.statement(SAVE, values))
            .one(tx.connection())
            .await?
            .ok_or_else(|| StoreError::corrupt(self.table(), name, "no row was written"))?;
        tx.commit().await?;
        Ok(Acknowledged::Done(self.consumer(row).await?))
    }

    /// A consumer by its name.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find(&self, name: &str) -> Result<Option<Consumer>, StoreError> {
        match self.row(name).await? {
            Some(row) => Ok(Some(self.consumer(row).await?)),
            None => Ok(None),
        }
    }

    /// All consumers, in the order of their names; there are never more than [`MAX_CONSUMERS`].
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list(&self) -> Result<Vec<Consumer>, StoreError> {
        let mut consumers = Vec::new();
        for row in self.rows().await? {
            consumers.push(self.consumer(row).await?);
        }
        Ok(consumers)
    }

    /// Forgets a consumer. Whether there was one.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete(&self, name: &str) -> Result<bool, StoreError> {
        const DELETE: &str = "delete from {table} where {of_org} and name = $1";
        let tx = self.store.begin_write().await?;
        let delete = self.statement(DELETE, vec![name.into()]);
        let deleted = tx.connection().execute_raw(delete).await?;
        tx.commit().await?;
        Ok(deleted.rows_affected() > 0)
    }

    async fn row(&self, name: &str) -> Result<Option<Row>, StoreError> {
        const FIND: &str = "select {columns} from {table} where {of_org} and name = $1";
        let find = self.statement(FIND, vec![name.into()]);
        Ok(Row::find_by_statement(find).one(&self.store.db).await?)
    }

    async fn rows(&self) -> Result<Vec<Row>, StoreError> {
        const LIST: &str = "select {columns} from {table} where {of_org} order by name limit $1";
        let limit = i64::try_from(MAX_CONSUMERS).unwrap_or(i64::MAX);
        let list = self.statement(LIST, vec![limit.into()]);
        Ok(Row::find_by_statement(list).all(&self.store.db).await?)
    }

    const fn table(&self) -> &'static str {
        match self.org_id {
            None => "feed_consumers",
            Some(_) => "org_feed_consumers",
        }
    }

    /// A statement on the one table or the other. The organization is its last parameter.
    fn statement(&self, sql: &str, mut values: Vec<Value>) -> Statement {
        let place = format!("${}", values.len() + 1);
        let (column, value, filter) = match self.org_id {
            None => ("", String::new(), "true".to_owned()),
            Some(_) => (
                "org_id, ",
                format!("{place}, "),
                format!("org_id = {place}"),
            ),
        };
        values.extend(self.org_id.map(|id| Value::from(id.as_uuid())));
        let sql = sql
            .replace("{table}", self.table())
            .replace("{columns}", COLUMNS)
            .replace("{org_column}", column)
            .replace("{org_value}", &value)
            .replace("{of_org}", &filter);
        Statement::from_sql_and_values(self.store.db.get_database_backend(), sql, values)
    }

    async fn consumer(&self, row: Row) -> Result<Consumer, StoreError> {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        let position = count(row.position);
        Ok(Consumer {
            position,
            furthest: count(row.furthest),
            created_at: Timestamp::from_unix_micros(row.created_at),
            acknowledged_at: Timestamp::from_unix_micros(row.acknowledged_at),
            went_back_at: row.went_back_at.map(Timestamp::from_unix_micros),
            events_behind: self.events_behind(position).await?,
            seconds_behind: self.seconds_behind(row.position).await?,
            name: row.name,
        })
    }

    /// Positions have no gaps, and neither have the sequences of an organization: nothing is counted.
    async fn events_behind(&self, position: u64) -> Result<u64, StoreError> {
        let store = self.store;
        let Some(org_id) = self.org_id else {
            return Ok(store.feed_end().await?.saturating_sub(position));
        };
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        let values = [org_id.as_uuid().into(), position.into()];
        let backend = store.db.get_database_backend();
        let sequences = Statement::from_sql_and_values(backend, SEQUENCES, values);
        let sequences = Sequences::find_by_statement(sequences)
            .one(&store.db)
            .await?;
        let behind = sequences.and_then(|it| {
            let acknowledged = it.acknowledged.or(it.first.map(|first| first - 1))?;
            Some(it.last? - acknowledged)
        });
        Ok(u64::try_from(behind.unwrap_or(0)).unwrap_or(0))
    }

    async fn seconds_behind(&self, position: i64) -> Result<u64, StoreError> {
        let store = self.store;
        let mut sql = "select occurred_at from events where position > $1".to_owned();
        let mut values: Vec<Value> = vec![position.into()];
        if let Some(org_id) = self.org_id {
            sql.push_str(" and org_id = $2");
            values.push(org_id.as_uuid().into());
        }
        sql.push_str(" order by position limit 1");
        let first = Statement::from_sql_and_values(store.db.get_database_backend(), sql, values);
        let first = Made::find_by_statement(first).one(&store.db).await?;
        let age = |made: Made| {
            let at = Timestamp::from_unix_micros(made.occurred_at);
            store.clock.now().since(at).as_secs()
        };
        Ok(first.map_or(0, age))
    }
}
