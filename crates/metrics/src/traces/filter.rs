//! Which spans are recorded.

use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

/// The target of spans that begin a trace. Made by nobody but [`super::Traces`]' callers, in the
/// functions that they hand to it.
pub const ROOT: &str = "rollcall::trace";

/// Spans of Rollcall within a span that begins a trace, and that one itself. Other layers have filters of
/// their own, so that the level of the log is none of this one's.
pub(super) struct Recorded;

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target().starts_with("rollcall")
}

impl<S> Filter<S> for Recorded
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        is_ours(metadata) && (metadata.target() == ROOT || context.lookup_current().is_some())
    }

    fn callsite_enabled(
        &self,
        metadata: &'static Metadata<'static>,
    ) -> tracing::subscriber::Interest {
        if is_ours(metadata) {
            tracing::subscriber::Interest::sometimes()
        } else {
            tracing::subscriber::Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::span::{Attributes, Id};
    use tracing::{debug_span, trace_span, warn};
    use tracing_subscriber::layer::{Layer, SubscriberExt};

    use super::*;

    /// Keeps what comes so far.
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<&'static str>>>);

    impl<S: Subscriber> Layer<S> for Seen {
        fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
            let name = attributes.metadata().name();
            self.0.lock().unwrap().push(name);
        }

        fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
            self.0.lock().unwrap().push("a log line");
        }
    }

    #[test]
    fn spans_are_recorded_within_a_root_alone_and_log_lines_never() {
        let seen = Seen::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone().with_filter(Recorded));
        tracing::subscriber::with_default(subscriber, || {
            let inside = || {
                debug_span!("ours").in_scope(|| debug_span!("below").in_scope(|| warn!("told")));
                let _ = debug_span!(target: "sqlx", "of another");
                let _ = trace_span!("too fine");
            };
            inside();
            debug_span!(target: ROOT, parent: None, "root").in_scope(inside);
            inside();
        });
        assert_eq!(*seen.0.lock().unwrap(), ["root", "ours", "below"]);
    }
}
