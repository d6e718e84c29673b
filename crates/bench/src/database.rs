//! Databases that are gone afterwards.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::servers::postgres::Cluster;

/// Which database to measure on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A file in a temporary folder.
    #[serde(rename = "SQLite")]
    Sqlite,
    /// A database of its own on a server of this run.
    #[serde(rename = "PostgreSQL")]
    Postgres,
}

impl Kind {
    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// An empty database.
pub struct Scratch {
    url: String,
    place: Place,
}

enum Place {
    File(TempDir),
    Server { cluster: Arc<Cluster>, name: String },
}

impl Scratch {
    /// A file.
    ///
    /// # Errors
    ///
    /// There is no room for it.
    pub fn sqlite() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("rollcall.db");
        Ok(Self {
            url: format!("sqlite://{}?mode=rwc", file.display()),
            place: Place::File(folder),
        })
    }

    /// A database of its own on a server.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn postgres(cluster: Arc<Cluster>) -> anyhow::Result<Self> {
        let name = format!("bench_{:016x}", fastrand::u64(..));
        let create = format!("create database {name}");
        cluster.run("postgres", &create).await?;
        Ok(Self {
            url: cluster.url(&name),
            place: Place::Server { cluster, name },
        })
    }

    /// Its URL, as a gateway takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server it is on and its name there; `None` for a file.
    #[must_use]
    pub fn server(&self) -> Option<(&Cluster, &str)> {
        match &self.place {
            Place::File(_) => None,
            Place::Server { cluster, name } => Some((cluster, name)),
        }
    }

    /// Drops it.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn remove(self) -> anyhow::Result<()> {
        match self.place {
            Place::File(folder) => Ok(folder.close()?),
            Place::Server { cluster, name } => {
                let drop = format!("drop database {name} with (force)");
                cluster.run("postgres", &drop).await
            }
        }
    }
}
