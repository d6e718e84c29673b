//! `[database]`, and the two kinds of database.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::{ConfigError, values};

/// The pool of connections of one process, and how long it waits for what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatabaseConfig {
    /// Connections that are kept open; never above [`Self::max_connections`].
    pub(crate) min_connections: u32,
    /// Open connections at most; at least 1.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_connections: u32,
    /// How long to wait for a free connection.
    #[serde(
        rename = "acquire_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) acquire_timeout: Duration,
    /// How long a start waits for the database.
    #[serde(
        rename = "connect_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) connect_timeout: Duration,
    /// After how long without use a connection is closed.
    #[serde(rename = "idle_timeout_seconds", deserialize_with = "values::seconds")]
    pub(crate) idle_timeout: Duration,
    /// At which age a connection is closed.
    #[serde(rename = "max_lifetime_seconds", deserialize_with = "values::seconds")]
    pub(crate) max_lifetime: Duration,
    /// How long one statement may take, on PostgreSQL.
    #[serde(
        rename = "statement_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) statement_timeout: Duration,
    /// How long one statement waits for a lock, on PostgreSQL.
    #[serde(rename = "lock_timeout_seconds", deserialize_with = "values::seconds")]
    pub(crate) lock_timeout: Duration,
    /// How long a transaction may stand still, on PostgreSQL.
    #[serde(
        rename = "idle_in_transaction_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) idle_in_transaction_timeout: Duration,
}

impl DatabaseConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.min_connections > self.max_connections {
            return Err(ConfigError::PoolOverMaximum {
                min: self.min_connections,
                max: self.max_connections,
            });
        }
        Ok(())
    }
}

/// A database that Rollcall can store in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatabaseKind {
    /// Embedded, for one process.
    Sqlite,
    /// A server, for several.
    Postgres,
}

impl DatabaseKind {
    /// The kind that a URL names by its scheme.
    pub(super) fn of(url: &str) -> Option<Self> {
        match url.split_once(':')?.0 {
            "sqlite" => Some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            _ => None,
        }
    }
}

/// How SQLite commits (`PRAGMA synchronous`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SqliteSynchronous {
    /// Every acknowledged change survives a power cut.
    Full,
    /// The last acknowledged changes may be lost in a power cut; the file stays whole.
    Normal,
}

impl<'de> Deserialize<'de> for SqliteSynchronous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        values::text(
            deserializer,
            |text| match text {
                "full" => Some(Self::Full),
                "normal" => Some(Self::Normal),
                _ => None,
            },
            "`full` or `normal`",
        )
    }
}
