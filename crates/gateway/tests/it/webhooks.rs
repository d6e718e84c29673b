//! Webhook endpoints over HTTP: made, seen and changed by whom they are of.

use rollcall_testkit::{Client, TestApp, on_each_database};
use serde_json::{Value, json};

const PATH: &str = "/v1/webhook-endpoints";

async fn bound_key(app: &TestApp, organization: &str) -> Client {
    let body = json!({ "name": "bound", "organization_id": organization });
    let key = app.api.post("/v1/api-keys", body).await.expect(201);
    app.api.with_bearer(Some(&key.text("/secret")))
}

async fn audit_actions(app: &TestApp, path: &str) -> Vec<String> {
    let rows = app.api.get(path).await.expect(200);
    let rows = rows.body["data"].as_array().unwrap().clone();
    let action = |row: &Value| row["action"].as_str().unwrap().to_owned();
    rows.iter()
        .map(action)
        .filter(|it| it.starts_with("webhook"))
        .collect()
}

on_each_database! {
    async fn an_endpoint_shows_its_secret_once_and_tells_of_its_changes(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let tenant = app.connect("Tenant").await;
        let body = json!({
            "url": "https://example.com/hook",
            "organization": tenant.slug,
            "types": ["user.created", "user.deactivated"],
            "enabled": false,
        });
        let made = app.api.post(PATH, body).await.expect(201);
        let secret = made.text("/secret");
        assert!(secret.starts_with("whsec_"));
        let path = format!("{PATH}/{}", made.text("/id"));
        let read = app.api.get(&path).await.expect(200);
        assert!(!read.body.to_string().contains("whsec_"));
        assert_eq!(read.body["organization_id"], tenant.organization.as_str());
        assert_eq!(read.body["pause_reason"], "manual");
        assert_eq!(read.body["timeout_seconds"], 15);

        let change = json!({ "ordered": true, "description": "Product", "types": null });
        let changed = app.api.patch(&path, change.clone()).await.expect(200);
        assert_eq!((&changed.body["ordered"], &changed.body["types"]), (&json!(true), &json!(null)));
        // Nothing is left to change.
        let _ = app.api.patch(&path, change).await.expect(200);
        let _ = app.api.patch(&path, json!({ "enabled": true })).await.expect(200);
        let rotated = app.api.post(&format!("{path}/rotate-secret"), json!({})).await.expect(200);
        assert_ne!(rotated.text("/secret"), secret);
        assert_eq!(rotated.body["secrets"].as_array().unwrap().len(), 2);
        let _ = app.api.delete(&path).await.expect(204);
        let _ = app.api.get(&path).await.expect(404);

        let types = app.event_types(&tenant.organization).await;
        let told: Vec<_> = types.iter().filter(|it| it.starts_with("webhook")).collect();
        assert_eq!(told, [
            "webhook_endpoint.created",
            "webhook_endpoint.updated",
            "webhook_endpoint.resumed",
            "webhook_endpoint.updated",
            "webhook_endpoint.deleted",
        ]);
        let events = app.events(&tenant.organization).await;
        assert!(!json!(events).to_string().contains("whsec_"));
    }

    async fn an_endpoint_of_all_organizations_is_told_of_in_the_audit_log(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let body = json!({ "url": "https://example.com/hook", "enabled": false });
        let made = app.api.post(PATH, body).await.expect(201);
        let path = format!("{PATH}/{}", made.text("/id"));
        // Rows of one moment have no order.
        app.clock.advance_millis(1);
        let _ = app.api.patch(&path, json!({ "enabled": true })).await.expect(200);
        app.clock.advance_millis(1);
        let _ = app.api.delete(&path).await.expect(204);
        let mut actions = audit_actions(&app, "/v1/audit-log").await;
        actions.reverse();
        assert_eq!(actions, [
            "webhook_endpoint.created",
            "webhook_endpoint.resumed",
            "webhook_endpoint.deleted",
        ]);
    }

    async fn there_is_an_end_to_how_many_endpoints_an_organization_has(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (own, other) = (app.connect("Own").await, app.connect("Other").await);
        let bound = bound_key(&app, &own.organization).await;
        let body = json!({ "url": "https://example.com/hook", "enabled": false });
        for _ in 0..100 {
            let _ = bound.post(PATH, body.clone()).await.expect(201);
        }
        let refused = bound.post(PATH, body.clone()).await.expect(409);
        insta::assert_snapshot!(refused.body["detail"], @r#""there are 100 webhook endpoints already, and no more can be added""#);
        let _ = bound_key(&app, &other.organization).await.post(PATH, body.clone()).await.expect(201);
        let _ = app.api.post(PATH, body).await.expect(201);
    }

    async fn what_is_sent_by_hand_is_in_the_audit_log_with_who_did_it(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let tenant = app.connect("Acme").await;
        let log = format!("/v1/organizations/{}/audit-log", tenant.organization);
        for (organization, log) in [(Some(&tenant.organization), log.as_str()), (None, "/v1/audit-log")] {
            let body = json!({ "url": "https://example.com/hook", "enabled": false, "organization": organization });
            let made = app.api.post(PATH, body).await.expect(201);
            let path = format!("{PATH}/{}", made.text("/id"));
            app.clock.advance_millis(1);
            let tested = app.api.post(&format!("{path}/test"), json!({})).await.expect(200).text("/id");
            app.clock.advance_millis(1);
            let again = format!("{path}/deliveries/{tested}/redeliver");
            let _ = app.api.post(&again, json!({})).await.expect(200);
            app.clock.advance_millis(1);
            let range = json!({ "after": 1, "up_to": 2, "types": ["user.created"] });
            let _ = app.api.post(&format!("{path}/replay"), range).await.expect(200);
            let rows = app.api.get(log).await.expect(200).body["data"].clone();
            let rows = rows.as_array().unwrap().iter().filter(|row| row["target"] == made.text("/id").as_str());
            let told = rows.map(|row| {
                assert!(row["actor"].as_str().unwrap().starts_with("key_"), "{row}");
                json!([row["action"], row["detail"]])
            });
            assert_eq!(told.take(3).collect::<Vec<_>>(), [
                json!(["webhook_endpoint.replayed", { "after": 1, "up_to": 2, "types": ["user.created"] }]),
                json!(["webhook_endpoint.redelivered", { "delivery": tested }]),
                json!(["webhook_endpoint.tested", { "delivery": tested }]),
            ]);
        }
        let gone = format!("{PATH}/whe_01890000000000000000000000/deliveries/whd_01890000000000000000000000/redeliver");
        let _ = app.api.post(&gone, json!({})).await.expect(404);
    }

    async fn a_bound_key_has_endpoints_of_its_organization_only(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (own, other) = (app.connect("Own").await, app.connect("Other").await);
        let bound = bound_key(&app, &own.organization).await;
        let body = |organization: Value| {
            json!({ "url": "https://example.com/hook", "organization": organization, "enabled": false })
        };
        let global = app.api.post(PATH, body(json!(null))).await.expect(201).text("/id");
        let foreign = app.api.post(PATH, body(json!(other.slug))).await.expect(201).text("/id");
        let mine = bound.post(PATH, body(json!(null))).await.expect(201);
        assert_eq!(mine.body["organization_id"], own.organization.as_str());
        let refused = bound.post(PATH, body(json!(other.slug))).await.expect(422);
        assert_eq!(refused.body["field"], "organization");

        for id in [global, foreign] {
            let path = format!("{PATH}/{id}");
            let calls = [
                ("GET", "", None),
                ("PATCH", "", Some(json!({ "url": "https://evil.example/" }))),
                ("DELETE", "", None),
                ("POST", "/rotate-secret", Some(json!({}))),
                ("POST", "/test", Some(json!({}))),
                ("POST", "/replay", Some(json!({ "after": 0 }))),
                ("GET", "/deliveries", None),
            ];
            for (method, below, body) in calls {
                let reply = bound.send(method, &format!("{path}{below}"), body).await;
                assert_eq!(reply.status, 404, "{method} {below}: {}", reply.body);
            }
            let _ = app.api.get(&path).await.expect(200);
        }
        let listed = bound.get(PATH).await.expect(200);
        assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
        let all = app.api.get(PATH).await.expect(200);
        assert_eq!(all.body["data"].as_array().unwrap().len(), 3);
    }

    async fn what_cannot_be_chosen_is_named(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let url = "https://example.com/hook";
        for (field, body) in [
            ("url", json!({ "url": "https://10.0.0.1/" })),
            ("url", json!({ "url": "https://me:secret@example.com/" })),
            ("url", json!({ "url": "gopher://example.com/" })),
            ("organization", json!({ "url": url, "organization": "nobody" })),
            ("types", json!({ "url": url, "types": ["user.made"] })),
            ("types", json!({ "url": url, "types": [] })),
            ("max_in_flight", json!({ "url": url, "max_in_flight": 0 })),
            ("timeout_seconds", json!({ "url": url, "timeout_seconds": 61 })),
        ] {
            let refused = app.api.post(PATH, body).await.expect(422);
            assert_eq!(refused.body["field"], field, "{}", refused.body);
        }
    }

    async fn a_test_is_queued_and_seen_with_its_attempts(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let body = json!({ "url": "https://example.com/hook", "enabled": false });
        let made = app.api.post(PATH, body).await.expect(201);
        let path = format!("{PATH}/{}", made.text("/id"));
        let queued = app.api.post(&format!("{path}/test"), json!({})).await.expect(200);
        let deliveries = format!("{path}/deliveries");
        let listed = app.api.get(&format!("{deliveries}?state=pending&limit=1")).await.expect(200);
        assert_eq!(listed.body["data"][0]["id"], queued.text("/id").as_str());
        let one = format!("{deliveries}/{}", queued.text("/id"));
        let whole = app.api.get(&one).await.expect(200);
        assert_eq!(whole.body["attempt_log"], json!([]));
        let again = app.api.post(&format!("{one}/redeliver"), json!({})).await.expect(200);
        assert_eq!(again.body["state"], "pending");
        let failed = app.api.get(&format!("{deliveries}?state=failed")).await.expect(200);
        assert_eq!(failed.body["data"], json!([]));
        let refused = app.api.get(&format!("{deliveries}?state=lost")).await.expect(422);
        assert_eq!(refused.body["field"], "state");
    }
}
