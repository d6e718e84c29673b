//! `rollcall demo`: the main job from end to end, with two made-up customers.
//!
//! Nothing is acted: a real server listens, everything goes through its HTTP interfaces, and two
//! simulated identity providers push to it. It is told nothing of the environment or of a
//! configuration file, and its database is in a temporary folder that is removed at the end, at
//! Ctrl-C too, so that a demo can be run beside anything and leaves nothing.

mod api;
mod by_hand;
mod customers;
mod feed;
mod journey;
mod print;
mod tenant;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::Args;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rollcall_metrics::traces::Traces;
use tempfile::TempDir;

use self::api::Api;
use self::journey::Journey;
use crate::config::Config;
use crate::signals::StopSignals;
use crate::{logging, output, wiring};

/// Where the demo listens unless somebody else does.
const USUAL_ADDRESS: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 8080);
/// What a path keeps in a URL.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

/// How the demo runs.
#[derive(Args)]
pub(super) struct Arguments {
    /// End after the journey; the exit status says whether all went well
    #[arg(long)]
    exit: bool,
    /// Listen here instead of on 127.0.0.1:8080, or on a free port when that one is taken
    #[arg(long, value_name = "ADDRESS", value_parser = loopback_address)]
    listen: Option<SocketAddr>,
}

/// The demo speaks plain HTTP and shows its secrets, so it stays on this machine.
fn loopback_address(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "expected an IP address and a port, such as 127.0.0.1:8080".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("the demo is for this machine alone: give a loopback address".to_owned())
    }
}

/// Runs the demo and cleans up after it, however it ends.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut signals = StopSignals::listen()?;
    let folder = TempDir::with_prefix("rollcall-demo-")
        .context("cannot make a temporary folder for the database")?;
    let outcome = serve_and_show(&arguments, &folder, &mut signals).await;
    let removed = folder.close().context("cannot remove the temporary folder");
    let outcome = outcome?;
    removed?;
    Ok(outcome)
}

/// The server outlives the story that is told on it, and is stopped before its files go.
async fn serve_and_show(
    arguments: &Arguments,
    folder: &TempDir,
    signals: &mut StopSignals,
) -> anyhow::Result<ExitCode> {
    let config = configuration(folder, arguments.listen)?;
    logging::init(&config.log, &Traces::off());
    let bound = wiring::bind(&config)?;
    let url = bound.url();
    let started = wiring::start(&config, bound, Traces::off()).await?;
    let outcome = match &started.first_key {
        Some(key) => {
            tokio::select! {
                outcome = show(&url, key.expose()) => outcome,
                signal = signals.next() => Err(anyhow!("stopped by {signal}")),
            }
        }
        None => Err(anyhow!("the new database already has an API key")),
    };
    if matches!(outcome, Ok(true)) && !arguments.exit {
        output::line(format_args!(
            "Rollcall goes on at {url} until you press Ctrl-C; then all of this is removed."
        ))?;
        signals.next().await;
    }
    tokio::select! {
        () = started.serving.stop() => {}
        _ = signals.next() => {}
    }
    Ok(if outcome? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Tells the story and says whether all went well.
async fn show(url: &str, key: &str) -> anyhow::Result<bool> {
    let api = Api::new(url, key)?;
    let mut journey = Journey::begin(&api)?;
    journey.customers_come_on_board().await?;
    journey.identity_providers_sync().await?;
    journey.people_come_and_go().await?;
    journey.connections_are_up().await?;
    journey.a_second_sync_changes_nothing().await?;
    journey.the_product_reads_the_feed()?;
    by_hand::print(&api, journey.tenants()).await?;
    journey.ends_well()
}

/// The configuration of a demo: the defaults, and a database in `folder`.
fn configuration(folder: &TempDir, listen: Option<SocketAddr>) -> anyhow::Result<Config> {
    let database = folder.path().join("demo.db");
    let database = database
        .to_str()
        .context("the path of the temporary folder is not Unicode; set TMPDIR to another one")?;
    let path = utf8_percent_encode(database, IN_PATH);
    let settings = [
        ("ROLLCALL_DATABASE_URL", format!("sqlite://{path}?mode=rwc")),
        (
            "ROLLCALL_LISTEN",
            listen.unwrap_or_else(usual_or_free).to_string(),
        ),
        ("ROLLCALL_LOG__LEVEL", "warn".to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    Ok(Config::load(None, settings.into_iter())?)
}

/// The usual address, or a free port if somebody listens there.
fn usual_or_free() -> SocketAddr {
    let taken =
        TcpListener::bind(USUAL_ADDRESS).is_err_and(|error| error.kind() == ErrorKind::AddrInUse);
    SocketAddr::from((USUAL_ADDRESS.0, if taken { 0 } else { USUAL_ADDRESS.1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_listens_on_this_machine_alone() {
        assert!(loopback_address("127.0.0.1:0").is_ok());
        assert!(loopback_address("[::1]:8080").is_ok());
        insta::assert_snapshot!(
            loopback_address("0.0.0.0:8080").unwrap_err(),
            @"the demo is for this machine alone: give a loopback address"
        );
    }
}
