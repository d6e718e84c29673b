//! Domains: claimed, verified through DNS, and what they lead to.

use rollcall_testkit::{Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

fn path(org: &Connection) -> String {
    format!("/v1/organizations/{}/domains", org.organization)
}

async fn claim(app: &TestApp, org: &Connection, domain: &str) -> Reply {
    let body = json!({ "domain": domain });
    app.api.post(&path(org), body).await.expect(201)
}

/// Sets the record that proves a domain.
fn prove(app: &TestApp, claimed: &Reply) {
    let name = claimed.text("/verification/record_name");
    app.dns.add(&name, &claimed.text("/verification/value"));
}

async fn verify(app: &TestApp, org: &Connection, domain: &str) -> Reply {
    let path = format!("{}/{domain}/verify", path(org));
    app.api.post(&path, json!({})).await
}

async fn route(app: &TestApp, address: &str) -> Reply {
    let path = format!("/v1/sign-in-routes?email={address}");
    app.api.get(&path).await
}

fn ids(reply: &Reply) -> Vec<&Value> {
    let connections = reply.body["sso_connections"].as_array().unwrap();
    connections
        .iter()
        .map(|connection| &connection["id"])
        .collect()
}

on_each_database! {
    async fn a_domain_is_verified_by_a_record_in_dns(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let claimed = claim(&app, &acme, "Bücher.example.com").await;
        let domain = "xn--bcher-kva.example.com";
        assert_eq!(claimed.text("/domain"), domain);
        assert_eq!(claimed.text("/state"), "pending");
        assert_eq!(claimed.header("location"), format!("{}/{domain}", path(&acme)));
        let record = format!("_rollcall-challenge.{domain}");
        assert_eq!(claimed.text("/verification/record_name"), record);

        let refused = verify(&app, &acme, domain).await.expect(409);
        assert_eq!(refused.text("/code"), "domain_not_verified");
        app.dns.add(&record, "something else");
        let refused = verify(&app, &acme, domain).await.expect(409);
        assert!(refused.text("/detail").contains("with another text"), "{}", refused.body);

        prove(&app, &claimed);
        let verified = verify(&app, &acme, domain).await.expect(200);
        assert_eq!(verified.text("/state"), "verified");
        app.dns.fall_silent();
        let _ = verify(&app, &acme, domain).await.expect(200);
        let listed = app.api.get(&path(&acme)).await.expect(200);
        assert_eq!(listed.body["data"], json!([verified.body]));
        let _ = app.api.delete(&format!("{}/{domain}", path(&acme))).await.expect(204);

        let types = app.event_types(&acme.organization).await;
        let told: Vec<_> = types.iter().filter(|kind| kind.starts_with("domain.")).collect();
        assert_eq!(told, ["domain.claimed", "domain.verified", "domain.removed"]);
    }

    async fn a_silent_dns_is_told_from_a_missing_record(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = claim(&app, &acme, "acme.com").await;
        app.dns.fall_silent();
        let refused = verify(&app, &acme, "acme.com").await.expect(503);
        assert_eq!(refused.text("/code"), "dns_unavailable");
    }

    async fn a_domain_is_verified_by_one_organization_only(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        let first = claim(&app, &acme, "example.com").await;
        let second = claim(&app, &globex, "example.com").await;
        assert_ne!(first.text("/verification/value"), second.text("/verification/value"));
        prove(&app, &first);
        prove(&app, &second);

        let _ = verify(&app, &acme, "example.com").await.expect(200);
        let refused = verify(&app, &globex, "example.com").await.expect(409);
        assert_eq!(refused.text("/code"), "domain_taken");
        let told = refused.body.to_string();
        assert!(!told.contains("Acme") && !told.contains(&acme.organization), "{told}");
        let _ = app.api.delete(&format!("{}/example.com", path(&acme))).await.expect(204);
        let _ = verify(&app, &globex, "example.com").await.expect(200);
        let found = route(&app, "ada@example.com").await.expect(200);
        assert_eq!(found.text("/organization/name"), "Globex");

        // With an organization go its domains.
        let _ = app.api.delete("/v1/organizations/globex?confirm=globex").await.expect(204);
        let _ = route(&app, "ada@example.com").await.expect(404);
    }

    async fn of_two_that_verify_a_domain_at_once_one_has_it(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        for org in [&acme, &globex] {
            prove(&app, &claim(&app, org, "acme.com").await);
        }
        let (first, second) = futures_util::join!(
            verify(&app, &acme, "acme.com"),
            verify(&app, &globex, "acme.com"),
        );
        let mut answers = [first.status, second.status];
        answers.sort_unstable();
        assert_eq!(answers, [200, 409]);
    }

    async fn what_belongs_to_nobody_in_particular_cannot_be_claimed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        for domain in ["gmail.com", "co.uk", "com", "ada@acme.com", "127.0.0.1", ""] {
            let refused = app.api.post(&path(&acme), json!({ "domain": domain })).await.expect(422);
            assert_eq!(refused.text("/field"), "domain", "{domain}");
        }
        let _ = claim(&app, &acme, "acme.com").await;
        let again = app.api.post(&path(&acme), json!({ "domain": "ACME.com" })).await.expect(409);
        assert_eq!(again.text("/field"), "domain");
    }

    async fn an_address_leads_to_the_sso_connections_that_are_switched_on(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let claimed = claim(&app, &acme, "acme.com").await;
        let unknown = route(&app, "ada@acme.com").await.expect(404);
        assert_eq!(unknown.text("/code"), "no_sign_in_route");
        prove(&app, &claimed);
        let _ = verify(&app, &acme, "acme.com").await.expect(200);

        let found = route(&app, "Ada@ACME.com").await.expect(200);
        assert_eq!(found.text("/organization/id"), acme.organization);
        assert_eq!(ids(&found), [&json!(acme.sso)]);
        assert_eq!(route(&app, "ada@mail.acme.com").await.expect(404).body, unknown.body);
        let _ = route(&app, "acme.com").await.expect(422);

        let sso = format!("/v1/organizations/acme/sso-connections/{}", acme.sso);
        let _ = app.api.patch(&sso, json!({ "enabled": false })).await.expect(200);
        assert_eq!(route(&app, "ada@acme.com").await.expect(404).body, unknown.body);
    }

    async fn a_domain_may_name_the_sso_connection_of_its_people(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        prove(&app, &claim(&app, &acme, "acme.com").await);
        let _ = verify(&app, &acme, "acme.com").await.expect(200);
        let other = app.api.post("/v1/organizations/acme/sso-connections", json!({
            "name": "Other", "protocol": "oidc",
            "oidc": { "issuer": "https://other.example.com", "client_id": "x" },
        })).await.expect(201).text("/id");
        assert_eq!(ids(&route(&app, "ada@acme.com").await).len(), 2);

        let domain = format!("{}/acme.com", path(&acme));
        let named = json!({ "sso_connection_id": other });
        let changed = app.api.patch(&domain, named).await.expect(200);
        assert_eq!(changed.text("/sso_connection_id"), other);
        assert_eq!(ids(&route(&app, "ada@acme.com").await), [&json!(other)]);
        let foreign = json!({ "sso_connection_id": globex.sso });
        let refused = app.api.patch(&domain, foreign).await.expect(422);
        assert_eq!(refused.text("/field"), "sso_connection_id");

        let sso = format!("/v1/organizations/acme/sso-connections/{other}");
        let _ = app.api.delete(&sso).await.expect(204);
        assert_eq!(ids(&route(&app, "ada@acme.com").await), [&json!(acme.sso)]);
    }
}
