//! The audit log as the management API shows it.

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

on_each_database! {
    async fn the_log_says_who_changed_what_from_what_to_what(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let org = format!("/v1/organizations/{}", acme.organization);
        let _ = app.api.patch(&org, json!({ "name": "Acme 2" })).await.expect(200);

        let log = app.api.get(&format!("{org}/audit-log?limit=1")).await.expect(200);
        let row = &log.body["data"][0];
        assert_eq!(row["action"], "organization.updated");
        assert_eq!(row["target"], acme.organization.as_str());
        assert_eq!(row["actor_name"], "tests");
        assert_eq!(
            row["detail"],
            json!({ "before": { "name": "Acme" }, "after": { "name": "Acme 2" } })
        );
        let head = app.api.get(&format!("{org}/audit-log/head")).await.expect(200);
        assert_eq!((&head.body["number"], &head.body["hash"]), (&row["number"], &row["hash"]));
        let heads = app.api.get("/v1/audit-log/heads").await.expect(200);
        assert_eq!(heads.body["data"][0]["organization_id"], json!(null));
        assert_eq!(heads.body["data"][1], head.body);
    }

    async fn a_new_client_secret_is_told_and_not_shown(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let org = format!("/v1/organizations/{}", acme.organization);
        let change = json!({ "oidc": {
            "issuer": "https://login.acme.example",
            "client_id": "product",
            "client_secret": "s3cr3t-of-acme",
        }});
        let path = format!("{org}/sso-connections/{}", acme.sso);
        let _ = app.api.patch(&path, change).await.expect(200);
        let log = app.api.get(&format!("{org}/audit-log?limit=1")).await.expect(200);
        let detail = &log.body["data"][0]["detail"];
        assert_eq!(detail["after"]["client_secret"], "******** (after)");
        let all = app.api.get("/v1/audit-log?limit=100").await.expect(200).body.to_string();
        assert!(!all.contains("s3cr3t") && !all.contains(&acme.token), "{all}");
    }

    async fn rows_are_found_by_actor_action_target_and_time(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let log = format!("/v1/organizations/{}/audit-log", acme.organization);
        let count = async |query: &str| {
            let page = app.api.get(&format!("{log}?limit=100&{query}")).await.expect(200);
            page.body["data"].as_array().unwrap().len()
        };
        assert_eq!(count("action=user.created").await, 1);
        assert_eq!(count(&format!("actor={}&action=user.created", acme.id)).await, 1);
        assert_eq!(count(&format!("target={}", acme.token_id)).await, 1);
        assert_eq!(count("until=2000-01-01T00:00:00Z").await, 0);
        assert_eq!(count("since=2000-01-01T00:00:00Z").await, count("").await);
        let refused = app.api.get(&format!("{log}?since=yesterday")).await.expect(422);
        assert_eq!(refused.body["field"], "since");

        let mut path = format!("{log}?limit=2");
        let mut numbers = Vec::new();
        loop {
            let page = app.api.get(&path).await.expect(200);
            let rows = page.body["data"].as_array().unwrap();
            numbers.extend(rows.iter().map(|row| row["number"].as_u64().unwrap()));
            match page.body["next_cursor"].as_str() {
                Some(next) => path = format!("{log}?limit=2&after={next}"),
                None => break,
            }
        }
        assert!(numbers.is_sorted_by(|one, next| *one == next + 1), "{numbers:?}");
    }
}
