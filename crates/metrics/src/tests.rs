//! What a scrape shows.

use std::collections::HashSet;
use std::time::Duration;

use prometheus::Registry;

use crate::{
    Attention, AuthenticationFailure, Budget, ConnectionState, Metrics, MetricsError, Operation,
    Outcome, StaleNotice, TokenEnd, descriptions, markdown,
};

fn metrics() -> Metrics {
    Metrics::register(Registry::new(), "1.2.3").unwrap()
}

/// The lines of a scrape that neither repeat with each bucket nor depend on the process.
fn scrape(metrics: &Metrics) -> String {
    let (_, text) = metrics.render().unwrap();
    text.lines()
        .filter(|line| !line.contains("_bucket{"))
        .filter(|line| !line.contains("process_"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[test]
fn a_new_server_shows_its_version_and_zeros() {
    insta::assert_snapshot!(scrape(&metrics()), @r#"
    # HELP rollcall_access_tokens_issued_total Access tokens that OAuth clients of SCIM connections were given.
    # TYPE rollcall_access_tokens_issued_total counter
    rollcall_access_tokens_issued_total 0
    # HELP rollcall_api_request_duration_seconds Seconds that a management API request took.
    # TYPE rollcall_api_request_duration_seconds histogram
    rollcall_api_request_duration_seconds_sum 0
    rollcall_api_request_duration_seconds_count 0
    # HELP rollcall_authentication_failures_total SCIM requests that were not let in, by the reason that the client is not told.
    # TYPE rollcall_authentication_failures_total counter
    rollcall_authentication_failures_total{reason="disabled"} 0
    rollcall_authentication_failures_total{reason="expired"} 0
    rollcall_authentication_failures_total{reason="forbidden"} 0
    rollcall_authentication_failures_total{reason="invalid_request"} 0
    rollcall_authentication_failures_total{reason="malformed"} 0
    rollcall_authentication_failures_total{reason="mismatch"} 0
    rollcall_authentication_failures_total{reason="missing"} 0
    rollcall_authentication_failures_total{reason="revoked"} 0
    rollcall_authentication_failures_total{reason="source_address"} 0
    rollcall_authentication_failures_total{reason="unknown"} 0
    # HELP rollcall_build_info Always 1; the version that runs is in the label.
    # TYPE rollcall_build_info gauge
    rollcall_build_info{version="1.2.3"} 1
    # HELP rollcall_connections SCIM connections, by state.
    # TYPE rollcall_connections gauge
    rollcall_connections{state="attention"} 0
    rollcall_connections{state="awaiting_first_request"} 0
    rollcall_connections{state="connected"} 0
    rollcall_connections{state="disabled"} 0
    # HELP rollcall_connections_attention SCIM connections that need attention, by reason; one may have several. Each is held against what is usual for it.
    # TYPE rollcall_connections_attention gauge
    rollcall_connections_attention{reason="auth_failing"} 0
    rollcall_connections_attention{reason="errors_rising"} 0
    rollcall_connections_attention{reason="no_live_token"} 0
    rollcall_connections_attention{reason="quiet"} 0
    rollcall_connections_attention{reason="token_expiring"} 0
    # HELP rollcall_connections_connected_total SCIM connections that received their first authenticated request from an identity provider.
    # TYPE rollcall_connections_connected_total counter
    rollcall_connections_connected_total 0
    # HELP rollcall_database_connections Connections to the database that this process has open for requests; on PostgreSQL there are others for what goes on beside them.
    # TYPE rollcall_database_connections gauge
    rollcall_database_connections 0
    # HELP rollcall_database_connections_idle Those of the open connections for requests that nobody uses now.
    # TYPE rollcall_database_connections_idle gauge
    rollcall_database_connections_idle 0
    # HELP rollcall_database_waiting Requests of this process that wait for a connection to the database now.
    # TYPE rollcall_database_waiting gauge
    rollcall_database_waiting 0
    # HELP rollcall_events_removed_total Events that were removed because they had been kept long enough.
    # TYPE rollcall_events_removed_total counter
    rollcall_events_removed_total 0
    # HELP rollcall_feed_end Position of the newest event in the feed, as far as this process knows.
    # TYPE rollcall_feed_end gauge
    rollcall_feed_end 0
    # HELP rollcall_feed_removed_to Position of the last event that is no longer kept.
    # TYPE rollcall_feed_removed_to gauge
    rollcall_feed_removed_to 0
    # HELP rollcall_feed_streams Streams of events that this process has open now.
    # TYPE rollcall_feed_streams gauge
    rollcall_feed_streams 0
    # HELP rollcall_feed_waiting Requests of this process that wait for events now.
    # TYPE rollcall_feed_waiting gauge
    rollcall_feed_waiting 0
    # HELP rollcall_groups Groups in all organizations.
    # TYPE rollcall_groups gauge
    rollcall_groups 0
    # HELP rollcall_guesses_slowed_total SCIM requests without a token of anybody that were answered with 429, because their address had sent many.
    # TYPE rollcall_guesses_slowed_total counter
    rollcall_guesses_slowed_total 0
    # HELP rollcall_organizations Organizations.
    # TYPE rollcall_organizations gauge
    rollcall_organizations 0
    # HELP rollcall_outbox_age_seconds Seconds since the oldest event that is not in the feed yet was committed; 0 if all are.
    # TYPE rollcall_outbox_age_seconds gauge
    rollcall_outbox_age_seconds 0
    # HELP rollcall_outbox_events Events in the outbox that are not in the feed yet.
    # TYPE rollcall_outbox_events gauge
    rollcall_outbox_events 0
    # HELP rollcall_parked_references References to members and managers that do not exist yet, in all organizations.
    # TYPE rollcall_parked_references gauge
    rollcall_parked_references 0
    # HELP rollcall_rate_limited_total SCIM requests that were answered with 429, because their connection had used up its budget.
    # TYPE rollcall_rate_limited_total counter
    rollcall_rate_limited_total{budget="reads"} 0
    rollcall_rate_limited_total{budget="writes"} 0
    # HELP rollcall_redis_outages_total Times that Redis stopped answering.
    # TYPE rollcall_redis_outages_total counter
    rollcall_redis_outages_total 0
    # HELP rollcall_redis_stream_events_total Events that this process has added to the Redis stream.
    # TYPE rollcall_redis_stream_events_total counter
    rollcall_redis_stream_events_total 0
    # HELP rollcall_redis_stream_lag_events Events that are not in the Redis stream yet, as far as the process knows that fills it.
    # TYPE rollcall_redis_stream_lag_events gauge
    rollcall_redis_stream_lag_events 0
    # HELP rollcall_redis_stream_missed_total Events that were removed from the feed before they could be added to the Redis stream.
    # TYPE rollcall_redis_stream_missed_total counter
    rollcall_redis_stream_missed_total 0
    # HELP rollcall_redis_up 1 while Redis answers, 0 while it does not or none is configured.
    # TYPE rollcall_redis_up gauge
    rollcall_redis_up 0
    # HELP rollcall_request_log_bodies_dropped_total Requests whose bodies the request log did not keep because too many waited to be written.
    # TYPE rollcall_request_log_bodies_dropped_total counter
    rollcall_request_log_bodies_dropped_total 0
    # HELP rollcall_request_log_dropped_total Entries of the request log that were dropped because it could not be written fast enough.
    # TYPE rollcall_request_log_dropped_total counter
    rollcall_request_log_dropped_total 0
    # HELP rollcall_request_log_removed_total Entries of the request log that were removed because they were old, or their log too large.
    # TYPE rollcall_request_log_removed_total counter
    rollcall_request_log_removed_total 0
    # HELP rollcall_requests_waiting SCIM requests that wait for their turn now.
    # TYPE rollcall_requests_waiting gauge
    rollcall_requests_waiting 0
    # HELP rollcall_requests_working SCIM requests that work now.
    # TYPE rollcall_requests_working gauge
    rollcall_requests_working 0
    # HELP rollcall_scim_tokens_expiring SCIM tokens that nobody revoked and that end within so many days, or, as `expired`, ended in the last 30 days.
    # TYPE rollcall_scim_tokens_expiring gauge
    rollcall_scim_tokens_expiring{days="1"} 0
    rollcall_scim_tokens_expiring{days="14"} 0
    rollcall_scim_tokens_expiring{days="30"} 0
    rollcall_scim_tokens_expiring{days="7"} 0
    rollcall_scim_tokens_expiring{days="expired"} 0
    # HELP rollcall_stale_notices_total What was told to other replicas and heard from them, to be forgotten.
    # TYPE rollcall_stale_notices_total counter
    rollcall_stale_notices_total{notice="everything"} 0
    rollcall_stale_notices_total{notice="heard"} 0
    rollcall_stale_notices_total{notice="sent"} 0
    # HELP rollcall_tls_certificate_expires_timestamp_seconds When the certificate ends that this process serves HTTPS with, in seconds since 1970; 0 if it serves none.
    # TYPE rollcall_tls_certificate_expires_timestamp_seconds gauge
    rollcall_tls_certificate_expires_timestamp_seconds 0
    # HELP rollcall_tls_reload_failures_total Times that the files of the certificate were read and could not be served, so that the one from before stayed. They are read every minute.
    # TYPE rollcall_tls_reload_failures_total counter
    rollcall_tls_reload_failures_total 0
    # HELP rollcall_tombstones_purged_total Tombstones of deleted users and groups that were removed because their time was over.
    # TYPE rollcall_tombstones_purged_total counter
    rollcall_tombstones_purged_total 0
    # HELP rollcall_trace_spans_total Spans of traces by what became of them: `exported`, `failed` (the collector did not take them), `dropped` (too many waited).
    # TYPE rollcall_trace_spans_total counter
    rollcall_trace_spans_total{outcome="dropped"} 0
    rollcall_trace_spans_total{outcome="exported"} 0
    rollcall_trace_spans_total{outcome="failed"} 0
    # HELP rollcall_users Users in all organizations, the deactivated ones included.
    # TYPE rollcall_users gauge
    rollcall_users 0
    # HELP rollcall_webhook_attempts_total Webhook requests that were made, by what came of them: `delivered`, `failed` (tried again later), `given_up`, `lost` (another process has it).
    # TYPE rollcall_webhook_attempts_total counter
    rollcall_webhook_attempts_total{outcome="delivered"} 0
    rollcall_webhook_attempts_total{outcome="failed"} 0
    rollcall_webhook_attempts_total{outcome="given_up"} 0
    rollcall_webhook_attempts_total{outcome="lost"} 0
    # HELP rollcall_webhook_delivery_lag_seconds Seconds from an event to its 2xx, of webhook deliveries that arrived.
    # TYPE rollcall_webhook_delivery_lag_seconds histogram
    rollcall_webhook_delivery_lag_seconds_sum 0
    rollcall_webhook_delivery_lag_seconds_count 0
    # HELP rollcall_webhook_endpoints_paused Webhook endpoints that are paused. The same on every replica.
    # TYPE rollcall_webhook_endpoints_paused gauge
    rollcall_webhook_endpoints_paused 0
    # HELP rollcall_webhook_endpoints_paused_total Webhook endpoints that were paused, because they failed for too long or answered 410.
    # TYPE rollcall_webhook_endpoints_paused_total counter
    rollcall_webhook_endpoints_paused_total 0
    # HELP rollcall_webhook_oldest_due_seconds Seconds since the longest due webhook delivery is due, of endpoints that are not paused. The same on every replica.
    # TYPE rollcall_webhook_oldest_due_seconds gauge
    rollcall_webhook_oldest_due_seconds 0
    # HELP rollcall_webhook_queue_deliveries Webhook deliveries that are neither delivered nor given up, those of paused endpoints included; no more than 100,000 are counted. The same on every replica.
    # TYPE rollcall_webhook_queue_deliveries gauge
    rollcall_webhook_queue_deliveries 0
    # HELP rollcall_webhook_requests_in_flight Webhook requests of this process that are on their way now.
    # TYPE rollcall_webhook_requests_in_flight gauge
    rollcall_webhook_requests_in_flight 0
    # HELP rollcall_writes_repeated_total Writes that were done again, because the database broke them off for another at the same time.
    # TYPE rollcall_writes_repeated_total counter
    rollcall_writes_repeated_total 0
    "#);
}

#[test]
fn every_method_moves_its_own_metric() {
    let metrics = metrics();
    metrics.request_answered(Operation::PatchUser, Outcome::Ok, Duration::from_millis(4));
    metrics.api_request_answered(Outcome::Conflict, Duration::from_millis(250));
    metrics.authentication_failed(AuthenticationFailure::Expired);
    metrics.quirk_applied("boolean_as_text");
    metrics.set_connections(ConnectionState::Connected, 3);
    metrics.set_attention(Attention::Quiet, 2);
    metrics.set_tokens_expiring(TokenEnd::Within7Days, 13);
    metrics.access_token_issued();
    metrics.connection_connected();
    metrics.set_organizations(2);
    metrics.set_users(40);
    metrics.set_groups(5);
    metrics.set_parked_references(6);
    metrics.set_outbox_events(7);
    metrics.request_log_dropped(9);
    metrics.request_log_bodies_dropped(5);
    metrics.request_log_removed(6);
    metrics.set_database_pool(11, 10, 8);
    metrics.tombstones_purged(3);
    metrics.rate_limited(Budget::Writes);
    metrics.redis_answers(true);
    metrics.redis_went_away();
    metrics.stale_notice(StaleNotice::Heard);
    metrics.set_feed(21, 20, 19);
    metrics.set_followers(18, 17);
    metrics.events_removed(16);
    metrics.set_consumers(&[("gone".to_owned(), 1, 1)]);
    metrics.set_consumers(&[("billing".to_owned(), 15, 14)]);
    metrics.redis_stream_added(23);
    metrics.set_redis_stream_lag(24);
    metrics.redis_stream_missed(25);

    let values: String = scrape(&metrics)
        .lines()
        .filter(|line| !line.starts_with('#') && !line.ends_with(" 0"))
        .flat_map(|line| [line, "\n"])
        .collect();

    insta::assert_snapshot!(values, @r#"
    rollcall_access_tokens_issued_total 1
    rollcall_api_request_duration_seconds_sum 0.25
    rollcall_api_request_duration_seconds_count 1
    rollcall_api_requests_total{outcome="conflict"} 1
    rollcall_authentication_failures_total{reason="expired"} 1
    rollcall_build_info{version="1.2.3"} 1
    rollcall_connections{state="connected"} 3
    rollcall_connections_attention{reason="quiet"} 2
    rollcall_connections_connected_total 1
    rollcall_consumer_lag_events{consumer="billing"} 15
    rollcall_consumer_lag_seconds{consumer="billing"} 14
    rollcall_database_connections 11
    rollcall_database_connections_idle 10
    rollcall_database_waiting 8
    rollcall_events_removed_total 16
    rollcall_feed_end 21
    rollcall_feed_removed_to 20
    rollcall_feed_streams 17
    rollcall_feed_waiting 18
    rollcall_groups 5
    rollcall_organizations 2
    rollcall_outbox_age_seconds 19
    rollcall_outbox_events 7
    rollcall_parked_references 6
    rollcall_quirks_total{quirk="boolean_as_text"} 1
    rollcall_rate_limited_total{budget="writes"} 1
    rollcall_redis_outages_total 1
    rollcall_redis_stream_events_total 23
    rollcall_redis_stream_lag_events 24
    rollcall_redis_stream_missed_total 25
    rollcall_redis_up 1
    rollcall_request_duration_seconds_sum{operation="patch_user"} 0.004
    rollcall_request_duration_seconds_count{operation="patch_user"} 1
    rollcall_request_log_bodies_dropped_total 5
    rollcall_request_log_dropped_total 9
    rollcall_request_log_removed_total 6
    rollcall_requests_total{operation="patch_user",outcome="ok"} 1
    rollcall_scim_tokens_expiring{days="7"} 13
    rollcall_stale_notices_total{notice="heard"} 1
    rollcall_tombstones_purged_total 3
    rollcall_users 40
    "#);
}

#[test]
fn the_content_type_names_the_text_format() {
    let (content_type, _) = metrics().render().unwrap();
    assert_eq!(content_type, "text/plain; version=0.0.4");
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_is_measured_too() {
    let (_, text) = metrics().render().unwrap();
    assert!(text.contains("\nprocess_resident_memory_bytes "), "{text}");
}

#[test]
fn two_registries_do_not_share_numbers() {
    let (first, second) = (metrics(), metrics());
    first.connection_connected();
    assert!(scrape(&first).contains("rollcall_connections_connected_total 1"));
    assert!(scrape(&second).contains("rollcall_connections_connected_total 0"));
}

#[test]
fn a_registry_takes_the_metrics_once() {
    let registry = Registry::new();
    Metrics::register(registry.clone(), "1.2.3").unwrap();
    let again = Metrics::register(registry, "1.2.3");
    assert!(matches!(again, Err(MetricsError::Register(_))), "{again:?}");
}

#[test]
fn no_name_is_used_twice() {
    let mut seen = HashSet::new();
    for metric in descriptions() {
        assert!(seen.insert(metric.name), "{} is defined twice", metric.name);
    }
}

#[test]
fn names_and_help_texts_keep_one_form() {
    for metric in descriptions() {
        let name = metric.name;
        let counter = metric.kind.to_string() == "counter";
        assert!(name.starts_with("rollcall_"), "{name}");
        assert_eq!(name.ends_with("_total"), counter, "{name}");
        assert!(metric.help.ends_with('.'), "{name}");
    }
}

#[test]
fn each_label_value_is_used_once() {
    fn check<T: Copy>(values: &[T], label: fn(T) -> &'static str) {
        let words: HashSet<_> = values.iter().map(|value| label(*value)).collect();
        assert_eq!(words.len(), values.len(), "{words:?}");
    }
    check(Operation::ALL, Operation::label);
    check(Outcome::ALL, Outcome::label);
    check(AuthenticationFailure::ALL, AuthenticationFailure::label);
    check(ConnectionState::ALL, ConnectionState::label);
    check(Attention::ALL, Attention::label);
    check(Budget::ALL, Budget::label);
    check(StaleNotice::ALL, StaleNotice::label);
}

#[test]
fn each_status_has_the_outcome_that_tells_who_must_act() {
    let outcomes: Vec<String> = [
        101, 200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 500, 501, 502,
        503, 504,
    ]
    .map(|status| format!("{status} {}", Outcome::from_status(status).label()))
    .into();
    insta::assert_snapshot!(outcomes.join("\n"), @"
    101 ok
    200 ok
    201 ok
    204 ok
    304 ok
    400 invalid
    401 unauthorized
    403 forbidden
    404 not_found
    405 invalid
    409 conflict
    412 conflict
    413 limited
    415 invalid
    429 limited
    500 error
    501 unsupported
    502 error
    503 unavailable
    504 error
    ");
}

#[test]
fn the_manual_lists_every_metric() {
    insta::assert_snapshot!(markdown(), @"
    | metric | kind | labels | what it counts |
    | --- | --- | --- | --- |
    | `rollcall_requests_total` | counter | `operation`, `outcome` | SCIM requests answered, by operation and outcome. |
    | `rollcall_request_duration_seconds` | histogram | `operation` | Seconds that a SCIM request took, from its first byte in to its last byte out. |
    | `rollcall_api_requests_total` | counter | `outcome` | Management API requests answered, by outcome. |
    | `rollcall_api_request_duration_seconds` | histogram |  | Seconds that a management API request took. |
    | `rollcall_authentication_failures_total` | counter | `reason` | SCIM requests that were not let in, by the reason that the client is not told. |
    | `rollcall_guesses_slowed_total` | counter |  | SCIM requests without a token of anybody that were answered with 429, because their address had sent many. |
    | `rollcall_rate_limited_total` | counter | `budget` | SCIM requests that were answered with 429, because their connection had used up its budget. |
    | `rollcall_requests_working` | gauge |  | SCIM requests that work now. |
    | `rollcall_requests_waiting` | gauge |  | SCIM requests that wait for their turn now. |
    | `rollcall_turns_refused_total` | counter | `reason` | SCIM requests that got no turn: `line_full` (429) or `waited` too long (503). |
    | `rollcall_quirks_total` | counter | `quirk` | SCIM requests that needed an allowance for an identity provider's deviation from the standard. |
    | `rollcall_writes_repeated_total` | counter |  | Writes that were done again, because the database broke them off for another at the same time. |
    | `rollcall_connections` | gauge | `state` | SCIM connections, by state. |
    | `rollcall_connections_attention` | gauge | `reason` | SCIM connections that need attention, by reason; one may have several. Each is held against what is usual for it. |
    | `rollcall_connections_connected_total` | counter |  | SCIM connections that received their first authenticated request from an identity provider. |
    | `rollcall_scim_tokens_expiring` | gauge | `days` | SCIM tokens that nobody revoked and that end within so many days, or, as `expired`, ended in the last 30 days. |
    | `rollcall_access_tokens_issued_total` | counter |  | Access tokens that OAuth clients of SCIM connections were given. |
    | `rollcall_organizations` | gauge |  | Organizations. |
    | `rollcall_users` | gauge |  | Users in all organizations, the deactivated ones included. |
    | `rollcall_groups` | gauge |  | Groups in all organizations. |
    | `rollcall_parked_references` | gauge |  | References to members and managers that do not exist yet, in all organizations. |
    | `rollcall_outbox_events` | gauge |  | Events in the outbox that are not in the feed yet. |
    | `rollcall_feed_end` | gauge |  | Position of the newest event in the feed, as far as this process knows. |
    | `rollcall_feed_removed_to` | gauge |  | Position of the last event that is no longer kept. |
    | `rollcall_outbox_age_seconds` | gauge |  | Seconds since the oldest event that is not in the feed yet was committed; 0 if all are. |
    | `rollcall_feed_waiting` | gauge |  | Requests of this process that wait for events now. |
    | `rollcall_feed_streams` | gauge |  | Streams of events that this process has open now. |
    | `rollcall_events_removed_total` | counter |  | Events that were removed because they had been kept long enough. |
    | `rollcall_consumer_lag_events` | gauge | `consumer` | Events that a consumer has not acknowledged. Those of the installation by name, the first 20 of them; as `(others)` the largest number of the rest. |
    | `rollcall_consumer_lag_seconds` | gauge | `consumer` | Age of the oldest event that a consumer has not acknowledged, in seconds, with the same labels. |
    | `rollcall_redis_stream_events_total` | counter |  | Events that this process has added to the Redis stream. |
    | `rollcall_redis_stream_lag_events` | gauge |  | Events that are not in the Redis stream yet, as far as the process knows that fills it. |
    | `rollcall_redis_stream_missed_total` | counter |  | Events that were removed from the feed before they could be added to the Redis stream. |
    | `rollcall_request_log_dropped_total` | counter |  | Entries of the request log that were dropped because it could not be written fast enough. |
    | `rollcall_request_log_bodies_dropped_total` | counter |  | Requests whose bodies the request log did not keep because too many waited to be written. |
    | `rollcall_request_log_removed_total` | counter |  | Entries of the request log that were removed because they were old, or their log too large. |
    | `rollcall_tombstones_purged_total` | counter |  | Tombstones of deleted users and groups that were removed because their time was over. |
    | `rollcall_redis_up` | gauge |  | 1 while Redis answers, 0 while it does not or none is configured. |
    | `rollcall_redis_outages_total` | counter |  | Times that Redis stopped answering. |
    | `rollcall_stale_notices_total` | counter | `notice` | What was told to other replicas and heard from them, to be forgotten. |
    | `rollcall_tls_certificate_expires_timestamp_seconds` | gauge |  | When the certificate ends that this process serves HTTPS with, in seconds since 1970; 0 if it serves none. |
    | `rollcall_tls_reload_failures_total` | counter |  | Times that the files of the certificate were read and could not be served, so that the one from before stayed. They are read every minute. |
    | `rollcall_database_connections` | gauge |  | Connections to the database that this process has open for requests; on PostgreSQL there are others for what goes on beside them. |
    | `rollcall_database_connections_idle` | gauge |  | Those of the open connections for requests that nobody uses now. |
    | `rollcall_database_waiting` | gauge |  | Requests of this process that wait for a connection to the database now. |
    | `rollcall_webhook_queue_deliveries` | gauge |  | Webhook deliveries that are neither delivered nor given up, those of paused endpoints included; no more than 100,000 are counted. The same on every replica. |
    | `rollcall_webhook_oldest_due_seconds` | gauge |  | Seconds since the longest due webhook delivery is due, of endpoints that are not paused. The same on every replica. |
    | `rollcall_webhook_endpoints_paused` | gauge |  | Webhook endpoints that are paused. The same on every replica. |
    | `rollcall_webhook_requests_in_flight` | gauge |  | Webhook requests of this process that are on their way now. |
    | `rollcall_webhook_attempts_total` | counter | `outcome` | Webhook requests that were made, by what came of them: `delivered`, `failed` (tried again later), `given_up`, `lost` (another process has it). |
    | `rollcall_webhook_delivery_lag_seconds` | histogram |  | Seconds from an event to its 2xx, of webhook deliveries that arrived. |
    | `rollcall_webhook_endpoints_paused_total` | counter |  | Webhook endpoints that were paused, because they failed for too long or answered 410. |
    | `rollcall_trace_spans_total` | counter | `outcome` | Spans of traces by what became of them: `exported`, `failed` (the collector did not take them), `dropped` (too many waited). |
    | `rollcall_build_info` | gauge | `version` | Always 1; the version that runs is in the label. |
    ");
}
