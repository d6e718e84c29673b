//! Spans that have ended and wait to be sent: so many and no more, whatever the collector does.
//!
//! The library has such a queue and drops what does not fit, but tells nobody how much that was. So what
//! does not fit is dropped, and counted, before it.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanProcessor,
};

use super::counts::Counts;
use super::export::Exporter;
use super::options::{TracesError, TracesOptions};

/// How long a span waits for others to be sent with.
const TOGETHER: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Queue {
    inner: BatchSpanProcessor,
    counts: Arc<Counts>,
    room: usize,
}

/// The queue, and the thread that empties it.
pub(super) fn processor(
    options: &TracesOptions,
    counts: &Arc<Counts>,
) -> Result<Queue, TracesError> {
    let room = options.max_waiting_spans;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(room)
        .with_scheduled_delay(TOGETHER)
        .build();
    let inner = BatchSpanProcessor::builder(Exporter::new(options, counts)?)
        .with_batch_config(batches)
        .build();
    Ok(Queue {
        inner,
        counts: Arc::clone(counts),
        room,
    })
}

impl SpanProcessor for Queue {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.counts.enters(self.room) {
            self.inner.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
