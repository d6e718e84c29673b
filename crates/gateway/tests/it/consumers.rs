//! Consumers say how far they are, and anybody sees how far behind they are.

use std::time::Duration;

use rollcall_testkit::{Connection, TestApp, on_each_database};
use serde_json::json;

async fn create(connection: &Connection, name: &str) {
    let user = json!({ "userName": name });
    let _ = connection.scim.post("/Users", user).await.expect(201);
}

async fn end(app: &TestApp) -> u64 {
    let page = app.api.get("/v1/events?limit=500").await.expect(200);
    page.text("/next_cursor").parse().unwrap()
}

on_each_database! {
    async fn a_consumer_is_made_by_its_first_acknowledgement_and_shows_its_lag(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        create(&acme, "amy").await;
        let end = end(&app).await;
        app.clock.advance(Duration::from_secs(90));

        let path = "/v1/consumers/billing";
        let made = app.api.put(path, json!({ "cursor": (end - 2).to_string() })).await.expect(200);
        insta::assert_snapshot!(serde_json::to_string(&made.body["name"]).unwrap(), @r#""billing""#);
        assert_eq!((&made.body["events_behind"], &made.body["seconds_behind"]), (&json!(2), &json!(90)));
        let metrics = app.api.get("/metrics").await.expect(200).body;
        let metrics = metrics.as_str().unwrap();
        assert!(metrics.contains("rollcall_consumer_lag_events{consumer=\"billing\"} 2"), "{metrics}");
        assert!(metrics.contains("rollcall_consumer_lag_seconds{consumer=\"billing\"} 90"), "{metrics}");

        let moved = app.api.put(path, json!({ "cursor": end.to_string() })).await.expect(200);
        assert_eq!((&moved.body["events_behind"], &moved.body["seconds_behind"]), (&json!(0), &json!(0)));
        assert_eq!(moved.body["went_back_at"], json!(null));
        let back = app.api.put(path, json!({ "cursor": "1" })).await.expect(200);
        assert_eq!((back.text("/cursor"), back.text("/furthest_cursor")), ("1".into(), end.to_string()));
        assert_eq!(back.text("/went_back_at"), "2026-11-22T00:01:30.000Z");
        let listed = app.api.get("/v1/consumers").await.expect(200);
        assert_eq!(listed.body["data"], json!([back.body]));
        assert_eq!(app.api.get(path).await.expect(200).body, back.body);

        let beyond = app.api.put(path, json!({ "cursor": (end + 1).to_string() })).await.expect(422);
        assert_eq!(beyond.body["field"], "cursor");
        let wrong = app.api.put(path, json!({ "cursor": "evt_1" })).await.expect(422);
        assert_eq!(wrong.body["field"], "cursor");
        let wrong = app.api.put("/v1/consumers/a%20b", json!({ "cursor": "1" })).await.expect(422);
        assert_eq!(wrong.body["field"], "name");
        let _ = app.api.delete(path).await.expect(204);
        let _ = app.api.get(path).await.expect(404);
        let _ = app.api.delete(path).await.expect(404);
    }

    async fn consumers_of_an_organization_are_apart_and_behind_by_its_events_alone(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        create(&acme, "amy").await;
        let key = json!({ "name": "acme", "organization_id": acme.organization });
        let key = app.api.post("/v1/api-keys", key).await.expect(201);
        let bound = app.api.with_bearer(Some(&key.text("/secret")));
        let before = end(&app).await;
        create(&globex, "bob").await;
        create(&acme, "ann").await;
        create(&globex, "bea").await;

        let cursor = json!({ "cursor": before.to_string() });
        let own = bound.put("/v1/consumers/sync", cursor.clone()).await.expect(200);
        assert_eq!(own.body["events_behind"], 1);
        // The installation sees it where it is, and not among its own.
        let path = format!("/v1/consumers/sync?organization={}", acme.slug);
        assert_eq!(app.api.get(&path).await.expect(200).body, own.body);
        let _ = app.api.get("/v1/consumers/sync").await.expect(404);
        let _ = app.api.put("/v1/consumers/all", cursor).await.expect(200);
        let listed = bound.get("/v1/consumers").await.expect(200);
        assert_eq!(listed.body["data"], json!([own.body]));
        let foreign = format!("/v1/consumers?organization={}", globex.organization);
        let _ = bound.get(&foreign).await.expect(404);

        let all = bound.put("/v1/consumers/sync", json!({ "cursor": end(&app).await.to_string() })).await;
        assert_eq!(all.expect(200).body["events_behind"], 0);
        let gone = format!("/v1/organizations/acme?confirm={}", acme.slug);
        let _ = app.api.delete(&gone).await.expect(204);
        let _ = app.api.get(&path).await.expect(404);
    }

    async fn a_cursor_before_the_oldest_event_is_told_how_to_begin_again(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = app.api.put("/v1/consumers/late", json!({ "cursor": "1" })).await.expect(200);
        let old = end(&app).await;
        app.clock.advance(Duration::from_hours(24));
        create(&acme, "amy").await;
        let store = &app.state().store;
        let since = store.clock().now().minus(Duration::from_hours(1));
        while store.remove_old_events(since).await.unwrap() > 0 {}

        let expired = app.api.get("/v1/events?after=1").await.expect(410);
        assert_eq!((&expired.body["code"], &expired.body["field"]), (&json!("cursor_expired"), &json!("after")));
        assert!(expired.text("/detail").contains("/snapshot"), "{}", expired.body);
        let stream = app.api.get("/v1/events/stream?after=1").await.expect(410);
        assert_eq!(stream.body["code"], "cursor_expired");
        let consumer = app.api.get("/v1/consumers/late").await.expect(200);
        assert_eq!(consumer.body["expired"], true);
        // Whoever has just what is gone misses nothing, and whoever begins, begins with what there is.
        for path in [format!("/v1/events?after={old}"), "/v1/events".to_owned()] {
            let page = app.api.get(&path).await.expect(200);
            assert_eq!(page.body["data"].as_array().unwrap().last().unwrap()["type"], "user.created");
            assert_eq!(page.text("/oldest_cursor"), old.to_string());
        }
    }
}
