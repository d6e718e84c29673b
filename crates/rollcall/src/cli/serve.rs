//! `rollcall serve`

use std::process::ExitCode;

use crate::config::Config;
use crate::signals::StopSignals;
use crate::{logging, output, wiring};

/// Serves until a signal, then finishes what is under way; a second signal ends at once.
pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let traces = wiring::traces(&config)?;
    logging::init(&config.log, &traces);
    let mut signals = StopSignals::listen()?;
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
