//! What happened, counted when it does.

use std::time::Duration;

use crate::metrics::{Metrics, UNKNOWN_IDP};
use crate::{
    Area, AuthenticationFailure, Budget, Operation, Outcome, QueryKind, SpanEnd, StaleNotice,
    TurnRefused, WebhookOutcome,
};

impl Metrics {
    /// A SCIM request was answered. `idp` is the fixed name of the provider that it was recognised
    /// from, if it was.
    pub fn request_answered(
        &self,
        operation: Operation,
        idp: Option<&'static str>,
        outcome: Outcome,
        took: Duration,
    ) {
        self.requests
            .with_label_values(&[operation.label(), outcome.label()])
            .inc();
        self.requests_by_idp
            .with_label_values(&[idp.unwrap_or(UNKNOWN_IDP), outcome.label()])
            .inc();
        self.request_duration
            .with_label_values(&[operation.label()])
            .observe(took.as_secs_f64());
    }

    /// A management API request was answered.
    pub fn api_request_answered(&self, outcome: Outcome, took: Duration) {
        self.api_requests
            .with_label_values(&[outcome.label()])
            .inc();
        self.api_request_duration.observe(took.as_secs_f64());
    }

    /// A page was answered.
    pub fn page_answered(&self, area: Area, outcome: Outcome, took: Duration) {
        self.page_requests
            .with_label_values(&[area.label(), outcome.label()])
            .inc();
        self.page_request_duration
            .with_label_values(&[area.label()])
            .observe(took.as_secs_f64());
    }

    /// A SCIM request was not let in.
    pub fn authentication_failed(&self, reason: AuthenticationFailure) {
        self.authentication_failures
            .with_label_values(&[reason.label()])
            .inc();
    }

    /// A request was answered with 429, because its address tries out tokens.
    pub fn guess_slowed(&self) {
        self.guesses_slowed.inc();
    }

    /// A request was answered with 429, because its connection has used up a budget.
    pub fn rate_limited(&self, budget: Budget) {
        self.rate_limited.with_label_values(&[budget.label()]).inc();
    }

    /// Redis stopped answering.
    pub fn redis_went_away(&self) {
        self.redis_outages.inc();
    }

    /// Something was told to other replicas, or heard from them.
    pub fn stale_notice(&self, notice: StaleNotice) {
        self.stale_notices
            .with_label_values(&[notice.label()])
            .inc();
    }

    /// A request got no turn.
    pub fn turn_refused(&self, reason: TurnRefused) {
        self.turns_refused
            .with_label_values(&[reason.label()])
            .inc();
    }

    /// A write is done again after a dead-lock or a serialization failure.
    pub fn write_repeated(&self) {
        self.writes_repeated.inc();
    }

    /// A request needed an allowance. `quirk` is its fixed name, never text from a request.
    pub fn quirk_applied(&self, quirk: &'static str) {
        self.quirks.with_label_values(&[quirk]).inc();
    }

    /// An OAuth client was given an access token.
    pub fn access_token_issued(&self) {
        self.access_tokens_issued.inc();
    }

    /// A SCIM connection received its first authenticated request.
    pub fn connection_connected(&self) {
        self.connections_connected.inc();
    }

    /// So many events were removed because they had been kept long enough.
    pub fn events_removed(&self, count: u64) {
        self.events_removed.inc_by(count);
    }

    /// So many events were added to the Redis stream.
    pub fn redis_stream_added(&self, count: u64) {
        self.redis_stream_events.inc_by(count);
    }

    /// So many events were gone before they could be added to the Redis stream.
    pub fn redis_stream_missed(&self, count: u64) {
        self.redis_stream_missed.inc_by(count);
    }

    /// A webhook request was made.
    pub fn webhook_attempted(&self, outcome: WebhookOutcome) {
        self.webhook_attempts
            .with_label_values(&[outcome.label()])
            .inc();
    }

    /// Spans were sent, or lost.
    pub(crate) fn spans_ended(&self, end: SpanEnd, count: u64) {
        self.spans.with_label_values(&[end.label()]).inc_by(count);
    }

    /// A webhook arrived, so long after its event.
    pub fn webhook_delivered(&self, lag: Duration) {
        self.webhook_lag.observe(lag.as_secs_f64());
    }

    /// A webhook endpoint was paused by itself.
    pub fn webhook_endpoint_paused(&self) {
        self.webhook_pauses.inc();
    }

    /// `count` tombstones were removed because their time was over.
    pub fn tombstones_purged(&self, count: u64) {
        self.tombstones_purged.inc_by(count);
    }

    /// The files of the certificate hold none that can be served.
    pub fn certificate_not_taken(&self) {
        self.certificate_failures.inc();
    }

    /// `count` entries of the request log were dropped.
    pub fn request_log_dropped(&self, count: u64) {
        self.request_log_dropped.inc_by(count);
    }

    /// Requests are logged without the bodies that would have been kept.
    pub fn request_log_bodies_dropped(&self, count: u64) {
        self.request_log_bodies_dropped.inc_by(count);
    }

    /// Entries of the request log are removed, as they are to be.
    pub fn request_log_removed(&self, count: u64) {
        self.request_log_removed.inc_by(count);
    }

    /// So many events of a type were committed. `kind` is the fixed name of the type.
    pub fn events_committed(&self, kind: &'static str, count: u64) {
        self.events.with_label_values(&[kind]).inc_by(count);
    }

    /// A request had its connection to the database after so long.
    pub fn database_waited(&self, took: Duration) {
        self.database_wait.observe(took.as_secs_f64());
    }

    /// A statement took so long.
    pub fn database_asked(&self, kind: QueryKind, took: Duration) {
        self.database_query
            .with_label_values(&[kind.label()])
            .observe(took.as_secs_f64());
    }
}
