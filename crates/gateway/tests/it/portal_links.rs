//! Links to the setup portal.

use std::time::Duration;

use rollcall_model::RequestId;
use rollcall_orgs::portal::{self, IssuedPortalSession, ReturnOrigins};
use rollcall_testkit::{Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

fn path(org: &Connection) -> String {
    format!("/v1/organizations/{}/portal-links", org.organization)
}

async fn make(app: &TestApp, org: &Connection, body: Value) -> Reply {
    app.api.post(&path(org), body).await.expect(201)
}

fn secret(link: &Reply) -> String {
    link.text("/url").rsplit('/').next().unwrap().to_owned()
}

async fn exchange(app: &TestApp, secret: &str) -> Option<IssuedPortalSession> {
    let request = RequestId::new(app.clock.as_ref());
    let store = &app.state().store;
    portal::exchange(store, secret, request).await.unwrap()
}

async fn organization_of(app: &TestApp, session: &IssuedPortalSession) -> Option<String> {
    let store = &app.state().store;
    let found = portal::authenticate(store, session.secret.expose()).await;
    found.unwrap().map(|(org, _)| org.org_id().to_string())
}

on_each_database! {
    async fn a_link_is_shown_once_and_opens_its_organization_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let link = make(&app, &acme, json!({ "return_url": "https://app.example.com/done" })).await;
        assert_eq!(link.text("/expires_at"), "2026-11-23T00:00:00.000Z");
        let prefix = format!("{}/portal/link/rcl_", app.api.base());
        assert!(link.text("/url").starts_with(&prefix), "{}", link.body);
        let secret = secret(&link);

        let store = &app.state().store;
        for _ in 0..2 {
            assert!(portal::look_at(store, &secret).await.unwrap().is_some());
        }
        let session = exchange(&app, &secret).await.unwrap();
        assert_eq!(session.session.return_url.as_deref(), Some("https://app.example.com/done"));
        assert!(exchange(&app, &secret).await.is_none());
        assert!(portal::look_at(store, &secret).await.unwrap().is_none());
        assert_eq!(organization_of(&app, &session).await, Some(acme.organization.clone()));

        let listed = app.api.get(&path(&acme)).await.expect(200);
        let own = app.api.get(&format!("{}/{}", path(&acme), link.text("/id"))).await.expect(200);
        assert_eq!(listed.body["data"], json!([own.body]));
        assert_eq!(own.text("/state"), "used");
        let events = app.events(&acme.organization).await;
        assert_eq!(events.last().unwrap()["actor"], session.session.id.to_string());
        for text in [listed.body.to_string(), json!(events).to_string()] {
            assert!(!text.contains(&secret) && !text.contains(session.secret.expose()), "{text}");
        }
    }

    async fn of_two_who_exchange_a_link_at_once_one_is_given_a_session(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let secret = secret(&make(&app, &acme, json!({})).await);
        let (one, other) = futures_util::join!(exchange(&app, &secret), exchange(&app, &secret));
        assert_eq!(u8::from(one.is_some()) + u8::from(other.is_some()), 1);
    }

    async fn links_and_sessions_end_by_themselves(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let link = make(&app, &acme, json!({ "expires_in_seconds": 60 })).await;
        let other = make(&app, &acme, json!({ "expires_in_seconds": 61 })).await;
        app.clock.advance(Duration::from_mins(1));
        assert!(exchange(&app, &secret(&link)).await.is_none());
        let session = exchange(&app, &secret(&other)).await.unwrap();
        app.clock.advance(portal::SESSION_LIFETIME - Duration::from_secs(1));
        assert!(organization_of(&app, &session).await.is_some());
        app.clock.advance(Duration::from_secs(1));
        assert!(organization_of(&app, &session).await.is_none());
        let shown = app.api.get(&format!("{}/{}", path(&acme), link.text("/id"))).await.expect(200);
        assert_eq!(shown.text("/state"), "expired");
    }

    async fn a_revoked_link_opens_nothing_and_its_session_ends(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        let (unused, used) = (make(&app, &acme, json!({})).await, make(&app, &acme, json!({})).await);
        let session = exchange(&app, &secret(&used)).await.unwrap();
        for link in [&unused, &used] {
            let foreign = format!("{}/{}", path(&globex), link.text("/id"));
            let _ = app.api.get(&foreign).await.expect(404);
            let _ = app.api.delete(&foreign).await.expect(404);
        }
        assert!(organization_of(&app, &session).await.is_some());
        for link in [&unused, &used, &used] {
            let _ = app.api.delete(&format!("{}/{}", path(&acme), link.text("/id"))).await.expect(204);
        }
        assert!(exchange(&app, &secret(&unused)).await.is_none());
        assert!(organization_of(&app, &session).await.is_none());
        let types = app.event_types(&acme.organization).await;
        assert_eq!(types.iter().filter(|kind| *kind == "portal_link.revoked").count(), 2);
    }

    async fn what_a_link_may_not_be_is_refused_by_name(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            let origins = ["https://app.example.com".to_owned()];
            settings.portal_return_origins = ReturnOrigins::parse(&origins).unwrap();
        }).await;
        let acme = app.connect("Acme").await;
        for (body, field) in [
            (json!({ "expires_in_seconds": 59 }), "expires_in_seconds"),
            (json!({ "expires_in_seconds": 2_592_001 }), "expires_in_seconds"),
            (json!({ "return_url": "https://evil.example/" }), "return_url"),
            (json!({ "return_url": "javascript:alert(1)" }), "return_url"),
        ] {
            let refused = app.api.post(&path(&acme), body).await.expect(422);
            assert_eq!(refused.text("/field"), field);
        }
        let body = json!({ "return_url": "https://app.example.com/done" });
        let _ = make(&app, &acme, body).await;
    }
}
