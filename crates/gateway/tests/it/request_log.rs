//! What support sees of an identity provider's requests.

use std::time::Duration;

use rollcall_model::LoggedContent;
use rollcall_testkit::{BASE_DOMAIN, Client, TestApp, on_each_database};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

async fn logged(app: &TestApp, path: &str) -> Vec<Value> {
    app.flush().await;
    let reply = app.api.get(&format!("{path}/requests")).await.expect(200);
    reply.body["data"].as_array().unwrap().clone()
}

on_each_database! {
    async fn a_request_is_logged_with_its_outcome_and_without_its_query(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.get("/Users?filter=userName%20eq%20%22amy@acme.example%22").await.expect(200);
        app.clock.advance_millis(10);
        let refused = acme.scim.post("/Users", json!({ "displayName": "amy" })).await.expect(400);

        let log = logged(&app, &acme.path()).await;

        assert_eq!(log.len(), 2);
        assert_eq!((&log[0]["method"], &log[0]["route"], &log[0]["status"]), (&json!("POST"), &json!("/Users"), &json!(400)));
        assert_eq!(log[0]["detail"], refused.body["detail"]);
        assert_eq!(log[0]["id"], refused.header("x-request-id"));
        assert_eq!((&log[1]["method"], &log[1]["route"], &log[1]["outcome"]), (&json!("GET"), &json!("/Users"), &json!("ok")));
        assert_eq!((&log[1]["category"], &log[0]["category"]), (&json!("success"), &json!("validation")));
        assert!(!json!(log).to_string().contains("amy@acme.example"));
    }

    async fn a_request_that_needed_allowances_is_logged_with_their_names(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let body = json!({ "userName": "amy", "active": "True", "title": 7 });
        let _ = acme.scim.post("/Users", body).await.expect(201);

        let log = logged(&app, &acme.path()).await;

        let detail = log[0]["detail"].as_str().unwrap();
        assert!(detail.contains("boolean_text, ") && detail.contains("number_text"), "{detail}");
    }

    async fn a_token_of_somebody_else_is_logged_where_the_path_points(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let globex = app.connect("Globex").await;
        let _ = acme.scim.with_bearer(Some(&globex.token)).get("/Users").await.expect(401);

        let log = logged(&app, &acme.path()).await;

        assert_eq!(log.len(), 1);
        assert_eq!((&log[0]["outcome"], &log[0]["status"]), (&json!("mismatch"), &json!(401)));
        assert_eq!(logged(&app, &globex.path()).await, Vec::<Value>::new());
    }

    async fn a_host_of_one_connection_gets_the_refused_request_into_its_log(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let globex = app.connect("Globex").await;
        let request = app
            .scim_at("/scim/v2", Some(&globex.token))
            .request("GET", "/Users")
            .header("host", format!("acme.{BASE_DOMAIN}"));
        let _ = Client::read(request).await.expect(401);

        let log = logged(&app, &acme.path()).await;

        assert_eq!(log.len(), 1);
        assert_eq!(log[0]["outcome"], "mismatch");
    }

    async fn a_log_line_is_kept_for_a_week(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.get("/Users").await.expect(200);
        assert_eq!(logged(&app, &acme.path()).await.len(), 1);
        app.clock.advance(Duration::from_hours(6 * 24));
        let _ = acme.scim.get("/Users").await.expect(200);
        assert_eq!(logged(&app, &acme.path()).await.len(), 2);
        app.clock.advance(Duration::from_hours(2 * 24));
        let _ = acme.scim.get("/Users").await.expect(200);
        assert_eq!(logged(&app, &acme.path()).await.len(), 2);
    }

    async fn a_log_is_removed_when_it_is_old_though_nobody_asks_any_more(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.get("/Users").await.expect(200);
        assert_eq!(logged(&app, &acme.path()).await.len(), 1);
        app.clock.advance(Duration::from_hours(8 * 24));
        assert_eq!(logged(&app, &acme.path()).await, Vec::<Value>::new());
    }

    async fn each_kind_of_wrong_token_is_logged_with_its_reason(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let other = app.connect("Globex").await;
        let tokens = format!("{}/tokens", acme.path());
        let _ = app.api.post(&tokens, json!({ "name": "second" })).await.expect(201);
        let _ = app.api.delete(&format!("{tokens}/{}", acme.token_id)).await.expect(204);
        let ask = async |token: Option<&str>| {
            app.clock.advance_millis(10);
            let _ = acme.scim.with_bearer(token).get("/Users").await.expect(401);
        };
        ask(None).await;
        ask(Some("rc_cut")).await;
        ask(Some(&other.token)).await;
        ask(Some(&acme.token)).await;

        let log = logged(&app, &acme.path()).await;

        let reasons: Vec<_> = log.iter().map(|line| line["reason"].as_str().unwrap()).collect();
        assert_eq!(reasons, ["token_revoked", "token_mismatch", "token_malformed", "token_missing"]);
        assert!(log.iter().all(|line| line["category"] == "authentication"));
        let one = format!("{}/requests/{}", acme.path(), log[0]["id"].as_str().unwrap());
        let one = app.api.get(&one).await.expect(200).body;
        assert_eq!(one["explanation"]["title"], "The token was revoked");
        assert!(!one["explanation"]["setting"].is_null());
    }

    async fn a_failure_keeps_its_bodies_and_a_success_does_not(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = json!({ "userName": "amy@acme.example", "password": "hunter-two" });
        let _ = acme.scim.post("/Users", amy.clone()).await.expect(201);
        app.clock.advance_millis(10);
        let _ = acme.scim.post("/Users", amy).await.expect(409);
        app.clock.advance_millis(10);
        let _ = acme.scim.get("/Users?filter=userName%20eq%20%22amy@acme.example%22").await.expect(200);
        app.clock.advance_millis(10);
        let _ = acme.scim.get("/Users?filter=userName%20is%20%22amy@acme.example%22").await.expect(400);

        let log = logged(&app, &acme.path()).await;
        assert_eq!(log.len(), 4);
        assert_eq!(log[0]["filter"], "userName \"…\" \"…\"");
        assert_eq!(log[1]["filter"], "userName eq \"…\"");
        assert_eq!((&log[2]["scim_type"], &log[2]["reason"]), (&json!("uniqueness"), &json!("taken")));
        let one = async |line: &Value| {
            let path = format!("{}/requests/{}", acme.path(), line["id"].as_str().unwrap());
            app.api.get(&path).await.expect(200).body
        };
        let refused = one(&log[2]).await;
        assert_eq!(refused["request_body"]["json"], json!({ "userName": "amy@acme.example", "password": "***" }));
        assert_eq!(refused["response_body"]["json"]["scimType"], "uniqueness");
        let made = one(&log[3]).await;
        assert_eq!((&made["request_body"], &made["response_body"]), (&Value::Null, &Value::Null));
        let foreign = app.connect("Globex").await;
        let there = format!("{}/requests/{}", foreign.path(), log[2]["id"].as_str().unwrap());
        let _ = app.api.get(&there).await.expect(404);
    }

    async fn a_connection_can_keep_all_or_nothing_of_what_is_said(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let choose = async |content: &str| {
            let settings = json!({ "settings": { "logged_content": content, "sensitive_attributes": ["title"] } });
            let _ = app.api.patch(&acme.path(), settings).await.expect(200);
        };
        let last = async || {
            let log = logged(&app, &acme.path()).await;
            let path = format!("{}/requests/{}", acme.path(), log[0]["id"].as_str().unwrap());
            app.api.get(&path).await.expect(200).body
        };
        choose("all").await;
        let _ = acme.scim.post("/Users", json!({ "userName": "amy", "title": "Chief" })).await.expect(201);
        let made = last().await;
        assert_eq!(made["request_body"]["json"], json!({ "userName": "amy", "title": "***" }));
        assert_eq!(made["response_body"]["json"]["title"], "***");
        app.clock.advance_millis(10);
        let _ = acme.scim.get("/Users?filter=userName%20eq%20%22amy%22").await.expect(200);
        assert_eq!(last().await["filter"], "userName eq \"amy\"");

        choose("off").await;
        app.clock.advance_millis(10);
        let _ = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(409);
        assert_eq!(last().await["request_body"], Value::Null);
    }

    async fn no_password_and_no_token_is_in_the_database(database: TestDatabase) {
        const SECRET: &str = "correct-horse-battery";
        let app = TestApp::start_with(database.share(), |settings| {
            settings.request_log.content = LoggedContent::All;
        }).await;
        let acme = app.connect("Acme").await;
        let globex = app.connect("Globex").await;
        let patch = |operations: Value| json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        let made = acme.scim.post("/Users", json!({ "userName": "amy", "password": SECRET })).await.expect(201);
        let amy = format!("/Users/{}", made.body["id"].as_str().unwrap());
        let _ = acme.scim.put(&amy, json!({ "userName": "amy", "password": SECRET })).await.expect(200);
        for operation in [
            json!([{ "op": "replace", "path": "password", "value": SECRET }]),
            json!([{ "op": "Replace", "value": { "password": SECRET } }]),
            json!([{ "value": SECRET, "op": "nonsense", "path": "password" }]),
            json!([{ "op": "replace", "path": "password[value eq \"correct-horse-battery\"]", "value": SECRET }]),
        ] {
            let _ = acme.scim.patch(&amy, patch(operation)).await;
        }
        let _ = acme.scim.post("/Users", json!({ "userName": 7, "password": { "value": SECRET } })).await;
        let _ = acme.scim.post("/Users/.search", json!({ "filter": format!("password eq \"{SECRET}\"") })).await;
        let _ = acme.scim.get(&format!("/Users?filter=password%20eq%20%22{SECRET}%22")).await;
        let _ = acme.scim.post("/Bulk", json!({ "Operations": [
            { "method": "POST", "path": "/Users", "bulkId": "1", "data": { "userName": "bob", "password": SECRET } },
        ]})).await;
        let _ = acme.scim.post("/Users", json!({ "userName": "carl", "title": acme.token })).await;
        let _ = acme.scim.with_bearer(Some(&globex.token)).get("/Users").await.expect(401);
        let _ = acme.scim.get(&format!("/Users/{}", acme.token)).await.expect(404);
        let log = logged(&app, &acme.path()).await;
        assert!(log.len() >= 13, "{}", log.len());

        let bundle = app.api.get(&format!("{}/support-bundle", acme.path())).await.expect(200).body;
        let bundle = bundle.to_string();
        for token in [SECRET, &acme.token, &globex.token] {
            assert!(!bundle.contains(token));
        }
        let raw = database.raw().await;
        for (table, columns) in [
            ("scim_requests", "coalesce(route, '') || coalesce(filter, '') || coalesce(detail, '')"),
            ("scim_request_contents", "coalesce(request_body, '') || coalesce(response_body, '')"),
        ] {
            let sql = format!("select {columns} as said from {table}");
            let statement = Statement::from_string(raw.get_database_backend(), sql);
            let rows = raw.query_all_raw(statement).await.unwrap();
            assert!(rows.len() >= 5, "{table}");
            for row in rows {
                let said: String = row.try_get("", "said").unwrap();
                for secret in [SECRET, &acme.token, &globex.token] {
                    assert!(!said.contains(secret), "{table}: {said}");
                }
            }
        }
        raw.close().await.unwrap();
    }

    async fn repeated_successes_share_a_line_and_failures_do_not(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            settings.request_log.sample_above = 2;
            settings.request_log.sample_every = 4;
        }).await;
        let acme = app.connect("Acme").await;
        for _ in 0..9 {
            let _ = acme.scim.get("/Users").await.expect(200);
            let _ = acme.scim.get("/Users/nobody").await.expect(404);
        }
        let log = logged(&app, &acme.path()).await;
        let count = |status: u16| {
            let lines = log.iter().filter(move |line| line["status"] == status);
            let times = lines.clone().map(|line| line["times"].as_u64().unwrap());
            (lines.count(), times.sum::<u64>())
        };
        assert_eq!(count(404), (9, 9));
        let (lines, times) = count(200);
        // Fewer lines if no flush of the gateway's own came between, and each request is counted.
        assert!(lines < 9 && times == 9, "{lines} {times}");
    }

    async fn a_list_takes_filters_and_refuses_unknown_ones(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.get("/Users").await.expect(200);
        app.clock.advance_millis(10);
        let _ = acme.scim.get("/Users/nobody").await.expect(404);
        app.flush().await;
        let count = async |query: &str| {
            let path = format!("{}/requests?{query}", acme.path());
            app.api.get(&path).await.expect(200).body["data"].as_array().unwrap().len()
        };
        for (query, lines) in [
            ("failed=true", 1),
            ("category=not_found", 1),
            ("category=success", 1),
            ("category=conflict", 0),
            ("status=2xx", 1),
            ("status=4xx&method=get", 1),
            ("method=POST", 0),
            ("since=2026-11-22T00:00:00Z", 2),
            ("until=2026-11-22T00:00:00Z", 0),
        ] {
            assert_eq!(count(query).await, lines, "{query}");
        }
        for query in ["status=9xx", "category=odd", "since=today", "colour=red"] {
            let _ = app.api.get(&format!("{}/requests?{query}", acme.path())).await.expect(422);
        }
    }

    async fn a_method_that_is_not_there_and_a_bulk_that_failed_in_part_are_logged(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.delete("/Users").await.expect(405);
        app.clock.advance_millis(10);
        let _ = acme.scim.post("/Bulk", json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
            { "method": "DELETE", "path": "/Users/nobody" },
        ]})).await.expect(200);

        let log = logged(&app, &acme.path()).await;

        assert_eq!((&log[1]["reason"], &log[1]["category"]), (&json!("method_unknown"), &json!("unsupported")));
        assert_eq!((&log[0]["reason"], &log[0]["category"]), (&json!("operations_failed"), &json!("partly_failed")));
        let one = format!("{}/requests/{}", acme.path(), log[0]["id"].as_str().unwrap());
        let one = app.api.get(&one).await.expect(200).body;
        assert_eq!(one["response_body"]["json"]["Operations"][0]["status"], "404");
        assert_eq!(one["request_body"]["json"]["Operations"][0]["method"], "DELETE");
    }

    async fn one_strange_line_does_not_keep_the_others_out(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.get("/Users/%00").await.expect(404);
        let _ = acme.scim.get("/Users").await.expect(200);
        assert_eq!(logged(&app, &acme.path()).await.len(), 2);
    }
}
