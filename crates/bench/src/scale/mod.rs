//! A test and no measurement: an installation as large as the product's, in which everything has
//! to be right and nothing may take long. Times are printed; those that are out of all bounds fail.
//!
//! Ten thousand organizations of a hundred users each, and one of two hundred thousand with a group of
//! half of them, on PostgreSQL.

mod lists;
mod tenants;

use std::io::{self, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::bench::Bench;
use crate::database::Kind;
use crate::seed::Seeder;
use crate::servers::process::Gateway;
use crate::workloads::Directory;

/// The longest that any single request may take. Far above what it should, so that a busy machine
/// does not fail, and far below what anything takes that reads a whole table in the wrong way.
const BOUND: Duration = Duration::from_secs(5);

/// How large the installation is.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Organizations with some users.
    pub organizations: u64,
    /// Users of each of them.
    pub users: u64,
    /// Users of the one large organization.
    pub large: u64,
    /// How many of the organizations are looked at closely.
    pub samples: usize,
}

impl Scale {
    /// What the product is to hold.
    #[must_use]
    pub const fn whole() -> Self {
        Self {
            organizations: 10_000,
            users: 100,
            large: 200_000,
            samples: 200,
        }
    }

    /// Small enough to try it out.
    #[must_use]
    pub const fn quick() -> Self {
        Self {
            organizations: 200,
            users: 20,
            large: 5_000,
            samples: 50,
        }
    }
}

/// The installation that is looked at.
struct Installation {
    gateway: Gateway,
    /// The organizations of some users.
    small: Vec<Directory>,
    /// The one of many.
    large: Directory,
    scale: Scale,
}

/// Fills an installation and checks it.
///
/// # Errors
///
/// Something is wrong or takes too long, and what.
pub async fn run(env: &Bench, scale: Scale) -> anyhow::Result<()> {
    let begin = Instant::now();
    let scratch = env.scratch(Kind::Postgres).await?;
    let (cluster, database) = scratch.server().context("a database on a server")?;
    cluster.wait_for_disk(false).await?;
    let gateway = env.gateway(scratch.url(), &[]).await?;
    let seeder = Seeder::open(scratch.url()).await?;
    let model = gateway.tenant("Model").await?;
    let first = seeder.fill(&model, 1).await?;
    let tenants = gateway.tenants("Organization", scale.organizations).await?;
    let small = seeder
        .fill_others((&model, first), tenants, scale.users)
        .await?;
    let large = gateway.tenant("Large").await?;
    let large = seeder
        .directory(large, scale.large, &[scale.large / 2])
        .await?;
    seeder.close().await?;
    cluster.run(database, "vacuum analyze").await?;
    cluster.wait_for_disk(true).await?;
    report("filling", begin.elapsed())?;

    let installation = Installation {
        gateway,
        small,
        large,
        scale,
    };
    lists::check(&installation).await?;
    tenants::check_samples(&installation).await?;
    tenants::check_large(&installation).await?;
    let resident = installation.gateway.resident_bytes()?;
    let mebibytes = resident / 1_024 / 1_024;
    writeln!(
        io::stdout().lock(),
        "memory of the gateway: {mebibytes} MiB"
    )?;
    installation.gateway.stop().await?;
    scratch.remove().await
}

fn report(what: &str, time: Duration) -> anyhow::Result<()> {
    let micros = time.as_secs_f64() * 1e3;
    Ok(writeln!(io::stdout().lock(), "{what}: {micros:.1} ms")?)
}

/// The longest of several requests of one kind.
#[derive(Default)]
struct Longest(Duration);

impl Longest {
    /// Waits for one request, which must not take longer than [`BOUND`].
    async fn of<T>(
        &mut self,
        request: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let begin = Instant::now();
        let answer = request.await?;
        let time = begin.elapsed();
        ensure!(time <= BOUND, "a request took {time:?}");
        self.0 = self.0.max(time);
        Ok(answer)
    }
}
