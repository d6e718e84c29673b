//! Log lines that name the trace in which they were written.
//!
//! The library that writes a line knows the spans that its own filter let through, which are none at the
//! usual level. So the ids come from where the traces are, and are put at the end of the finished line.

use std::fmt::{self, Write};

use rollcall_metrics::traces::Place;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::config::LogFormat;

/// Writes a line as `inner` does, with the ids at its end.
pub(super) struct WithTraceIds<F> {
    inner: F,
    format: LogFormat,
}

impl<F> WithTraceIds<F> {
    /// `inner` writes lines of this format.
    pub(super) const fn new(inner: F, format: LogFormat) -> Self {
        Self { inner, format }
    }
}

impl<S, N, F> FormatEvent<S, N> for WithTraceIds<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(place) = Place::current() else {
            return self.inner.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.inner
            .format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&with_ids(&line, place, self.format))
    }
}

fn with_ids(line: &str, place: Place, format: LogFormat) -> String {
    let (trace, span) = place.ids();
    let line = line.trim_end_matches('\n');
    let mut longer = String::with_capacity(line.len() + 90);
    let end = match format {
        LogFormat::Text => {
            longer.push_str(line);
            write!(longer, " trace_id={trace} span_id={span}")
        }
        LogFormat::Json => {
            // An object with a time and a level in it at least.
            longer.push_str(line.strip_suffix('}').unwrap_or(line));
            write!(longer, r#","trace_id":"{trace}","span_id":"{span}"}}"#)
        }
    };
    // Writing to a text cannot fail.
    let _ = end;
    longer.push('\n');
    longer
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place {
        trace_id: [0xab; 16],
        span_id: [0xcd; 8],
    };

    #[test]
    fn ids_stand_at_the_end_of_a_line_of_text() {
        let line = with_ids("now INFO said: hello\n", PLACE, LogFormat::Text);
        assert_eq!(
            line,
            "now INFO said: hello trace_id=abababababababababababababababab span_id=cdcdcdcdcdcdcdcd\n"
        );
    }

    #[test]
    fn ids_are_members_of_a_line_of_json() {
        let line = with_ids("{\"level\":\"INFO\"}\n", PLACE, LogFormat::Json);
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["level"], "INFO");
        assert_eq!(read["trace_id"], "abababababababababababababababab");
        assert_eq!(read["span_id"], "cdcdcdcdcdcdcdcd");
        assert!(line.ends_with("}\n"));
    }
}
