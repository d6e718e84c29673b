//! What support sees of an identity provider's requests.

use std::time::Duration;

use rollcall_testkit::{BASE_DOMAIN, Client, TestApp, on_each_database};
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

    async fn one_strange_line_does_not_keep_the_others_out(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.get("/Users/%00").await.expect(404);
        let _ = acme.scim.get("/Users").await.expect(200);
        assert_eq!(logged(&app, &acme.path()).await.len(), 2);
    }
}
