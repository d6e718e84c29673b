//! `rollcall serve`

use std::process::ExitCode;

use super::ConfigFile;
use crate::logging::LogLevel;
use crate::signals::{HangUps, StopSignals};
use crate::{logging, output, wiring};

/// Serves until a signal, then finishes what is under way; a second signal ends at once.
pub(super) async fn run(file: ConfigFile) -> anyhow::Result<ExitCode> {
    let config = file.load()?;
    let traces = wiring::traces(&config)?;
    let level = logging::init(&config.log, &traces);
    let mut signals = StopSignals::listen()?;
    // Ends with the runtime.
    tokio::spawn(follow_hang_ups(HangUps::listen()?, file, level));
    let bound = wiring::bind(&config)?;
    let url = bound.url();
    let started = tokio::select! {
        started = wiring::start(&config, bound, traces.clone()) => started?,
        signal = signals.next() => {
            tracing::info!(signal, "stopped before serving began");
            return Ok(ExitCode::FAILURE);
        }
    };
    if let Some(key) = started.first_key {
        output::line(format_args!(
            "This is the first API key of the management API. It is shown only now, so keep it:\n\
             \n    {}\n",
            key.expose()
        ))?;
    }
    output::line(format_args!("Rollcall is listening on {url}"))?;

    let signal = signals.next().await;
    tracing::info!(signal, "stopping; requests under way are finished");
    tokio::select! {
        () = async {
            started.serving.stop().await;
            // Last, so that what was under way is in it.
            traces.stop().await;
        } => {
            tracing::info!("stopped");
            Ok(ExitCode::SUCCESS)
        }
        signal = signals.next() => {
            tracing::warn!(signal, "stopped with requests under way");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Takes the log level of the configuration at each SIGHUP. One that cannot be read changes nothing.
async fn follow_hang_ups(mut hang_ups: HangUps, file: ConfigFile, level: LogLevel) {
    loop {
        hang_ups.next().await;
        let read = file.load().map_err(anyhow::Error::from);
        if let Err(error) = read.and_then(|config| level.change(&config.log)) {
            tracing::error!("the log level stays as it is: {error:#}");
        }
    }
}
