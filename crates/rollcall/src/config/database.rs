//! `[database]`, and the two kinds of database.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::values;

/// The pool of connections of one process.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatabaseConfig {
    /// Open connections at most; at least 1.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_connections: u32,
    /// How long to wait for a free connection.
    #[serde(
        rename = "acquire_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) acquire_timeout: Duration,
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
