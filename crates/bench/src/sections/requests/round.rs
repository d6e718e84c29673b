//! Single rounds, and the medians over them.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::TARGETED;
use super::stage::Stage;
use crate::database::Kind;
use crate::limits::bare::Bare;
use crate::limits::pgbench::Pgbench;
use crate::load::{Answer, Load, Script};
use crate::measure::middle;
use crate::sizes::Sizes;
use crate::workloads::{Workload, WorkloadScript};

/// Until the gateway has written its notes of what was before: it does every two seconds.
const NOTES: Duration = Duration::from_millis(2_300);

/// How long a workload runs before it counts.
const WARM_UP: Duration = Duration::from_millis(150);

/// What the rounds of one workload found.
#[derive(Default)]
pub(super) struct Rounds {
    pub(super) gateway: Rival,
    pub(super) pgbench: Option<Rival>,
    /// `pgbench` that reads the user's row alone, where it else reads what the gateway reads.
    pub(super) row: Option<Rival>,
    pub(super) bare: Option<Rival>,
}

/// One number for each round.
#[derive(Default)]
pub(super) struct Rival {
    rates: Vec<f64>,
    medians: Vec<f64>,
    p99s: Vec<f64>,
    cpu: Vec<f64>,
    database_cpu: Vec<f64>,
}

impl Rival {
    pub(super) fn rate(&self) -> f64 {
        middle(self.rates.clone())
    }

    pub(super) fn median(&self) -> f64 {
        middle(self.medians.clone())
    }

    pub(super) fn p99(&self) -> f64 {
        middle(self.p99s.clone())
    }

    pub(super) fn cpu(&self) -> f64 {
        middle(self.cpu.clone())
    }

    /// `None` where the database has no process of its own.
    pub(super) fn database_cpu(&self) -> Option<f64> {
        (!self.database_cpu.is_empty()).then(|| middle(self.database_cpu.clone()))
    }
}

/// Whether a target is about it.
fn is_targeted(stage: &Stage, workload: Workload, clients: usize) -> bool {
    stage.kind == Kind::Postgres && clients == TARGETED && super::targets(workload).is_some()
}

pub(super) async fn warm_up(
    stage: &Stage,
    workload: Workload,
    clients: usize,
) -> anyhow::Result<()> {
    let directories = stage.directories(workload);
    let script = |client| workload.script(directories, client, clients);
    let load = Load::closed(clients, WARM_UP);
    load.send(stage.address()?, script).await?;
    Ok(())
}

pub(super) async fn gateway(
    rounds: &mut Rounds,
    stage: &Stage,
    workload: Workload,
    clients: usize,
    sizes: &Sizes,
) -> anyhow::Result<()> {
    let directories = stage.directories(workload);
    let script = |client| workload.script(directories, client, clients);
    let is_targeted = is_targeted(stage, workload, clients);
    let time = if is_targeted {
        Duration::from_secs(sizes.round_seconds)
    } else {
        sizes.short_round
    };
    if is_targeted && rounds.gateway.rates.is_empty() {
        // What came before must not be counted with the first round.
        sleep_until(Instant::now() + NOTES).await;
    }
    let load = Load::closed(clients, time);
    let before = (stage.gateway.cpu_micros()?, stage.database_cpu()?);
    let outcome = load.send(stage.address()?, script).await?;
    if is_targeted {
        sleep_until(Instant::now() + NOTES).await;
    }
    let requests = outcome.requests() as f64;
    let own = &mut rounds.gateway;
    own.rates.push(outcome.rate());
    own.medians.push(outcome.quantile(0.5));
    own.p99s.push(outcome.quantile(0.99));
    let cpu = stage.gateway.cpu_micros()? - before.0;
    own.cpu.push(cpu as f64 / requests);
    if let (Some(before), Some(after)) = (before.1, stage.database_cpu()?) {
        own.database_cpu.push((after - before) as f64 / requests);
    }
    Ok(())
}

pub(super) async fn bare(
    rounds: &mut Rounds,
    bare: &Bare,
    stage: &Stage,
    workload: Workload,
    clients: usize,
    sizes: &Sizes,
) -> anyhow::Result<()> {
    let directories = stage.directories(workload);
    let script = |client| Unread(workload.script(directories, client, clients));
    let load = Load::closed(clients, sizes.short_round);
    let before = bare.cpu_micros()?;
    let outcome = load.send(bare.address(), script).await?;
    let own = rounds.bare.get_or_insert_default();
    own.rates.push(outcome.rate());
    let cpu = bare.cpu_micros()? - before;
    own.cpu.push(cpu as f64 / outcome.requests() as f64);
    Ok(())
}

pub(super) async fn pgbench(
    own: &mut Option<Rival>,
    pgbench: &Pgbench<'_>,
    stage: &Stage,
    clients: usize,
    sizes: &Sizes,
) -> anyhow::Result<()> {
    let seconds = if clients == TARGETED {
        sizes.round_seconds
    } else {
        1
    };
    let before = stage.database_cpu()?;
    let found = pgbench.run(clients, seconds).await?;
    let own = own.get_or_insert_default();
    own.rates.push(found.rate);
    if let (Some(before), Some(after)) = (before, stage.database_cpu()?) {
        let cpu = (after - before) as f64 / found.transactions as f64;
        own.database_cpu.push(cpu);
    }
    Ok(())
}

/// The requests of a workload to a server whose answers mean nothing.
struct Unread(WorkloadScript);

impl Script for Unread {
    fn next(&mut self, request: &mut Vec<u8>) -> bool {
        self.0.next(request)
    }

    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        answer.expect(&[200, 201])
    }
}
