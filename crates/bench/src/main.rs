//! `rollcall-bench`: see the library.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use rollcall_bench::database::Kind;
use rollcall_bench::measure::Measurement;
use rollcall_bench::sizes::Sizes;
use rollcall_bench::{pairs, report};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Measures what must not grow with the size of a directory, on SQLite and on PostgreSQL.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Smaller directories: a minute instead of many, and less certain
    #[arg(long)]
    quick: bool,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
    /// How often each pair is measured
    #[arg(long)]
    rounds: Option<usize>,
    /// Leaves PostgreSQL out
    #[arg(long, conflicts_with = "only_postgres")]
    only_sqlite: bool,
    /// Leaves SQLite out
    #[arg(long)]
    only_postgres: bool,
    /// The URL of a superuser's connection to a PostgreSQL server, on which databases are made
    /// and dropped
    #[arg(long, env = "ROLLCALL_TEST_POSTGRES_URL", hide_env_values = true)]
    postgres: Option<String>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let found = runtime.block_on(measure(&arguments))?;
    let mut out = io::stdout().lock();
    if arguments.json {
        writeln!(out, "{:#}", report::json(&found))?;
    } else {
        write!(out, "{}", report::table(&found))?;
    }
    if found.iter().all(Measurement::is_good) {
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

async fn measure(arguments: &Arguments) -> anyhow::Result<Vec<Measurement>> {
    let mut sizes = if arguments.quick {
        Sizes::quick()
    } else {
        Sizes::whole()
    };
    if let Some(rounds) = arguments.rounds {
        sizes.rounds = rounds;
    }
    let say = |what: &str| {
        // Nobody is left to be told if this fails.
        let _ = writeln!(io::stderr().lock(), "bench: {what}");
    };
    let mut found = Vec::new();
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let wanted = match kind {
            Kind::Sqlite => !arguments.only_postgres,
            Kind::Postgres => !arguments.only_sqlite,
        };
        if wanted {
            let server = arguments.postgres.as_deref();
            found.extend(pairs::measure(kind, server, &sizes, say).await?);
        }
    }
    Ok(found)
}
