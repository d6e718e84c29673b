//! The metrics themselves. What moves them is in `counted` and `gauged`.

use prometheus::{
    Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry,
    TEXT_FORMAT, TextEncoder,
};

use crate::definition::{Define, Description, FROM_MICROSECONDS, SECONDS, UP_TO_DAYS};
use crate::{
    Area, Attention, AuthenticationFailure, Budget, ConnectionState, Operation, Outcome,
    PausedBecause, QueryKind, SpanEnd, StaleNotice, TokenEnd, TurnRefused, UserState,
    WebhookOutcome,
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

/// The buckets that a definition names, or the usual ones.
macro_rules! buckets {
    () => {
        SECONDS
    };
    ($buckets:ident) => {
        $buckets
    };
}

/// The doc line of a field is the help text of its metric, so each is written once.
macro_rules! metrics {
    ($(
        #[doc = $help:literal]
        $field:ident: $kind:ident = $name:literal [$($label:literal),*] $(in $buckets:ident)?,
    )+) => {
        /// The metrics of one server, collected by one registry.
        #[derive(Clone, Debug)]
        pub struct Metrics {
            registry: Registry,
            $(#[doc = $help] pub(crate) $field: $kind,)+
        }

        /// What every metric is called and counts, in the order of the manual.
        #[must_use]
        pub fn descriptions() -> Vec<Description> {
            vec![$(Description {
                name: $name,
                kind: <$kind as Define>::KIND,
                help: $help.trim_ascii(),
                labels: &[$($label),*],
                buckets: buckets!($($buckets)?),
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
                            buckets: buckets!($($buckets)?),
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
    /// SCIM requests answered, by the identity provider that sent them and the outcome. `unknown` are those that none was recognised from.
    requests_by_idp: IntCounterVec = "rollcall_requests_by_idp_total" ["idp", "outcome"],
    /// Seconds that a SCIM request took, from its first byte in to its last byte out.
    request_duration: HistogramVec = "rollcall_request_duration_seconds" ["operation"],
    /// Management API requests answered, by outcome.
    api_requests: IntCounterVec = "rollcall_api_requests_total" ["outcome"],
    /// Seconds that a management API request took.
    api_request_duration: Histogram = "rollcall_api_request_duration_seconds" [],
    /// Requests for pages of the operator console and the setup portal, by area and outcome.
    page_requests: IntCounterVec = "rollcall_page_requests_total" ["area", "outcome"],
    /// Seconds that a page of the operator console or the setup portal took.
    page_request_duration: HistogramVec = "rollcall_page_request_duration_seconds" ["area"],
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
    /// SCIM connections, by state and identity provider: the one that its requests were recognised as, else the one that was chosen, else `unknown`. The same on every replica.
    connections: IntGaugeVec = "rollcall_connections" ["state", "idp"],
    /// SCIM connections that need attention, by reason; one may have several. Each is held against what is usual for it.
    connections_attention: IntGaugeVec = "rollcall_connections_attention" ["reason"],
    /// SCIM connections that received their first authenticated request from an identity provider.
    connections_connected: IntCounter = "rollcall_connections_connected_total" [],
    /// SCIM tokens that nobody revoked and that end within so many days, or, as `expired`, ended in the last 30 days.
    scim_tokens_expiring: IntGaugeVec = "rollcall_scim_tokens_expiring" ["days"],
    /// Seconds since the last request of a SCIM connection, as every replica saw it. Only with `metrics.connections`.
    connection_last_request: IntGaugeVec = "rollcall_connection_last_request_seconds" ["connection", "idp"],
    /// SCIM requests that this process answered to a connection, by outcome. Only with `metrics.connections`.
    connection_requests: IntCounterVec = "rollcall_connection_requests_total" ["connection", "outcome"],
    /// Access tokens that OAuth clients of SCIM connections were given.
    access_tokens_issued: IntCounter = "rollcall_access_tokens_issued_total" [],
    /// Organizations.
    organizations: IntGauge = "rollcall_organizations" [],
    /// Users in all organizations, by state. Which of them are inactive is counted once a minute at most. The same on every replica.
    users: IntGaugeVec = "rollcall_users" ["state"],
    /// Groups in all organizations.
    groups: IntGauge = "rollcall_groups" [],
    /// References to members and managers that do not exist yet, in all organizations.
    parked_references: IntGauge = "rollcall_parked_references" [],
    /// Events that this process committed, by type.
    events: IntCounterVec = "rollcall_events_total" ["type"],
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
    /// Seconds since the oldest event that is not in the Redis stream yet happened, as far as the process knows that fills it; 0 if all are.
    redis_stream_age: IntGauge = "rollcall_redis_stream_age_seconds" [],
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
    /// 1 if Redis is configured, 0 if not.
    redis_configured: IntGauge = "rollcall_redis_configured" [],
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
    /// Connections to the database that this process may have open for requests.
    database_connections_max: IntGauge = "rollcall_database_connections_max" [],
    /// Requests of this process that wait for a connection to the database now.
    database_waiting: IntGauge = "rollcall_database_waiting" [],
    /// Seconds until a request had a connection to the database: for one statement, or to begin a transaction. On SQLite, of transactions alone.
    database_wait: Histogram = "rollcall_database_wait_seconds" [] in FROM_MICROSECONDS,
    /// Seconds that a statement of a request took in the database: `read` (it begins with `select`) or `write` (any other).
    database_query: HistogramVec = "rollcall_database_query_seconds" ["kind"] in FROM_MICROSECONDS,
    /// Webhook deliveries that are neither delivered nor given up, those of paused endpoints included; no more than 100,000 are counted. The same on every replica.
    webhook_queue: IntGauge = "rollcall_webhook_queue_deliveries" [],
    /// Seconds since the longest due webhook delivery is due, of endpoints that are not paused. The same on every replica.
    webhook_oldest_due: IntGauge = "rollcall_webhook_oldest_due_seconds" [],
    /// Webhook endpoints that are paused: by a person (`manual`), because everything failed for too long (`failing`), or because they answered 410 (`gone`). The same on every replica.
    webhook_paused: IntGaugeVec = "rollcall_webhook_endpoints_paused" ["reason"],
    /// Webhook endpoints that are not paused and whose last attempt failed. The same on every replica.
    webhook_failing: IntGauge = "rollcall_webhook_endpoints_failing" [],
    /// Webhook requests of this process that are on their way now.
    webhook_in_flight: IntGauge = "rollcall_webhook_requests_in_flight" [],
    /// Webhook requests that were made, by what came of them: `delivered`, `failed` (tried again later), `given_up`, `lost` (another process has it).
    webhook_attempts: IntCounterVec = "rollcall_webhook_attempts_total" ["outcome"],
    /// Seconds from an event to its 2xx, of webhook deliveries that arrived.
    webhook_lag: Histogram = "rollcall_webhook_delivery_lag_seconds" [] in UP_TO_DAYS,
    /// Webhook endpoints that were paused, because they failed for too long or answered 410.
    webhook_pauses: IntCounter = "rollcall_webhook_endpoints_paused_total" [],
    /// Spans of traces by what became of them: `exported`, `failed` (the collector did not take them), `dropped` (too many waited).
    spans: IntCounterVec = "rollcall_trace_spans_total" ["outcome"],
    /// Always 1; the version that runs is in the label.
    build_info: IntGaugeVec = "rollcall_build_info" ["version"],
}

/// Words that others have for the values of labels, so that each begins at zero.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Identity providers.
    pub idps: Vec<&'static str>,
    /// Allowances for what deviates from the standard.
    pub quirks: Vec<&'static str>,
    /// Types of events.
    pub events: Vec<&'static str>,
}

/// The `idp` of what no identity provider was recognised from.
pub const UNKNOWN_IDP: &str = "unknown";

impl Metrics {
    /// Registers every metric, and on Linux those of the process (`process_…`).
    ///
    /// What has labels begins at zero instead of absent, so that the first failure is an increase
    /// that an alert can see. `version` is the release that runs.
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
        metrics.begin_at_zero();
        metrics.build_info.with_label_values(&[version]).set(1);
        Ok(metrics)
    }

    fn begin_at_zero(&self) {
        // Every operation with every outcome would be as many series as all others together.
        for operation in Operation::ALL {
            for outcome in [Outcome::Ok, Outcome::Error, Outcome::Unavailable] {
                let labels = [operation.label(), outcome.label()];
                self.requests.with_label_values(&labels);
            }
        }
        for outcome in Outcome::ALL {
            self.api_requests.with_label_values(&[outcome.label()]);
        }
        for area in Area::ALL {
            for outcome in Outcome::ALL {
                let labels = [area.label(), outcome.label()];
                self.page_requests.with_label_values(&labels);
            }
            self.page_request_duration
                .with_label_values(&[area.label()]);
        }
        for reason in AuthenticationFailure::ALL {
            self.authentication_failures
                .with_label_values(&[reason.label()]);
        }
        for reason in TurnRefused::ALL {
            self.turns_refused.with_label_values(&[reason.label()]);
        }
        for reason in Attention::ALL {
            self.set_attention(*reason, 0);
        }
        for end in TokenEnd::ALL {
            self.set_tokens_expiring(*end, 0);
        }
        for budget in Budget::ALL {
            self.rate_limited.with_label_values(&[budget.label()]);
        }
        for state in UserState::ALL {
            self.set_users(*state, 0);
        }
        for reason in PausedBecause::ALL {
            self.set_webhook_endpoints_paused(*reason, 0);
        }
        for outcome in WebhookOutcome::ALL {
            self.webhook_attempts.with_label_values(&[outcome.label()]);
        }
        for end in SpanEnd::ALL {
            self.spans_ended(*end, 0);
        }
        for notice in StaleNotice::ALL {
            self.stale_notices.with_label_values(&[notice.label()]);
        }
        for kind in QueryKind::ALL {
            self.database_query.with_label_values(&[kind.label()]);
        }
    }

    /// Begins those at zero whose labels have the words of others.
    pub fn know(&self, words: &Words) {
        for idp in words.idps.iter().chain(&[UNKNOWN_IDP]) {
            for outcome in Outcome::ALL {
                let labels = [idp, outcome.label()];
                self.requests_by_idp.with_label_values(&labels);
            }
            for state in ConnectionState::ALL {
                self.set_connections(*state, idp, 0);
            }
        }
        for quirk in &words.quirks {
            self.quirks.with_label_values(&[quirk]);
        }
        for kind in &words.events {
            self.events.with_label_values(&[kind]);
        }
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
}
