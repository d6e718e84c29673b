//! An open transaction of the database, whose statements can be traced.

use std::pin::pin;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};
use sea_orm_migration::async_trait::async_trait;
use tracing::{Instrument, Span, debug_span, span};

use crate::spans;

/// An open transaction. Dropped, it is undone.
pub(crate) struct Tx {
    inner: DatabaseTransaction,
    span: Span,
    /// Where the transaction began. What is asked there belongs to the transaction, and what is asked in
    /// a span of its own to that one.
    begun_in: Option<span::Id>,
}

impl Tx {
    /// One that has begun, and the span that it is told in.
    pub(crate) fn new(inner: DatabaseTransaction, span: Span) -> Self {
        let begun_in = (!span.is_disabled()).then(|| Span::current().id());
        Self {
            inner,
            span,
            begun_in: begun_in.flatten(),
        }
    }

    /// The transaction as the library knows it, for its migrations.
    pub(crate) const fn inner(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// The span of the outbox, which is written within this transaction.
    pub(crate) fn outbox_span(&self, events: usize) -> Span {
        debug_span!(parent: &self.span, "outbox.write", rollcall.events = events)
    }

    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        let asked = self.statement_span("commit");
        let inner = self.inner;
        spans::watch(asked, pin!(inner.commit())).await?;
        self.span.record("rollcall.committed", true);
        Ok(())
    }

    fn statement_span(&self, sql: &str) -> Span {
        let backend = self.inner.get_database_backend();
        let within = self.span.id().filter(|_| {
            let now = Span::current().id();
            now.is_none() || now == self.begun_in
        });
        spans::statement(within, backend, sql)
    }
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let span = self.statement_span(&statement.sql);
        spans::watch(span, self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let span = self.statement_span(sql);
        spans::watch(span, self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let span = self.statement_span(&statement.sql);
        spans::watch(span, self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let span = self.statement_span(&statement.sql);
        spans::watch(span, self.inner.query_all_raw(statement)).await
    }
}

/// Waits for the only writer of SQLite in a span of its own.
pub(crate) async fn wait_for_writer<T>(within: &Span, turn: impl Future<Output = T>) -> T {
    let span = debug_span!(parent: within, "store.wait_for_writer");
    pin!(turn).instrument(span).await
}
