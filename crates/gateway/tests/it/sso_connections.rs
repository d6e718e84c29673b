//! SSO connections that are checked, switched off and deleted.

use std::time::Duration;

use rollcall_testkit::oidc::{Misbehaviour, OidcServer};
use rollcall_testkit::{Connection, TestApp, on_each_database};
use serde_json::{Value, json};

fn path(org: &Connection) -> String {
    format!("/v1/organizations/{}/sso-connections", org.organization)
}

/// Adds an OIDC provider and returns the path of its SSO connection.
async fn add(app: &TestApp, org: &Connection, issuer: &str) -> String {
    let oidc = json!({ "issuer": issuer, "client_id": "product", "external_id_claim": "oid" });
    let body = json!({ "name": "Sign-in 2", "protocol": "oidc", "oidc": oidc });
    let created = app.api.post(&path(org), body).await.expect(201);
    assert_eq!(created.text("/oidc/external_id_claim"), "oid");
    format!("{}/{}", path(org), created.text("/id"))
}

/// Whether all is well, and the codes of what was found.
async fn check(app: &TestApp, sso: &str) -> (bool, Vec<String>) {
    let path = format!("{sso}/check");
    let reply = app.api.post(&path, json!({})).await.expect(200);
    let findings = reply.body["findings"].as_array().unwrap();
    let codes = findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap().to_owned());
    (reply.body["ok"] == json!(true), codes.collect())
}

on_each_database! {
    async fn a_check_says_what_is_wrong(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let server = OidcServer::start();
        let sso = add(&app, &acme, server.issuer()).await;
        let unlinked = "no_scim_connection".to_owned();
        let expected = (true, vec!["provider_answers".to_owned(), unlinked.clone()]);
        assert_eq!(check(&app, &sso).await, expected);

        for (misbehaviour, code) in [
            (Misbehaviour::OtherIssuer, "issuer_mismatch"),
            (Misbehaviour::Fails, "discovery_unreachable"),
            (Misbehaviour::NotJson, "discovery_not_valid"),
            (Misbehaviour::NoKeys, "no_usable_key"),
        ] {
            server.misbehave(misbehaviour);
            let expected = (false, vec![code.to_owned(), unlinked.clone()]);
            assert_eq!(check(&app, &sso).await, expected);
        }
        server.behave();
        let changes = json!({ "enabled": false, "trust_email": true });
        let changed = app.api.patch(&sso, changes).await.expect(200);
        assert_eq!(changed.body["enabled"], json!(false));
        let (ok, codes) = check(&app, &sso).await;
        assert!(ok);
        assert_eq!(codes, ["provider_answers", "disabled", "no_scim_connection", "no_verified_domain"]);
    }

    async fn a_check_looks_at_the_dates_of_certificates(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let certificate = include_str!("../../../rollcall/tests/data/tls.crt");
        let saml = json!({ "idp_entity_id": "acme", "sso_url": "https://sso.acme.com/saml",
            "certificate": certificate });
        let body = json!({ "name": "SAML", "protocol": "saml", "saml": saml });
        let created = app.api.post(&path(&acme), body).await.expect(201);
        let shown = &created.body["saml"]["certificates"][0];
        assert!(shown["not_after"].is_string(), "{shown}");
        let fingerprint = shown["sha256_fingerprint"].as_str().unwrap();
        assert_eq!(fingerprint.len(), 64);
        let sso = format!("{}/{}", path(&acme), created.text("/id"));
        const DAY: Duration = Duration::from_secs(24 * 3_600);
        // It is valid from the first day of the test's clock on, for 36,500 days.
        let until_end = DAY * 36_500;
        for (later, well, code) in [
            (Duration::ZERO, false, "certificate_not_yet_valid"),
            (DAY, true, "certificate_valid"),
            (until_end - DAY * 30, true, "certificate_expires_soon"),
            (DAY * 30, false, "certificate_expired"),
        ] {
            app.clock.advance(later);
            let (ok, codes) = check(&app, &sso).await;
            assert_eq!((ok, codes[0].as_str()), (well, code), "{codes:?}");
        }
    }

    async fn a_switch_that_stays_as_it_is_makes_no_event(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let sso = format!("{}/{}", path(&acme), acme.sso);
        let before = app.events(&acme.organization).await;
        let same = json!({ "enabled": true, "trust_email": false });
        let _ = app.api.patch(&sso, same).await.expect(200);
        assert_eq!(app.events(&acme.organization).await, before);
    }

    async fn linked_scim_connections_move_when_they_are_told_to(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        let other = add(&app, &acme, "https://other.example.com").await;
        let old = format!("{}/{}", path(&acme), acme.sso);
        let refused = app.api.delete(&old).await.expect(409);
        assert!(refused.text("/detail").contains(&acme.id), "{}", refused.body);
        for target in [&globex.sso, &acme.sso] {
            let to = format!("{old}?move_scim_connections_to={target}");
            let refused = app.api.delete(&to).await.expect(422);
            assert_eq!(refused.text("/field"), "move_scim_connections_to");
        }
        let target = other.rsplit('/').next().unwrap();
        let to = format!("{old}?move_scim_connections_to={target}");
        let _ = app.api.delete(&to).await.expect(204);
        let moved = app.api.get(&acme.path()).await.expect(200);
        assert_eq!(moved.body["sso_connection_id"], Value::from(target));
        let user = json!({ "userName": "ada@acme.com" });
        let _ = acme.scim.post("/Users", user).await.expect(201);
        let told = app.event_types(&acme.organization).await;
        let expected = ["scim_connection.updated", "sso_connection.deleted"];
        let at = told.iter().position(|kind| kind == "sso_connection.deleted").unwrap();
        assert_eq!(told[at - 1..=at], expected);
    }
}
