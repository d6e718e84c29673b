//! `rollcall config`

use std::process::ExitCode;

use clap::Subcommand;

use super::ConfigFile;
use crate::config::{self, DEFAULT_FILE};
use crate::output;

/// What to do with the configuration.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Say whether `serve` would take the configuration, and what is wrong with it
    Check(ConfigFile),
    /// Print the commented default file
    Default,
    /// Print every key with the value that counts and where it comes from; secrets as ***
    Show(ConfigFile),
    /// Print the reference of every key as Markdown
    Reference,
}

pub(super) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check(file) => {
            file.load()?;
            output::line("The configuration is valid.")?;
        }
        Command::Default => output::line(DEFAULT_FILE.trim_end())?,
        Command::Show(file) => {
            for setting in config::effective(file.path(), config::environment())? {
                output::line(setting)?;
            }
        }
        Command::Reference => output::line(config::markdown().trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}
