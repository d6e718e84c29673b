//! The metrics themselves, and the methods that move them.

use std::time::Duration;

use prometheus::{
    Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry,
    TEXT_FORMAT, TextEncoder,
};

use crate::definition::{Define, Description};
use crate::{
    Attention, AuthenticationFailure, Budget, ConnectionState, Operation, Outcome, SpanEnd,
    StaleNotice, TokenEnd, WebhookOutcome,
};

/// Metrics could not be registered or written out.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The registry already has a metric of this name, or a definition is malformed.
    #[error("a metric could not be registered")]
    Register(#[source] prometheus::Error),
    /// The collected numbers do not fit the text format.
    #[error("the metrics could not be written as text")]
    Render(#[source] prometheus::Error),
}

/// The doc line of a field is the help text of its metric, so each is written once.
macro_rules! metrics {
    ($(#[doc = $help:literal] $field:ident: $kind:ident = $name:literal [$($label:literal),*],)+) => {
        /// The metrics of one server, collected by one registry.
        #[derive(Clone, Debug)]
        pub struct Metrics {
            registry: Registry,
            $(#[doc = $help] $field: $kind,)+
        }

        /// What every metric is called and counts, in the order of the manual.
        #[must_use]
        pub fn descriptions() -> Vec<Description> {
            vec![$(Description {
                name: $name,
                kind: <$kind as Define>::KIND,
                help: $help.trim_ascii(),
                labels: &[$($label),*],
            },)+]
        }

        impl Metrics {
            /// Makes every metric at zero and registers it.
            fn define(registry: Registry) -> prometheus::Result<Self> {
                Ok(Self {
                    $($field: <$kind as Define>::register(
                        &Description {
                            name: $name,
                            kind: <$kind as Define>::KIND,
                            help: $help.trim_ascii(),
                            labels: &[$($label),*],
                        },
                        &registry,
                    )?,)+
                    registry,
                })
            }
        }
    };
}

metrics! {
    /// SCIM requests answered, by operation and outcome.
    requests: IntCounterVec = "rollcall_requests_total" ["operation", "outcome"],
    /// Seconds that a SCIM request took, from its first byte in to its last byte out.
    request_duration: HistogramVec = "rollcall_request_duration_seconds" ["operation"],
    /// Management API requests answered, by outcome.
    api_requests: IntCounterVec = "rollcall_api_requests_total" ["outcome"],
    /// Seconds that a management API request took.
    api_request_duration: Histogram = "rollcall_api_request_duration_seconds" [],
    /// SCIM requests that were not let in, by the reason that the client is not told.
    authentication_failures: IntCounterVec = "rollcall_authentication_failures_total" ["reason"],
    /// SCIM requests without a token of anybody that were answered with 429, because their address had sent many.
    guesses_slowed: IntCounter = "rollcall_guesses_slowed_total" [],
    /// SCIM requests that were answered with 429, because their connection had used up its budget.
    rate_limited: IntCounterVec = "rollcall_rate_limited_total" ["budget"],
    /// SCIM requests that work now.
    requests_working: IntGauge = "rollcall_requests_working" [],
    /// SCIM requests that wait for their turn now.
    requests_waiting: IntGauge = "rollcall_requests_waiting" [],
    /// SCIM requests that got no turn: `line_full` (429) or `waited` too long (503).
    turns_refused: IntCounterVec = "rollcall_turns_refused_total" ["reason"],
    /// SCIM requests that needed an allowance for an identity provider's deviation from the standard.
    quirks: IntCounterVec = "rollcall_quirks_total" ["quirk"],
    /// Writes that were done again, because the database broke them off for another at the same time.
    writes_repeated: IntCounter = "rollcall_writes_repeated_total" [],
    /// SCIM connections, by state.
    connections: IntGaugeVec = "rollcall_connections" ["state"],
    /// SCIM connections that need attention, by reason; one may have several. Each is held against what is usual for it.
    connections_attention: IntGaugeVec = "rollcall_connections_attention" ["reason"],
    /// SCIM connections that received their first authenticated request from an identity provider.
    connections_connected: IntCounter = "rollcall_connections_connected_total" [],
    /// SCIM tokens that nobody revoked and that end within so many days, or, as `expired`, ended in the last 30 days.
    scim_tokens_expiring: IntGaugeVec = "rollcall_scim_tokens_expiring" ["days"],
    /// Access tokens that OAuth clients of SCIM connections were given.
    access_tokens_issued: IntCounter = "rollcall_access_tokens_issued_total" [],
    /// Organizations.
    organizations: IntGauge = "rollcall_organizations" [],
    /// Users in all organizations, the deactivated ones included.
    users: IntGauge = "rollcall_users" [],
    /// Groups in all organizations.
    groups: IntGauge = "rollcall_groups" [],
    /// References to members and managers that do not exist yet, in all organizations.
    parked_references: IntGauge = "rollcall_parked_references" [],
    /// Events in the outbox that are not in the feed yet.
    outbox_events: IntGauge = "rollcall_outbox_events" [],
    /// Position of the newest event in the feed, as far as this process knows.
    feed_end: IntGauge = "rollcall_feed_end" [],
    /// Position of the last event that is no longer kept.
    feed_removed_to: IntGauge = "rollcall_feed_removed_to" [],
    /// Seconds since the oldest event that is not in the feed yet was committed; 0 if all are.
    outbox_age: IntGauge = "rollcall_outbox_age_seconds" [],
    /// Requests of this process that wait for events now.
    feed_waiting: IntGauge = "rollcall_feed_waiting" [],
    /// Streams of events that this process has open now.
    feed_streams: IntGauge = "rollcall_feed_streams" [],
    /// Events that were removed because they had been kept long enough.
    events_removed: IntCounter = "rollcall_events_removed_total" [],
    /// Events that a consumer has not acknowledged. Those of the installation by name, the first 20 of them; as `(others)` the largest number of the rest.
    consumer_lag: IntGaugeVec = "rollcall_consumer_lag_events" ["consumer"],
    /// Age of the oldest event that a consumer has not acknowledged, in seconds, with the same labels.
    consumer_lag_seconds: IntGaugeVec = "rollcall_consumer_lag_seconds" ["consumer"],
    /// Events that this process has added to the Redis stream.
    redis_stream_events: IntCounter = "rollcall_redis_stream_events_total" [],
    /// Events that are not in the Redis stream yet, as far as the process knows that fills it.
    redis_stream_lag: IntGauge = "rollcall_redis_stream_lag_events" [],
    /// Events that were removed from the feed before they could be added to the Redis stream.
    redis_stream_missed: IntCounter = "rollcall_redis_stream_missed_total" [],
    /// Entries of the request log that were dropped because it could not be written fast enough.
    request_log_dropped: IntCounter = "rollcall_request_log_dropped_total" [],
    /// Requests whose bodies the request log did not keep because too many waited to be written.
    request_log_bodies_dropped: IntCounter = "rollcall_request_log_bodies_dropped_total" [],
    /// Entries of the request log that were removed because they were old, or their log too large.
    request_log_removed: IntCounter = "rollcall_request_log_removed_total" [],
    /// Tombstones of deleted users and groups that were removed because their time was over.
    tombstones_purged: IntCounter = "rollcall_tombstones_purged_total" [],
    /// 1 while Redis answers, 0 while it does not or none is configured.
    redis_up: IntGauge = "rollcall_redis_up" [],
    /// Times that Redis stopped answering.
    redis_outages: IntCounter = "rollcall_redis_outages_total" [],
    /// What was told to other replicas and heard from them, to be forgotten.
    stale_notices: IntCounterVec = "rollcall_stale_notices_total" ["notice"],
    /// When the certificate ends that this process serves HTTPS with, in seconds since 1970; 0 if it serves none.
    certificate_end: IntGauge = "rollcall_tls_certificate_expires_timestamp_seconds" [],
    /// Times that the files of the certificate were read and could not be served, so that the one from before stayed. They are read every minute.
    certificate_failures: IntCounter = "rollcall_tls_reload_failures_total" [],
    /// Connections to the database that this process has open for requests; on PostgreSQL there are others for what goes on beside them.
    database_connections: IntGauge = "rollcall_database_connections" [],
    /// Those of the open connections for requests that nobody uses now.
    database_connections_idle: IntGauge = "rollcall_database_connections_idle" [],
    /// Requests of this process that wait for a connection to the database now.
    database_waiting: IntGauge = "rollcall_database_waiting" [],
    /// Webhook deliveries that are neither delivered nor given up, those of paused endpoints included; no more than 100,000 are counted. The same on every replica.
    webhook_queue: IntGauge = "rollcall_webhook_queue_deliveries" [],
    /// Seconds since the longest due webhook delivery is due, of endpoints that are not paused. The same on every replica.
    webhook_oldest_due: IntGauge = "rollcall_webhook_oldest_due_seconds" [],
    /// Webhook endpoints that are paused. The same on every replica.
    webhook_paused: IntGauge = "rollcall_webhook_endpoints_paused" [],
    /// Webhook requests of this process that are on their way now.
    webhook_in_flight: IntGauge = "rollcall_webhook_requests_in_flight" [],
    /// Webhook requests that were made, by what came of them: `delivered`, `failed` (tried again later), `given_up`, `lost` (another process has it).
    webhook_attempts: IntCounterVec = "rollcall_webhook_attempts_total" ["outcome"],
    /// Seconds from an event to its 2xx, of webhook deliveries that arrived.
    webhook_lag: Histogram = "rollcall_webhook_delivery_lag_seconds" [],
    /// Webhook endpoints that were paused, because they failed for too long or answered 410.
    webhook_pauses: IntCounter = "rollcall_webhook_endpoints_paused_total" [],
    /// Spans of traces by what became of them: `exported`, `failed` (the collector did not take them), `dropped` (too many waited).
    spans: IntCounterVec = "rollcall_trace_spans_total" ["outcome"],
    /// Always 1; the version that runs is in the label.
    build_info: IntGaugeVec = "rollcall_build_info" ["version"],
}

impl Metrics {
    /// Registers every metric, and on Linux those of the process (`process_…`).
    ///
    /// Failure reasons and connection states begin at zero instead of absent, so that the first
    /// failure is an increase that an alert can see. `version` is the release that runs.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Register`] if the registry already has one of the names.
    pub fn register(registry: Registry, version: &str) -> Result<Self, MetricsError> {
        let metrics = Self::define(registry).map_err(MetricsError::Register)?;
        #[cfg(target_os = "linux")]
        metrics
            .registry
            .register(Box::new(
                prometheus::process_collector::ProcessCollector::for_self(),
            ))
            .map_err(MetricsError::Register)?;
        for reason in AuthenticationFailure::ALL {
            metrics
                .authentication_failures
                .with_label_values(&[reason.label()]);
        }
        for state in ConnectionState::ALL {
            metrics.set_connections(*state, 0);
        }
        for reason in Attention::ALL {
            metrics.set_attention(*reason, 0);
        }
        for end in TokenEnd::ALL {
            metrics.set_tokens_expiring(*end, 0);
        }
        for budget in Budget::ALL {
            metrics.rate_limited.with_label_values(&[budget.label()]);
        }
        for end in SpanEnd::ALL {
            metrics.spans_ended(*end, 0);
        }
        for outcome in WebhookOutcome::ALL {
            metrics
                .webhook_attempts
                .with_label_values(&[outcome.label()]);
        }
        for notice in StaleNotice::ALL {
            metrics.stale_notices.with_label_values(&[notice.label()]);
        }
        metrics.build_info.with_label_values(&[version]).set(1);
        Ok(metrics)
    }

    /// The content type and the text of everything the registry collects.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Render`] if another collector of the registry gave numbers that cannot be
    /// written.
    pub fn render(&self) -> Result<(&'static str, String), MetricsError> {
        let text = TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .map_err(MetricsError::Render)?;
        Ok((TEXT_FORMAT, text))
    }

    /// A SCIM request was answered.
    pub fn request_answered(&self, operation: Operation, outcome: Outcome, took: Duration) {
        self.requests
            .with_label_values(&[operation.label(), outcome.label()])
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

    /// Whether Redis answers now.
    pub fn redis_answers(&self, answers: bool) {
        self.redis_up.set(i64::from(answers));
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

    /// How many SCIM requests work and wait now.
    pub fn set_load(&self, working: usize, waiting: usize) {
        let gauge = |count| gauge_value(u64::try_from(count).unwrap_or(u64::MAX));
        self.requests_working.set(gauge(working));
        self.requests_waiting.set(gauge(waiting));
    }

    /// A request got no turn, because too many of its connection wait.
    pub fn line_full(&self) {
        self.turns_refused.with_label_values(&["line_full"]).inc();
    }

    /// A request got no turn in time.
    pub fn waited_too_long(&self) {
        self.turns_refused.with_label_values(&["waited"]).inc();
    }

    /// A write is done again after a dead-lock or a serialization failure.
    pub fn write_repeated(&self) {
        self.writes_repeated.inc();
    }

    /// A request needed an allowance. `quirk` is its fixed name, never text from a request.
    pub fn quirk_applied(&self, quirk: &'static str) {
        self.quirks.with_label_values(&[quirk]).inc();
    }

    /// How many SCIM connections are in `state` now.
    pub fn set_connections(&self, state: ConnectionState, count: u64) {
        self.connections
            .with_label_values(&[state.label()])
            .set(gauge_value(count));
    }

    /// How many SCIM connections need attention for `reason` now.
    pub fn set_attention(&self, reason: Attention, count: u64) {
        self.connections_attention
            .with_label_values(&[reason.label()])
            .set(gauge_value(count));
    }

    /// An OAuth client was given an access token.
    pub fn access_token_issued(&self) {
        self.access_tokens_issued.inc();
    }

    /// How many SCIM tokens end then.
    pub fn set_tokens_expiring(&self, end: TokenEnd, count: u64) {
        self.scim_tokens_expiring
            .with_label_values(&[end.label()])
            .set(gauge_value(count));
    }

    /// A SCIM connection received its first authenticated request.
    pub fn connection_connected(&self) {
        self.connections_connected.inc();
    }

    /// How many organizations there are now.
    pub fn set_organizations(&self, count: u64) {
        self.organizations.set(gauge_value(count));
    }

    /// How many users there are now, in all organizations.
    pub fn set_users(&self, count: u64) {
        self.users.set(gauge_value(count));
    }

    /// How many groups there are now, in all organizations.
    pub fn set_groups(&self, count: u64) {
        self.groups.set(gauge_value(count));
    }

    /// How many references to what does not exist there are now, in all organizations.
    pub fn set_parked_references(&self, count: u64) {
        self.parked_references.set(gauge_value(count));
    }

    /// How many events wait in the outbox now.
    pub fn set_outbox_events(&self, count: u64) {
        self.outbox_events.set(gauge_value(count));
    }

    /// Where the feed ends and begins, and for how many seconds the oldest event waits for its place.
    pub fn set_feed(&self, end: u64, removed_to: u64, outbox_age: u64) {
        self.feed_end.set(gauge_value(end));
        self.feed_removed_to.set(gauge_value(removed_to));
        self.outbox_age.set(gauge_value(outbox_age));
    }

    /// So many events were removed because they had been kept long enough.
    pub fn events_removed(&self, count: u64) {
        self.events_removed.inc_by(count);
    }

    /// How far consumers are behind: name, events, seconds. Those that are not named are no longer shown.
    pub fn set_consumers(&self, consumers: &[(String, u64, u64)]) {
        self.consumer_lag.reset();
        self.consumer_lag_seconds.reset();
        for (name, events, seconds) in consumers {
            let set = |gauge: &IntGaugeVec, count| {
                gauge.with_label_values(&[name]).set(gauge_value(count));
            };
            set(&self.consumer_lag, *events);
            set(&self.consumer_lag_seconds, *seconds);
        }
    }

    /// So many events were added to the Redis stream.
    pub fn redis_stream_added(&self, count: u64) {
        self.redis_stream_events.inc_by(count);
    }

    /// So many events are not in the Redis stream yet.
    pub fn set_redis_stream_lag(&self, count: u64) {
        self.redis_stream_lag.set(gauge_value(count));
    }

    /// So many events were gone before they could be added to the Redis stream.
    pub fn redis_stream_missed(&self, count: u64) {
        self.redis_stream_missed.inc_by(count);
    }

    /// How many requests wait for events now, and how many streams there are.
    pub fn set_followers(&self, waiting: usize, streams: usize) {
        let gauge = |count| gauge_value(u64::try_from(count).unwrap_or(u64::MAX));
        self.feed_waiting.set(gauge(waiting));
        self.feed_streams.set(gauge(streams));
    }

    /// When the certificate ends that HTTPS is served with, in seconds since 1970.
    pub fn set_certificate_end(&self, seconds: i64) {
        self.certificate_end.set(seconds);
    }

    /// The files of the certificate hold none that can be served.
    pub fn certificate_not_taken(&self) {
        self.certificate_failures.inc();
    }

    /// How many connections to the database are open now, how many of them nobody uses, and how
    /// many requests wait for one.
    pub fn set_database_pool(&self, open: u64, idle: u64, waiting: u64) {
        self.database_connections.set(gauge_value(open));
        self.database_connections_idle.set(gauge_value(idle));
        self.database_waiting.set(gauge_value(waiting));
    }

    /// How the webhook queue stands: how many wait, for how long the longest due, and how many
    /// endpoints are paused.
    pub fn set_webhook_queue(&self, pending: u64, oldest_due: Duration, paused: u64) {
        self.webhook_queue.set(gauge_value(pending));
        self.webhook_oldest_due
            .set(gauge_value(oldest_due.as_secs()));
        self.webhook_paused.set(gauge_value(paused));
    }

    /// How many webhook requests are on their way now.
    pub fn set_webhooks_in_flight(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.webhook_in_flight.set(gauge_value(count));
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
}

/// Gauges are signed; a count that does not fit is shown as the largest that does.
fn gauge_value(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Every metric as a Markdown table, for the manual.
#[must_use]
pub fn markdown() -> String {
    let rows = descriptions().into_iter().map(|metric| {
        let labels: Vec<String> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let Description {
            name, kind, help, ..
        } = metric;
        format!("| `{name}` | {kind} | {} | {help} |\n", labels.join(", "))
    });
    let head = "| metric | kind | labels | what it counts |\n| --- | --- | --- | --- |\n";
    std::iter::once(head.to_owned()).chain(rows).collect()
}
