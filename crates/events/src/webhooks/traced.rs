//! The span of an attempt, linked to where its event was made.

use rollcall_metrics::traces::{Place, ROOT, Traces};
use rollcall_store::{AttemptMade, ClaimedDelivery};
use tracing::field::{Empty, display};
use tracing::{Span, debug_span};
use url::Url;

use super::send::Target;

/// The span of an attempt that is recorded: one whose event was made in what was recorded, or by chance
/// if nobody knows of that.
pub(super) fn begin(traces: &Traces, delivery: &ClaimedDelivery, target: &Target) -> Span {
    let cause = delivery.cause.map(|place| Place {
        trace_id: place.trace_id,
        span_id: place.span_id,
    });
    traces.following(cause, || {
        let url = Url::parse(&target.url).ok();
        let url = url.as_ref();
        debug_span!(
            target: ROOT,
            parent: None,
            "webhook.deliver",
            otel.kind = "client",
            otel.name = "webhook.deliver",
            otel.status_code = Empty,
            http.request.method = "POST",
            http.request.resend_count = (delivery.number > 1).then(|| delivery.number - 1),
            http.response.status_code = Empty,
            "error.type" = Empty,
            // The path may hold what only the endpoint is to know.
            server.address = url.and_then(Url::host_str),
            server.port = url.and_then(Url::port_or_known_default),
            rollcall.organization.id = %delivery.org_id,
            rollcall.event.id = %delivery.event_id,
            "rollcall.event.type" = delivery.kind,
            rollcall.webhook_endpoint.id = %delivery.endpoint_id,
            rollcall.webhook_delivery.id = %delivery.id,
        )
    })
}

/// Tells what came of the attempt, in the span that it was made in.
pub(super) fn end(made: &AttemptMade) {
    let span = Span::current();
    if let Some(status) = made.status {
        span.record("http.response.status_code", status);
    }
    if made.error.is_some() {
        span.record("otel.status_code", "ERROR");
        match made.status {
            Some(status) => span.record("error.type", display(status)),
            None => span.record("error.type", "no_answer"),
        };
    }
}
