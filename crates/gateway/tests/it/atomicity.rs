//! Resource, event and audit row stand or fall together.

use rollcall_testkit::{TestApp, on_each_database};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

async fn count(app: &TestApp, table: &str) -> i64 {
    let raw = app.database.raw().await;
    let sql = format!("select count(*) as n from {table}");
    let statement = Statement::from_string(raw.get_database_backend(), sql);
    let row = raw.query_one_raw(statement).await.unwrap().unwrap();
    raw.close().await.unwrap();
    row.try_get("", "n").unwrap()
}

on_each_database! {
    async fn each_write_has_its_event_and_its_audit_row(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let events = count(&app, "events").await;
        // The API key of the test has an audit row, and no organization to tell it to.
        assert_eq!(events + 1, count(&app, "audit_log").await);
        // organization, SSO connection, SCIM connection, token, connected, user
        assert_eq!(events, 6);
    }

    async fn a_refused_write_leaves_no_event_and_no_audit_row(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let refuse = json!({ "settings": { "unknown_references": "refuse" } });
        let _ = app.api.patch(&acme.path(), refuse).await.expect(200);
        let before = (count(&app, "events").await, count(&app, "audit_log").await);

        let _ = acme.scim.post("/Users", json!({ "userName": "AMY" })).await.expect(409);
        let stranger = json!({ "displayName": "g", "members": [{ "value": "nobody" }] });
        let _ = acme.scim.post("/Groups", stranger).await.expect(400);

        assert_eq!(before, (count(&app, "events").await, count(&app, "audit_log").await));
        assert_eq!(count(&app, "users").await, 1);
        let shown = app.api.get(&acme.path()).await.expect(200);
        assert_eq!((&shown.body["users"], &shown.body["groups"]), (&json!(1), &json!(0)));
    }

    async fn a_write_whose_event_cannot_be_stored_is_not_made(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.get("/Users").await.expect(200);
        let raw = app.database.raw().await;
        let away = "alter table events rename to events_away";
        raw.execute_unprepared(away).await.unwrap();

        let failed = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(500);

        assert_eq!(failed.text("/detail"), "something failed on our side; the request id finds it in the log");
        let back = "alter table events_away rename to events";
        raw.execute_unprepared(back).await.unwrap();
        raw.close().await.unwrap();
        assert_eq!(count(&app, "users").await, 0);
        let _ = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
    }

    async fn the_sequence_has_no_gap_after_refused_writes_and_concurrent_ones(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let writes: Vec<_> = (0..30).map(|number| {
            let scim = acme.scim.clone();
            tokio::spawn(async move {
                // Every third name is taken.
                let name = format!("user{}", number - number % 3 / 2);
                scim.post("/Users", json!({ "userName": name })).await.status
            })
        }).collect();
        let mut created = 0;
        for write in writes {
            match write.await.unwrap() {
                201 => created += 1,
                status => assert_eq!(status, 409),
            }
        }

        let events = app.events("acme").await;
        let sequences: Vec<u64> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
        assert_eq!(sequences, (1..=events.len() as u64).collect::<Vec<_>>());
        let users = events.iter().filter(|event| event["type"] == "user.created").count();
        assert_eq!(users, created);
    }
}
