//! Connections to PostgreSQL that are held between two statements.
//!
//! `sqlx` asks a connection for a sign of life each time that it goes back to its pool, which is a
//! second round trip for each statement that stands alone, and cannot be told not to. And it hands
//! out a connection to whichever runtime asks, though the socket belongs to the runtime that opened
//! it, whose thread is then woken for each answer. So a connection that has done its statement stays
//! here, and the same runtime takes it again.
//!
//! Nobody waits for what is held. Whoever finds nothing here counts as waiting from that very moment
//! on, and while somebody waits, connections go back to the pool. After [`HELD_FOR`] each goes back
//! in any case, so that the pool sees to how long it lives, and [`tend`] gives back what nobody uses.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sea_orm::sea_query::Values;
use sea_orm::{ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres};
use tokio::runtime::{self, Handle};

use super::{Losses, TRUSTED_FOR};
use crate::error::is_loss;
use crate::timings::{Timings, only_reads};

/// How long a connection stays out of the pool at most, once it has nothing to do.
const HELD_FOR: Duration = Duration::from_secs(5);

/// A pool with the connections that are held in front of it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Held {
    pool: PgPool,
    losses: Losses,
    timings: Timings,
    shelf: Arc<Mutex<Shelf>>,
}

#[derive(Default)]
struct Shelf {
    /// What nobody uses, the last used last.
    idle: Vec<Connection>,
    /// How many wait for the pool.
    waiting: usize,
    /// Whether [`tend`] runs.
    tended: bool,
    closed: bool,
}

struct Connection {
    inner: PoolConnection<Postgres>,
    /// Where it is used without waking another thread.
    runtime: runtime::Id,
    /// When it left the pool.
    taken_at: Instant,
    used_at: Instant,
}

/// Counts somebody who waits for the pool, for as long as it lives.
pub(super) struct Waiting(Arc<Mutex<Shelf>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        lock(&self.0).waiting -= 1;
    }
}

impl Held {
    pub(super) fn new(pool: PgPool, losses: Losses, timings: Timings) -> Self {
        Self {
            pool,
            losses,
            timings,
            shelf: Arc::default(),
        }
    }

    /// How many are held that nobody uses.
    pub(super) fn idle(&self) -> usize {
        lock(&self.shelf).idle.len()
    }

    /// Says that the caller is about to take a connection of the pool, and sees to it that there is
    /// one if one is held.
    pub(super) fn wait(&self) -> Waiting {
        let mut shelf = lock(&self.shelf);
        if !self.has_room() {
            shelf.idle.pop();
        }
        shelf.waiting += 1;
        Waiting(Arc::clone(&self.shelf))
    }

    /// Gives everything back, and holds nothing from now on.
    pub(super) fn close(&self) {
        let mut shelf = lock(&self.shelf);
        shelf.closed = true;
        shelf.idle.clear();
    }

    pub(super) async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut connection = self.take().await?;
        let reads = only_reads(&statement.sql);
        let asked = query(statement).execute(&mut *connection.inner);
        let done = self.timings.ask(reads, pin!(asked)).await;
        self.keep(connection, done.as_ref().err());
        done.map(Into::into)
            .map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into())))
    }

    pub(super) async fn query_one(
        &self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, DbErr> {
        let mut connection = self.take().await?;
        let reads = only_reads(&statement.sql);
        let asked = query(statement).fetch_optional(&mut *connection.inner);
        let row = self.timings.ask(reads, pin!(asked)).await;
        self.keep(connection, row.as_ref().err());
        row.map(|row| row.map(Into::into)).map_err(query_error)
    }

    pub(super) async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut connection = self.take().await?;
        let reads = only_reads(&statement.sql);
        let asked = query(statement).fetch_all(&mut *connection.inner);
        let rows = self.timings.ask(reads, pin!(asked)).await;
        self.keep(connection, rows.as_ref().err());
        rows.map(|rows| rows.into_iter().map(Into::into).collect())
            .map_err(query_error)
    }

    /// A connection: one that this runtime has used, else one of the pool, else one that another
    /// runtime has used, else the next that comes back to the pool.
    async fn take(&self) -> Result<Connection, DbErr> {
        let runtime = Handle::current().id();
        let waiting = {
            let mut shelf = lock(&self.shelf);
            shelf.give_back_distrusted(&self.losses);
            if let Some(connection) = shelf.take(runtime, self.has_room()) {
                self.timings.did_not_wait();
                return Ok(connection);
            }
            shelf.waiting += 1;
            Waiting(Arc::clone(&self.shelf))
        };
        // In a box, for it is seldom needed and would take kilobytes of every statement.
        let acquired = self.timings.wait(Box::pin(self.pool.acquire())).await;
        let inner = acquired.map_err(acquire_error)?;
        drop(waiting);
        let now = Instant::now();
        Ok(Connection {
            inner,
            runtime,
            taken_at: now,
            used_at: now,
        })
    }

    /// Holds a connection after its statement. One that is gone or may be out of step, for it failed
    /// at something else than the statement, goes back to the pool, which looks at it.
    fn keep(&self, mut connection: Connection, failure: Option<&sqlx::Error>) {
        connection.used_at = Instant::now();
        let in_step = match failure {
            None => true,
            Some(failure @ sqlx::Error::Database(_)) => !is_loss(failure),
            Some(_) => false,
        };
        if !in_step || connection.used_at - connection.taken_at > HELD_FOR {
            return;
        }
        let mut shelf = lock(&self.shelf);
        if shelf.closed || shelf.waiting > 0 {
            return;
        }
        shelf.idle.push(connection);
        if !shelf.tended {
            shelf.tended = true;
            let tended = Tended {
                shelf: Arc::downgrade(&self.shelf),
                done: false,
            };
            tokio::spawn(tend(tended, self.losses.clone()));
        }
    }

    /// Whether the pool has a connection to give, or may open one.
    fn has_room(&self) -> bool {
        self.pool.num_idle() > 0 || self.pool.size() < self.pool.options().get_max_connections()
    }
}

impl Shelf {
    fn take(&mut self, runtime: runtime::Id, pool_has_room: bool) -> Option<Connection> {
        let own = self.idle.iter().rposition(|held| held.runtime == runtime);
        match own {
            Some(at) => Some(self.idle.remove(at)),
            None if pool_has_room => None,
            None => self.idle.pop(),
        }
    }

    /// Gives back what has to show that it is alive, which the pool asks it for.
    fn give_back_distrusted(&mut self, losses: &Losses) {
        let now = Instant::now();
        self.idle
            .retain(|held| !losses.distrust(now.saturating_duration_since(held.used_at)));
    }
}

/// A connection goes back to its pool on a runtime only. After the last runtime has ended there is
/// nothing to give it back to, and the process is about to end.
impl Drop for Shelf {
    fn drop(&mut self) {
        if Handle::try_current().is_err() {
            self.idle.drain(..).for_each(std::mem::forget);
        }
    }
}

/// The shelf of a [`tend`] that runs. If its runtime ends before it, another may begin.
struct Tended {
    shelf: Weak<Mutex<Shelf>>,
    done: bool,
}

impl Drop for Tended {
    fn drop(&mut self) {
        if !self.done
            && let Some(shelf) = self.shelf.upgrade()
        {
            lock(&shelf).tended = false;
        }
    }
}

/// Gives back what nobody used for a while, until nothing is held, and everything if somebody waits
/// all the same.
async fn tend(mut tended: Tended, losses: Losses) {
    loop {
        tokio::time::sleep(TRUSTED_FOR).await;
        let Some(shelf) = tended.shelf.upgrade() else {
            return;
        };
        let mut shelf = lock(&shelf);
        shelf.give_back_distrusted(&losses);
        if shelf.waiting > 0 {
            shelf.idle.clear();
        }
        if shelf.idle.is_empty() {
            // Under the lock, so that whoever holds one from now on begins another.
            shelf.tended = false;
            tended.done = true;
            return;
        }
    }
}

/// What the lock guards is whole after each line, so a panic elsewhere leaves nothing half done.
fn lock(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

fn query(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    let values = statement.values.unwrap_or_else(|| Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn acquire_error(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        error => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
    }
}
