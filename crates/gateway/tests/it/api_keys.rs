//! What an API key may do, on every route that there is.

use rollcall_testkit::{Client, TestApp, on_each_database};
use serde_json::{Value, json};

use crate::isolation::{assert_tells_nothing, fill, victim};
use crate::isolation_table::api;

/// Makes an API key and a client that calls with it.
async fn key(app: &TestApp, body: Value) -> Client {
    let key = app.api.post("/v1/api-keys", body).await.expect(201);
    app.api.with_bearer(Some(&key.text("/secret")))
}

/// Its row in the table asks for what is refused, because a stream has no end to wait for.
const STREAM: &str = "/v1/events/stream";

/// The one POST that changes nothing.
const RECONCILE: &str = "/v1/organizations/{org}/reconcile";

on_each_database! {
    async fn a_key_that_only_reads_changes_nothing_on_any_route(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let victim = victim(&app).await;
        let connection = &victim.connection;
        let reader = key(&app, json!({ "name": "reader", "role": "read_only" })).await;
        let before = victim.everything(&app).await;

        for route in api() {
            let path = fill(route.pattern, connection, connection);
            let told = format!("{} {path}", route.method);
            let reply = reader.send(route.method, &path, route.body.clone()).await;
            if route.path() == STREAM {
                assert_eq!(reply.status, 422, "{told}: {}", reply.body);
            } else if route.path() == RECONCILE {
                // It only reads; the table's body is no roster.
                assert_eq!(reply.status, 415, "{told}: {}", reply.body);
            } else if route.method == "GET" {
                assert!([200, 404].contains(&reply.status), "{told}: {}", reply.body);
            } else {
                assert_eq!(reply.status, 403, "{told}: {}", reply.body);
                assert_eq!(reply.body["code"], "read_only_key", "{told}");
            }
        }
        assert_eq!(victim.everything(&app).await, before);
    }

    async fn a_bound_key_finds_nothing_outside_its_organization_on_any_route(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let victim = victim(&app).await;
        let other = app.connect("Other").await;
        let body = json!({ "name": "bound", "organization_id": other.organization });
        let bound = key(&app, body).await;
        let before = victim.everything(&app).await;
        let missing = "org_01890000000000000000000000";

        for route in api() {
            let told = format!("{} {}", route.method, route.pattern);
            let path = fill(route.pattern, &victim.connection, &victim.connection);
            let reply = bound.send(route.method, &path, route.body.clone()).await;
            assert_tells_nothing(&reply, &told);
            if route.pattern.contains("{org}") {
                let missing = path.replace(&victim.connection.organization, missing);
                let absent = bound.send(route.method, &missing, route.body.clone()).await;
                assert_eq!(reply.status, 404, "{told}: {}", reply.body);
                assert_eq!(reply.body, absent.body, "{told}");
            } else if route.path() == STREAM {
                assert_eq!(reply.status, 422, "{told}: {}", reply.body);
            } else if route.path().starts_with("/v1/consumers") {
                // Its own, of which there are none but the one that it makes.
                assert!([200, 204, 404].contains(&reply.status), "{told}: {}", reply.body);
            } else if route.path() == "/v1/webhook-endpoints" {
                // The list is empty; the organization that is named is not there.
                assert!([200, 422].contains(&reply.status), "{told}: {}", reply.body);
            } else if route.pattern.contains("{whe}") {
                assert_eq!(reply.status, 404, "{told}: {}", reply.body);
            } else if route.path() == "/v1/sign-in-routes" {
                assert_eq!(reply.body["code"], "no_sign_in_route", "{told}");
            } else if reply.status != 200 {
                assert_eq!(reply.status, 403, "{told}: {}", reply.body);
                assert_eq!(reply.body["code"], "bound_key", "{told}");
            }
        }
        assert_eq!(victim.everything(&app).await, before);

        let slug = format!("/v1/organizations/{}", victim.connection.slug);
        let _ = bound.get(&slug).await.expect(404);
        let own = format!("/v1/organizations/{}", other.organization);
        let _ = bound.patch(&own, json!({ "name": "Renamed" })).await.expect(200);
        let listed = bound.get("/v1/organizations").await.expect(200);
        assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
        assert_eq!(listed.body["data"][0]["name"], "Renamed");
        let events = bound.get("/v1/events").await.expect(200);
        let events = events.body["data"].as_array().unwrap().clone();
        assert!(!events.is_empty());
        assert!(events.iter().all(|event| event["organization_id"] == other.organization.as_str()));
        let foreign = format!("/v1/events?organization={}", victim.connection.organization);
        assert_eq!(bound.get(&foreign).await.expect(200).body["data"], json!([]));
    }

    async fn a_bound_key_ends_with_its_organization(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let other = app.connect("Other").await;
        let body = json!({ "name": "bound", "organization_id": other.slug });
        let bound = key(&app, body).await;
        let own = format!("/v1/organizations/{}", other.organization);
        let _ = bound.get(&own).await.expect(200);
        let _ = app.api.delete(&format!("{own}?confirm={}", other.slug)).await.expect(204);
        let _ = bound.get(&own).await.expect(401);
    }

    async fn one_key_that_can_make_others_remains(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let other = app.connect("Other").await;
        let _ = key(&app, json!({ "name": "reader", "role": "read_only" })).await;
        let _ = key(&app, json!({ "name": "bound", "organization_id": other.organization })).await;
        let keys = app.api.get("/v1/api-keys").await.expect(200);
        let named = |name: &str| {
            let keys = keys.body["data"].as_array().unwrap();
            let key = keys.iter().find(|key| key["name"] == name).unwrap();
            key["id"].as_str().unwrap().to_owned()
        };
        let first = named("tests");
        let refused = app.api.delete(&format!("/v1/api-keys/{first}")).await.expect(409);
        assert_eq!(refused.body["code"], "last_api_key");
        let reader = named("reader");
        let _ = app.api.delete(&format!("/v1/api-keys/{reader}")).await.expect(204);
    }

    async fn a_role_or_organization_that_is_none_is_named(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let body = json!({ "name": "x", "role": "owner" });
        let refused = app.api.post("/v1/api-keys", body).await.expect(422);
        assert_eq!(refused.body["field"], "role");
        let body = json!({ "name": "x", "organization_id": "nobody" });
        let refused = app.api.post("/v1/api-keys", body).await.expect(422);
        assert_eq!(refused.body["field"], "organization_id");
    }
}
