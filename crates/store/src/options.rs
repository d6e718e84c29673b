//! How to reach the database, and how long to wait for what.

use std::time::Duration;

/// When SQLite waits for the disk. PostgreSQL always does (`synchronous_commit=on`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// At each commit: what was acknowledged survives a power cut.
    Full,
    /// At checkpoints only: faster, and a power cut (not a crash) may lose the last commits.
    Normal,
}

/// How to reach the database. It has no `Debug`, because a URL may hold a password.
///
/// What is not said otherwise holds for both databases.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite://…` or `postgres://…`; may hold a password.
    pub url: String,
    /// How many connections the pool keeps open, even if nobody uses them.
    pub min_connections: u32,
    /// The size of the connection pool.
    pub max_connections: u32,
    /// How long a request waits for a connection (or for its turn to write, on SQLite).
    pub acquire_timeout: Duration,
    /// How long [`Store::connect`](crate::Store::connect) waits for a server that is not there yet.
    pub connect_timeout: Duration,
    /// After how long without use a connection is closed.
    pub idle_timeout: Duration,
    /// At which age a connection is closed, used or not.
    pub max_lifetime: Duration,
    /// How long one statement may take on PostgreSQL, to the millisecond.
    pub statement_timeout: Duration,
    /// How long one statement waits for a lock on PostgreSQL, to the millisecond.
    pub lock_timeout: Duration,
    /// How long a transaction on PostgreSQL may stand still, to the millisecond. The server closes its
    /// connection then.
    pub idle_in_transaction_timeout: Duration,
    /// Durability on SQLite.
    pub synchronous: Synchronous,
    /// How long the tombstone of a deleted user or group is kept. Zero leaves none.
    pub tombstone_retention: Duration,
}

impl StoreOptions {
    /// The defaults of the configuration, for the database at `url`.
    #[must_use]
    pub fn of(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            min_connections: 0,
            max_connections: 10,
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_mins(10),
            max_lifetime: Duration::from_mins(30),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(10),
            idle_in_transaction_timeout: Duration::from_mins(1),
            synchronous: Synchronous::Full,
            tombstone_retention: Duration::from_hours(30 * 24),
        }
    }
}
