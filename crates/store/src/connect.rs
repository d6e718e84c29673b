//! Opening the database, bringing its schema up to date, and asking whether it is there.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use rollcall_migrations::Migrator;
use rollcall_model::Clock;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr, RuntimeErr, Statement};
use sea_orm_migration::{IntoSchemaManagerConnection, MigratorTrait, SchemaManager};
use tokio::sync::Semaphore;

use crate::dialect::{Dialect, WriteTx};
use crate::error::StoreError;
use crate::remembered::Remembered;

/// When SQLite waits for the disk. PostgreSQL always does (`synchronous_commit=on`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// At each commit: what was acknowledged survives a power cut.
    Full,
    /// At checkpoints only: faster, and a power cut (not a crash) may lose the last commits.
    Normal,
}

/// How to reach the database. It has no `Debug`, because a URL may hold a password.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite://…` or `postgres://…`; may hold a password.
    pub url: String,
    /// The size of the connection pool.
    pub max_connections: u32,
    /// How long a request waits for a connection (or for its turn to write, on SQLite).
    pub acquire_timeout: Duration,
    /// Durability on SQLite.
    pub synchronous: Synchronous,
    /// How long the tombstone of a deleted user or group is kept. Zero leaves none.
    pub tombstone_retention: Duration,
}

/// The database. Cheap to clone; clones share one connection pool.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: DatabaseConnection,
    pub(crate) dialect: Dialect,
    pub(crate) clock: Arc<dyn Clock>,
    /// The tokens and connections that were here lately.
    pub(crate) remembered: Arc<Remembered>,
    /// Places for [`Snapshot`](crate::Snapshot)s.
    pub(crate) snapshots: Arc<Semaphore>,
    options: Arc<StoreOptions>,
}

impl Store {
    /// Opens the pool and makes one connection, to know that it can be made.
    ///
    /// # Errors
    ///
    /// The URL is none of SQLite or PostgreSQL, or the database cannot be reached.
    pub async fn connect(
        options: &StoreOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        if let Some(dialect) = Dialect::of_url(&options.url) {
            dialect.make_private_file(&options.url);
        }
        Self::open(options, clock).await
    }

    async fn open(options: &StoreOptions, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let dialect = Dialect::of_url(&options.url).ok_or_else(|| {
            StoreError::Unavailable(DbErr::Conn(RuntimeErr::Internal(
                "the database URL begins with neither sqlite:// nor postgres://".to_owned(),
            )))
        })?;
        if let Some(reason) = dialect.refuse(&options.url) {
            return Err(StoreError::Unavailable(reason));
        }
        let db = Database::connect(dialect.connect_options(options)).await?;
        Ok(Self {
            db,
            dialect,
            clock,
            remembered: Arc::default(),
            snapshots: Arc::new(Semaphore::new(places(options.max_connections))),
            options: Arc::new(options.clone()),
        })
    }

    /// A second pool on the same database, with connections of the runtime it is called on.
    ///
    /// # Errors
    ///
    /// The database cannot be reached.
    pub async fn reopen(&self) -> Result<Self, StoreError> {
        Self::open(&self.options, Arc::clone(&self.clock)).await
    }

    /// Brings an empty or older schema up to date: all steps, or none. Does nothing to a schema
    /// that is up to date or newer, and lets replicas that start together take turns.
    ///
    /// # Errors
    ///
    /// A step fails.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        self.dialect.lock_migrations(&tx).await?;
        // Asked again under the lock: another replica may have done it meanwhile.
        if pending_migrations(tx.connection()).await? > 0 {
            Migrator::up(tx.connection(), None).await?;
        }
        tx.commit().await
    }

    /// How many of this binary's migrations the schema still needs. Only reads, and does not mind
    /// steps that a newer release has taken.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn pending_migrations(&self) -> Result<usize, StoreError> {
        pending_migrations(&self.db).await
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    ///
    /// It gives none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db.execute_unprepared("select 1").await?;
        Ok(())
    }

    /// `SQLite` or `PostgreSQL`, for people.
    #[must_use]
    pub const fn database_name(&self) -> &'static str {
        self.dialect.name()
    }

    /// The clock that this store takes its times from.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Closes the pool, after what is under way has ended.
    ///
    /// # Errors
    ///
    /// The database reports a failure while closing; nothing committed is lost by it.
    pub async fn close(self) -> Result<(), StoreError> {
        self.dialect.before_close(&self.db).await;
        Ok(self.db.close().await?)
    }

    pub(crate) fn tombstone_retention(&self) -> Duration {
        self.options.tombstone_retention
    }

    /// How long a request waits for its turn.
    pub(crate) fn patience(&self) -> Duration {
        self.options.acquire_timeout
    }

    pub(crate) async fn begin_write(&self) -> Result<WriteTx, StoreError> {
        self.dialect.begin_write(&self.db, self.patience()).await
    }
}

/// How many connections of a pool may be held by snapshots: half of them, and at least one.
fn places(max_connections: u32) -> usize {
    usize::try_from(max_connections / 2).unwrap_or(1).max(1)
}

async fn pending_migrations<'db, C>(db: &'db C) -> Result<usize, StoreError>
where
    C: ConnectionTrait,
    &'db C: IntoSchemaManagerConnection<'db>,
{
    const RECORDED: &str = "select version from seaql_migrations";
    let known = Migrator::migrations();
    if !SchemaManager::new(db).has_table("seaql_migrations").await? {
        return Ok(known.len());
    }
    let statement = Statement::from_string(db.get_database_backend(), RECORDED);
    let mut recorded = HashSet::new();
    for row in db.query_all_raw(statement).await? {
        recorded.insert(row.try_get::<String>("", "version")?);
    }
    Ok(known
        .iter()
        .filter(|step| !recorded.contains(step.name()))
        .count())
}
