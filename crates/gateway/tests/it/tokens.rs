//! The life of SCIM tokens.

use std::time::Duration;

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

const DAY: Duration = Duration::from_hours(24);

on_each_database! {
    async fn a_secret_is_shown_once_and_never_again(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let mut seen = Vec::new();
        for path in [acme.path(), format!("{}/tokens", acme.path()), "/v1/events?limit=500".to_owned()] {
            seen.push(app.api.get(&path).await.expect(200).body.to_string());
        }
        for text in seen {
            assert!(!text.contains(&acme.token), "{text}");
        }
    }

    async fn two_tokens_work_at_once_and_an_overlap_ends_by_itself(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let body = json!({ "name": "next", "revoke_previous": { "after_seconds": 3600 } });
        let next = app.api.post(&format!("{}/tokens", acme.path()), body).await.expect(201);
        let next = acme.scim.with_bearer(Some(&next.text("/secret")));

        let _ = acme.scim.get("/Users").await.expect(200);
        let _ = next.get("/Users").await.expect(200);
        app.clock.advance(Duration::from_secs(3_599));
        let _ = acme.scim.get("/Users").await.expect(200);
        app.clock.advance(Duration::from_secs(1));
        let _ = acme.scim.get("/Users").await.expect(401);
        let _ = next.get("/Users").await.expect(200);
    }

    async fn a_revoked_token_is_refused_at_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.get("/Users").await.expect(200);
        let path = format!("{}/tokens/{}", acme.path(), acme.token_id);
        let _ = app.api.delete(&path).await.expect(204);

        let _ = acme.scim.get("/Users").await.expect(401);
        let shown = app.api.get(&acme.path()).await.expect(200);
        assert_eq!((&shown.body["state"], &shown.body["reasons"]), (&json!("attention"), &json!(["no_live_token"])));
    }

    async fn a_token_ends_on_its_day(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let body = json!({ "name": "short", "expires_in_days": 2 });
        let short = app.api.post(&format!("{}/tokens", acme.path()), body).await.expect(201);
        assert_eq!(short.text("/expires_at"), "2026-11-24T00:00:00.000Z");
        let short = acme.scim.with_bearer(Some(&short.text("/secret")));
        let _ = short.get("/Users").await.expect(200);
        app.clock.advance(2 * DAY);
        let _ = short.get("/Users").await.expect(401);
        app.clock.advance(363 * DAY);
        let _ = acme.scim.get("/Users").await.expect(401);
    }

    async fn a_disabled_connection_says_so_to_its_own_token_only(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let globex = app.connect("Globex").await;
        let _ = app.api.patch(&acme.path(), json!({ "enabled": false })).await.expect(200);

        let own = acme.scim.get("/Users").await.expect(403);
        assert_eq!(own.body["status"], "403");
        let theirs = acme.scim.with_bearer(Some(&globex.token)).get("/Users").await.expect(401);
        let detail = theirs.text("/detail");
        assert!(detail.starts_with("the bearer token is not valid for this endpoint"), "{detail}");

        let _ = app.api.patch(&acme.path(), json!({ "enabled": true })).await.expect(200);
        let _ = acme.scim.get("/Users").await.expect(200);
        let types = app.event_types("acme").await;
        assert!(types.contains(&"scim_connection.disabled".to_owned()), "{types:?}");
        assert!(types.contains(&"scim_connection.enabled".to_owned()), "{types:?}");
    }
}
