//! What must stay the same when an installation grows: the time of each request, the memory of a
//! gateway, and the time of its start. On PostgreSQL, which is what a large installation is on.
//!
//! Each request is sent to a large installation and to a small one in turns, by one client, so that
//! whatever else the machine does meets both. What counts is the ratio of the medians.

mod footprint;
mod installation;
mod pair;

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::bench::Bench;
use crate::database::Kind;
use crate::result::{Figure, SectionResult, Table};
use crate::sizes::Sizes;
use crate::workloads::Workload;
use installation::Installation;

/// The most that a request to a million users may take, as a multiple of one to ten thousand.
const USERS_TARGET: f64 = 1.3;

/// The same for ten thousand organizations and ten.
const ORGANIZATIONS_TARGET: f64 = 1.1;

/// A gateway remembers no place in a list near users of the last minute, since some of the same moment
/// may not have been committed. An installation of this size was not made within the last minute.
const SETTLED: Duration = Duration::from_secs(61);

/// Measures growth by users and by organizations.
///
/// # Errors
///
/// A server cannot be started, or an answer is not what it must be.
pub async fn measure(env: &Bench, sizes: &Sizes) -> anyhow::Result<SectionResult> {
    let mut result = SectionResult::of("growth");
    if env.kinds().contains(&Kind::Postgres) {
        by_users(env, sizes, &mut result).await?;
        by_organizations(env, sizes, &mut result).await?;
    }
    Ok(result)
}

async fn by_users(env: &Bench, sizes: &Sizes, result: &mut SectionResult) -> anyhow::Result<()> {
    let [many, few] = sizes.growth_users;
    env.say(&format!("growth: {many} users of one organization"));
    let large = Installation::of_users(env, many).await?;
    let small = Installation::of_users(env, few).await?;
    let filled = Instant::now();
    let mut table = pair_table(&format!("{many} users and {few}"), sizes);
    for workload in Workload::all(&[installation::MEMBERS]) {
        env.say(&format!("growth by users: {}", workload.name()));
        if workload == Workload::ListDeep {
            sleep_until(filled + SETTLED).await;
        }
        let medians = pair::medians(&large, &small, workload, sizes).await?;
        let name = format!("{}, {many} users to {few}", workload.name());
        result
            .figures
            .push(ratio(name, medians).at_most(USERS_TARGET));
        table.rows.push(row(workload, medians));
    }
    result.tables.push(table);
    large.close().await?;
    small.close().await
}

async fn by_organizations(
    env: &Bench,
    sizes: &Sizes,
    result: &mut SectionResult,
) -> anyhow::Result<()> {
    let [many, few] = sizes.growth_organizations;
    env.say(&format!("growth: {many} organizations"));
    let large = Installation::of_organizations(env, many, sizes.users_per_organization).await?;
    let small = Installation::of_organizations(env, few, sizes.users_per_organization).await?;
    env.say("growth: starts and memory");
    let (large, figures) = footprint::measure(env, large, sizes).await?;
    result.figures.extend(figures);
    let mut table = pair_table(&format!("{many} organizations and {few}"), sizes);
    for workload in Workload::all(&[]) {
        // Lists are of one organization, whose size is the same on both sides.
        if workload.is_of_one_directory() {
            continue;
        }
        env.say(&format!("growth by organizations: {}", workload.name()));
        let medians = pair::medians(&large, &small, workload, sizes).await?;
        let name = format!("{}, {many} organizations to {few}", workload.name());
        result
            .figures
            .push(ratio(name, medians).at_most(ORGANIZATIONS_TARGET));
        table.rows.push(row(workload, medians));
    }
    result.tables.push(table);
    large.close().await?;
    small.close().await
}

fn pair_table(sides: &str, sizes: &Sizes) -> Table {
    let columns = ["request", "large µs", "small µs", "ratio"];
    Table {
        title: format!(
            "{sides}: medians of {} requests, one client",
            sizes.growth_requests
        ),
        columns: columns.map(str::to_owned).to_vec(),
        rows: Vec::new(),
    }
}

fn ratio(name: String, (large, small): (f64, f64)) -> Figure {
    Figure::new(name, large / small, "×")
}

fn row(workload: Workload, (large, small): (f64, f64)) -> Vec<crate::result::Cell> {
    vec![
        workload.name().as_str().into(),
        large.into(),
        small.into(),
        (large / small).into(),
    ]
}
