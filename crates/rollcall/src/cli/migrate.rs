//! `rollcall migrate`

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use rollcall_metrics::traces::Traces;
use rollcall_store::Store;

use super::ConfigFile;
use crate::config::Config;
use crate::{logging, output, wiring};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Look at the server and at the schema, say what `serve` would find, and change nothing
    #[arg(long)]
    check: bool,
    /// On an empty PostgreSQL database: split the tables that grow into N partitions by a hash of the
    /// organization. See the chapter on operations for when that is worth it
    #[arg(long, value_name = "N", conflicts_with = "check")]
    hash_partitions: Option<u32>,
}

/// Brings the database up to date and says what was done.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = arguments.file.load()?;
    logging::init(&config.log, &Traces::off());
    let store = wiring::open(&config).await?;
    let check = wiring::check_server(&store, &config).await?;
    if arguments.check {
        output::line(format!(
            "{} can be used: {}.",
            capitalized(&wiring::describe(&config)),
            check.server
        ))?;
        for warning in check.warnings {
            output::line(format!("But {warning}."))?;
        }
        if let Some(partitions) = store.partitions().await? {
            output::line(format!(
                "Its tables that grow are split into {partitions} partitions."
            ))?;
        }
        tell_pending(store.pending_migrations().await?)?;
    } else {
        migrate(&store, &config, arguments.hash_partitions).await?;
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}

fn tell_pending(pending: usize) -> anyhow::Result<()> {
    output::line(match pending {
        0 => "Its schema is up to date.".to_owned(),
        1 => "Its schema needs 1 migration.".to_owned(),
        steps => format!("Its schema needs {steps} migrations."),
    })?;
    Ok(())
}

fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

async fn migrate(
    store: &Store,
    config: &Config,
    hash_partitions: Option<u32>,
) -> anyhow::Result<()> {
    let database = wiring::describe(config);
    let pending = store.pending_migrations().await?;
    let cannot = || format!("cannot bring {database} up to date");
    match hash_partitions {
        None => store.migrate().await.with_context(cannot)?,
        Some(number) => store.migrate_split(number).await.with_context(cannot)?,
    }
    let renewed = wiring::renew_keys(store).await?;
    if renewed.users + renewed.groups > 0 {
        output::line(format!(
            "Made the keys of {} users and {} groups anew; {} names clash now (see the log).",
            renewed.users,
            renewed.groups,
            renewed.clashes.len()
        ))?;
    }
    output::line(match pending {
        0 => format!("Nothing to do: {database} is up to date."),
        1 => format!("Applied 1 migration to {database}."),
        steps => format!("Applied {steps} migrations to {database}."),
    })?;
    Ok(())
}
