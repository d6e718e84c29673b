//! The main job: from nothing to a connected organization whose people are there.

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

on_each_database! {
    async fn a_connection_waits_until_its_first_request_and_is_connected_from_then_on(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let before = app.api.get(&acme.path()).await.expect(200);
        assert_eq!(before.body["state"], "awaiting_first_request");
        assert_eq!(before.body["first_request_at"], json!(null));

        let _ = acme.scim.get("/Users?count=1").await.expect(200);

        let after = app.api.get(&acme.path()).await.expect(200);
        assert_eq!(after.body["state"], "connected");
        assert_eq!(after.body["first_request_at"], "2026-11-22T00:00:00.000Z");
        let types = app.event_types("acme").await;
        assert_eq!(types.last().unwrap(), "scim_connection.connected");
    }

    async fn only_the_first_request_connects(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let requests = (0..8).map(|_| {
            let scim = acme.scim.clone();
            tokio::spawn(async move { scim.get("/Users").await.status })
        });
        for request in requests.collect::<Vec<_>>() {
            assert_eq!(request.await.unwrap(), 200);
        }

        let connected = app.event_types("acme").await;
        let connected = connected.iter().filter(|kind| *kind == "scim_connection.connected");
        assert_eq!(connected.count(), 1);
    }

    async fn a_refused_request_connects_nothing(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let globex = app.connect("Globex").await;

        let _ = acme.scim.with_bearer(None).get("/Users").await.expect(401);
        let _ = acme.scim.with_bearer(Some(&globex.token)).get("/Users").await.expect(401);

        for connection in [&acme, &globex] {
            let shown = app.api.get(&connection.path()).await.expect(200);
            assert_eq!(shown.body["state"], "awaiting_first_request");
        }
    }

    async fn the_identity_provider_is_recognised_by_its_user_agent(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let request = acme
            .scim
            .request("GET", "/Users?startIndex=1&count=2")
            .header("user-agent", "Okta SCIM Client 1.0.0");
        let _ = rollcall_testkit::Client::read(request).await.expect(200);

        let shown = app.api.get(&acme.path()).await.expect(200);
        assert_eq!(shown.body["recognised_idp"], "okta");
    }

    async fn entra_is_recognised_by_the_capitals_of_its_operations(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let user = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "Replace", "path": "active", "value": "False" }] });
        let _ = acme.scim.patch(&format!("/Users/{}", user.text("/id")), body).await.expect(200);
        app.clock.advance_millis(1_000);
        let _ = acme.scim.get("/Users").await.expect(200);
        app.flush().await;

        let shown = app.api.get(&acme.path()).await.expect(200);
        assert_eq!(shown.body["recognised_idp"], "entra");
    }

    async fn the_last_request_is_noted_without_a_write_for_each(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.get("/Users").await.expect(200);
        app.clock.advance_millis(60_000);
        let _ = acme.scim.get("/Users").await.expect(200);

        app.flush().await;

        let shown = app.api.get(&acme.path()).await.expect(200);
        assert_eq!(shown.body["first_request_at"], "2026-11-22T00:00:00.000Z");
        assert_eq!(shown.body["last_request_at"], "2026-11-22T00:01:00.000Z");
        let tokens = app.api.get(&format!("{}/tokens", acme.path())).await.expect(200);
        assert_eq!(tokens.body["data"][0]["last_used_at"], "2026-11-22T00:01:00.000Z");
    }

    async fn what_the_identity_provider_pushed_is_shown_and_told(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let user = acme.scim.post("/Users", json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "amy@acme.example",
            "externalId": "00u1",
            "active": true,
        })).await.expect(201);
        let group = acme.scim.post("/Groups", json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Sales",
            "members": [{ "value": user.text("/id") }],
        })).await.expect(201);

        let users = app.api.get(&format!("{}/users", acme.path())).await.expect(200);
        assert_eq!(users.body["data"][0]["user_name"], "amy@acme.example");
        assert_eq!(users.body["data"][0]["groups"][0]["display_name"], "Sales");
        let groups = app.api.get(&format!("{}/groups", acme.path())).await.expect(200);
        assert_eq!(groups.body["data"][0]["id"], group.body["id"]);
        let shown = app.api.get(&acme.path()).await.expect(200);
        assert_eq!((&shown.body["users"], &shown.body["groups"]), (&json!(1), &json!(1)));
        let types = app.event_types("acme").await;
        assert_eq!(types[types.len() - 2..], ["user.created", "group.created"]);
    }
}
