//! Which spans are recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Filter, Layer};
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

/// Whether one of our spans is within a trace, or begins one.
fn is_recorded<S>(metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    metadata.target() == ROOT || context.lookup_current().is_some()
}

impl<S> Filter<S> for Recorded
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        is_ours(metadata) && is_recorded(metadata, context)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_ours(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }
}

/// Keeps spans that nobody wants from being made.
///
/// The filter of a layer does not do that: a span which the filter of each layer refuses is made all
/// the same, and then shown to none of them. Of a request that is not recorded, that was a fifth.
pub(super) struct Gate {
    /// Whether the log tells of spans that are not recorded, too.
    pub(super) is_open: Arc<AtomicBool>,
}

fn is_guarded(metadata: &Metadata<'_>) -> bool {
    is_ours(metadata) && *metadata.level() > Level::INFO
}

impl<S> Layer<S> for Gate
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_guarded(metadata) {
            Interest::sometimes()
        } else {
            Interest::always()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        !is_guarded(metadata)
            || is_recorded(metadata, &context)
            || self.is_open.load(Ordering::Relaxed)
    }

    /// Wants nothing by itself: without a hint, every level would be wanted of everybody.
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::OFF)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

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

    #[test]
    fn what_neither_the_trace_nor_the_log_wants_is_not_made() {
        let is_open = Arc::new(AtomicBool::new(false));
        let (log, spans) = (Seen::default(), Seen::default());
        let subscriber = tracing_subscriber::registry()
            .with(log.with_filter(LevelFilter::DEBUG))
            .with(spans.with_filter(Recorded))
            .with(Gate {
                is_open: Arc::clone(&is_open),
            });
        tracing::subscriber::with_default(subscriber, || {
            let is_made = || !debug_span!("ours").is_disabled();
            assert!(!is_made());
            assert!(!tracing::info_span!("seldom").is_disabled());
            let root = debug_span!(target: ROOT, parent: None, "root");
            assert!(root.in_scope(is_made));
            assert!(!is_made());

            is_open.store(true, Ordering::Relaxed);
            assert!(is_made());
        });
    }

    #[test]
    fn the_gate_does_not_make_anybody_look_at_finer_levels() {
        let subscriber = tracing_subscriber::registry()
            .with(Seen::default().with_filter(LevelFilter::INFO))
            .with(Seen::default().with_filter(Recorded))
            .with(Gate {
                is_open: Arc::default(),
            });
        assert_eq!(subscriber.max_level_hint(), Some(LevelFilter::DEBUG));
    }
}
