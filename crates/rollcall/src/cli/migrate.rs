//! `rollcall migrate`

use std::process::ExitCode;

use anyhow::Context;

use crate::config::Config;
use crate::{logging, output, wiring};

/// Brings the database up to date and says what was done.
pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    logging::init(&config.log);
    let database = wiring::describe(&config);
    let store = wiring::open(&config).await?;
    let pending = store.pending_migrations().await?;
    store
        .migrate()
        .await
        .with_context(|| format!("cannot bring {database} up to date"))?;
    let renewed = wiring::renew_keys(&store).await?;
    store.close().await?;
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
    Ok(ExitCode::SUCCESS)
}
