//! What a scrape shows.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use prometheus::Registry;

use crate::{
    Area, Attention, AuthenticationFailure, Budget, ConnectionState, EachConnection, Metrics,
    MetricsError, Operation, Outcome, PausedBecause, QueryKind, StaleNotice, TokenEnd, TurnRefused,
    UserState, Words, descriptions, markdown,
};

fn metrics() -> Metrics {
    Metrics::register(Registry::new(), "1.2.3").unwrap()
}

/// The lines of a scrape that neither repeat with each bucket, operation or area nor depend on the
/// process.
fn scrape(metrics: &Metrics) -> String {
    let (_, text) = metrics.render().unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter(|line| !line.contains("_bucket{"))
        .filter(|line| !line.starts_with("rollcall_requests_total") || line.contains("_user\","))
        .filter(|line| !line.starts_with("rollcall_page_requests_total{area=\"console\""))
        .filter(|line| !line.contains("process_"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[test]
fn a_new_server_shows_its_version_and_zeros() {
    insta::assert_snapshot!(scrape(&metrics()), @r#"
    rollcall_access_tokens_issued_total 0
    rollcall_api_request_duration_seconds_sum 0
    rollcall_api_request_duration_seconds_count 0
    rollcall_api_requests_total{outcome="conflict"} 0
    rollcall_api_requests_total{outcome="error"} 0
    rollcall_api_requests_total{outcome="forbidden"} 0
    rollcall_api_requests_total{outcome="invalid"} 0
    rollcall_api_requests_total{outcome="limited"} 0
    rollcall_api_requests_total{outcome="not_found"} 0
    rollcall_api_requests_total{outcome="ok"} 0
    rollcall_api_requests_total{outcome="unauthorized"} 0
    rollcall_api_requests_total{outcome="unavailable"} 0
    rollcall_api_requests_total{outcome="unsupported"} 0
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
    rollcall_build_info{version="1.2.3"} 1
    rollcall_connections_attention{reason="auth_failing"} 0
    rollcall_connections_attention{reason="errors_rising"} 0
    rollcall_connections_attention{reason="no_live_token"} 0
    rollcall_connections_attention{reason="quiet"} 0
    rollcall_connections_attention{reason="token_expiring"} 0
    rollcall_connections_connected_total 0
    rollcall_database_connections 0
    rollcall_database_connections_idle 0
    rollcall_database_connections_max 0
    rollcall_database_query_seconds_sum{kind="read"} 0
    rollcall_database_query_seconds_count{kind="read"} 0
    rollcall_database_query_seconds_sum{kind="write"} 0
    rollcall_database_query_seconds_count{kind="write"} 0
    rollcall_database_wait_seconds_sum 0
    rollcall_database_wait_seconds_count 0
    rollcall_database_waiting 0
    rollcall_events_removed_total 0
    rollcall_feed_end 0
    rollcall_feed_removed_to 0
    rollcall_feed_streams 0
    rollcall_feed_waiting 0
    rollcall_groups 0
    rollcall_guesses_slowed_total 0
    rollcall_organizations 0
    rollcall_outbox_age_seconds 0
    rollcall_outbox_events 0
    rollcall_page_request_duration_seconds_sum{area="console"} 0
    rollcall_page_request_duration_seconds_count{area="console"} 0
    rollcall_page_request_duration_seconds_sum{area="portal"} 0
    rollcall_page_request_duration_seconds_count{area="portal"} 0
    rollcall_page_requests_total{area="portal",outcome="conflict"} 0
    rollcall_page_requests_total{area="portal",outcome="error"} 0
    rollcall_page_requests_total{area="portal",outcome="forbidden"} 0
    rollcall_page_requests_total{area="portal",outcome="invalid"} 0
    rollcall_page_requests_total{area="portal",outcome="limited"} 0
    rollcall_page_requests_total{area="portal",outcome="not_found"} 0
    rollcall_page_requests_total{area="portal",outcome="ok"} 0
    rollcall_page_requests_total{area="portal",outcome="unauthorized"} 0
    rollcall_page_requests_total{area="portal",outcome="unavailable"} 0
    rollcall_page_requests_total{area="portal",outcome="unsupported"} 0
    rollcall_parked_references 0
    rollcall_rate_limited_total{budget="reads"} 0
    rollcall_rate_limited_total{budget="writes"} 0
    rollcall_redis_configured 0
    rollcall_redis_outages_total 0
    rollcall_redis_stream_age_seconds 0
    rollcall_redis_stream_events_total 0
    rollcall_redis_stream_lag_events 0
    rollcall_redis_stream_missed_total 0
    rollcall_redis_up 0
    rollcall_request_log_bodies_dropped_total 0
    rollcall_request_log_dropped_total 0
    rollcall_request_log_removed_total 0
    rollcall_requests_total{operation="create_user",outcome="error"} 0
    rollcall_requests_total{operation="create_user",outcome="ok"} 0
    rollcall_requests_total{operation="create_user",outcome="unavailable"} 0
    rollcall_requests_total{operation="delete_user",outcome="error"} 0
    rollcall_requests_total{operation="delete_user",outcome="ok"} 0
    rollcall_requests_total{operation="delete_user",outcome="unavailable"} 0
    rollcall_requests_total{operation="get_user",outcome="error"} 0
    rollcall_requests_total{operation="get_user",outcome="ok"} 0
    rollcall_requests_total{operation="get_user",outcome="unavailable"} 0
    rollcall_requests_total{operation="patch_user",outcome="error"} 0
    rollcall_requests_total{operation="patch_user",outcome="ok"} 0
    rollcall_requests_total{operation="patch_user",outcome="unavailable"} 0
    rollcall_requests_total{operation="replace_user",outcome="error"} 0
    rollcall_requests_total{operation="replace_user",outcome="ok"} 0
    rollcall_requests_total{operation="replace_user",outcome="unavailable"} 0
    rollcall_requests_waiting 0
    rollcall_requests_working 0
    rollcall_scim_tokens_expiring{days="1"} 0
    rollcall_scim_tokens_expiring{days="14"} 0
    rollcall_scim_tokens_expiring{days="30"} 0
    rollcall_scim_tokens_expiring{days="7"} 0
    rollcall_scim_tokens_expiring{days="expired"} 0
    rollcall_stale_notices_total{notice="everything"} 0
    rollcall_stale_notices_total{notice="heard"} 0
    rollcall_stale_notices_total{notice="sent"} 0
    rollcall_tls_certificate_expires_timestamp_seconds 0
    rollcall_tls_reload_failures_total 0
    rollcall_tombstones_purged_total 0
    rollcall_trace_spans_total{outcome="dropped"} 0
    rollcall_trace_spans_total{outcome="exported"} 0
    rollcall_trace_spans_total{outcome="failed"} 0
    rollcall_turns_refused_total{reason="line_full"} 0
    rollcall_turns_refused_total{reason="waited"} 0
    rollcall_users{state="active"} 0
    rollcall_users{state="inactive"} 0
    rollcall_webhook_attempts_total{outcome="delivered"} 0
    rollcall_webhook_attempts_total{outcome="failed"} 0
    rollcall_webhook_attempts_total{outcome="given_up"} 0
    rollcall_webhook_attempts_total{outcome="lost"} 0
    rollcall_webhook_delivery_lag_seconds_sum 0
    rollcall_webhook_delivery_lag_seconds_count 0
    rollcall_webhook_endpoints_failing 0
    rollcall_webhook_endpoints_paused{reason="failing"} 0
    rollcall_webhook_endpoints_paused{reason="gone"} 0
    rollcall_webhook_endpoints_paused{reason="manual"} 0
    rollcall_webhook_endpoints_paused_total 0
    rollcall_webhook_oldest_due_seconds 0
    rollcall_webhook_queue_deliveries 0
    rollcall_webhook_requests_in_flight 0
    rollcall_writes_repeated_total 0
    "#);
}

#[test]
fn every_method_moves_its_own_metric() {
    let metrics = metrics();
    let took = Duration::from_millis(4);
    metrics.request_answered(Operation::PatchUser, Some("okta"), Outcome::Ok, took);
    metrics.page_answered(Area::Portal, Outcome::Ok, took);
    metrics.turn_refused(TurnRefused::Waited);
    metrics.events_committed("user.created", 26);
    metrics.database_waited(took);
    metrics.database_asked(QueryKind::Read, took);
    metrics.set_database_pool_size(27);
    metrics.set_webhook_endpoints_failing(28);
    metrics.set_webhook_endpoints_paused(PausedBecause::Gone, 29);
    metrics.redis_is_configured();
    let each = |id: &str| EachConnection {
        id: id.to_owned(),
        idp: "okta",
        quiet_for: Some(Duration::from_secs(30)),
        requests: vec![(Outcome::Ok, 31)],
    };
    metrics.set_each_connection(&[each("gone")]);
    metrics.set_each_connection(&[each("here")]);
    metrics.api_request_answered(Outcome::Conflict, Duration::from_millis(250));
    metrics.authentication_failed(AuthenticationFailure::Expired);
    metrics.quirk_applied("boolean_as_text");
    metrics.set_connections(ConnectionState::Connected, "okta", 3);
    metrics.set_attention(Attention::Quiet, 2);
    metrics.set_tokens_expiring(TokenEnd::Within7Days, 13);
    metrics.access_token_issued();
    metrics.connection_connected();
    metrics.set_organizations(2);
    metrics.set_users(UserState::Active, 40);
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
    metrics.set_redis_stream_lag(24, Duration::from_secs(32));
    metrics.redis_stream_missed(25);

    let values: String = scrape(&metrics)
        .lines()
        .filter(|line| !line.ends_with(" 0"))
        .flat_map(|line| [line, "\n"])
        .collect();

    insta::assert_snapshot!(values, @r#"
    rollcall_access_tokens_issued_total 1
    rollcall_api_request_duration_seconds_sum 0.25
    rollcall_api_request_duration_seconds_count 1
    rollcall_api_requests_total{outcome="conflict"} 1
    rollcall_authentication_failures_total{reason="expired"} 1
    rollcall_build_info{version="1.2.3"} 1
    rollcall_connection_last_request_seconds{connection="here",idp="okta"} 30
    rollcall_connection_requests_total{connection="here",outcome="ok"} 31
    rollcall_connections{idp="okta",state="connected"} 3
    rollcall_connections_attention{reason="quiet"} 2
    rollcall_connections_connected_total 1
    rollcall_consumer_lag_events{consumer="billing"} 15
    rollcall_consumer_lag_seconds{consumer="billing"} 14
    rollcall_database_connections 11
    rollcall_database_connections_idle 10
    rollcall_database_connections_max 27
    rollcall_database_query_seconds_sum{kind="read"} 0.004
    rollcall_database_query_seconds_count{kind="read"} 1
    rollcall_database_wait_seconds_sum 0.004
    rollcall_database_wait_seconds_count 1
    rollcall_database_waiting 8
    rollcall_events_removed_total 16
    rollcall_events_total{type="user.created"} 26
    rollcall_feed_end 21
    rollcall_feed_removed_to 20
    rollcall_feed_streams 17
    rollcall_feed_waiting 18
    rollcall_groups 5
    rollcall_organizations 2
    rollcall_outbox_age_seconds 19
    rollcall_outbox_events 7
    rollcall_page_request_duration_seconds_sum{area="portal"} 0.004
    rollcall_page_request_duration_seconds_count{area="portal"} 1
    rollcall_page_requests_total{area="portal",outcome="ok"} 1
    rollcall_parked_references 6
    rollcall_quirks_total{quirk="boolean_as_text"} 1
    rollcall_rate_limited_total{budget="writes"} 1
    rollcall_redis_configured 1
    rollcall_redis_outages_total 1
    rollcall_redis_stream_age_seconds 32
    rollcall_redis_stream_events_total 23
    rollcall_redis_stream_lag_events 24
    rollcall_redis_stream_missed_total 25
    rollcall_redis_up 1
    rollcall_request_duration_seconds_sum{operation="patch_user"} 0.004
    rollcall_request_duration_seconds_count{operation="patch_user"} 1
    rollcall_request_log_bodies_dropped_total 5
    rollcall_request_log_dropped_total 9
    rollcall_request_log_removed_total 6
    rollcall_requests_by_idp_total{idp="okta",outcome="ok"} 1
    rollcall_requests_total{operation="patch_user",outcome="ok"} 1
    rollcall_scim_tokens_expiring{days="7"} 13
    rollcall_stale_notices_total{notice="heard"} 1
    rollcall_tombstones_purged_total 3
    rollcall_turns_refused_total{reason="waited"} 1
    rollcall_users{state="active"} 40
    rollcall_webhook_endpoints_failing 28
    rollcall_webhook_endpoints_paused{reason="gone"} 29
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
    let named = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let shown: BTreeSet<&str> = named.filter(|it| it.starts_with("process_")).collect();
    let told = markdown();
    let listed: BTreeSet<String> = told
        .lines()
        .filter_map(|line| line.strip_prefix("| `process_"))
        .map(|rest| {
            let mut cells = rest.split(" | ");
            let name = cells.next().unwrap_or_default().trim_end_matches('`');
            format!("process_{name} {}", cells.next().unwrap_or_default())
        })
        .collect();
    assert_eq!(shown, listed.iter().map(String::as_str).collect());
}

#[test]
fn words_of_others_begin_at_zero() {
    let metrics = metrics();
    metrics.know(&Words {
        idps: vec!["okta"],
        quirks: vec!["boolean_text"],
        events: vec!["user.created"],
    });
    let text = scrape(&metrics);
    for line in [
        "rollcall_requests_by_idp_total{idp=\"okta\",outcome=\"unauthorized\"} 0",
        "rollcall_requests_by_idp_total{idp=\"unknown\",outcome=\"ok\"} 0",
        "rollcall_connections{idp=\"okta\",state=\"attention\"} 0",
        "rollcall_quirks_total{quirk=\"boolean_text\"} 0",
        "rollcall_events_total{type=\"user.created\"} 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn a_webhook_that_arrived_with_its_last_attempt_has_a_bucket() {
    let metrics = metrics();
    metrics.webhook_delivered(Duration::from_hours(71));
    let (_, text) = metrics.render().unwrap();
    let bucket = |le: &str| format!("rollcall_webhook_delivery_lag_seconds_bucket{{le=\"{le}\"}}");
    assert!(text.contains(&format!("{} 0", bucket("86400"))), "{text}");
    assert!(text.contains(&format!("{} 1", bucket("259200"))), "{text}");
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
        assert!(!metric.labels.contains(&"organization"), "{name}");
        assert_eq!(name.ends_with("_total"), counter, "{name}");
        assert!(metric.help.ends_with('.'), "{name}");
    }
}

#[test]
fn the_manual_lists_every_metric() {
    let manual = markdown();
    for metric in descriptions() {
        let row = format!("| `{}` | {} | ", metric.name, metric.kind);
        assert_eq!(manual.matches(&row).count(), 1, "{row}");
    }
    let row = "| `rollcall_api_requests_total` | counter | `outcome` | Management API requests answered, by outcome. |\n";
    assert!(manual.contains(row), "{manual}");
}
