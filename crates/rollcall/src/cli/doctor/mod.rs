//! `rollcall doctor`: looks at everything that a server of this configuration needs, and says how to
//! mend what is not as it should be.
//!
//! It changes nothing, and can run beside the server or before its first start. Nothing that it prints
//! holds a secret: a database and a Redis are named without user and password, a URL without more than
//! its host.

mod certificate;
mod configuration;
mod database;
mod machine;
mod outside;
mod redis;
mod report;
mod webhooks;

use std::process::ExitCode;

use clap::Args;

use self::report::Report;
use super::ConfigFile;
use crate::config::Config;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    /// Print JSON: a list with `check`, `status` (`ok`, `warning` or `failed`), `found` and `mend`
    #[arg(long)]
    json: bool,
}

/// Looks at everything, and fails if something does not work.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut report = Report::new(arguments.json);
    match arguments.file.load() {
        Ok(config) => {
            configuration::check(&mut report, &config, arguments.file.path())?;
            check(&mut report, &config).await?;
        }
        Err(error) => report.failed(
            "configuration",
            format!("{:#}", anyhow::Error::from(error)),
            "nothing else can be looked at before `rollcall config check` is content",
        )?,
    }
    report.end()
}

/// What the configuration leads to. A mistake in one place leaves the others to be looked at.
async fn check(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let store = database::check(report, config).await?;
    redis::check(report, config).await?;
    machine::check_disk(report, config)?;
    machine::check_descriptors(report, config)?;
    certificate::check(report, config)?;
    outside::check(report, config).await?;
    if let Some(store) = store {
        webhooks::check(report, &store).await?;
        // Everything was read; that closing goes wrong would tell nothing new.
        let _ = store.close().await;
    }
    Ok(())
}
