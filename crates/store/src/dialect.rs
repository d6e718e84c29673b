//! What differs between SQLite and PostgreSQL. No other module asks which database it is on.

#[cfg(feature = "copies")]
mod copies;
mod postgres;
mod server;

use std::fs::OpenOptions;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    AccessMode, ConnAcquireErr, ConnectOptions, ConnectionTrait, DatabaseTransaction, DbBackend,
    DbErr, IsolationLevel, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

pub use self::server::ServerCheck;
use crate::error::StoreError;
use crate::options::{StoreOptions, Synchronous};
use crate::pool::{Losses, Pool, PoolState, Wanted};

/// The key of the advisory lock under which events get their positions: "rollcall" in ASCII.
const FEED_LOCK: i64 = 0x726f_6c6c_6361_6c6c;
/// The key of the advisory lock under which the schema changes: "migrates" in ASCII.
const MIGRATION_LOCK: i64 = 0x6d69_6772_6174_6573;

/// A set of ids as one value: [`select_ids`] reads it.
pub(crate) fn id_set(ids: &[Uuid]) -> String {
    let ids: Vec<_> = ids.iter().map(|id| id.as_simple().to_string()).collect();
    serde_json::Value::from(ids).to_string()
}

/// A query for the ids of a set that is bound to `parameter`.
pub(crate) fn select_ids(backend: DbBackend, parameter: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("select unhex(value) from json_each({parameter})")
    } else {
        format!("select value::uuid from json_array_elements_text({parameter}::json)")
    }
}

/// The ids of a set that is bound to `parameter`, as the rows `wanted (id)`.
///
/// Not compared with `in`: that leaves the database the choice to read all that may be compared,
/// which is a whole group or a whole tenant. A row that is joined to `wanted` by its whole key, in a
/// subquery that cannot be merged into its surroundings, is looked up.
pub(crate) fn wanted(backend: DbBackend, parameter: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("(select unhex(value) as id from json_each({parameter})) as wanted")
    } else {
        format!(
            "unnest(array(select value::uuid from json_array_elements_text({parameter}::json)))
                as wanted (id)"
        )
    }
}

/// The end of a `from` that joins to each row so far those of a table, here called `t`, that meet
/// a condition. Never the other way round: see [`wanted`].
pub(crate) fn look_up_each(backend: DbBackend, table: &str, t: &str, condition: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("cross join {table} {t} on {condition}")
    } else {
        format!("cross join lateral (select * from {table} {t} where {condition} offset 0) as {t}")
    }
}

/// Rows that are read by their id, one by one.
pub(crate) struct LookUp<'s> {
    /// The table, which has the name `t` in `columns`.
    pub(crate) table: &'s str,
    pub(crate) columns: &'s str,
    /// What the set of ids is bound to; `$1` and `$2` are the tenant.
    pub(crate) parameter: &'s str,
    /// Whether the rows are to be there until the end of the transaction.
    pub(crate) hold: bool,
}

impl LookUp<'_> {
    /// The query. Rows come, and are held, in the order of the set.
    pub(crate) fn sql(&self, backend: DbBackend) -> String {
        let Self { table, columns, .. } = self;
        let wanted = wanted(backend, self.parameter);
        let row = "t.org_id = $1 and t.scim_connection_id = $2 and t.id = wanted.id";
        if backend == DbBackend::Sqlite {
            format!("select {columns} from {wanted} cross join {table} t on {row}")
        } else {
            let hold = if self.hold { "for key share" } else { "" };
            format!(
                "select found.* from {wanted}
                 cross join lateral (
                    select {columns} from {table} t where {row} limit 1 {hold}
                 ) as found"
            )
        }
    }
}

/// A statement that removes members of the group `$3` by the ids in the set `$4`.
pub(crate) fn delete_members(backend: DbBackend, table: &str, member: &str) -> String {
    let key = format!("(org_id, scim_connection_id, group_id, {member})");
    let wanted = wanted(backend, "$4");
    let casts = if backend == DbBackend::Sqlite {
        "$1, $2, $3"
    } else {
        "$1::uuid, $2::uuid, $3::uuid"
    };
    // `offset 0` keeps the database from seeing that all are of one group, which it would read.
    let fence = if backend == DbBackend::Sqlite {
        ""
    } else {
        "offset 0"
    };
    format!(
        "delete from {table} where {key} in (select {casts}, wanted.id from {wanted} {fence})
         returning {member} as member"
    )
}

/// The end of a query whose rows nobody else may change until the end of the transaction, though
/// others may refer to them.
pub(crate) fn for_no_key_update(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Sqlite {
        ""
    } else {
        "for no key update"
    }
}

/// Whether a query may hold statements that write.
pub(crate) fn writes_within_queries(backend: DbBackend) -> bool {
    backend != DbBackend::Sqlite
}

/// A text in a column that holds a JSON object as text; null if there is none of that name.
pub(crate) fn text_in(backend: DbBackend, column: &str, name: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("({column} ->> '{name}')")
    } else {
        format!("({column}::json ->> '{name}')")
    }
}

/// A JSON array of columns, of which none is a BLOB but ids.
pub(crate) fn json_array(backend: DbBackend, columns: &[&str]) -> String {
    if backend == DbBackend::Sqlite {
        let columns: Vec<_> = columns
            .iter()
            .map(|column| match column.ends_with(".id") {
                true => format!("lower(hex({column}))"),
                false => (*column).to_owned(),
            })
            .collect();
        format!("json_array({})", columns.join(", "))
    } else {
        format!("json_build_array({})", columns.join(", "))
    }
}

/// An aggregate: the text of a JSON array of JSON values.
pub(crate) fn json_list(backend: DbBackend, value: &str) -> String {
    if backend == DbBackend::Sqlite {
        format!("json_group_array({value})")
    } else {
        format!("json_agg({value})::text")
    }
}

/// Which database it is, with what only that one needs.
#[derive(Clone)]
pub(crate) enum Dialect {
    /// One writer at a time. Writers queue here, in order, because SQLite's own waiting is a
    /// sleep and a retry, which is neither quick nor fair.
    Sqlite {
        writer: Arc<Semaphore>,
    },
    Postgres,
}

/// A transaction that may write.
pub(crate) struct WriteTx {
    tx: DatabaseTransaction,
    /// Held until the transaction is over; `None` on PostgreSQL.
    _turn: Option<OwnedSemaphorePermit>,
    _wanted: Wanted,
}

impl WriteTx {
    pub(crate) fn connection(&self) -> &DatabaseTransaction {
        &self.tx
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

/// A transaction that only reads, and sees one state of the database.
pub(crate) struct ReadTx {
    tx: DatabaseTransaction,
    _wanted: Wanted,
}

impl ReadTx {
    pub(crate) fn connection(&self) -> &DatabaseTransaction {
        &self.tx
    }
}

impl Dialect {
    pub(crate) fn of_url(url: &str) -> Option<Self> {
        match url.split(':').next()? {
            "sqlite" => Some(Self::Sqlite {
                writer: Arc::new(Semaphore::new(1)),
            }),
            "postgres" | "postgresql" => Some(Self::Postgres),
            _ => None,
        }
    }

    /// Its name for people.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// Whether tables can be split into partitions.
    pub(crate) const fn splits_tables(&self) -> bool {
        matches!(self, Self::Postgres)
    }

    /// `losses` is what the pool will note there.
    pub(crate) fn connect_options(
        &self,
        options: &StoreOptions,
        losses: &Losses,
    ) -> ConnectOptions {
        let mut connect = ConnectOptions::new(options.url.clone());
        connect
            .min_connections(options.min_connections)
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .idle_timeout(options.idle_timeout)
            .max_lifetime(options.max_lifetime)
            // Statements would go to the log with what they look for.
            .sqlx_logging(false)
            .record_stmt_in_spans(false);
        match self {
            Self::Sqlite { .. } => {
                let synchronous = match options.synchronous {
                    Synchronous::Full => SqliteSynchronous::Full,
                    Synchronous::Normal => SqliteSynchronous::Normal,
                };
                connect.map_sqlx_sqlite_opts(move |sqlite| {
                    sqlite
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(synchronous)
                        .foreign_keys(true)
                        // Only a start may make the file: a connection that the pool opens later
                        // would put an empty database in the place of one that was removed.
                        .create_if_missing(false)
                        .busy_timeout(Duration::from_secs(5))
                        .pragma("cache_size", "-16000")
                        .pragma("temp_store", "memory")
                });
            }
            Self::Postgres => {
                postgres::configure(&mut connect, options, losses.clone());
            }
        }
        connect
    }

    /// Looks at the server before anything is written. `pending` is how many migrations it needs.
    pub(crate) async fn check_server(
        &self,
        pool: &Pool,
        options: &StoreOptions,
        pending: usize,
    ) -> Result<ServerCheck, StoreError> {
        match self {
            Self::Sqlite { .. } => server::check_sqlite(pool).await,
            Self::Postgres => server::check_postgres(pool, options, pending).await,
        }
    }

    /// How the pool is used at this moment.
    pub(crate) fn pool_state(&self, pool: &Pool) -> PoolState {
        let db = pool.inner();
        let (size, idle) = match self {
            Self::Sqlite { .. } => {
                let pool = db.get_sqlite_connection_pool();
                (pool.size(), pool.num_idle())
            }
            Self::Postgres => {
                let pool = db.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            }
        };
        pool.state(size, idle)
    }

    /// Begins a transaction that may write.
    ///
    /// On SQLite it takes the write lock at once: a transaction that first reads and then writes
    /// would fail whenever another one wrote in between.
    pub(crate) async fn begin_write(
        &self,
        pool: &Pool,
        patience: Duration,
    ) -> Result<WriteTx, StoreError> {
        let wanted = pool.want();
        let turn = match self {
            Self::Postgres => None,
            Self::Sqlite { writer } => {
                let turn = tokio::time::timeout(patience, Arc::clone(writer).acquire_owned()).await;
                match turn {
                    Ok(Ok(turn)) => Some(turn),
                    Ok(Err(_)) | Err(_) => {
                        return Err(StoreError::Unavailable(DbErr::ConnectionAcquire(
                            ConnAcquireErr::Timeout,
                        )));
                    }
                }
            }
        };
        let sqlite_transaction_mode = match self {
            Self::Sqlite { .. } => Some(SqliteTransactionMode::Immediate),
            Self::Postgres => None,
        };
        let options = move || TransactionOptions {
            sqlite_transaction_mode,
            ..TransactionOptions::default()
        };
        Ok(WriteTx {
            tx: begin(pool, options).await?,
            _turn: turn,
            _wanted: wanted,
        })
    }

    /// Begins a transaction that only reads. All its queries see what was committed before the
    /// first of them.
    pub(crate) async fn begin_read(&self, pool: &Pool) -> Result<ReadTx, StoreError> {
        let wanted = pool.want();
        let sqlite = matches!(self, Self::Sqlite { .. });
        let options = move || {
            if sqlite {
                // A read transaction is a snapshot there without being told.
                TransactionOptions {
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
                    ..TransactionOptions::default()
                }
            } else {
                TransactionOptions {
                    isolation_level: Some(IsolationLevel::RepeatableRead),
                    access_mode: Some(AccessMode::ReadOnly),
                    ..TransactionOptions::default()
                }
            }
        };
        Ok(ReadTx {
            tx: begin(pool, options).await?,
            _wanted: wanted,
        })
    }

    /// Whether one statement may write several tables.
    pub(crate) const fn writes_at_once(&self) -> bool {
        matches!(self, Self::Postgres)
    }

    /// Waits until no other process gives out positions in the feed.
    pub(crate) async fn lock_feed(&self, tx: &WriteTx) -> Result<(), StoreError> {
        self.lock(tx, FEED_LOCK).await
    }

    /// Waits until no other process changes the schema. A step on a large table may take longer
    /// than any request may, and so may the wait for another replica's.
    pub(crate) async fn lock_migrations(&self, tx: &WriteTx) -> Result<(), StoreError> {
        if matches!(self, Self::Postgres) {
            let patience = "set local lock_timeout = 0; set local statement_timeout = 0";
            tx.connection().execute_unprepared(patience).await?;
        }
        self.lock(tx, MIGRATION_LOCK).await
    }

    /// Waits until no other transaction holds this name, and holds it until the end of this one.
    pub(crate) async fn lock_name(&self, tx: &WriteTx, name: &str) -> Result<(), StoreError> {
        match self {
            // The transaction already holds the only write lock there is.
            Self::Sqlite { .. } => Ok(()),
            Self::Postgres => {
                let lock = Statement::from_sql_and_values(
                    tx.connection().get_database_backend(),
                    "select pg_advisory_xact_lock(hashtextextended($1, 0))",
                    [name.into()],
                );
                tx.connection().execute_raw(lock).await?;
                Ok(())
            }
        }
    }

    async fn lock(&self, tx: &WriteTx, key: i64) -> Result<(), StoreError> {
        match self {
            // The transaction already holds the only write lock there is.
            Self::Sqlite { .. } => Ok(()),
            Self::Postgres => {
                let lock = format!("select pg_advisory_xact_lock({key})");
                tx.connection().execute_unprepared(&lock).await?;
                Ok(())
            }
        }
    }

    /// Lets go of what SQLite keeps in its write-ahead log; nothing to do on PostgreSQL.
    pub(crate) async fn before_close(&self, db: &Pool) {
        if matches!(self, Self::Sqlite { .. })
            && let Err(error) = db
                .execute_unprepared("pragma wal_checkpoint(truncate)")
                .await
        {
            tracing::warn!(%error, "the write-ahead log could not be folded into the database");
        }
    }

    /// Makes a missing SQLite file readable for its owner only: it holds personal data, and SQLite
    /// would make it as readable as other files. Its log files take its mode.
    ///
    /// Whatever keeps the file from being made is told better by the connection that follows.
    pub(crate) fn make_private_file(&self, url: &str) {
        let Self::Sqlite { .. } = self else { return };
        let Ok(options) = SqliteConnectOptions::from_str(url) else {
            return;
        };
        if url.contains("mode=rwc") {
            let mut file = OpenOptions::new();
            file.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
            let _ = file.open(options.get_filename());
        }
    }

    /// Why a URL cannot be served, if it cannot.
    pub(crate) fn refuse(&self, url: &str) -> Option<DbErr> {
        let in_memory = matches!(self, Self::Sqlite { .. })
            && (url.contains(":memory:") || url.contains("mode=memory"));
        in_memory.then(|| {
            DbErr::Conn(RuntimeErr::Internal(
                "an in-memory SQLite database would be a different one on each connection of \
                 the pool; name a file"
                    .to_owned(),
            ))
        })
    }
}

/// Begins a transaction in a task of its own: if the request is given up in the middle of BEGIN, the
/// transaction is begun all the same and then rolled back. Cut off halfway, the connection would go
/// back to the pool with a transaction that nobody ends.
async fn begin(
    pool: &Pool,
    options: impl Fn() -> TransactionOptions + Send + Sync + 'static,
) -> Result<DatabaseTransaction, StoreError> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin(options).await });
    match begun.await {
        Ok(tx) => Ok(tx?),
        Err(cut_off) => Err(StoreError::Unavailable(DbErr::Custom(cut_off.to_string()))),
    }
}
