//! What the request log costs a request: the same requests to a gateway that keeps it and to one that
//! does not, in turns.
//!
//! How is in `sides`.

use anyhow::Context;

use super::sides::{self, Side, WORKLOADS, in_turns};
use crate::bench::Bench;
use crate::database::Kind;
use crate::result::{Figure, SectionResult};
use crate::sizes::Sizes;

/// The most that the median time of a request of one client may grow.
const TARGET: f64 = 1.05;

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

    let mut table = sides::table("request log", sizes);
    for workload in WORKLOADS {
        let name = workload.name();
        env.say(&format!("request-log: {name}"));
        let [kept, bare] = in_turns([&with, &without], workload, sizes).await?;
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
            table.rows.push(found.row(workload, says));
        }
    }
    result.tables.push(table);
    with.gateway.stop().await?;
    without.gateway.stop().await?;
    scratch.remove().await?;
    Ok(result)
}
