//! What every section is given: the programs of this run, and servers when it asks for them.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tokio::sync::OnceCell;

use crate::database::{Kind, Scratch};
use crate::servers::postgres::Cluster;
use crate::servers::process::{Gateway, Program, Secrets};
use crate::servers::redis::Redis;

/// One run of the benchmark.
pub struct Bench {
    program: Program,
    postgres_bin: PathBuf,
    cluster: OnceCell<Arc<Cluster>>,
    kinds: Vec<Kind>,
}

impl Bench {
    /// A run with the gateway at `rollcall` and the PostgreSQL programs in `postgres_bin`, on the
    /// databases that are wanted.
    ///
    /// # Errors
    ///
    /// The operating system has no randomness to give.
    pub fn new(rollcall: PathBuf, postgres_bin: PathBuf, kinds: Vec<Kind>) -> anyhow::Result<Self> {
        Ok(Self {
            program: Program {
                path: rollcall,
                secrets: Secrets::generate()?,
            },
            postgres_bin,
            cluster: OnceCell::new(),
            kinds,
        })
    }

    /// Tells the person at the terminal what is under way.
    pub fn say(&self, what: &str) {
        // Nobody is left to be told if this fails.
        let _ = writeln!(io::stderr().lock(), "bench: {what}");
    }

    /// The databases to measure on.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The PostgreSQL server that the sections of this run share; started at first use.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub async fn cluster(&self) -> anyhow::Result<Arc<Cluster>> {
        let start = async || self.new_cluster().await.map(Arc::new);
        Ok(Arc::clone(self.cluster.get_or_try_init(start).await?))
    }

    /// A PostgreSQL server for one section alone, which may stop it.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub async fn new_cluster(&self) -> anyhow::Result<Cluster> {
        Cluster::start(&self.postgres_bin)
            .await
            .context("the PostgreSQL server of this run")
    }

    /// A Redis server for one section alone, which may kill it.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn new_redis(&self) -> anyhow::Result<Redis> {
        Redis::start()
    }

    /// An empty database; one on PostgreSQL is on the shared server.
    ///
    /// # Errors
    ///
    /// There is no server, or no room for a file.
    pub async fn scratch(&self, kind: Kind) -> anyhow::Result<Scratch> {
        match kind {
            Kind::Sqlite => Scratch::sqlite(),
            Kind::Postgres => Scratch::postgres(self.cluster().await?).await,
        }
    }

    /// A gateway on a database, with what every production would set besides. All gateways of one
    /// run share their keys, so several can serve one database.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub async fn gateway(
        &self,
        database_url: &str,
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Gateway> {
        Gateway::start(&self.program, database_url, environment).await
    }
}
