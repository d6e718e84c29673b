//! The pool of connections, and what becomes of a request whose connection the server has closed.
//!
//! A server that restarts closes every connection. The pool learns of it one by one, when each is
//! used; a request that meets such a connection has asked for nothing yet, or for something that
//! can be asked again. So a query is sent a second time, over another connection, if it only reads,
//! and so is the beginning of a transaction. Everything else fails: nobody can tell whether it was
//! done. Who can find out (`at_once`) asks and goes on; the rest is answered 503.
//!
//! After a loss, no connection is trusted that was not used since: it is asked for a sign of life
//! before it is handed out. Otherwise the second try could meet the next one that is gone.

mod held;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, Statement, StreamTrait, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::async_trait::async_trait;
use tracing::Span;

use self::held::{Held, Waiting};
use crate::error::is_lost_connection;
use crate::spans;
use crate::timings::{Timings, only_reads};

/// A connection that nobody used for so long is asked for a sign of life in any case.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// How the pool is used at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolState {
    /// Connections that are open.
    pub open: u64,
    /// Those of them that nobody uses.
    pub idle: u64,
    /// Requests that wait for a connection.
    pub waiting: u64,
}

/// When the server last closed a connection that was to be used.
#[derive(Clone)]
pub(crate) struct Losses(Arc<Loss>);

struct Loss {
    beginning: Instant,
    /// Nanoseconds after `beginning`; 0 if there was none.
    last: AtomicU64,
}

impl Losses {
    pub(crate) fn none() -> Self {
        Self(Arc::new(Loss {
            beginning: Instant::now(),
            last: AtomicU64::default(),
        }))
    }

    fn note(&self) {
        let now = u64::try_from(self.0.beginning.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.last.fetch_max(now.max(1), Ordering::Relaxed);
    }

    /// Whether a connection that was not used for this long has to show that it is alive.
    pub(crate) fn distrust(&self, idle_for: Duration) -> bool {
        if idle_for >= TRUSTED_FOR {
            return true;
        }
        let last = self.0.last.load(Ordering::Relaxed);
        last > 0 && {
            let since = self.0.beginning.elapsed();
            since.saturating_sub(Duration::from_nanos(last)) < idle_for
        }
    }
}

/// The pool. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pool {
    inner: DatabaseConnection,
    /// On PostgreSQL, where statements that stand alone go.
    held: Option<Held>,
    losses: Losses,
    timings: Timings,
    /// How many use a connection or wait for one.
    wanted: Arc<AtomicUsize>,
}

/// Counts somebody who uses a connection or waits for one, for as long as it lives.
pub(crate) struct Wanted(Arc<AtomicUsize>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    pub(crate) fn new(mut inner: DatabaseConnection, losses: Losses) -> Self {
        let timings = Timings::default();
        inner.set_metric_callback(timings.callback());
        let held = (inner.get_database_backend() == DbBackend::Postgres).then(|| {
            let pool = inner.get_postgres_connection_pool().clone();
            Held::new(pool, losses.clone(), timings.clone())
        });
        Self {
            inner,
            held,
            losses,
            timings,
            wanted: Arc::default(),
        }
    }

    /// The pool as the library knows it: without a second try.
    pub(crate) const fn inner(&self) -> &DatabaseConnection {
        &self.inner
    }

    pub(crate) fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    /// Whether the connection was lost, which is noted: then what failed may be tried once more.
    pub(crate) fn is_lost(&self, error: &DbErr) -> bool {
        let lost = is_lost_connection(error);
        if lost {
            self.losses.note();
        }
        lost
    }

    /// What it tells of how long it takes.
    pub(crate) const fn timings(&self) -> &Timings {
        &self.timings
    }

    /// Counts the caller among those who want a connection.
    pub(crate) fn want(&self) -> Wanted {
        self.wanted.fetch_add(1, Ordering::Relaxed);
        Wanted(Arc::clone(&self.wanted))
    }

    /// How the pool is used; `size` and `idle` are what the library counts.
    pub(crate) fn state(&self, size: u32, idle: usize) -> PoolState {
        let open = u64::from(size);
        let held = self.held.as_ref().map_or(0, Held::idle);
        let idle = u64::try_from(idle + held).unwrap_or(u64::MAX).min(open);
        let wanted = u64::try_from(self.wanted.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
        PoolState {
            open,
            idle,
            waiting: wanted.saturating_sub(open - idle),
        }
    }

    /// Begins a transaction. Before it has begun nothing is lost by another try.
    pub(crate) async fn begin(
        &self,
        options: impl Fn() -> TransactionOptions,
    ) -> Result<DatabaseTransaction, DbErr> {
        let _waiting = self.wait();
        let begin = pin!(async {
            match self.inner.begin_with_options(options()).await {
                Err(error) if self.is_lost(&error) => {
                    self.inner.begin_with_options(options()).await
                }
                begun => begun,
            }
        });
        self.timings.wait(begin).await
    }

    /// To be held while a connection is taken from the library's pool itself.
    fn wait(&self) -> Option<Waiting> {
        self.held.as_ref().map(Held::wait)
    }

    fn statement_span(&self, sql: &str) -> Span {
        spans::statement(None, self.inner.get_database_backend(), sql)
    }

    async fn execute_once(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let span = self.statement_span(&statement.sql);
        let work = pin!(async {
            match &self.held {
                Some(held) => held.execute(statement).await,
                None => self.inner.execute_raw(statement).await,
            }
        });
        spans::watch(span, work).await
    }

    async fn query_one_once(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let span = self.statement_span(&statement.sql);
        let work = pin!(async {
            match &self.held {
                Some(held) => held.query_one(statement).await,
                None => self.inner.query_one_raw(statement).await,
            }
        });
        spans::watch(span, work).await
    }

    async fn query_all_once(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let span = self.statement_span(&statement.sql);
        let work = pin!(async {
            match &self.held {
                Some(held) => held.query_all(statement).await,
                None => self.inner.query_all_raw(statement).await,
            }
        });
        spans::watch(span, work).await
    }

    pub(crate) async fn close(self) -> Result<(), DbErr> {
        if let Some(held) = &self.held {
            held.close();
        }
        self.inner.close().await
    }
}

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let _wanted = self.want();
        let done = self.execute_once(statement).await;
        done.inspect_err(|error| {
            self.is_lost(error);
        })
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let _wanted = self.want();
        let _waiting = self.wait();
        let done = self.inner.execute_unprepared(sql).await;
        done.inspect_err(|error| {
            self.is_lost(error);
        })
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let _wanted = self.want();
        // Nobody knows what became of a statement whose connection is lost.
        let again = only_reads(&statement.sql).then(|| statement.clone());
        match self.query_one_once(statement).await {
            Err(error) if self.is_lost(&error) => match again {
                Some(again) => self.query_one_once(again).await,
                None => Err(error),
            },
            answer => answer,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let _wanted = self.want();
        // Nobody knows what became of a statement whose connection is lost.
        let again = only_reads(&statement.sql).then(|| statement.clone());
        match self.query_all_once(statement).await {
            Err(error) if self.is_lost(&error) => match again {
                Some(again) => self.query_all_once(again).await,
                None => Err(error),
            },
            answer => answer,
        }
    }
}

/// A stream is not begun again: its reader may have used the rows that came.
impl StreamTrait for Pool {
    type Stream<'a> = <DatabaseConnection as StreamTrait>::Stream<'a>;

    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    fn stream_raw<'a>(
        &'a self,
        statement: Statement,
    ) -> Pin<Box<dyn Future<Output = Result<Self::Stream<'a>, DbErr>> + 'a + Send>> {
        Box::pin(async move {
            let _waiting = self.wait();
            self.inner.stream_raw(statement).await
        })
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::SqlxPostgresConnector;

    use super::*;

    #[test]
    fn what_was_not_used_since_a_loss_is_not_trusted() {
        let losses = Losses::none();
        let moment = Duration::from_millis(500);
        assert!(!losses.distrust(moment));
        assert!(losses.distrust(TRUSTED_FOR));

        losses.note();

        assert!(losses.distrust(moment));
        assert!(!losses.distrust(Duration::ZERO));
    }

    /// Futures that are passed on by value are copied each time, and each holds the one before.
    #[tokio::test]
    async fn a_statement_under_way_takes_little_room() {
        let nowhere = sqlx::PgPool::connect_lazy("postgres://nobody@localhost/nothing").unwrap();
        let inner = SqlxPostgresConnector::from_sqlx_postgres_pool(nowhere);
        let pool = Pool::new(inner, Losses::none());
        let statement = || Statement::from_string(DbBackend::Postgres, "select 1");
        for bytes in [
            size_of_val(&pool.query_one_once(statement())),
            size_of_val(&pool.query_all_once(statement())),
            size_of_val(&pool.execute_once(statement())),
        ] {
            assert!(bytes < 2_048, "{bytes}");
        }
    }
}
