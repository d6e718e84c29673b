//! Traces of the real binary, taken by a real collector.

mod collector;
mod gateway;

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use rollcall_testkit::{TestDatabase, block_on, eventually, on_each_database};
use serde_json::json;

use self::collector::{Collector, Wire, text};
use self::gateway::{Gateway, Hook};

/// What the test requests come with, of a trace that somebody else began.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
/// The same trace, from a caller that records it and from one that does not.
const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const NOT_SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

const EVERYTHING: (&str, &str) = ("ROLLCALL_TRACES__SAMPLING_RATIO", "1");

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The spans of a trace.
fn of_trace<'s>(spans: &'s [Span], trace: &str) -> Vec<&'s Span> {
    let these = spans.iter().filter(|it| hex(&it.trace_id) == trace);
    these.collect()
}

fn named<'s>(spans: &[&'s Span], name: &str) -> &'s Span {
    let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
    let place = names.iter().position(|it| *it == name);
    assert!(place.is_some(), "no {name} in {names:?}");
    spans[place.unwrap()]
}

async fn a_request_is_a_child_of_its_callers_span(database: TestDatabase, wire: Wire) {
    let collector = Collector::start(wire);
    let mut settings = collector.settings().to_vec();
    settings.push(EVERYTHING);
    let gateway = Gateway::start(database, &settings).await;
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "bjensen.of.traces",
        "password": "t1meMa$heen-of-traces",
        "emails": [{ "value": "babs.of.traces@example.com" }],
    });
    let created = gateway.create_user(&user, SAMPLED).await.expect(201);
    let found = gateway.find_user("bjensen.of.traces", NOT_SAMPLED).await;
    assert_eq!(found.body["totalResults"], 1);
    let (token, connection, organization) = (
        gateway.token.clone(),
        gateway.connection.clone(),
        gateway.organization.clone(),
    );
    assert!(gateway.stop());

    let (spans, sender) = collector.spans();
    assert_eq!(text(&sender, "service.name"), "rollcall");
    assert!(!text(&sender, "service.version").is_empty());
    let trace = of_trace(&spans, TRACE);
    let root = named(&trace, "POST /scim/Users");
    assert_eq!(hex(&root.parent_span_id), PARENT);
    assert_eq!(root.kind(), SpanKind::Server);
    assert_eq!(root.trace_state, "vendor=1");
    let of_root = |name| text(&root.attributes, name);
    assert_eq!(of_root("http.request.method"), "POST");
    assert_eq!(of_root("http.route"), "/scim/Users");
    assert_eq!(of_root("http.response.status_code"), "201");
    assert_eq!(
        of_root("rollcall.request.id"),
        created.header("x-request-id")
    );
    assert_eq!(of_root("rollcall.organization.id"), organization);
    assert_eq!(of_root("rollcall.scim_connection.id"), connection);

    let of = |span: &Span| hex(&span.span_id);
    let parent = |span: &Span| hex(&span.parent_span_id);
    for child in ["scim.route", "scim.authenticate", "scim.users.create"] {
        assert_eq!(parent(named(&trace, child)), of(root), "{child}");
    }
    let list = named(&trace, "GET /scim/Users");
    assert_eq!(hex(&list.parent_span_id), PARENT, "chance decides alone");
    let statement = named(&trace, "insert users");
    assert_eq!(statement.kind(), SpanKind::Client);
    assert!(text(&statement.attributes, "db.system.name").contains("sql"));
    for span in &trace {
        let above = parent(span);
        let known = above == PARENT || trace.iter().any(|it| of(it) == above);
        assert!(known, "{} has no parent in the trace", span.name);
    }

    let bytes = collector.bytes();
    for secret in [token.as_str(), "of.traces", "t1meMa", "userName"] {
        let holds = bytes
            .windows(secret.len())
            .any(|it| it == secret.as_bytes());
        assert!(!holds, "{secret} was sent to the collector");
    }
}

on_each_database! {
    async fn a_request_is_recorded_over_http(database: TestDatabase) {
        a_request_is_a_child_of_its_callers_span(database, Wire::Http).await;
    }

    async fn a_request_is_recorded_over_grpc(database: TestDatabase) {
        a_request_is_a_child_of_its_callers_span(database, Wire::Grpc).await;
    }

    async fn a_delivery_is_linked_to_the_request_that_caused_its_event(database: TestDatabase) {
        let collector = Collector::start(Wire::Http);
        let mut hook = Hook::start().await;
        let mut settings = collector.settings().to_vec();
        settings.push(EVERYTHING);
        let gateway = Gateway::start(database, &settings).await;
        gateway.add_webhook(&hook.url).await;
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "bjensen",
        });
        let _ = gateway.create_user(&user, SAMPLED).await.expect(201);
        let id = gateway.find_user("bjensen", NOT_SAMPLED).await.text("/Resources/0/id");
        // By a transaction of several statements, where the first one was perhaps a single one.
        let _ = gateway.delete_user(&id, SAMPLED).await.expect(204);
        let came = [hook.of("user.created").await, hook.of("user.deleted").await];
        assert!(gateway.stop());

        let (spans, _) = collector.spans();
        let requests = of_trace(&spans, TRACE);
        for (traceparent, cause) in came.iter().zip(["scim.users.create", "scim.users.delete"]) {
            let (trace, span) = (&traceparent[3..35], &traceparent[36..52]);
            assert_eq!(traceparent, &format!("00-{trace}-{span}-01"));
            assert_ne!(trace, TRACE);
            let of_delivery = of_trace(&spans, trace);
            let delivery = named(&of_delivery, "webhook.deliver");
            assert_eq!(hex(&delivery.span_id), *span);
            assert_eq!(delivery.kind(), SpanKind::Client);
            assert_eq!(delivery.links.len(), 1);
            let link = &delivery.links[0];
            assert_eq!(hex(&link.trace_id), TRACE);
            assert_eq!(link.span_id, named(&requests, cause).span_id);
            assert_eq!(text(&delivery.attributes, "server.address"), "127.0.0.1");
            assert_eq!(text(&delivery.attributes, "http.response.status_code"), "204");
            assert!(of_delivery.len() > 1, "what came of it was written down");
        }
        let all: Vec<_> = spans.iter().collect();
        let _ = named(&all, "outbox.relay");
    }
}

#[test]
fn what_is_not_chosen_is_not_exported_whatever_the_caller_says() {
    block_on(async {
        let collector = Collector::start(Wire::Http);
        let mut settings = collector.settings().to_vec();
        settings.push(("ROLLCALL_TRACES__SAMPLING_RATIO", "0"));
        let gateway = Gateway::start(TestDatabase::sqlite().await, &settings).await;
        let _ = gateway.find_user("x", SAMPLED).await;
        assert!(gateway.stop());
        assert_eq!(collector.bytes(), Vec::<u8>::new());
    });
}

#[test]
fn a_caller_that_is_followed_decides() {
    block_on(async {
        let collector = Collector::start(Wire::Http);
        let mut settings = collector.settings().to_vec();
        settings.push(("ROLLCALL_TRACES__SAMPLING_RATIO", "0"));
        settings.push(("ROLLCALL_TRACES__CALLER_SAMPLING", "follow"));
        let gateway = Gateway::start(TestDatabase::sqlite().await, &settings).await;
        let _ = gateway.find_user("x", NOT_SAMPLED).await;
        let _ = gateway.find_user("x", SAMPLED).await;
        assert!(gateway.stop());
        let (spans, _) = collector.spans();
        let roots = spans.iter().filter(|it| it.name == "GET /scim/Users");
        assert_eq!(roots.count(), 1);
        assert!(spans.iter().all(|it| hex(&it.trace_id) == TRACE));
    });
}

#[test]
fn a_refusal_is_told_with_its_reason_and_its_log_line_has_the_trace() {
    block_on(async {
        let collector = Collector::start(Wire::Http);
        let mut settings = collector.settings().to_vec();
        settings.extend([EVERYTHING, ("ROLLCALL_LOG__FORMAT", "json")]);
        let gateway = Gateway::start(TestDatabase::sqlite().await, &settings).await;
        let refused = gateway.find_user_as("rc_nobody", SAMPLED).await.expect(401);
        let log = gateway.stop_and_read_log();

        let (spans, _) = collector.spans();
        let trace = of_trace(&spans, TRACE);
        let root = named(&trace, "GET /scim/Users");
        assert_eq!(text(&root.attributes, "rollcall.refused"), "malformed");
        let failed = root.status.as_ref().map_or(0, |status| status.code);
        assert_eq!(
            failed,
            StatusCode::Unset as i32,
            "it is no fault of the server"
        );

        let request = refused.header("x-request-id");
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
        let line: serde_json::Value = lines
            .into_iter()
            .find(|line: &serde_json::Value| line["request.id"] == request)
            .unwrap();
        assert_eq!(line["trace_id"], TRACE);
        assert_eq!(line["span_id"], hex(&root.span_id));
        assert_eq!(line["level"], "INFO");
        assert!(
            !log.contains("scim.route"),
            "the log tells no more than before"
        );
    });
}

#[test]
fn without_traces_a_log_line_has_no_ids() {
    block_on(async {
        let settings = [("ROLLCALL_LOG__FORMAT", "json")];
        let gateway = Gateway::start(TestDatabase::sqlite().await, &settings).await;
        let _ = gateway.find_user_as("rc_nobody", SAMPLED).await.expect(401);
        let log = gateway.stop_and_read_log();
        assert!(log.contains("\"refused\":\"malformed\""), "{log}");
        assert!(!log.contains("trace_id"), "{log}");
    });
}

#[test]
fn a_collector_that_is_away_is_told_of_once_and_hinders_nothing() {
    for wire in [Wire::Http, Wire::Grpc] {
        block_on(async {
            let nobody = Collector::away(wire);
            let mut settings = nobody.settings().to_vec();
            settings.push(EVERYTHING);
            let gateway = Gateway::start(TestDatabase::sqlite().await, &settings).await;
            for lost in [1, 2] {
                let _ = gateway.find_user("x", SAMPLED).await.expect(200);
                eventually("spans are lost", async || {
                    gateway
                        .metric("rollcall_trace_spans_total{outcome=\"failed\"}")
                        .await
                        >= lost * 5
                })
                .await;
            }
            let log = gateway.stop_and_read_log();
            let told = log.matches("spans do not arrive at the collector").count();
            assert_eq!(told, 1, "{log}");
        });
    }
}

#[test]
fn spans_that_cannot_wait_are_dropped_and_counted() {
    block_on(async {
        let nobody = Collector::away(Wire::Http);
        let mut settings = nobody.settings().to_vec();
        settings.extend([EVERYTHING, ("ROLLCALL_TRACES__MAX_WAITING_SPANS", "2")]);
        let gateway = Gateway::start(TestDatabase::sqlite().await, &settings).await;
        let _ = gateway.find_user("x", SAMPLED).await.expect(200);
        let dropped = "rollcall_trace_spans_total{outcome=\"dropped\"}";
        assert!(gateway.metric(dropped).await > 0);
        assert!(gateway.stop());
    });
}
