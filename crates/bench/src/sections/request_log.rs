//! What the request log costs a request: the same requests to a gateway that keeps it and to one that
//! does not, in turns.
//!
//! Both are on one database, each with tenants of its own, so that they share nothing but the machine.
//! One client finds how long a request takes, eight how many there are in a second and what CPU time
//! each causes, with what is written afterwards.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::time::sleep;

use crate::bench::Bench;
use crate::database::Kind;
use crate::load::Load;
use crate::measure::middle;
use crate::result::{Figure, SectionResult, Table};
use crate::seed::Seeder;
use crate::servers::process::Gateway;
use crate::sizes::Sizes;
use crate::workloads::{Directory, Workload};

/// The most that the median time of a request of one client may grow.
const TARGET: f64 = 1.05;

/// How many clients there are when rates are measured.
const CLIENTS: usize = 8;

/// Until a gateway has written what waits: it does every two seconds.
const NOTES: Duration = Duration::from_millis(2_300);

const WORKLOADS: [Workload; 2] = [Workload::GetUser, Workload::CreateUser];

/// Measures on PostgreSQL; nothing if that is left out.
///
/// # Errors
///
/// A server cannot be started, or a request is refused.
pub async fn measure(env: &Bench, sizes: &Sizes) -> anyhow::Result<SectionResult> {
    let mut result = SectionResult::of("request-log");
    if !env.kinds().contains(&Kind::Postgres) {
        return Ok(result);
    }
    env.say("request-log: filling directories");
    let scratch = env.scratch(Kind::Postgres).await?;
    let (cluster, database) = scratch.server().context("a database on a server")?;
    cluster.wait_for_disk(false).await?;
    let seed = async |name: &str, enabled: &str| {
        let setting = [("ROLLCALL_REQUEST_LOG__ENABLED", enabled)];
        let gateway = env.gateway(scratch.url(), &setting).await?;
        Side::fill(gateway, scratch.url(), name, sizes).await
    };
    let (with, without) = (
        seed("Kept", "true").await?,
        seed("Not kept", "false").await?,
    );
    cluster.run(database, "vacuum analyze").await?;
    cluster.wait_for_disk(true).await?;

    let columns = [
        "request",
        "request log",
        "median µs, 1 client",
        "requests/s, 8 clients",
        "gateway CPU µs",
    ];
    let mut table = Table {
        title: format!("PostgreSQL: medians of {} rounds", sizes.rounds),
        columns: columns.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    };
    for workload in WORKLOADS {
        let name = workload.name();
        env.say(&format!("request-log: {name}"));
        let (kept, bare) = in_turns(&with, &without, workload, sizes).await?;
        let figure = |what: &str, value| Figure::new(format!("{name}: {what}"), value, "×");
        result.figures.extend([
            figure(
                "median time of one client with the request log to without",
                kept.micros() / bare.micros(),
            )
            .at_most(TARGET),
            figure(
                "rate of eight clients with the request log, part of the rate without",
                kept.rate() / bare.rate(),
            ),
            figure(
                "gateway CPU with the request log to without",
                kept.cpu() / bare.cpu(),
            ),
        ]);
        for (says, found) in [("kept", kept), ("not kept", bare)] {
            table.rows.push(vec![
                name.as_str().into(),
                says.into(),
                found.micros().into(),
                found.rate().into(),
                found.cpu().into(),
            ]);
        }
    }
    result.tables.push(table);
    with.gateway.stop().await?;
    without.gateway.stop().await?;
    scratch.remove().await?;
    Ok(result)
}

/// A gateway with tenants of its own.
struct Side {
    gateway: Gateway,
    directories: Arc<[Directory]>,
}

/// One number for each round.
#[derive(Default)]
struct Found {
    micros: Vec<f64>,
    rates: Vec<f64>,
    cpu: Vec<f64>,
}

impl Found {
    fn micros(&self) -> f64 {
        middle(self.micros.clone())
    }

    fn rate(&self) -> f64 {
        middle(self.rates.clone())
    }

    fn cpu(&self) -> f64 {
        middle(self.cpu.clone())
    }
}

impl Side {
    async fn fill(
        gateway: Gateway,
        database_url: &str,
        name: &str,
        sizes: &Sizes,
    ) -> anyhow::Result<Self> {
        let seeder = Seeder::open(database_url).await?;
        let mut directories = Vec::new();
        for number in 0..sizes.tenants {
            let tenant = gateway.tenant(&format!("{name} {number}")).await?;
            // Its address is what the gateway calls itself, which may be another one's.
            let tenant = tenant.at(gateway.url())?;
            let users = sizes.users_per_tenant;
            directories.push(seeder.directory(tenant, users, &[]).await?);
        }
        seeder.close().await?;
        Ok(Self {
            gateway,
            directories: directories.into(),
        })
    }

    /// One round: one client, and then eight, until what they left is written.
    async fn round(
        &self,
        found: &mut Found,
        workload: Workload,
        sizes: &Sizes,
    ) -> anyhow::Result<()> {
        let address = self.directories.first().context("a directory")?.address();
        let time = Duration::from_secs(sizes.round_seconds);
        let alone = Load::closed(1, time);
        let script = |client| workload.script(&self.directories, client, 1);
        let alone = alone.send(address, script).await?;
        found.micros.push(alone.quantile(0.5));
        sleep(NOTES).await;
        let before = self.gateway.cpu_micros()?;
        let many = Load::closed(CLIENTS, time);
        let script = |client| workload.script(&self.directories, client, CLIENTS);
        let many = many.send(address, script).await?;
        sleep(NOTES).await;
        let cpu = self.gateway.cpu_micros()? - before;
        found.rates.push(many.rate());
        found.cpu.push(cpu as f64 / many.requests() as f64);
        Ok(())
    }
}

/// Both sides in turns, the one and then the other first. The first pair of rounds warms up.
async fn in_turns(
    with: &Side,
    without: &Side,
    workload: Workload,
    sizes: &Sizes,
) -> anyhow::Result<(Found, Found)> {
    let (mut kept, mut bare) = (Found::default(), Found::default());
    for number in 0..=sizes.rounds {
        if number % 2 == 0 {
            with.round(&mut kept, workload, sizes).await?;
            without.round(&mut bare, workload, sizes).await?;
        } else {
            without.round(&mut bare, workload, sizes).await?;
            with.round(&mut kept, workload, sizes).await?;
        }
        if number == 0 {
            (kept, bare) = (Found::default(), Found::default());
        }
    }
    Ok((kept, bare))
}
