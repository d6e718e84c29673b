//! Decisions about sign-ins, over HTTP.

use futures_util::future::join_all;
use rollcall_testkit::{Connection, TestApp, on_each_database};
use serde_json::{Value, json};

struct Asker<'a> {
    app: &'a TestApp,
    acme: &'a Connection,
}

impl Asker<'_> {
    async fn ask(&self, identity: Value) -> Value {
        let path = format!(
            "/v1/organizations/{}/sign-in-decisions",
            self.acme.organization
        );
        let body = json!({ "sso_connection_id": self.acme.sso, "identity": identity });
        self.app.api.post(&path, body).await.expect(200).body
    }

    async fn reason(&self, identity: Value) -> String {
        self.ask(identity).await["reason"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    async fn user(&self, body: Value) -> String {
        self.acme
            .scim
            .post("/Users", body)
            .await
            .expect(201)
            .text("/id")
    }

    async fn links(&self) -> Value {
        let path = format!("/v1/organizations/{}/sign-in-links", self.acme.organization);
        self.app.api.get(&path).await.expect(200).body["data"].clone()
    }

    async fn last_event(&self) -> Value {
        self.app
            .events(&self.acme.organization)
            .await
            .last()
            .unwrap()
            .clone()
    }
}

on_each_database! {
    async fn a_person_is_found_by_external_id_before_anything_else(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        let amy = asker.user(json!({ "userName": "amy@acme.com", "externalId": "00u1" })).await;
        let _ = asker.user(json!({ "userName": "ben@acme.com" })).await;

        let decision = asker.ask(json!({ "subject": "00u1", "email": "ben@acme.com", "email_verified": true })).await;
        assert_eq!(decision["decision"], "allow");
        assert_eq!(decision["reason"], "provisioned_active");
        assert_eq!(decision["user"]["id"], json!(amy));
        assert_eq!(asker.links().await[0]["linked_by"], "external_id");
        assert_eq!(asker.last_event().await["type"], "sign_in.linked");
    }

    async fn a_decision_tells_the_role_and_what_gives_it(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        let amy = asker.user(json!({ "userName": "amy", "externalId": "00u1" })).await;
        let claim = || json!({ "subject": "00u1" });
        let user = asker.ask(claim()).await["user"].clone();
        assert_eq!((&user["role"], &user["role_source"]), (&json!("member"), &json!("default")));

        let group = json!({ "displayName": "Admins", "members": [{ "value": amy }] });
        let group = acme.scim.post("/Groups", group).await.expect(201).text("/id");
        let mapping = format!("{}/groups/{group}/role-mapping", acme.path());
        let _ = app.api.put(&mapping, json!({ "role": "administrator", "precedence": 1 })).await.expect(200);
        let user = asker.ask(claim()).await["user"].clone();
        assert_eq!((&user["role"], &user["role_source"]), (&json!("administrator"), &json!("group")));
        assert_eq!((&user["role_group_id"], &user["groups"][0]["display_name"]), (&json!(group), &json!("Admins")));

        let stranger = json!({ "subject": "s", "email": "zoe@acme.com", "email_verified": true });
        assert_eq!(asker.ask(stranger).await["default_role"], "member");
    }

    async fn a_link_holds_whatever_becomes_of_names_and_addresses(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        let amy = asker.user(json!({ "userName": "amy@acme.com" })).await;
        let with = |email: &str| json!({ "subject": "s-1", "email": email, "email_verified": true });
        let _ = asker.ask(with("amy@acme.com")).await;

        let married = json!({ "userName": "amy.b@acme.com" });
        let _ = acme.scim.put(&format!("/Users/{amy}"), married).await.expect(200);
        let _ = asker.user(json!({ "userName": "amy@acme.com" })).await;
        let decision = asker.ask(with("amy@acme.com")).await;
        assert_eq!(decision["user"]["id"], json!(amy));
    }

    async fn a_second_person_never_becomes_somebody_who_is_linked(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        let _ = asker.user(json!({ "userName": "amy@acme.com" })).await;
        let with = |subject: &str| json!({ "subject": subject, "email": "amy@acme.com", "email_verified": true });
        assert_eq!(asker.reason(with("s-1")).await, "provisioned_active");

        assert_eq!(asker.reason(with("s-2")).await, "identity_conflict");
        let told = asker.last_event().await;
        assert_eq!(told["type"], "sign_in.denied");
        assert_eq!(told["data"]["sign_in"]["reason"], "identity_conflict");
        assert_eq!(asker.links().await.as_array().unwrap().len(), 1);

        let path = format!("/v1/organizations/{}/sso-connections/{}/sign-in-links?subject=s-1", acme.organization, acme.sso);
        let _ = app.api.delete(&path).await.expect(204);
        let _ = app.api.delete(&path).await.expect(404);
        assert_eq!(asker.reason(with("s-2")).await, "provisioned_active");
    }

    async fn whoever_signs_in_several_times_at_once_is_let_in_each_time(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        for number in 0..20 {
            let subject = format!("00u{number}");
            let _ = asker.user(json!({ "userName": subject, "externalId": subject })).await;
            let asked = (0..8).map(|_| asker.reason(json!({ "subject": subject })));
            assert_eq!(join_all(asked).await, ["provisioned_active"; 8]);
        }
        assert_eq!(asker.links().await.as_array().unwrap().len(), 20);
    }

    async fn whoever_could_be_two_people_is_denied(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        for name in ["amy", "ben"] {
            let _ = asker.user(json!({ "userName": name, "emails": [{ "value": "team@acme.com" }] })).await;
        }
        let team = json!({ "subject": "s-1", "email": "team@acme.com", "email_verified": true });
        assert_eq!(asker.reason(team).await, "identity_conflict");
        assert_eq!(asker.links().await, json!([]));
    }

    async fn an_account_of_a_sign_in_becomes_the_user_who_is_provisioned_later(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        let zoe = || json!({ "subject": "s-1", "email": "zoe@acme.com", "email_verified": true });
        let first = asker.ask(zoe()).await;
        assert_eq!(first["reason"], "jit_allowed");
        assert_eq!(first["create_account"], true);
        assert_eq!(asker.links().await[0]["user_id"], Value::Null);

        let id = asker.user(json!({ "userName": "zoe@acme.com" })).await;
        assert_eq!(asker.reason(zoe()).await, "provisioned_active");
        assert_eq!(asker.links().await[0]["user_id"], json!(id));
    }

    async fn a_user_who_was_deleted_and_provisioned_again_is_the_new_one(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        let amy = asker.user(json!({ "userName": "amy@acme.com" })).await;
        let claim = || json!({ "subject": "s-1", "email": "amy@acme.com", "email_verified": true });
        assert_eq!(asker.reason(claim()).await, "provisioned_active");
        let _ = acme.scim.delete(&format!("/Users/{amy}")).await.expect(204);
        assert_eq!(asker.reason(claim()).await, "deleted");

        let again = asker.user(json!({ "userName": "amy@acme.com" })).await;
        let decision = asker.ask(claim()).await;
        assert_eq!(decision["reason"], "provisioned_active");
        assert_eq!(decision["user"]["id"], json!(again));
        assert_eq!(asker.last_event().await["type"], "sign_in.linked");
    }

    async fn a_user_of_another_sso_connection_is_nobody_here(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.post("/Users", json!({ "userName": "amy@acme.com", "externalId": "00u1" })).await.expect(201);
        let path = format!("/v1/organizations/{}/sso-connections", acme.organization);
        let other = app.api.post(&path, json!({ "name": "Other", "protocol": "oidc",
            "oidc": { "issuer": "https://other.example.com", "client_id": "x" } })).await.expect(201).text("/id");
        let path = format!("/v1/organizations/{}/sign-in-decisions", acme.organization);
        let asked = json!({ "sso_connection_id": other,
            "identity": { "subject": "00u1", "email": "amy@acme.com", "email_verified": true } });
        let decision = app.api.post(&path, asked).await.expect(200);
        assert_eq!(decision.body["reason"], "jit_allowed");
        assert_eq!(decision.body["user"], Value::Null);
    }

    async fn whoever_is_denied_is_not_linked(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        let _ = asker.user(json!({ "userName": "nora@acme.com", "active": false })).await;
        let with = json!({ "subject": "contractor", "email": "nora@acme.com", "email_verified": true });
        assert_eq!(asker.reason(with).await, "deactivated");
        assert_eq!(asker.links().await, json!([]));
    }

    async fn another_login_provider_or_connection_lets_nobody_in_by_an_old_link(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        let _ = asker.user(json!({ "userName": "amy", "externalId": "1001" })).await;
        let claim = || json!({ "subject": "1001" });
        assert_eq!(asker.reason(claim()).await, "provisioned_active");
        let sso = format!("/v1/organizations/{}/sso-connections", acme.organization);

        let oidc = |issuer: &str| json!({ "name": "x", "protocol": "oidc", "oidc": { "issuer": issuer, "client_id": "product" } });
        let changed = json!({ "oidc": { "issuer": "https://new.example.com", "client_id": "product" } });
        let _ = app.api.patch(&format!("{sso}/{}", acme.sso), changed).await.expect(200);
        assert_eq!(asker.links().await, json!([]));
        assert_eq!(asker.reason(claim()).await, "provisioned_active");

        let other = app.api.post(&sso, oidc("https://other.example.com")).await.expect(201).text("/id");
        let _ = app.api.patch(&acme.path(), json!({ "sso_connection_id": other })).await.expect(200);
        assert_eq!(asker.reason(claim()).await, "deleted");

        let _ = app.api.patch(&format!("{sso}/{}", acme.sso), json!({ "enabled": false })).await.expect(200);
        assert_eq!(asker.reason(claim()).await, "sso_connection_disabled");
    }

    async fn the_seat_of_an_account_goes_over_to_the_user_who_waits(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let asker = Asker { app: &app, acme: &acme };
        let zoe = || json!({ "subject": "s-1", "email": "zoe@acme.com", "email_verified": true });
        assert_eq!(asker.reason(zoe()).await, "jit_allowed");
        let policy = format!("/v1/organizations/{}/policy", acme.organization);
        let full = json!({ "seat_limit": { "seats": 1, "when_full": "wait" } });
        let _ = app.api.put(&policy, full).await.expect(200);
        let _ = asker.user(json!({ "userName": "zoe@acme.com" })).await;
        assert_eq!(asker.reason(zoe()).await, "provisioned_active");
        let seats = app.api.get(&policy).await.expect(200).body["seats"].clone();
        assert_eq!((&seats["taken"], &seats["waiting_users"]), (&json!(1), &json!(0)));
    }

    async fn an_identity_must_be_one(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}/sign-in-decisions", acme.organization);
        let cases = [
            (json!({}), "sso_connection_id"),
            (json!({ "sso_connection_id": "sso_1" }), "sso_connection_id"),
            (json!({ "sso_connection_id": acme.sso }), "identity"),
            (json!({ "sso_connection_id": acme.sso, "identity": {} }), "identity.subject"),
            (json!({ "sso_connection_id": acme.sso, "identity": { "subject": "" } }), "identity.subject"),
            (json!({ "sso_connection_id": acme.sso, "identity": { "subject": "x".repeat(1_001) } }), "identity.subject"),
            (json!({ "sso_connection_id": acme.sso, "identity": { "subject": "x", "mail": "y" } }), "identity.mail"),
        ];
        for (body, field) in cases {
            let refused = app.api.post(&path, body.clone()).await.expect(422);
            assert_eq!(refused.body["field"], field, "{body}: {}", refused.body);
        }
    }
}
