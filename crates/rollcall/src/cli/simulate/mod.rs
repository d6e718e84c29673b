//! `rollcall simulate`: plays an identity provider towards any SCIM endpoint.

mod journal;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use rollcall_idp_sim::{Directory, IdpKind, Journal, Options, RetryPolicy, Target};
use rollcall_metrics::traces::Traces;

use self::journal::JournalFile;
use super::progress::Bar;
use crate::config::{LogConfig, LogFormat};
use crate::{logging, output};

/// The variable that may hold the token.
const TOKEN_VARIABLE: &str = "ROLLCALL_SIMULATE_TOKEN";

/// What to push, where, and as whom.
#[derive(Args)]
pub(super) struct Arguments {
    /// The identity provider to play: okta or entra
    #[arg(long, value_name = "IDP")]
    idp: IdpKind,
    /// The SCIM endpoint, up to where `/Users` begins
    #[arg(long)]
    url: String,
    /// The bearer token; others on this machine can see it here, so prefer --token-file or the
    /// variable ROLLCALL_SIMULATE_TOKEN
    #[arg(long, conflicts_with = "token_file")]
    token: Option<String>,
    /// A file that holds the bearer token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Users and groups, as JSON or CSV; without it, a made-up company of 200 people in 20 groups
    #[arg(long, value_name = "FILE")]
    directory: Option<PathBuf>,
    /// Requests under way at the same time
    #[arg(long, value_name = "N", default_value = "4")]
    concurrency: NonZeroUsize,
    /// Append one JSON line for each write that the endpoint acknowledged
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// How long an endpoint that cannot be reached is waited for
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    outage_seconds: u64,
}

impl Arguments {
    fn token(&self) -> anyhow::Result<String> {
        let token = if let Some(token) = &self.token {
            token.clone()
        } else if let Some(path) = &self.token_file {
            std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the token file {}", path.display()))?
        } else if let Ok(token) = std::env::var(TOKEN_VARIABLE) {
            token
        } else {
            bail!("give the token with --token, --token-file or {TOKEN_VARIABLE}");
        };
        Ok(token.trim().to_owned())
    }

    fn directory(&self) -> anyhow::Result<Directory> {
        Ok(match &self.directory {
            Some(path) => Directory::load(path)?,
            None => Directory::sample()?,
        })
    }
}

/// Pushes the directory and prints the closing table. Fails if the endpoint refused anything.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let log = LogConfig {
        level: "warn".to_owned(),
        format: LogFormat::Text,
    };
    logging::init(&log, &Traces::off());
    let target = Target::new(&arguments.url, arguments.token()?);
    let directory = arguments.directory()?;
    let journal = arguments
        .journal
        .as_deref()
        .map(JournalFile::open)
        .transpose()?;
    let bar = Bar::new(arguments.idp.name());
    let options = Options {
        concurrency: arguments.concurrency,
        retry: RetryPolicy {
            outage: Duration::from_secs(arguments.outage_seconds),
            ..RetryPolicy::default()
        },
        progress: Some(&bar),
        journal: journal.as_ref().map(|journal| journal as &dyn Journal),
        ..Options::default()
    };
    let report = rollcall_idp_sim::run(&target, arguments.idp, &directory, options)
        .await
        .with_context(|| format!("cannot push to {}", arguments.url))?;
    output::line(report.to_string().trim_end())?;
    if let Some(journal) = journal {
        journal.finish()?;
    }
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
