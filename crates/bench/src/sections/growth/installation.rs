//! A gateway on a PostgreSQL database of a certain size.

use std::sync::Arc;

use anyhow::Context;

use crate::bench::Bench;
use crate::database::{Kind, Scratch};
use crate::load::Connection;
use crate::seed::Seeder;
use crate::servers::postgres::Cluster;
use crate::servers::process::Gateway;
use crate::workloads::Directory;

/// Members of the group that every directory has.
pub(super) const MEMBERS: u64 = 10;

/// A gateway, its database, and what is in it.
pub(super) struct Installation {
    pub(super) scratch: Scratch,
    pub(super) gateway: Gateway,
    pub(super) directories: Arc<[Directory]>,
}

impl Installation {
    /// One organization with so many users.
    pub(super) async fn of_users(env: &Bench, users: u64) -> anyhow::Result<Self> {
        let (scratch, gateway, seeder) = begin(env).await?;
        let tenant = gateway.tenant("One").await?;
        let directory = seeder.directory(tenant, users, &[MEMBERS]).await?;
        finish(scratch, gateway, seeder, vec![directory]).await
    }

    /// So many organizations with so many users each.
    pub(super) async fn of_organizations(
        env: &Bench,
        organizations: u64,
        users: u64,
    ) -> anyhow::Result<Self> {
        let (scratch, gateway, seeder) = begin(env).await?;
        let model = gateway.tenant("Model").await?;
        let first = seeder.fill(&model, 1).await?;
        let tenants = gateway.tenants("Organization", organizations).await?;
        let directories = seeder.fill_others((&model, first), tenants, users).await?;
        finish(scratch, gateway, seeder, directories).await
    }

    /// A connection to the gateway.
    pub(super) async fn connect(&self) -> anyhow::Result<Connection> {
        let first = self.directories.first().context("a directory")?;
        Connection::open(first.address()).await
    }

    /// Starts the gateway anew, at another address.
    pub(super) async fn restart(self, env: &Bench) -> anyhow::Result<Self> {
        self.gateway.stop().await?;
        let gateway = env.gateway(self.scratch.url(), &[]).await?;
        let moved = self.directories.iter().map(|one| one.at(gateway.url()));
        Ok(Self {
            directories: moved.collect::<anyhow::Result<_>>()?,
            scratch: self.scratch,
            gateway,
        })
    }

    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.gateway.stop().await?;
        self.scratch.remove().await
    }
}

async fn begin(env: &Bench) -> anyhow::Result<(Scratch, Gateway, Seeder)> {
    let scratch = env.scratch(Kind::Postgres).await?;
    server(&scratch)?.0.wait_for_disk(false).await?;
    let gateway = env.gateway(scratch.url(), &[]).await?;
    let seeder = Seeder::open(scratch.url()).await?;
    Ok((scratch, gateway, seeder))
}

async fn finish(
    scratch: Scratch,
    gateway: Gateway,
    seeder: Seeder,
    directories: Vec<Directory>,
) -> anyhow::Result<Installation> {
    seeder.close().await?;
    let (cluster, database) = server(&scratch)?;
    // Connections plan anew after this, so nothing remembers how small the tables were.
    cluster.run(database, "vacuum analyze").await?;
    cluster.wait_for_disk(true).await?;
    Ok(Installation {
        scratch,
        gateway,
        directories: directories.into(),
    })
}

fn server(scratch: &Scratch) -> anyhow::Result<(&Cluster, &str)> {
    scratch.server().context("a database on a server")
}
