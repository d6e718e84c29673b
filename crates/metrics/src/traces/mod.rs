//! Traces: what a request was busy with, sent to a collector by OTLP.
//!
//! The spans are those of `tracing`; this module decides which of them are recorded and takes them to
//! the collector. A span is recorded if it is within one that [`Traces`] began, at [`ROOT`]. What is not
//! recorded has no spans at all: the decision falls once, at the beginning, and a request that is not
//! recorded costs a look at a thread-local variable where a span would be.
//!
//! The decision is not left to the SDK's sampler. That one takes the caller's trace id for its chance,
//! and its word for the decision; either would let whoever sends requests choose how much is recorded.
//! See docs/decisions/0032-traces.md.
//!
//! Log lines are no part of a trace: they can hold what a collector is not to have.

mod counts;
mod export;
mod filter;
mod options;
mod queue;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState, TracerProvider};
use opentelemetry::{Context, SpanId, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;

pub use self::filter::ROOT;
pub use self::options::{CallerSampling, Protocol, TracesError, TracesOptions};

use self::counts::Counts;
use self::filter::{Gate, Recorded};
use crate::Metrics;

/// How long the end of the process waits for the collector.
const LAST_SPANS: Duration = Duration::from_secs(3);

/// A longer `tracestate` is not taken over (W3C Trace Context §3.3.1.5 asks for this much).
const MAX_TRACE_STATE: usize = 512;

/// The traces of one process, or none. Clones share them.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Running>>);

struct Running {
    sampling_ratio: f64,
    caller_sampling: CallerSampling,
    provider: SdkTracerProvider,
    counts: Arc<Counts>,
    log_has_spans: Arc<AtomicBool>,
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "on" } else { "off" })
    }
}

/// Where something stands in a trace: what another one can point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The span in it.
    pub span_id: [u8; 8],
}

impl Place {
    /// Where the code stands that asks; `None` if that is not recorded.
    #[must_use]
    pub fn current() -> Option<Self> {
        Context::map_current(|context| Self::of(context.span().span_context()))
    }

    fn of(span: &SpanContext) -> Option<Self> {
        span.is_valid().then(|| Self {
            trace_id: span.trace_id().to_bytes(),
            span_id: span.span_id().to_bytes(),
        })
    }

    /// The value of a `traceparent` header that makes what it is sent to a child of this. Whoever has
    /// a place is recorded, which the header says too.
    #[must_use]
    pub fn traceparent(&self) -> String {
        let (trace, span) = self.ids();
        format!("00-{trace}-{span}-01")
    }

    /// Both ids in hexadecimal, as log lines and headers have them.
    #[must_use]
    pub fn ids(&self) -> (impl fmt::Display + use<>, impl fmt::Display + use<>) {
        let trace = TraceId::from_bytes(self.trace_id);
        (trace, SpanId::from_bytes(self.span_id))
    }

    fn context(&self) -> SpanContext {
        SpanContext::new(
            TraceId::from_bytes(self.trace_id),
            SpanId::from_bytes(self.span_id),
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        )
    }
}

/// Gives the span that is entered another name: one that is known only at the end.
pub fn rename_current(name: String) {
    Context::map_current(|context| context.span().update_name(name));
}

/// The headers of a request, as far as they tell of the caller's trace (W3C Trace Context).
#[derive(Clone, Copy, Debug, Default)]
pub struct CallerHeaders<'r> {
    /// `traceparent`
    pub parent: Option<&'r str>,
    /// `tracestate`
    pub state: Option<&'r str>,
}

impl Extractor for CallerHeaders<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            "traceparent" => self.parent,
            "tracestate" => self.state.filter(|state| state.len() <= MAX_TRACE_STATE),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

impl Traces {
    /// Records nothing.
    #[must_use]
    pub const fn off() -> Self {
        Self(None)
    }

    /// Whether anything is recorded at all.
    #[must_use]
    pub const fn are_on(&self) -> bool {
        self.0.is_some()
    }

    /// Begins to send spans. To be called on the runtime that lives longest.
    ///
    /// # Errors
    ///
    /// The options name no collector that could be reached.
    pub fn start(options: TracesOptions) -> Result<Self, TracesError> {
        let counts = Arc::new(Counts::default());
        let (sampling_ratio, caller_sampling) = (options.sampling_ratio, options.caller_sampling);
        let provider = SdkTracerProvider::builder()
            .with_resource(options.resource())
            // Whatever comes so far was chosen before; see the module.
            .with_sampler(Sampler::AlwaysOn)
            .with_span_processor(queue::processor(&options, &counts)?)
            .build();
        Ok(Self(Some(Arc::new(Running {
            sampling_ratio,
            caller_sampling,
            provider,
            counts,
            log_has_spans: Arc::default(),
        }))))
    }

    /// What takes spans from `tracing`; `None` if there are no traces.
    #[must_use]
    pub fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let running = self.0.as_ref()?;
        let layer = tracing_opentelemetry::layer()
            .with_tracer(running.provider.tracer("rollcall"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        Some(layer.with_filter(Recorded))
    }

    /// What keeps spans that nobody wants from being made, to stand outside of all layers; `None` if
    /// there are no traces.
    #[must_use]
    pub fn gate<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let running = self.0.as_ref()?;
        Some(Gate {
            is_open: Arc::clone(&running.log_has_spans),
        })
    }

    /// Says whether the log tells of spans at `debug`, so that they are made for it where nothing is
    /// recorded.
    pub fn log_has_spans(&self, it_has: bool) {
        if let Some(running) = &self.0 {
            running.log_has_spans.store(it_has, Ordering::Relaxed);
        }
    }

    /// Counts what becomes of spans in these metrics, from now on.
    pub fn count_in(&self, metrics: &Metrics) {
        if let Some(running) = &self.0 {
            running.counts.count_in(metrics.clone());
        }
    }

    /// The span of a request, as a child of its caller's; none if the request is not recorded. `span` is
    /// to make it at [`ROOT`], without a parent.
    pub fn request(&self, caller: CallerHeaders<'_>, span: impl FnOnce() -> Span) -> Span {
        let Some(running) = &self.0 else {
            return Span::none();
        };
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &caller);
        let of_caller = context.span().span_context().clone();
        let records = match running.caller_sampling {
            CallerSampling::Follow if of_caller.is_valid() => of_caller.is_sampled(),
            CallerSampling::Follow | CallerSampling::Ratio => running.chance(),
        };
        if !records {
            return Span::none();
        }
        let span = span();
        if of_caller.is_valid() {
            // Fails if there is no layer, and then there is nobody to miss the parent.
            let _ = span.set_parent(context);
        }
        span
    }

    /// The span of what nobody asked for; none if it is not recorded. `span` is made as for
    /// [`Self::request`].
    pub fn task(&self, span: impl FnOnce() -> Span) -> Span {
        match &self.0 {
            Some(running) if running.chance() => span(),
            _ => Span::none(),
        }
    }

    /// The span of what follows from something that may have been recorded, linked to it: recorded if
    /// that was, and by chance if there is nothing to follow. `span` is made as for [`Self::request`].
    pub fn following(&self, cause: Option<Place>, span: impl FnOnce() -> Span) -> Span {
        match (&self.0, cause) {
            (Some(_), Some(cause)) => {
                let span = span();
                span.add_link(cause.context());
                span
            }
            _ => self.task(span),
        }
    }

    /// Sends what waits, for as long as the end of a process may take.
    pub async fn stop(self) {
        let Some(running) = self.0 else {
            return;
        };
        let sending = tokio::task::spawn_blocking(move || {
            if let Err(error) = running.provider.shutdown_with_timeout(LAST_SPANS) {
                tracing::warn!(%error, "the last spans were not sent to the collector");
            }
        });
        // A panic in it is one of the library, at the end of everything else.
        let _ = sending.await;
    }
}

impl Running {
    fn chance(&self) -> bool {
        rand::random::<f64>() < self.sampling_ratio
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_of(headers: CallerHeaders<'_>) -> Option<(Place, String)> {
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
        let span = context.span().span_context().clone();
        Some((Place::of(&span)?, span.trace_state().header()))
    }

    #[test]
    fn what_is_sent_on_is_what_would_be_read() {
        let place = Place {
            trace_id: [0xab; 16],
            span_id: [0xcd; 8],
        };
        let sent = place.traceparent();
        assert_eq!(
            sent,
            "00-abababababababababababababababab-cdcdcdcdcdcdcdcd-01"
        );
        let headers = CallerHeaders {
            parent: Some(&sent),
            state: Some("vendor=1"),
        };
        assert_eq!(place_of(headers), Some((place, "vendor=1".to_owned())));
    }

    #[test]
    fn a_trace_state_that_is_too_long_is_left_out_and_a_parent_that_is_none_counts_for_nothing() {
        let long = format!("vendor={}", "x".repeat(MAX_TRACE_STATE));
        let mut headers = CallerHeaders {
            parent: Some("00-abababababababababababababababab-cdcdcdcdcdcdcdcd-00"),
            state: Some(&long),
        };
        assert_eq!(place_of(headers).unwrap().1, "");
        for parent in ["", "00-0-0-01", "ff-ab-cd-01", "hello"] {
            headers.parent = Some(parent);
            assert_eq!(place_of(headers), None, "{parent}");
        }
    }

    #[test]
    fn nothing_is_recorded_where_traces_are_off() {
        let traces = Traces::off();
        let never = || -> Span { unreachable!("no span is made") };
        assert!(traces.request(CallerHeaders::default(), never).is_none());
        assert!(traces.task(never).is_none());
        assert!(traces.following(None, never).is_none());
        assert!(!traces.are_on());
    }
}
