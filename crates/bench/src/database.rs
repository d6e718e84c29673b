//! Databases that are gone afterwards.

use anyhow::Context;
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use url::Url;

/// Which database to measure on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file in a temporary folder.
    Sqlite,
    /// A database of its own on a running server.
    Postgres,
}

/// An empty database.
pub struct Scratch {
    url: String,
    /// The folder of the file.
    _folder: Option<TempDir>,
    /// What drops it: the server's URL, and its name.
    drop: Option<(Url, String)>,
}

impl Scratch {
    /// Makes one. `server` is the URL of a superuser's connection to a PostgreSQL server.
    ///
    /// # Errors
    ///
    /// There is no server, or no room for a file.
    pub async fn make(kind: Kind, server: Option<&str>) -> anyhow::Result<Self> {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir()?;
                let file = folder.path().join("rollcall.db");
                Ok(Self {
                    url: format!("sqlite://{}?mode=rwc", file.display()),
                    _folder: Some(folder),
                    drop: None,
                })
            }
            Kind::Postgres => {
                let server = server.context("PostgreSQL needs the URL of a server")?;
                let server: Url = server.parse().context("the URL of the server")?;
                let name = format!("bench_{:016x}", fastrand::u64(..));
                run(&server, &format!("create database {name}")).await?;
                let mut url = server.clone();
                url.set_path(&name);
                Ok(Self {
                    url: url.into(),
                    _folder: None,
                    drop: Some((server, name)),
                })
            }
        }
    }

    /// Its URL, as a store takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Drops it. What is not dropped so stays on a PostgreSQL server.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub async fn remove(self) -> anyhow::Result<()> {
        match &self.drop {
            Some((server, name)) => {
                run(server, &format!("drop database {name} with (force)")).await
            }
            None => Ok(()),
        }
    }
}

async fn run(server: &Url, sql: &str) -> anyhow::Result<()> {
    let admin = Database::connect(server.as_str()).await?;
    admin.execute_unprepared(sql).await?;
    Ok(admin.close().await?)
}
