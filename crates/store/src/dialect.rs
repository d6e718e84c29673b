//! What differs between SQLite and PostgreSQL. No other module asks which database it is on.

#[cfg(feature = "copies")]
mod copies;
mod postgres;
mod server;
mod text;

use std::fs::OpenOptions;
use std::pin::pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    AccessMode, ConnAcquireErr, ConnectOptions, ConnectionTrait, DbErr, IsolationLevel, RuntimeErr,
    SqliteTransactionMode, Statement, TransactionOptions,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Span;

pub use self::server::ServerCheck;
pub(crate) use self::text::{
    Hold, LookUp, delete_members, for_no_key_update, for_no_key_update_skip_locked, id_set,
    json_array, json_list, look_up_each, select_ids, text_in, wanted, writes_within_queries,
};
use crate::error::StoreError;
use crate::options::{StoreOptions, Synchronous};
use crate::pool::{Losses, Pool, PoolState, Wanted};
use crate::spans;
use crate::transaction::{Tx, wait_for_writer};

/// The key of the advisory lock under which events get their positions: "rollcall" in ASCII.
const FEED_LOCK: i64 = 0x726f_6c6c_6361_6c6c;
/// The key of the advisory lock under which the schema changes: "migrates" in ASCII.
const MIGRATION_LOCK: i64 = 0x6d69_6772_6174_6573;

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
    tx: Tx,
    /// Held until the transaction is over; `None` on PostgreSQL.
    _turn: Option<OwnedSemaphorePermit>,
    _wanted: Wanted,
}

impl WriteTx {
    pub(crate) const fn connection(&self) -> &Tx {
        &self.tx
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

/// A transaction that only reads, and sees one state of the database.
pub(crate) struct ReadTx {
    tx: Tx,
    _wanted: Wanted,
}

impl ReadTx {
    pub(crate) const fn connection(&self) -> &Tx {
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

    /// A query of what the server's clock shows, as `micros` since 1970; none for a file.
    pub(crate) const fn asks_clock(&self) -> Option<&'static str> {
        match self {
            Self::Sqlite { .. } => None,
            Self::Postgres => Some(
                "select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as micros",
            ),
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

    /// How many connections the pool opens at most.
    pub(crate) fn pool_size(&self, pool: &Pool) -> u64 {
        let db = pool.inner();
        u64::from(match self {
            Self::Sqlite { .. } => db
                .get_sqlite_connection_pool()
                .options()
                .get_max_connections(),
            Self::Postgres => db
                .get_postgres_connection_pool()
                .options()
                .get_max_connections(),
        })
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
        let span = spans::transaction(pool.get_database_backend());
        let turn = match self {
            Self::Postgres => None,
            Self::Sqlite { writer } => {
                let turn = tokio::time::timeout(patience, Arc::clone(writer).acquire_owned());
                match wait_for_writer(&span, turn).await {
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
            tx: begin(pool, span, options).await?,
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
            tx: begin(
                pool,
                spans::transaction(pool.get_database_backend()),
                options,
            )
            .await?,
            _wanted: wanted,
        })
    }

    /// Lets a transaction that only reads wait for so long between two queries. To be called before
    /// its first one.
    pub(crate) async fn allow_idle(&self, tx: &ReadTx, limit: Duration) -> Result<(), StoreError> {
        if matches!(self, Self::Postgres) {
            // Whole milliseconds; 0 would mean for ever.
            let limit = limit.as_millis().clamp(1, i32::MAX as u128);
            let allow = format!("set local idle_in_transaction_session_timeout = {limit}");
            tx.connection().execute_unprepared(&allow).await?;
        }
        Ok(())
    }

    /// Whether one statement may write several tables.
    pub(crate) const fn writes_at_once(&self) -> bool {
        matches!(self, Self::Postgres)
    }

    /// Waits until no other process gives out positions in the feed.
    pub(crate) async fn lock_feed(&self, tx: &WriteTx) -> Result<(), StoreError> {
        self.lock(tx, FEED_LOCK).await
    }

    /// Takes the lock of [`Self::lock_feed`] unless another process holds it. Whether it did.
    pub(crate) async fn try_lock_feed(&self, tx: &WriteTx) -> Result<bool, StoreError> {
        match self {
            // The transaction already holds the only write lock there is.
            Self::Sqlite { .. } => Ok(true),
            Self::Postgres => {
                let lock = Statement::from_string(
                    tx.connection().get_database_backend(),
                    format!("select pg_try_advisory_xact_lock({FEED_LOCK}) as taken"),
                );
                let answer = tx.connection().query_one_raw(lock).await?;
                Ok(match answer {
                    Some(row) => row.try_get("", "taken")?,
                    None => false,
                })
            }
        }
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
            // Whoever has it closed already has done this.
            && !db.inner().get_sqlite_connection_pool().is_closed()
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
    span: Span,
    options: impl Fn() -> TransactionOptions + Send + Sync + 'static,
) -> Result<Tx, StoreError> {
    let pool = pool.clone();
    let asked = spans::statement(span.id(), pool.get_database_backend(), "begin");
    let begun = tokio::spawn(async move { pool.begin(options).await });
    let begun = pin!(async {
        begun
            .await
            .map_err(|cut_off| DbErr::Custom(cut_off.to_string()))
    });
    match spans::watch(asked, begun).await {
        Ok(tx) => Ok(Tx::new(tx?, span)),
        Err(cut_off) => Err(StoreError::Unavailable(cut_off)),
    }
}
