//! Which installation a command talks to, and with which key.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use rollcall_declare::Api;
use secrecy::SecretString;

/// The variable that may hold the API key. There is no argument for it: others on the machine can see
/// those.
const KEY_VARIABLE: &str = "ROLLCALL_API_KEY";

/// An installation that answers somewhere.
#[derive(Args)]
pub(super) struct Server {
    /// Where the management API is, up to where `/v1` begins
    #[arg(
        long,
        env = "ROLLCALL_API_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080"
    )]
    url: String,
    /// A file that holds the API key; without it, the variable ROLLCALL_API_KEY does
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
}

/// An installation whose set-up is read or written as a whole.
#[derive(Args)]
pub(super) struct Installation {
    #[command(flatten)]
    server: Server,
    /// Work only on this organization, by its slug. Can be given more than once
    #[arg(long = "organization", value_name = "SLUG")]
    pub(super) organizations: Vec<String>,
    /// How many organizations are worked on at the same time
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=64))]
    concurrency: u16,
}

impl Installation {
    pub(super) fn api(&self) -> anyhow::Result<Api> {
        self.server.api()
    }

    pub(super) fn concurrency(&self) -> usize {
        self.concurrency.into()
    }
}

impl Server {
    /// The API of it.
    pub(super) fn api(&self) -> anyhow::Result<Api> {
        Ok(Api::new(&self.url, self.key()?)?)
    }

    fn key(&self) -> anyhow::Result<SecretString> {
        let key = match &self.api_key_file {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the API key file {}", path.display()))?,
            None => std::env::var(KEY_VARIABLE).unwrap_or_default(),
        };
        let key = key.trim();
        if key.is_empty() {
            bail!("give an API key with --api-key-file or {KEY_VARIABLE}");
        }
        Ok(SecretString::from(key))
    }
}
