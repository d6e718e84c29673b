//! What traces cost a request: the same requests to a gateway without them, to one that records a tenth
//! and to one that records all, in turns.
//!
//! The collector is this program, on the same machine: it reads what is sent and throws it away. How the
//! sides are compared is in `sides`.

use anyhow::Context;

use super::sides::{self, Side, WORKLOADS, in_turns};
use crate::bench::Bench;
use crate::database::Kind;
use crate::result::{Figure, SectionResult};
use crate::servers::sink::Sink;
use crate::sizes::Sizes;

/// The most that the median time of a request of one client may grow where a tenth is recorded.
const TARGET: f64 = 1.05;

/// Measures on PostgreSQL; nothing if that is left out.
///
/// # Errors
///
/// A server cannot be started, a request is refused, or no span comes.
pub async fn measure(env: &Bench, sizes: &Sizes) -> anyhow::Result<SectionResult> {
    let mut result = SectionResult::of("traces");
    if !env.kinds().contains(&Kind::Postgres) {
        return Ok(result);
    }
    env.say("traces: filling directories");
    let sink = Sink::start().await?;
    let scratch = env.scratch(Kind::Postgres).await?;
    let (cluster, database) = scratch.server().context("a database on a server")?;
    cluster.wait_for_disk(false).await?;
    let seed = async |name: &str, settings: &[(&str, &str)]| {
        let gateway = env.gateway(scratch.url(), settings).await?;
        Side::fill(gateway, scratch.url(), name, sizes).await
    };
    let endpoint = ("ROLLCALL_TRACES__ENDPOINT", sink.url());
    let ratio = |ratio| ("ROLLCALL_TRACES__SAMPLING_RATIO", ratio);
    let off = seed("Off", &[]).await?;
    let tenth = seed("Tenth", &[endpoint, ratio("0.1")]).await?;
    let all = seed("All", &[endpoint, ratio("1")]).await?;
    cluster.run(database, "vacuum analyze").await?;
    cluster.wait_for_disk(true).await?;

    let mut table = sides::table("traces", sizes);
    for workload in WORKLOADS {
        let name = workload.name();
        env.say(&format!("traces: {name}"));
        let [none, some, every] = in_turns([&off, &tenth, &all], workload, sizes).await?;
        for (says, found) in [("a tenth", &some), ("all", &every)] {
            let figure = |what: &str, value| {
                Figure::new(format!("{name}, {says} recorded: {what}"), value, "×")
            };
            let time = figure(
                "median time of one client to that without traces",
                found.micros() / none.micros(),
            );
            result.figures.extend([
                if says == "all" {
                    time
                } else {
                    time.at_most(TARGET)
                },
                figure(
                    "rate of eight clients, part of the rate without traces",
                    found.rate() / none.rate(),
                ),
                figure(
                    "gateway CPU to that without traces",
                    found.cpu() / none.cpu(),
                ),
            ]);
        }
        for (says, found) in [("off", none), ("a tenth", some), ("all", every)] {
            table.rows.push(found.row(workload, says));
        }
    }
    result.tables.push(table);
    for side in [off, tenth, all] {
        side.gateway.stop().await?;
    }
    anyhow::ensure!(sink.bytes() > 0, "no span came");
    sink.stop().await?;
    scratch.remove().await?;
    Ok(result)
}
