//! What its event adds to a write, while nobody follows the feed.
//!
//! `pgbench` sends the gateway's own statement that creates a user, and the same without the event,
//! in turns. The gateway stands beside and only gives the events their place in the feed, as it does
//! for its own. The next round begins when all have one, and the time for that is counted.

use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::time::sleep;

use super::TARGETED;
use super::round;
use super::stage::Stage;
use crate::limits::creation;
use crate::limits::pgbench::Pgbench;
use crate::measure::middle;
use crate::result::Figure;
use crate::servers::postgres::Cluster;
use crate::sizes::Sizes;
use crate::workloads::Workload;

/// How long the gateway may take until every event has its place.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the database is asked for that.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// The figures; none on a database without `pgbench`.
pub(super) async fn overhead(stage: &Stage, sizes: &Sizes) -> anyhow::Result<Vec<Figure>> {
    let Some((cluster, database)) = stage.scratch.server() else {
        return Ok(Vec::new());
    };
    let workload = Workload::CreateUser;
    round::warm_up(stage, workload, TARGETED).await?;
    let [with, without] = creation::scripts(cluster, database).await?;
    let prepare = |script| Pgbench::prepare(cluster, database, stage.directories(workload), script);
    let (with, without) = (prepare(with).await?, prepare(without).await?);
    until_placed(cluster, database).await?;

    let mut pairs = Vec::new();
    for number in 0..=sizes.rounds {
        // The one first, then the other.
        let (told, untold) = if number % 2 == 0 {
            let told = cost(&with, stage, cluster, database, sizes).await?;
            (told, cost(&without, stage, cluster, database, sizes).await?)
        } else {
            let untold = cost(&without, stage, cluster, database, sizes).await?;
            (cost(&with, stage, cluster, database, sizes).await?, untold)
        };
        // The first pair warms up: after the checkpoint, every page goes to the log once.
        if number > 0 {
            pairs.push((told, untold));
        }
    }
    Ok(figures(&pairs))
}

/// What a transaction costs.
struct Cost {
    rate: f64,
    gateway_cpu: f64,
    database_cpu: f64,
}

async fn cost(
    script: &Pgbench<'_>,
    stage: &Stage,
    cluster: &Cluster,
    database: &str,
    sizes: &Sizes,
) -> anyhow::Result<Cost> {
    let before = (stage.gateway.cpu_micros()?, cluster.cpu_micros()?);
    let found = script.run(TARGETED, sizes.round_seconds).await?;
    until_placed(cluster, database).await?;
    let after = (stage.gateway.cpu_micros()?, cluster.cpu_micros()?);
    let writes = found.transactions as f64;
    Ok(Cost {
        rate: found.rate,
        gateway_cpu: (after.0 - before.0) as f64 / writes,
        database_cpu: (after.1 - before.1) as f64 / writes,
    })
}

/// Medians over what pairs of rounds differ by: two that follow each other meet the same machine.
fn figures(pairs: &[(Cost, Cost)]) -> Vec<Figure> {
    let over = |of: fn(&Cost, &Cost) -> f64| {
        middle(
            pairs
                .iter()
                .map(|(told, untold)| of(told, untold))
                .collect(),
        )
    };
    let figure = |what: &str, value, unit| {
        Figure::new(format!("event of a create_user: {what}"), value, unit)
    };
    vec![
        figure(
            "rate with it, part of the rate without",
            over(|told, untold| told.rate / untold.rate),
            "×",
        ),
        figure(
            "database CPU for it and its place in the feed",
            over(|told, untold| told.database_cpu - untold.database_cpu),
            "µs",
        ),
        figure(
            "gateway CPU for its place in the feed",
            over(|told, untold| told.gateway_cpu - untold.gateway_cpu),
            "µs",
        ),
    ]
}

/// Waits until every event has its place.
async fn until_placed(cluster: &Cluster, database: &str) -> anyhow::Result<()> {
    const LEFT: &str =
        "select (exists (select 1 from events where position is null))::text as events_left";
    let begin = Instant::now();
    while cluster.ask(database, LEFT).await? == "true" {
        ensure!(
            begin.elapsed() < PATIENCE,
            "events do not get their place in the feed"
        );
        sleep(ASK_EVERY).await;
    }
    Ok(())
}
