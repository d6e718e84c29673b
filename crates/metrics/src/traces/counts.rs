//! What becomes of spans, for the metrics and for one log line when it changes.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use crate::{Metrics, SpanEnd};

#[derive(Debug, Default)]
pub(super) struct Counts {
    metrics: OnceLock<Metrics>,
    /// Spans that ended and that the exporter has not taken.
    waiting: AtomicUsize,
    /// Whether the collector took nothing the last time.
    away: AtomicBool,
    /// How many spans were lost since then.
    lost: AtomicU64,
}

impl Counts {
    pub(super) fn count_in(&self, metrics: Metrics) {
        // Set once, where the server is put together.
        let _ = self.metrics.set(metrics);
    }

    /// A span has ended; `false` if `room` others wait already, and it is dropped.
    pub(super) fn enters(&self, room: usize) -> bool {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < room {
            return true;
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.count(SpanEnd::Dropped, 1);
        self.lost.fetch_add(1, Ordering::Relaxed);
        false
    }

    /// Spans are on their way.
    pub(super) fn leave(&self, spans: usize) {
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
    }

    /// What the collector said to so many spans.
    pub(super) fn sent(&self, spans: usize, said: &OTelSdkResult) {
        let spans = u64::try_from(spans).unwrap_or(u64::MAX);
        match said {
            Ok(()) => {
                self.count(SpanEnd::Exported, spans);
                if self.away.swap(false, Ordering::Relaxed) {
                    let lost = self.lost.swap(0, Ordering::Relaxed);
                    tracing::info!(lost, "spans arrive at the collector again");
                }
            }
            Err(error) => {
                self.count(SpanEnd::Failed, spans);
                self.lost.fetch_add(spans, Ordering::Relaxed);
                if !self.away.swap(true, Ordering::Relaxed) {
                    self.lost.store(spans, Ordering::Relaxed);
                    tracing::warn!(
                        error = reason(error),
                        "spans do not arrive at the collector: traces are lost until they do"
                    );
                }
            }
        }
    }

    fn count(&self, end: SpanEnd, spans: u64) {
        if let Some(metrics) = self.metrics.get() {
            metrics.spans_ended(end, spans);
        }
    }
}

/// Why, in the words of the library. They hold no headers and nothing of what was sent.
fn reason(error: &OTelSdkError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_spans_wait_and_no_more() {
        let counts = Counts::default();
        assert!(counts.enters(2) && counts.enters(2));
        assert!(!counts.enters(2));
        counts.leave(1);
        assert!(counts.enters(2));
        assert!(!counts.enters(2));
        assert_eq!(counts.lost.load(Ordering::Relaxed), 2);
    }
}
