//! Health, metrics and stopping.

use std::time::Duration;

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

on_each_database! {
    async fn a_running_server_is_alive_and_ready(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let client = app.api.with_bearer(None);
        assert_eq!(client.get("/healthz").await.expect(200).body, json!({ "status": "ok" }));
        let ready = client.get("/readyz").await.expect(200);
        assert_eq!(ready.body["status"], "ready");
        for path in ["/healthz", "/readyz", "/metrics"] {
            let _ = client.send("HEAD", path, None).await.expect(200);
        }
    }

    async fn a_schema_that_is_behind_is_not_ready_and_says_what_to_do(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let raw = app.database.raw().await;
        let forget = "delete from seaql_migrations where version like '%000005%'";
        sea_orm::ConnectionTrait::execute_unprepared(&raw, forget).await.unwrap();

        let ready = app.api.get("/readyz").await.expect(503);

        assert_eq!(ready.body["reason"], "the schema is 1 migrations behind; run `rollcall migrate`");
    }

    async fn a_schema_that_a_newer_release_migrated_is_ready(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let raw = app.database.raw().await;
        let newer = "insert into seaql_migrations (version, applied_at) values ('m29990101_000001_x', 0)";
        sea_orm::ConnectionTrait::execute_unprepared(&raw, newer).await.unwrap();
        let _ = app.api.get("/readyz").await.expect(200);
        app.state().store.migrate().await.unwrap();
    }

    async fn an_outage_is_counted_and_told_as_one(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let raw = app.database.raw().await;
        let away = "alter table routing_tokens rename to routing_tokens_away";
        sea_orm::ConnectionTrait::execute_unprepared(&raw, away).await.unwrap();
        let _ = acme.scim.get("/Users").await.expect(500);
        let metrics = app.api.get("/metrics").await.expect(200);
        let counted = "rollcall_requests_total{operation=\"list_users\",outcome=\"error\"} 1";
        assert!(metrics.body.as_str().unwrap().contains(counted));
    }

    async fn an_organization_that_cannot_be_looked_up_is_not_said_to_be_missing(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let raw = app.database.raw().await;
        let away = "alter table organizations rename to organizations_away";
        sea_orm::ConnectionTrait::execute_unprepared(&raw, away).await.unwrap();
        let endpoint = json!({ "url": "https://product.example.com/hooks", "organization": "acme" });
        let _ = app.api.post("/v1/webhook-endpoints", endpoint).await.expect(500);
        let key = json!({ "name": "bound", "organization_id": "acme" });
        let _ = app.api.post("/v1/api-keys", key).await.expect(500);
    }

    async fn requests_and_connections_are_counted(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _globex = app.connect("Globex").await;
        let _ = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let _ = acme.scim.get("/Users/0").await.expect(404);
        let _ = acme.scim.with_bearer(None).get("/Users").await.expect(401);

        let metrics = app.api.get("/metrics").await.expect(200);

        let text = metrics.body.as_str().unwrap();
        for line in [
            "rollcall_requests_total{operation=\"create_user\",outcome=\"ok\"} 1",
            "rollcall_requests_total{operation=\"get_user\",outcome=\"not_found\"} 1",
            "rollcall_requests_total{operation=\"list_users\",outcome=\"unauthorized\"} 1",
            "rollcall_authentication_failures_total{reason=\"missing\"} 1",
            "rollcall_requests_by_idp_total{idp=\"unknown\",outcome=\"not_found\"} 1",
            "rollcall_connections{idp=\"unknown\",state=\"connected\"} 1",
            "rollcall_connections{idp=\"unknown\",state=\"awaiting_first_request\"} 1",
            "rollcall_connections{idp=\"okta\",state=\"connected\"} 0",
            "rollcall_organizations 2",
            "rollcall_users{state=\"active\"} 1",
            "rollcall_users{state=\"inactive\"} 0",
            "rollcall_events_total{type=\"user.created\"} 1",
            "rollcall_events_total{type=\"user.deleted\"} 0",
            // How many depends on how quick the relay was.
            "rollcall_outbox_events ",
            "rollcall_request_duration_seconds_count{operation=\"create_user\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        app.events("acme").await;
        let metrics = app.api.get("/metrics").await.expect(200);
        assert!(metrics.body.as_str().unwrap().contains("rollcall_outbox_events 0"));
    }

    async fn a_connection_that_was_called_is_told_of_by_itself(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let globex = app.connect("Globex").await;
        let _ = acme.scim.get("/Users").await.expect(200);
        let _ = acme.scim.get("/Users/0").await.expect(404);
        app.flush().await;
        app.clock.advance(Duration::from_secs(30));

        let metrics = app.api.get("/metrics").await.expect(200);

        let text = metrics.body.as_str().unwrap();
        let id = &acme.id;
        for line in [
            format!("rollcall_connection_last_request_seconds{{connection=\"{id}\",idp=\"unknown\"}} 30"),
            format!("rollcall_connection_requests_total{{connection=\"{id}\",outcome=\"ok\"}} 1"),
            format!("rollcall_connection_requests_total{{connection=\"{id}\",outcome=\"not_found\"}} 1"),
        ] {
            assert!(text.contains(&line), "{line} is not in\n{text}");
        }
        assert!(!text.contains(&globex.id), "{text}");
    }

    async fn inactive_users_are_counted_again_after_a_minute(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let metrics = async || app.api.get("/metrics").await.expect(200).text("");
        let _ = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        assert!(metrics().await.contains("rollcall_users{state=\"active\"} 1"));
        let bob = json!({ "userName": "bob", "active": false });
        let _ = acme.scim.post("/Users", bob).await.expect(201);

        assert!(metrics().await.contains("rollcall_users{state=\"inactive\"} 0"));
        app.clock.advance(Duration::from_mins(1));
        let text = metrics().await;

        assert!(text.contains("rollcall_users{state=\"inactive\"} 1"), "{text}");
        assert!(text.contains("rollcall_users{state=\"active\"} 1"), "{text}");
    }

    async fn the_time_in_the_database_is_measured(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let _ = acme.scim.get("/Users").await.expect(200);

        let metrics = app.api.get("/metrics").await.expect(200);

        let text = metrics.body.as_str().unwrap();
        for name in [
            "rollcall_database_query_seconds_count{kind=\"read\"}",
            "rollcall_database_query_seconds_count{kind=\"write\"}",
            "rollcall_database_wait_seconds_count",
        ] {
            let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            assert!(value.trim().parse::<u64>().unwrap() > 0, "{name}{value}");
        }
    }

    async fn stopping_finishes_what_is_under_way_and_keeps_the_notes(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let (api, path) = (app.api.clone(), format!("{}/requests", acme.path()));
        let requests: Vec<_> = (0..6).map(|number| {
            let scim = acme.scim.clone();
            tokio::spawn(async move {
                let body = json!({ "userName": format!("user{number}") });
                scim.post("/Users", body).await.status
            })
        }).collect();
        // All six are in flight or answered once one of them has been answered.
        let mut statuses = Vec::new();
        for request in requests {
            statuses.push(request.await.unwrap());
        }
        assert_eq!(statuses, [201; 6]);
        let database = app.stop().await;

        let again = TestApp::start(database).await;
        let key = again.api.clone();
        drop(api);
        let logged = key.get(&path).await.expect(200);
        assert_eq!(logged.body["data"].as_array().unwrap().len(), 6);
    }
}
