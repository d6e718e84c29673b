//! `rollcall secret-key`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use rollcall_metrics::traces::Traces;

use super::ConfigFile;
use crate::{logging, output, wiring};

/// What to do with the secret key.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Seal everything in the database with another secret key. Stop every server before
    Replace(Replace),
}

#[derive(Args)]
pub(super) struct Replace {
    #[command(flatten)]
    file: ConfigFile,
    /// The file that holds the new key, as from `openssl rand -base64 32`. The configuration has the
    /// present one until this is done
    #[arg(long, value_name = "FILE")]
    new_key_file: PathBuf,
}

/// Does it, and says what comes next.
pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let Command::Replace(Replace { file, new_key_file }) = command;
    let config = file.load()?;
    logging::init(&config.log, &Traces::off());
    let store = wiring::open(&config).await?;
    if store.pending_migrations().await? > 0 {
        bail!(
            "{} is not up to date: run `rollcall migrate` first",
            wiring::describe(&config)
        );
    }
    let replaced = wiring::replace_secret_key(&store, &config, &new_key_file).await?;
    store.close().await?;
    output::line(match replaced.resealed {
        Some(done) => format!(
            "Sealed with the new key: client secrets of SSO connections ({}), secrets of webhooks \
             ({}), signing keys of access tokens ({}).",
            done.client_secrets, done.webhook_secrets, done.signing_keys
        ),
        None => "The database is sealed with this key already.".to_owned(),
    })?;
    output::line(match replaced.kept_in {
        Some(path) => format!(
            "The new key is in {} now; backups from before need the old one ({}). Start the server.",
            path.display(),
            wiring::secret_key_before(&path).display()
        ),
        None => {
            "Start every process with the new key (`secret_key`). Keep the old one for as long as \
                 there are backups from before."
                .to_owned()
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
