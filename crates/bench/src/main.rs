//! `rollcall-bench`: see the library.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand, ValueEnum};
use mimalloc::MiMalloc;
use rollcall_bench::bench::Bench;
use rollcall_bench::database::Kind;
use rollcall_bench::limits::bare;
use rollcall_bench::machine::Machine;
use rollcall_bench::result::Report;
use rollcall_bench::scale::{self, Scale};
use rollcall_bench::sections::Section;
use rollcall_bench::sizes::Sizes;
use rollcall_bench::{page, report};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Measures a gateway on SQLite and on PostgreSQL.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Smaller directories and shorter times: minutes instead of a quarter of an hour, and less
    /// certain
    #[arg(long)]
    quick: bool,
    /// Measures these sections only
    #[arg(long, value_name = "SECTION")]
    only: Vec<Section>,
    /// Also writes everything that was found to a file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also writes the page of the manual to a file
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Leaves PostgreSQL out where both databases are measured
    #[arg(long, conflicts_with = "only_postgres")]
    only_sqlite: bool,
    /// Leaves SQLite out
    #[arg(long)]
    only_postgres: bool,
    /// The gateway to measure; without it, `rollcall` beside this program
    #[arg(long, value_name = "PATH")]
    rollcall: Option<PathBuf>,
    /// The folder of PostgreSQL's programs, as `scripts/postgres-bin` prints it
    #[arg(long, value_name = "FOLDER", env = "ROLLCALL_BENCH_POSTGRES_BIN")]
    postgres_bin: Option<PathBuf>,
}

/// What this program starts itself as, besides.
#[derive(Subcommand)]
enum Command {
    /// Fills an installation of the product's size, and checks what it answers
    Scale,
    /// An HTTP server that answers everything with the bytes of a file
    #[command(hide = true)]
    Bare { status: u16, answer: PathBuf },
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(Command::Bare { status, answer }) = &arguments.command {
        let say = |address| writeln!(io::stdout().lock(), "{address}");
        bare::serve(*status, answer, say)?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let env = arguments.bench()?;
    if let Some(Command::Scale) = &arguments.command {
        let scale = if arguments.quick {
            Scale::quick()
        } else {
            Scale::whole()
        };
        runtime.block_on(until_stopped(scale::run(&env, scale)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let report = runtime.block_on(until_stopped(measure(&env, &arguments)))?;
    if let Some(path) = &arguments.json {
        write_file(path, &(serde_json::to_string_pretty(&report)? + "\n"))?;
    }
    if let Some(path) = &arguments.page {
        write_file(path, &page::page(&report))?;
    }
    Ok(if report.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Arguments {
    fn bench(&self) -> anyhow::Result<Bench> {
        let kinds = match (self.only_sqlite, self.only_postgres) {
            (true, _) => vec![Kind::Sqlite],
            (_, true) => vec![Kind::Postgres],
            _ => vec![Kind::Sqlite, Kind::Postgres],
        };
        let rollcall = match &self.rollcall {
            Some(path) => std::path::absolute(path)?,
            None => std::env::current_exe()?.with_file_name("rollcall"),
        };
        let postgres_bin = self.postgres_bin.clone();
        let postgres_bin = postgres_bin.context("say with --postgres-bin where PostgreSQL is")?;
        Bench::new(rollcall, postgres_bin, kinds)
    }
}

fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Ends at a signal in such a way that the servers of this run are stopped.
async fn until_stopped<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = work => outcome,
        _ = tokio::signal::ctrl_c() => bail!("stopped"),
        _ = terminate.recv() => bail!("stopped"),
    }
}

async fn measure(env: &Bench, arguments: &Arguments) -> anyhow::Result<Report> {
    let sizes = if arguments.quick {
        Sizes::quick()
    } else {
        Sizes::whole()
    };
    let cluster = env.cluster().await?;
    let machine = Machine::here(
        cluster.ask("postgres", "show server_version").await?,
        cluster.ask("postgres", "show fsync").await?,
    );
    let mut sections = Vec::new();
    for section in Section::value_variants() {
        if arguments.only.is_empty() || arguments.only.contains(section) {
            let found = section.measure(env, &sizes).await?;
            write!(io::stdout().lock(), "{}", report::text(&found))?;
            sections.push(found);
        }
    }
    Ok(Report {
        machine,
        quick: arguments.quick,
        sections,
    })
}
