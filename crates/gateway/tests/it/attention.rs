//! A connection is held against its own habits, from its requests to the event.

use std::time::Duration;

use rollcall_testkit::{Connection, TestApp, on_each_database};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// The identity provider asks every forty minutes for some days.
async fn poll(app: &TestApp, acme: &Connection, days: u32) {
    for _ in 0..days * 24 * 60 / 40 {
        let _ = acme.scim.get("/Users?count=0").await.expect(200);
        pass(app, 40).await;
    }
}

/// Lets minutes go by, looking as often as the gateway does at least.
async fn pass(app: &TestApp, minutes: u32) {
    app.clock.advance(MINUTE * minutes);
    app.flush().await;
}

/// The reasons that the connection shows, each with its sentence.
async fn shown(app: &TestApp, acme: &Connection) -> Vec<(String, String)> {
    let body = app.api.get(&acme.path()).await.expect(200).body;
    let attention = body["attention"].as_array().unwrap();
    let words: Vec<&Value> = attention.iter().map(|it| &it["reason"]).collect();
    assert_eq!(body["reasons"], json!(words));
    let state = if words.is_empty() {
        "connected"
    } else {
        "attention"
    };
    assert_eq!(body["state"], state);
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let pair = |it: &Value| (text(&it["reason"]), text(&it["detail"]));
    attention.iter().map(pair).collect()
}

/// What was told of it, the newest last: reasons, or `recovered`.
async fn told(app: &TestApp, acme: &Connection) -> Vec<Value> {
    app.tell_notices().await;
    let events = app.events(&acme.organization).await;
    let told = events.iter().filter_map(|event| {
        match event["type"].as_str()?.strip_prefix("scim_connection.")? {
            "attention" => Some(event["data"]["scim_connection"]["reasons"].clone()),
            "recovered" => Some(json!("recovered")),
            _ => None,
        }
    });
    told.collect()
}

async fn gauge(app: &TestApp, reason: &str) -> String {
    let metrics = app.api.get("/metrics").await.expect(200);
    let name = format!("rollcall_connections_attention{{reason=\"{reason}\"}} ");
    let mut lines = metrics.body.as_str().unwrap().lines();
    let line = lines.find_map(|line| line.strip_prefix(&name));
    line.unwrap().to_owned()
}

on_each_database! {
    async fn a_connection_that_falls_silent_is_told_of_until_it_is_heard_again(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        poll(&app, &acme, 15).await;
        pass(&app, 100).await;
        assert_eq!(shown(&app, &acme).await, []);
        pass(&app, 120).await;
        let sentence = "Nothing was heard since 2026-12-06T23:20:00.000Z. Its identity provider usually pauses for 40 minutes.";
        assert_eq!(shown(&app, &acme).await, [("quiet".to_owned(), sentence.to_owned())]);
        assert_eq!(gauge(&app, "quiet").await, "1");
        assert_eq!(told(&app, &acme).await, [json!(["quiet"])]);
        let _ = acme.scim.get("/Users?count=0").await.expect(200);
        app.flush().await;
        assert_eq!(shown(&app, &acme).await, [], "the next request is enough");
        pass(&app, 10).await;
        assert_eq!(told(&app, &acme).await, [json!(["quiet"]), json!("recovered")]);
        assert_eq!(gauge(&app, "quiet").await, "0");
    }

    async fn one_that_is_refused_again_and_again_is_told_of(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        poll(&app, &acme, 4).await;
        let wrong = acme.scim.with_bearer(Some("rc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4ZsBqJ"));
        for refusals in 1..=3 {
            assert_eq!(shown(&app, &acme).await, [], "{refusals}");
            let _ = wrong.get("/Users").await.expect(401);
            pass(&app, 10).await;
        }
        let shown_now = shown(&app, &acme).await;
        assert_eq!(shown_now[0].0, "auth_failing");
        assert!(shown_now[0].1.starts_with("It was refused 3 times since 2026-11-26T00:00:00.000Z"), "{shown_now:?}");
        assert_eq!(gauge(&app, "auth_failing").await, "1");
        assert_eq!(told(&app, &acme).await, [json!(["auth_failing"])]);
        let _ = acme.scim.get("/Users?count=0").await.expect(200);
        pass(&app, 10).await;
        assert_eq!(told(&app, &acme).await, [json!(["auth_failing"]), json!("recovered")]);
    }

    async fn one_of_which_more_fails_than_usual_is_told_of(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let batch = async |bad: u32| {
            for number in 0..20 {
                let status = if number < bad { 400 } else { 200 };
                let path = if number < bad { "/Users?filter=nonsense" } else { "/Users?count=0" };
                let _ = acme.scim.get(path).await.expect(status);
                pass(&app, 1).await;
            }
            pass(&app, 10).await;
        };
        batch(2).await;
        assert_eq!(shown(&app, &acme).await, []);
        batch(12).await;
        let sentence = shown(&app, &acme).await.remove(0);
        assert_eq!(sentence.0, "errors_rising");
        assert_eq!(sentence.1, "Of the last 20 requests that were counted, 12 failed; usual is 2 in a hundred.");
        assert_eq!(told(&app, &acme).await, [json!(["errors_rising"])]);
        batch(0).await;
        assert_eq!(told(&app, &acme).await, [json!(["errors_rising"]), json!("recovered")]);
    }

    async fn one_whose_token_ends_is_told_of_until_the_next_is_used(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let tokens = format!("{}/tokens", acme.path());
        let make = async |name: &str, days: u32| {
            let new = json!({ "name": name, "expires_in_days": days });
            let made = app.api.post(&tokens, new).await.expect(201);
            acme.scim.with_bearer(Some(&made.text("/secret")))
        };
        let first = make("First", 20).await;
        let _ = app.api.delete(&format!("{tokens}/{}", acme.token_id)).await.expect(204);
        let _ = first.get("/Users").await.expect(200);
        app.flush().await;
        app.clock.advance(12 * DAY);
        assert_eq!(shown(&app, &acme).await, []);
        app.clock.advance(DAY);
        let sentence = "The token that its identity provider uses ends at 2026-12-12T00:00:00.000Z, and it uses no other.";
        assert_eq!(shown(&app, &acme).await, [("token_expiring".to_owned(), sentence.to_owned())]);
        assert_eq!(told(&app, &acme).await, [json!(["token_expiring"])]);
        let next = make("Next", 300).await;
        assert_eq!(shown(&app, &acme).await.len(), 1, "the next one is made, and not used");
        let _ = next.get("/Users").await.expect(200);
        pass(&app, 10).await;
        assert_eq!(told(&app, &acme).await, [json!(["token_expiring"]), json!("recovered")]);
    }

    async fn what_was_seen_last_is_learned_when_the_server_stops(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        poll(&app, &acme, 15).await;
        let _ = acme.scim.get("/Users?count=0").await.expect(200);
        let app = app.restart().await;
        app.clock.advance(MINUTE * 190);
        assert_eq!(shown(&app, &acme).await, []);
        app.clock.advance(MINUTE * 20);
        assert_eq!(shown(&app, &acme).await[0].0, "quiet");
    }
}
