//! The command line: one file or folder for each command.

mod apply;
mod audit;
mod config;
mod demo;
mod doctor;
mod export;
mod installation;
mod migrate;
mod org;
mod probe;
mod progress;
mod secret_key;
mod serve;
mod simulate;
mod token;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, ConfigError, environment, usual_file};

/// How long what is still under way may hold up the end of the process.
const LAST_MOMENT: Duration = Duration::from_millis(200);

/// Provisioning gateway: a SCIM 2.0 endpoint for each of your customers
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C
    Serve(ConfigFile),
    /// Bring the database up to date, and end
    Migrate(migrate::Arguments),
    /// Ask the server of this configuration whether it is ready; fails if it is not
    Probe(probe::Arguments),
    /// Look at everything that the server needs, and say how to mend what is not as it should be
    Doctor(doctor::Arguments),
    /// Look whether anybody touched the audit log
    #[command(subcommand)]
    Audit(audit::Command),
    /// Replace the key that secrets in the database are sealed with
    #[command(subcommand)]
    SecretKey(secret_key::Command),
    /// List, make and show organizations
    #[command(subcommand)]
    Org(org::Command),
    /// List, make and revoke tokens of SCIM connections
    #[command(subcommand)]
    Token(token::Command),
    /// Bring an installation to what a file says of it, after a plan was shown
    Apply(apply::Arguments),
    /// Write the set-up of an installation as a file
    Export(export::Arguments),
    /// Show the main job with two made-up customers, on a database that is thrown away
    Demo(demo::Arguments),
    /// Play an identity provider towards a SCIM endpoint
    Simulate(simulate::Arguments),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(config::Command),
}

/// Which configuration a command reads.
#[derive(Args)]
struct ConfigFile {
    /// The configuration file; without it, `rollcall.toml` in the working directory if it is there
    #[arg(long = "config", env = "ROLLCALL_CONFIG", value_name = "FILE")]
    path: Option<PathBuf>,
}

impl ConfigFile {
    /// The file to read, if there is one. An empty variable counts as not set.
    fn path(&self) -> Option<&Path> {
        match &self.path {
            Some(path) if !path.as_os_str().is_empty() => Some(path),
            _ => usual_file(),
        }
    }

    fn load(&self) -> Result<Config, ConfigError> {
        Config::load(self.path(), environment())
    }
}

/// Does what the command line asks for.
///
/// # Errors
///
/// Why it could not be done, for the person at the terminal. A command that was done and has a
/// bad result says so itself and answers with a failing exit code.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(file) => wait_for(serve::run(file)),
        Command::Migrate(arguments) => wait_for(migrate::run(arguments)),
        Command::Probe(arguments) => wait_for(probe::run(arguments)),
        Command::Doctor(arguments) => wait_for(doctor::run(arguments)),
        Command::Audit(command) => wait_for(audit::run(command)),
        Command::SecretKey(command) => wait_for(secret_key::run(command)),
        Command::Org(command) => wait_for(org::run(command)),
        Command::Token(command) => wait_for(token::run(command)),
        Command::Apply(arguments) => wait_for(apply::run(arguments)),
        Command::Export(arguments) => wait_for(export::run(arguments)),
        Command::Demo(arguments) => wait_for(demo::run(arguments)),
        Command::Simulate(arguments) => wait_for(simulate::run(arguments)),
        Command::Config(command) => config::run(&command),
    }
}

/// Runs a command to its end. Whatever it left running in the background is dropped.
fn wait_for(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the server")?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_timeout(LAST_MOMENT);
    outcome
}
