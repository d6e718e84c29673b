//! Log lines on standard error, and spans on their way to where traces are kept.
//!
//! Each of the two has a filter of its own: that everything within a recorded request is a span does not
//! make the log tell more, and the level of the log takes nothing from the traces.

mod trace_ids;

use std::io::{self, IsTerminal};

use rollcall_metrics::traces::Traces;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::fmt::format;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use self::trace_ids::WithTraceIds;

use crate::config::{LogConfig, LogFormat};

/// Starts logging as the configuration says; `RUST_LOG` wins over its level. Spans go to `traces`.
///
/// Standard output stays free for what a command answers. Returns whether this call started it:
/// the first one in a process does, and later ones change nothing.
pub(crate) fn init(log: &LogConfig, traces: &Traces) -> bool {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match log.format {
        LogFormat::Text => {
            let line = format().with_ansi(colours());
            lines
                .with_ansi(colours())
                .event_format(WithTraceIds::new(line, log.format))
                .boxed()
        }
        LogFormat::Json => {
            let line = format().json().flatten_event(true);
            lines
                .json()
                .event_format(WithTraceIds::new(line, log.format))
                .boxed()
        }
    };
    let started: Result<(), TryInitError> = registry()
        .with(lines.with_filter(filter(log)))
        .with(traces.layer())
        .try_init();
    started.is_ok()
}

/// Colours are for people who did not ask to be spared them (no-color.org).
fn colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !unwanted
}

/// The filter of `RUST_LOG`, or of the configuration when that is not set or makes no sense.
fn filter(log: &LogConfig) -> EnvFilter {
    std::env::var(EnvFilter::DEFAULT_ENV)
        .ok()
        // An empty variable is a filter that lets nothing but errors through.
        .filter(|directives| !directives.trim().is_empty())
        .and_then(|directives| EnvFilter::try_new(directives).ok())
        .or_else(|| EnvFilter::try_new(&log.level).ok())
        .unwrap_or_else(|| EnvFilter::default().add_directive(LevelFilter::INFO.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_start_changes_nothing() {
        let text = LogConfig {
            level: "info".to_owned(),
            format: LogFormat::Text,
        };
        let json = LogConfig {
            level: "debug".to_owned(),
            format: LogFormat::Json,
        };
        init(&text, &Traces::off());
        assert!(!init(&json, &Traces::off()));
    }
}
