//! What each kind of request costs, and how near its rate comes to what the database alone and the web
//! framework alone reach on the same machine at the same time.
//!
//! The three are measured in turns, round by round, and each figure is a median. CPU time of a
//! request with a target is all that it causes: the gateway writes notes of activity every two
//! seconds, so time is read after they are written.

mod events;
mod round;
mod stage;

use crate::bench::Bench;
use crate::database::Kind;
use crate::limits::bare::Bare;
use crate::limits::pgbench::{self, Pgbench};
use crate::load::{Connection, Script};
use crate::result::{Cell, Figure, SectionResult, Table};
use crate::sizes::Sizes;
use crate::workloads::{Workload, sync};
use round::{Rival, Rounds};
use stage::Stage;

/// How many there are when a target is about it.
const TARGETED: usize = 8;

/// The targets of a workload at eight clients on PostgreSQL: the least part of pgbench's rate, and
/// the most CPU time of the gateway, in microseconds.
const fn targets(workload: Workload) -> Option<(f64, f64)> {
    match workload {
        Workload::GetUser => Some((0.35, 70.0)),
        Workload::LookupByUsername => Some((0.35, 80.0)),
        Workload::CreateUser => Some((0.5, 200.0)),
        Workload::PatchActive => Some((0.5, 150.0)),
        _ => None,
    }
}

/// Measures every workload on every database.
///
/// # Errors
///
/// A server cannot be started, or an answer is not what it must be.
pub async fn measure(env: &Bench, sizes: &Sizes) -> anyhow::Result<SectionResult> {
    let mut result = SectionResult::of("requests");
    for &kind in env.kinds() {
        env.say(&format!("requests, {}: filling directories", kind.name()));
        let stage = Stage::fill(env, kind, sizes).await?;
        one_database(env, &stage, sizes, &mut result).await?;
        stage.close().await?;
    }
    Ok(result)
}

async fn one_database(
    env: &Bench,
    stage: &Stage,
    sizes: &Sizes,
    result: &mut SectionResult,
) -> anyhow::Result<()> {
    let name = stage.kind.name();
    let mut table = Table {
        title: format!("{name}: medians of {} rounds", sizes.rounds),
        columns: [
            "request",
            "clients",
            "requests/s",
            "median µs",
            "p99 µs",
            "gateway CPU µs",
            "database CPU µs",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: Vec::new(),
    };
    let mut limits = Table {
        title: format!("{name}: beside the limits, in requests/s and transactions/s"),
        columns: [
            "request",
            "clients",
            "gateway",
            "pgbench",
            "of pgbench",
            "pgbench CPU µs",
            "bare",
            "of bare",
            "bare CPU µs",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: Vec::new(),
    };
    for workload in Workload::all(&sizes.groups) {
        env.say(&format!("requests, {name}: {}", workload.name()));
        for &clients in sizes.clients {
            let rounds = beside_limits(stage, workload, clients, sizes).await?;
            let own = &rounds.gateway;
            table.rows.push(vec![
                workload.name().as_str().into(),
                clients.to_string().as_str().into(),
                own.rate().into(),
                own.median().into(),
                own.p99().into(),
                own.cpu().into(),
                own.database_cpu().into(),
            ]);
            if rounds.bare.is_some() || rounds.pgbench.is_some() {
                limits.rows.push(limit_row(workload, clients, &rounds));
            }
            if stage.kind == Kind::Postgres && clients == TARGETED {
                result.figures.extend(figures(workload, &rounds));
            }
        }
    }
    env.say(&format!("requests, {name}: events"));
    result.figures.extend(events::overhead(stage, sizes).await?);
    env.say(&format!("requests, {name}: full sync"));
    let (seconds, cpu) = full_sync(stage, sizes).await?;
    let what = format!("full sync of {} users and their groups, {name}", sizes.sync);
    result.figures.push(Figure::new(what.clone(), seconds, "s"));
    let per_user = cpu / sizes.sync as f64;
    result.figures.push(Figure::new(
        format!("{what}: gateway CPU per user"),
        per_user,
        "µs",
    ));
    result.tables.push(table);
    if !limits.rows.is_empty() {
        result.tables.push(limits);
    }
    Ok(())
}

fn limit_row(workload: Workload, clients: usize, rounds: &Rounds) -> Vec<Cell> {
    let rate = rounds.gateway.rate();
    let mut row = vec![
        Cell::from(workload.name().as_str()),
        clients.to_string().as_str().into(),
        rate.into(),
    ];
    for (rival, cpu) in [
        (
            &rounds.pgbench,
            Rival::database_cpu as fn(&Rival) -> Option<f64>,
        ),
        (&rounds.bare, |bare: &Rival| Some(bare.cpu())),
    ] {
        let limit = rival.as_ref().map(Rival::rate);
        row.push(limit.into());
        row.push(limit.map(|limit| rate / limit).into());
        row.push(rival.as_ref().and_then(cpu).into());
    }
    row
}

fn figures(workload: Workload, rounds: &Rounds) -> Vec<Figure> {
    let Some((least, most)) = targets(workload) else {
        return Vec::new();
    };
    let name = workload.name();
    let rate = rounds.gateway.rate();
    let mut figures =
        vec![Figure::new(format!("{name}: gateway CPU"), rounds.gateway.cpu(), "µs").at_most(most)];
    if let Some(cpu) = rounds.gateway.database_cpu() {
        figures.push(Figure::new(format!("{name}: database CPU"), cpu, "µs"));
    }
    if let Some(pgbench) = &rounds.pgbench {
        let ratio = Figure::new(
            format!("{name}: part of pgbench's rate"),
            rate / pgbench.rate(),
            "×",
        );
        figures.push(ratio.at_least(least));
    }
    if let Some(row) = &rounds.row {
        figures.push(Figure::new(
            format!("{name}: part of pgbench's rate for the row alone"),
            rate / row.rate(),
            "×",
        ));
    }
    if let Some(bare) = &rounds.bare {
        let ratio = rate / bare.rate();
        figures.push(Figure::new(
            format!("{name}: part of a bare server's rate"),
            ratio,
            "×",
        ));
    }
    figures
}

/// Measures one workload with so many clients, in turns with what it is compared with.
async fn beside_limits(
    stage: &Stage,
    workload: Workload,
    clients: usize,
    sizes: &Sizes,
) -> anyhow::Result<Rounds> {
    let directories = stage.directories(workload);
    let compared = pgbench::script(workload).is_some();
    round::warm_up(stage, workload, clients).await?;
    let [pgbench, row] = scripts(stage, workload).await?;
    let bare = if compared {
        // The first answer of the gateway, for the bare server to give.
        let mut script = workload.script(directories, 0, 1);
        let mut request = Vec::new();
        script.next(&mut request);
        let mut connection = Connection::open(stage.address()?).await?;
        let answer = connection.exchange(&request).await?;
        script.answered(&answer)?;
        Some(Bare::start(&answer).await?)
    } else {
        None
    };
    let mut rounds = Rounds::default();
    for _ in 0..sizes.rounds {
        round::gateway(&mut rounds, stage, workload, clients, sizes).await?;
        if let Some(bare) = &bare {
            round::bare(&mut rounds, bare, stage, workload, clients, sizes).await?;
        }
        for (script, found) in [(&pgbench, &mut rounds.pgbench), (&row, &mut rounds.row)] {
            if let Some(script) = script {
                round::pgbench(found, script, stage, clients, sizes).await?;
            }
        }
    }
    if let Some(bare) = bare {
        bare.stop().await?;
    }
    Ok(rounds)
}

/// What `pgbench` does beside a workload that has just run: the same, and for a read the select of
/// the user's row alone.
async fn scripts(stage: &Stage, workload: Workload) -> anyhow::Result<[Option<Pgbench<'_>>; 2]> {
    let Some((cluster, database)) = stage.scratch.server() else {
        return Ok([None, None]);
    };
    let needed = pgbench::script(workload).map(str::to_owned);
    let templates = match pgbench::same_select(cluster, database, workload).await? {
        Some(same) => [Some(same), needed],
        None => [needed, None],
    };
    let mut prepared = [None, None];
    for (script, template) in prepared.iter_mut().zip(templates) {
        if let Some(template) = template {
            let directories = stage.directories(workload);
            let of = Pgbench::prepare(cluster, database, directories, template);
            *script = Some(of.await?);
        }
    }
    Ok(prepared)
}

/// Seconds of a full sync, and CPU time of the gateway for it in microseconds: medians.
async fn full_sync(stage: &Stage, sizes: &Sizes) -> anyhow::Result<(f64, f64)> {
    let (mut seconds, mut micros) = (Vec::new(), Vec::new());
    for round in 0..sizes.rounds {
        let tenant = stage.empty_directory(&format!("Sync {round}")).await?;
        let before = stage.gateway.cpu_micros()?;
        let time = sync::run(&tenant, sizes.sync, TARGETED).await?;
        micros.push((stage.gateway.cpu_micros()? - before) as f64);
        seconds.push(time.as_secs_f64());
    }
    Ok((
        crate::measure::middle(seconds),
        crate::measure::middle(micros),
    ))
}
