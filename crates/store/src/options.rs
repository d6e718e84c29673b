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

    /// How many of `max_connections` a server keeps for what goes on beside requests: a quarter, and
    /// two at least, if there are enough.
    #[must_use]
    pub const fn background_connections(max_connections: u32) -> u32 {
        match max_connections {
            0..=3 => 1,
            more if more < 8 => 2,
            more => more / 4,
        }
    }

    /// The same for requests, and for what goes on beside them. Each has one connection at least.
    pub(crate) fn divided(&self) -> [Self; 2] {
        let background = Self::background_connections(self.max_connections);
        let requests = self.max_connections.saturating_sub(background).max(1);
        let of = |max_connections: u32, min_connections: u32| Self {
            max_connections,
            min_connections: min_connections.min(max_connections),
            ..self.clone()
        };
        let kept = self.min_connections;
        [
            of(requests, kept),
            of(background, kept.saturating_sub(requests)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pools_are_together_no_larger_than_one() {
        for (max, min, expected) in [
            (1, 0, [(1, 0), (1, 0)]),
            (2, 2, [(1, 1), (1, 1)]),
            (4, 4, [(2, 2), (2, 2)]),
            (10, 9, [(8, 8), (2, 1)]),
            (40, 5, [(30, 5), (10, 0)]),
        ] {
            let options = StoreOptions {
                max_connections: max,
                min_connections: min,
                ..StoreOptions::of("postgres://localhost")
            };
            let divided = options.divided();
            let sizes = divided.map(|it| (it.max_connections, it.min_connections));
            assert_eq!(sizes, expected, "{max} {min}");
        }
    }
}
