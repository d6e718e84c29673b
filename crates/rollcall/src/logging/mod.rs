//! Log lines on standard error, whose level can be changed while they are written, and spans on their
//! way to where traces are kept.
//!
//! Each of the two has a filter of its own: that everything within a recorded request is a span does not
//! make the log tell more, and the level of the log takes nothing from the traces.

mod trace_ids;

use std::io::{self, IsTerminal};

use anyhow::Context;
use rollcall_metrics::traces::Traces;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::fmt::format;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Registry, registry, reload};

use self::trace_ids::WithTraceIds;

use crate::config::{LogConfig, LogFormat};

/// The level of the log of this process.
#[derive(Clone)]
pub(crate) struct LogLevel {
    filter: Option<reload::Handle<EnvFilter, Registry>>,
    traces: Traces,
}

impl LogLevel {
    /// From now on, what is logged is what this configuration says. `RUST_LOG` wins as it did at the
    /// start. The log tells what counts.
    ///
    /// # Errors
    ///
    /// Somebody else logs in this process.
    pub(crate) fn change(&self, log: &LogConfig) -> anyhow::Result<()> {
        let level = self
            .filter
            .as_ref()
            .context("this process logs by other means")?;
        let counts = match from_environment() {
            Some((_, directives)) => format!("{directives} (of the variable RUST_LOG, which wins)"),
            None => log.level.clone(),
        };
        let next = filter(log);
        // A level that hides this line must not do so before it is told.
        let hides = next.max_level_hint() < Some(LevelFilter::INFO);
        let tell = || tracing::info!(level = %counts, "the log level was read again");
        if hides {
            tell();
        }
        self.traces.log_has_spans(tells_spans(&next));
        level.reload(next)?;
        if !hides {
            tell();
        }
        Ok(())
    }

    /// Whether it was this call of [`init`] that started the log.
    #[cfg(test)]
    const fn is_first(&self) -> bool {
        self.filter.is_some()
    }
}

/// Starts logging as the configuration says; `RUST_LOG` wins over its level. Spans go to `traces`.
///
/// Standard output stays free for what a command answers. The first call in a process starts it,
/// and later ones change nothing.
pub(crate) fn init(log: &LogConfig, traces: &Traces) -> LogLevel {
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
    let filter = filter(log);
    traces.log_has_spans(tells_spans(&filter));
    let (level, handle) = reload::Layer::new(filter);
    let started: Result<(), TryInitError> = registry()
        .with(lines.with_filter(level))
        .with(traces.layer())
        .with(traces.gate())
        .try_init();
    LogLevel {
        filter: started.is_ok().then_some(handle),
        traces: traces.clone(),
    }
}

/// Colours are for people who did not ask to be spared them (no-color.org).
fn colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !unwanted
}

/// The filter of `RUST_LOG`, with its text; `None` if it is not set or makes no sense.
fn from_environment() -> Option<(EnvFilter, String)> {
    let directives = std::env::var(EnvFilter::DEFAULT_ENV).ok()?;
    // An empty variable is a filter that lets nothing but errors through.
    let directives = Some(directives).filter(|directives| !directives.trim().is_empty())?;
    let filter = EnvFilter::try_new(&directives).ok()?;
    Some((filter, directives))
}

/// Whether a log with this filter may tell of spans, which are at `debug`.
fn tells_spans(filter: &EnvFilter) -> bool {
    filter
        .max_level_hint()
        .is_none_or(|finest| finest >= LevelFilter::DEBUG)
}

/// The filter of `RUST_LOG`, or of the configuration.
fn filter(log: &LogConfig) -> EnvFilter {
    from_environment()
        .map(|(filter, _)| filter)
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
        assert!(!init(&json, &Traces::off()).is_first());
    }
}
