//! Opening the database, and asking whether it is there and how it is.

use std::sync::Arc;
use std::time::Duration;

use rollcall_model::{Clock, Timestamp};
use sea_orm::{ConnAcquireErr, ConnectionTrait, Database, DbErr, RuntimeErr, Statement};
use tokio::sync::Semaphore;

use crate::dialect::{Dialect, ServerCheck, WriteTx};
use crate::error::StoreError;
use crate::migrate::steps;
use crate::news::News;
use crate::options::StoreOptions;
use crate::pool::{Losses, Pool, PoolState};
use crate::remembered::Remembered;

/// A store for each of the two kinds of work of a server.
pub struct Divided {
    /// For requests.
    pub requests: Store,
    /// For what goes on beside them: the relay, webhooks, notes, clean-up.
    pub background: Store,
}

/// The database. Cheap to clone; clones share one connection pool.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Pool,
    pub(crate) dialect: Dialect,
    pub(crate) clock: Arc<dyn Clock>,
    /// The tokens and connections that were here lately.
    pub(crate) remembered: Arc<Remembered>,
    /// What this process knows of the feed.
    pub(crate) news: Arc<News>,
    /// Places for [`Snapshot`](crate::Snapshot)s.
    pub(crate) snapshots: Arc<Semaphore>,
    /// Places among those for [`OrgSnapshot`](crate::OrgSnapshot)s.
    pub(crate) org_snapshots: Arc<Semaphore>,
    options: Arc<StoreOptions>,
}

impl Store {
    /// Opens the pool and makes one connection, to know that it can be made. A server that is not
    /// there yet is waited for, as long as the options say.
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
        let db = lazy_pool(&dialect, options).await?;
        wait_for(&db, options).await?;
        Ok(Self {
            db,
            dialect,
            clock,
            remembered: Arc::default(),
            news: Arc::default(),
            snapshots: Arc::new(Semaphore::new(places(options.max_connections))),
            org_snapshots: Arc::new(Semaphore::new(places(options.max_connections / 2))),
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

    /// Closes the pool, and opens one for the requests of a server and one for what goes on beside
    /// them, together no larger. Clones of this store are of no use any more. On SQLite there is one
    /// pool as before.
    ///
    /// A connection belongs to the runtime that opened it, and ends with it. Used from another one,
    /// each answer of the database wakes a thread there first, which cost requests a quarter of
    /// their CPU time as long as the background opened connections for them. And neither kind of
    /// work keeps the other from a connection.
    ///
    /// # Errors
    ///
    /// The pool cannot be closed.
    pub async fn divide(self) -> Result<Divided, StoreError> {
        if matches!(self.dialect, Dialect::Sqlite { .. }) {
            return Ok(Divided {
                requests: self.clone(),
                background: self,
            });
        }
        let [requests, background] = self.options.divided();
        let requests = Self {
            db: lazy_pool(&self.dialect, &requests).await?,
            snapshots: Arc::new(Semaphore::new(places(requests.max_connections))),
            org_snapshots: Arc::new(Semaphore::new(places(requests.max_connections / 2))),
            ..self.clone()
        };
        let background = Self {
            db: lazy_pool(&self.dialect, &background).await?,
            ..self.clone()
        };
        self.db.close().await?;
        Ok(Divided {
            requests,
            background,
        })
    }

    /// Looks whether the server is one that can be served from. Only reads, so it can be asked
    /// before [`Store::migrate`].
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn check_server(&self) -> Result<ServerCheck, StoreError> {
        let steps = steps(self.db.inner()).await?;
        let check = self
            .dialect
            .check_server(&self.db, &self.options, steps.pending);
        let mut check = check.await?;
        if steps.newer > 0 {
            check.warnings.push(format!(
                "a later release has changed the schema ({} steps that this one does not know): \
                 this release can serve beside it for the time of an upgrade, and should follow",
                steps.newer
            ));
        }
        Ok(check)
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

    /// What the clock of the database's server shows; `None` where the database is a file of this
    /// machine.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn server_clock(&self) -> Result<Option<Timestamp>, StoreError> {
        let Some(sql) = self.dialect.asks_clock() else {
            return Ok(None);
        };
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        let row = self.db.query_one_raw(statement).await?;
        let micros: Option<i64> = row.map(|row| row.try_get("", "micros")).transpose()?;
        Ok(micros.map(Timestamp::from_unix_micros))
    }

    /// How the pool of this process is used at this moment.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        self.dialect.pool_state(&self.db)
    }

    /// How many connections the pool of this process opens at most.
    #[must_use]
    pub fn pool_size(&self) -> u64 {
        self.dialect.pool_size(&self.db)
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

/// A pool that has no connection until somebody needs one.
async fn lazy_pool(dialect: &Dialect, options: &StoreOptions) -> Result<Pool, StoreError> {
    let losses = Losses::none();
    let mut connect = dialect.connect_options(options, &losses);
    connect.connect_lazy(true);
    Ok(Pool::new(Database::connect(connect).await?, losses))
}

/// How many connections of so many may be held by snapshots: half of them, and at least one.
fn places(max_connections: u32) -> usize {
    usize::try_from(max_connections / 2).unwrap_or(1).max(1)
}

/// Makes a first connection. A server that refuses, or does not answer, may be on its way up; one
/// that says no, to the password for instance, will say so again.
async fn wait_for(db: &Pool, options: &StoreOptions) -> Result<(), StoreError> {
    let asked = async {
        loop {
            match db.execute_unprepared("select 1").await {
                Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) => {
                    tracing::warn!("the database does not answer yet; waiting for it");
                }
                answer => return answer,
            }
        }
    };
    match tokio::time::timeout(options.connect_timeout, asked).await {
        Ok(answer) => Ok(answer.map(|_| ())?),
        Err(_) => Err(StoreError::Unavailable(DbErr::ConnectionAcquire(
            ConnAcquireErr::Timeout,
        ))),
    }
}
