//! Gateways that differ in one setting, on one database, asked in turns.
//!
//! Each has tenants of its own, so that they share nothing but the machine. One client finds how long a
//! request takes, eight how many there are in a second and what CPU time each causes, with what is done
//! afterwards.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::time::sleep;

use crate::load::Load;
use crate::measure::middle;
use crate::result::{Cell, Table};
use crate::seed::Seeder;
use crate::servers::process::Gateway;
use crate::sizes::Sizes;
use crate::workloads::{Directory, Workload};

/// What is asked of each.
pub(super) const WORKLOADS: [Workload; 2] = [Workload::GetUser, Workload::CreateUser];

/// How many clients there are when rates are measured.
const CLIENTS: usize = 8;

/// Until a gateway has written what waits: it does every two seconds.
const NOTES: Duration = Duration::from_millis(2_300);

/// A gateway with tenants of its own.
pub(super) struct Side {
    pub(super) gateway: Gateway,
    directories: Arc<[Directory]>,
}

/// One number for each round.
#[derive(Default)]
pub(super) struct Found {
    micros: Vec<f64>,
    rates: Vec<f64>,
    cpu: Vec<f64>,
}

impl Found {
    /// The middle time of a request of one client.
    pub(super) fn micros(&self) -> f64 {
        middle(self.micros.clone())
    }

    /// Requests of eight clients in a second.
    pub(super) fn rate(&self) -> f64 {
        middle(self.rates.clone())
    }

    /// CPU time of the gateway for each of those.
    pub(super) fn cpu(&self) -> f64 {
        middle(self.cpu.clone())
    }

    /// All of it as a row of the [`table`]; `says` is what the setting of this side is.
    pub(super) fn row(&self, workload: Workload, says: &str) -> Vec<Cell> {
        vec![
            workload.name().as_str().into(),
            says.into(),
            self.micros().into(),
            self.rate().into(),
            self.cpu().into(),
        ]
    }
}

/// A table for what is found, without rows; `setting` is what the sides differ in.
pub(super) fn table(setting: &str, sizes: &Sizes) -> Table {
    let columns = [
        "request",
        setting,
        "median µs, 1 client",
        "requests/s, 8 clients",
        "gateway CPU µs",
    ];
    Table {
        title: format!("PostgreSQL: medians of {} rounds", sizes.rounds),
        columns: columns.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    }
}

impl Side {
    /// Makes its tenants.
    pub(super) async fn fill(
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

/// All sides in turns, each round beginning with another one. The first round warms up.
///
/// # Errors
///
/// A request is refused.
pub(super) async fn in_turns<const SIDES: usize>(
    sides: [&Side; SIDES],
    workload: Workload,
    sizes: &Sizes,
) -> anyhow::Result<[Found; SIDES]> {
    let mut found = std::array::from_fn(|_| Found::default());
    for number in 0..=sizes.rounds {
        for turn in 0..SIDES {
            let place = (turn + number) % SIDES;
            sides[place]
                .round(&mut found[place], workload, sizes)
                .await?;
        }
        if number == 0 {
            found = std::array::from_fn(|_| Found::default());
        }
    }
    Ok(found)
}
