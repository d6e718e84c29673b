//! A gateway on a database with full directories.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;

use crate::bench::Bench;
use crate::database::{Kind, Scratch};
use crate::seed::Seeder;
use crate::servers::process::Gateway;
use crate::sizes::Sizes;
use crate::workloads::{Directory, Workload};

/// What every workload of one database is measured on.
pub(super) struct Stage {
    pub(super) kind: Kind,
    pub(super) scratch: Scratch,
    pub(super) gateway: Gateway,
    /// Several tenants of some users.
    many: Arc<[Directory]>,
    /// One of very many, with groups.
    one: Arc<[Directory]>,
}

impl Stage {
    pub(super) async fn fill(env: &Bench, kind: Kind, sizes: &Sizes) -> anyhow::Result<Self> {
        let scratch = env.scratch(kind).await?;
        let gateway = env.gateway(scratch.url(), &[]).await?;
        let seeder = Seeder::open(scratch.url()).await?;
        if let Some((cluster, _)) = scratch.server() {
            cluster.wait_for_disk(false).await?;
        }
        let mut many = Vec::new();
        for number in 0..sizes.tenants {
            let tenant = gateway.tenant(&format!("Tenant {number}")).await?;
            many.push(
                seeder
                    .directory(tenant, sizes.users_per_tenant, &[])
                    .await?,
            );
        }
        let tenant = gateway.tenant("Large").await?;
        let one = seeder
            .directory(tenant, sizes.directory, &sizes.groups)
            .await?;
        seeder.settle().await?;
        seeder.close().await?;
        if let Some((cluster, database)) = scratch.server() {
            cluster.run(database, "vacuum analyze").await?;
            cluster.wait_for_disk(true).await?;
        }
        Ok(Self {
            kind,
            scratch,
            gateway,
            many: many.into(),
            one: [one].into(),
        })
    }

    /// The directories that a workload is about.
    pub(super) fn directories(&self, workload: Workload) -> &Arc<[Directory]> {
        if workload.is_of_one_directory() {
            &self.one
        } else {
            &self.many
        }
    }

    /// Where the gateway listens.
    pub(super) fn address(&self) -> anyhow::Result<SocketAddr> {
        let first = self.one.first().context("a directory")?;
        Ok(first.address())
    }

    /// A new tenant without users.
    pub(super) async fn empty_directory(&self, name: &str) -> anyhow::Result<Arc<Directory>> {
        let tenant = self.gateway.tenant(name).await?;
        Directory::empty(tenant).map(Arc::new)
    }

    /// CPU time of the database in microseconds; `None` where it has no process of its own.
    pub(super) fn database_cpu(&self) -> anyhow::Result<Option<u64>> {
        let server = self.scratch.server();
        server.map(|(cluster, _)| cluster.cpu_micros()).transpose()
    }

    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.gateway.stop().await?;
        self.scratch.remove().await
    }
}
