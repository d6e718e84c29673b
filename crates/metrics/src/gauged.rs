//! How things stand, told from time to time.

use std::time::Duration;

use prometheus::IntGaugeVec;

use crate::metrics::Metrics;
use crate::{Attention, ConnectionState, Outcome, PausedBecause, TokenEnd, UserState};

/// What is told of one SCIM connection.
#[derive(Clone, Debug)]
pub struct EachConnection {
    /// Its id.
    pub id: String,
    /// The fixed name of its identity provider.
    pub idp: &'static str,
    /// How long ago its last request was; `None` if there was none.
    pub quiet_for: Option<Duration>,
    /// How many of its requests this process answered.
    pub requests: Vec<(Outcome, u64)>,
}

impl Metrics {
    /// Whether Redis answers now.
    pub fn redis_answers(&self, answers: bool) {
        self.redis_up.set(i64::from(answers));
    }

    /// How many SCIM requests work and wait now.
    pub fn set_load(&self, working: usize, waiting: usize) {
        let gauge = |count| gauge_value(u64::try_from(count).unwrap_or(u64::MAX));
        self.requests_working.set(gauge(working));
        self.requests_waiting.set(gauge(waiting));
    }

    /// How many SCIM connections of an identity provider are in `state` now. `idp` is its fixed name,
    /// or [`UNKNOWN_IDP`](crate::UNKNOWN_IDP).
    pub fn set_connections(&self, state: ConnectionState, idp: &'static str, count: u64) {
        self.connections
            .with_label_values(&[state.label(), idp])
            .set(gauge_value(count));
    }

    /// How many SCIM connections need attention for `reason` now.
    pub fn set_attention(&self, reason: Attention, count: u64) {
        self.connections_attention
            .with_label_values(&[reason.label()])
            .set(gauge_value(count));
    }

    /// How many SCIM tokens end then.
    pub fn set_tokens_expiring(&self, end: TokenEnd, count: u64) {
        self.scim_tokens_expiring
            .with_label_values(&[end.label()])
            .set(gauge_value(count));
    }

    /// How many organizations there are now.
    pub fn set_organizations(&self, count: u64) {
        self.organizations.set(gauge_value(count));
    }

    /// How many users are in `state` now, in all organizations.
    pub fn set_users(&self, state: UserState, count: u64) {
        self.users
            .with_label_values(&[state.label()])
            .set(gauge_value(count));
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

    /// So many events are not in the Redis stream yet, and the oldest of them happened so long ago.
    pub fn set_redis_stream_lag(&self, count: u64, age: Duration) {
        self.redis_stream_lag.set(gauge_value(count));
        self.redis_stream_age.set(gauge_value(age.as_secs()));
    }

    /// Redis is configured.
    pub fn redis_is_configured(&self) {
        self.redis_configured.set(1);
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

    /// How many connections to the database may be open.
    pub fn set_database_pool_size(&self, most: u64) {
        self.database_connections_max.set(gauge_value(most));
    }

    /// How many connections to the database are open now, how many of them nobody uses, and how
    /// many requests wait for one.
    pub fn set_database_pool(&self, open: u64, idle: u64, waiting: u64) {
        self.database_connections.set(gauge_value(open));
        self.database_connections_idle.set(gauge_value(idle));
        self.database_waiting.set(gauge_value(waiting));
    }

    /// How the webhook queue stands: how many wait, and for how long the longest due.
    pub fn set_webhook_queue(&self, pending: u64, oldest_due: Duration) {
        self.webhook_queue.set(gauge_value(pending));
        self.webhook_oldest_due
            .set(gauge_value(oldest_due.as_secs()));
    }

    /// How many webhook endpoints fail now.
    pub fn set_webhook_endpoints_failing(&self, count: u64) {
        self.webhook_failing.set(gauge_value(count));
    }

    /// How many webhook endpoints are paused now for that reason.
    pub fn set_webhook_endpoints_paused(&self, reason: PausedBecause, count: u64) {
        self.webhook_paused
            .with_label_values(&[reason.label()])
            .set(gauge_value(count));
    }

    /// How many webhook requests are on their way now.
    pub fn set_webhooks_in_flight(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.webhook_in_flight.set(gauge_value(count));
    }

    /// What is told of SCIM connections one by one. Those that are not named are no longer shown.
    ///
    /// Not to be called twice at once, nor while [`Metrics::render`] works: it is all removed first.
    pub fn set_each_connection(&self, connections: &[EachConnection]) {
        self.connection_last_request.reset();
        self.connection_requests.reset();
        for each in connections {
            if let Some(quiet_for) = each.quiet_for {
                self.connection_last_request
                    .with_label_values(&[each.id.as_str(), each.idp])
                    .set(gauge_value(quiet_for.as_secs()));
            }
            for (outcome, count) in &each.requests {
                self.connection_requests
                    .with_label_values(&[each.id.as_str(), outcome.label()])
                    .inc_by(*count);
            }
        }
    }
}

/// Gauges are signed; a count that does not fit is shown as the largest that does.
fn gauge_value(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
