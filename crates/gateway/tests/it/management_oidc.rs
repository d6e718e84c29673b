//! People of the vendor who call the management API with tokens of the vendor's own issuer.

use std::time::Duration;

use futures_util::future::join_all;
use rollcall_orgs::management_callers::{ManagementOidc, VendorIssuer};
use rollcall_testkit::oidc::{KeyKind, Misbehaviour, OidcServer, SigningKey, unsigned};
use rollcall_testkit::{Client, Reply, TestApp, TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::raw_stream::Stream;

const AUDIENCE: &str = "https://provisioning.example.com/v1";
const ORGANIZATIONS: &str = "/v1/organizations";

/// A gateway whose vendor has an issuer.
struct Fixture {
    app: TestApp,
    issuer: OidcServer,
}

impl Fixture {
    async fn on(database: TestDatabase) -> Self {
        Self::with(database, None).await
    }

    async fn with(database: TestDatabase, organization_claim: Option<&str>) -> Self {
        let issuer = OidcServer::start();
        let vendor = VendorIssuer {
            issuer: issuer.issuer().to_owned(),
            role_claim: "roles".to_owned(),
            admin_values: vec!["rollcall_admin".to_owned()],
            read_only_values: vec!["rollcall_read_only".to_owned()],
            organization_claim: organization_claim.map(str::to_owned),
        };
        let settings = ManagementOidc {
            vendor,
            audience: AUDIENCE.to_owned(),
        };
        let app = TestApp::start_with(database, |all| {
            all.management_oidc = Some(settings);
            all.limits.stream_silence = Duration::from_millis(10);
        })
        .await;
        Self { app, issuer }
    }

    /// What a right token of an admin says, but for what `more` says.
    fn claims(&self, more: Value) -> Value {
        let mut claims = json!({ "roles": ["staff", "rollcall_admin"], "email": "amy@vendor.com" });
        let members = claims.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        let now = self.app.state().store.clock().now();
        self.issuer.claims(AUDIENCE, now, claims)
    }

    fn caller(&self, more: Value) -> Client {
        let token = self.issuer.sign(&self.claims(more), Value::Null);
        self.app.api.with_bearer(Some(&token))
    }

    async fn refused(&self, token: &str) -> Value {
        let caller = self.app.api.with_bearer(Some(token));
        caller.get(ORGANIZATIONS).await.expect(401).body
    }

    /// The rows of the audit log with that action.
    async fn rows(&self, action: &str) -> Vec<Value> {
        let path = format!("/v1/audit-log?limit=100&action={action}");
        let log = self.app.api.get(&path).await.expect(200);
        log.body["data"].as_array().unwrap().clone()
    }

    async fn first_seen(&self) -> Vec<Value> {
        self.rows("management_caller.first_seen").await
    }
}

async fn create(caller: &Client, name: &str, idempotency_key: &str) -> Reply {
    let request = caller
        .request("POST", ORGANIZATIONS)
        .header("Idempotency-Key", idempotency_key)
        .json(&json!({ "name": name }));
    Client::read(request).await
}

on_each_database! {
    async fn an_admin_changes_things_and_the_audit_log_names_the_person(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let amy = fixture.caller(json!({}));
        let _ = amy.post(ORGANIZATIONS, json!({ "name": "Acme" })).await.expect(201);

        let row = &fixture.rows("organization.created").await[0];
        assert_eq!(row["actor_name"], "oidc:amy@vendor.com");
        let seen = fixture.first_seen().await;
        assert_eq!(seen.len(), 1);
        assert_eq!((&seen[0]["actor"], &seen[0]["target"]), (&row["actor"], &row["actor"]));
        let subject = format!("{}|person-1", fixture.issuer.issuer());
        assert_eq!(seen[0]["detail"]["after"]["subject"], subject);
    }

    async fn a_stream_ends_with_the_token_that_opened_it(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let amy = fixture.caller(json!({}));
        let mut stream = Stream::open(&amy, "/v1/events/stream").await;
        for _ in 0..5 {
            assert!(stream.next().await.is_some(), "it ended while its token was good");
        }
        fixture.app.clock.advance(Duration::from_hours(24));
        while stream.next().await.is_some() {}
    }

    async fn a_person_is_known_again_also_under_another_name(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let _ = fixture.caller(json!({})).get(ORGANIZATIONS).await.expect(200);
        let unnamed = fixture.caller(json!({ "email": null }));
        let _ = unnamed.get(ORGANIZATIONS).await.expect(200);
        assert_eq!(fixture.rows("management_caller.renamed").await, Vec::<Value>::new());

        let married = fixture.caller(json!({ "email": "amy.b@vendor.com" }));
        let _ = married.get(ORGANIZATIONS).await.expect(200);
        let row = &fixture.rows("management_caller.renamed").await[0];
        assert_eq!(row["detail"], json!({
            "before": { "name": "oidc:amy@vendor.com" }, "after": { "name": "oidc:amy.b@vendor.com" },
        }));
        assert_eq!(fixture.first_seen().await.len(), 1);
        let other = fixture.caller(json!({ "sub": "person-2", "email": null, "preferred_username": "ben" }));
        let _ = other.get(ORGANIZATIONS).await.expect(200);
        let seen = fixture.first_seen().await;
        assert!(seen.iter().any(|row| row["actor_name"] == "oidc:ben"), "{seen:?}");
    }

    async fn first_calls_at_the_same_time_make_one_row(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let amy = fixture.caller(json!({}));
        let calls = join_all((0..6).map(|_| amy.get(ORGANIZATIONS))).await;
        for reply in calls {
            let _ = reply.expect(200);
        }
        assert_eq!(fixture.first_seen().await.len(), 1);
    }

    async fn whoever_may_read_changes_nothing(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let reader = fixture.caller(json!({ "roles": "rollcall_read_only" }));
        let _ = reader.get("/v1/api-keys").await.expect(200);
        let refused = reader.post(ORGANIZATIONS, json!({ "name": "Acme" })).await.expect(403);
        assert_eq!(refused.body["code"], "read_only_key");
    }

    async fn a_role_counts_as_long_as_the_token_says_it(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let admin = fixture.caller(json!({}));
        let _ = admin.post(ORGANIZATIONS, json!({ "name": "Acme" })).await.expect(201);
        let demoted = fixture.caller(json!({ "roles": ["rollcall_read_only"] }));
        let _ = demoted.post(ORGANIZATIONS, json!({ "name": "Other" })).await.expect(403);

        for roles in [json!(null), json!([]), json!("admin"), json!({ "rollcall_admin": true })] {
            let nobody = fixture.caller(json!({ "roles": roles, "sub": "person-3" }));
            let refused = nobody.get(ORGANIZATIONS).await.expect(403);
            assert_eq!(refused.body["code"], "no_role");
            assert_eq!(
                refused.body["detail"],
                "the claim `roles` of the token holds none of the values that give a role: \
                 `rollcall_admin`, `rollcall_read_only`"
            );
        }
        assert_eq!(fixture.first_seen().await.len(), 1);
    }

    async fn a_bound_person_sees_the_one_organization(database: TestDatabase) {
        let fixture = Fixture::with(database, Some("org")).await;
        let (acme, other) = (fixture.app.connect("Acme").await, fixture.app.connect("Other").await);
        for named in [&acme.organization, &acme.slug] {
            let bound = fixture.caller(json!({ "org": named }));
            let own = format!("{ORGANIZATIONS}/{}", acme.organization);
            let _ = bound.patch(&own, json!({ "name": format!("By {named}") })).await.expect(200);
            let _ = bound.get(&format!("{ORGANIZATIONS}/{}", other.organization)).await.expect(404);
            let listed = bound.get(ORGANIZATIONS).await.expect(200);
            assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
            let refused = bound.get("/v1/api-keys").await.expect(403);
            assert_eq!(refused.body["code"], "bound_key");
        }
        let all = fixture.caller(json!({ "org": "*" }));
        let listed = all.get(ORGANIZATIONS).await.expect(200);
        assert_eq!(listed.body["data"].as_array().unwrap().len(), 2);
    }

    async fn a_token_that_has_to_name_an_organization_and_does_not_opens_nothing(database: TestDatabase) {
        let fixture = Fixture::with(database, Some("org")).await;
        let _ = fixture.app.connect("Acme").await;
        for named in [json!(null), json!(""), json!("nobody"), json!("A b"), json!(["acme"]), json!("org_01890000000000000000000000")] {
            let caller = fixture.caller(json!({ "org": named }));
            let refused = caller.get(ORGANIZATIONS).await.expect(403);
            assert_eq!(refused.body["code"], "no_organization", "{named}");
        }
        assert_eq!(fixture.first_seen().await, Vec::<Value>::new());
    }

    async fn a_token_that_is_not_believed_is_answered_like_an_unknown_key(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let unknown = fixture.refused("rck_nobody").await;
        let right = fixture.claims(json!({}));
        let sign = |claims: &Value| fixture.issuer.sign(claims, Value::Null);
        let with = |more: Value| sign(&fixture.claims(more));
        let stranger = SigningKey::generate(KeyKind::Es256, "key-1");
        let (mut head, tail) = (sign(&right), sign(&with_sub(&right, "person-2")));
        head.truncate(head.rfind('.').unwrap());
        let wrong = [
            with(json!({ "aud": "product" })),
            with(json!({ "aud": null })),
            with(json!({ "iss": "https://login.example.com" })),
            with(json!({ "exp": 1_795_305_000 })),
            with(json!({ "nbf": 1_795_309_999 })),
            with(json!({ "sub": null })),
            with(json!({ "sub": "x".repeat(256) })),
            with(json!({ "sub": "a\u{0}b" })),
            stranger.sign(&right, Value::Null),
            unsigned(&right),
            format!("{head}{}", &tail[tail.rfind('.').unwrap()..]),
            format!("{head}.c2ln.c2ln.c2ln"),
        ];
        for token in wrong {
            assert_eq!(fixture.refused(&token).await, unknown, "{token}");
        }
        assert_eq!(fixture.first_seen().await, Vec::<Value>::new());
        let _ = fixture.app.api.with_bearer(Some(&sign(&right))).get(ORGANIZATIONS).await.expect(200);
    }

    async fn tokens_are_nothing_where_no_issuer_is_set(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let issuer = OidcServer::start();
        let now = app.state().store.clock().now();
        let token = issuer.id_token(AUDIENCE, now, json!({ "roles": "rollcall_admin" }));
        let _ = app.api.with_bearer(Some(&token)).get(ORGANIZATIONS).await.expect(401);
        assert_eq!(issuer.fetches().discovery, 0);
    }

    async fn api_keys_work_while_the_issuer_does_not(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        fixture.issuer.misbehave(Misbehaviour::Fails);
        let amy = fixture.caller(json!({}));
        let refused = amy.get(ORGANIZATIONS).await.expect(503);
        assert_eq!(refused.body["code"], "oidc_issuer_unavailable");
        assert_eq!(refused.header("retry-after"), "2");
        let _ = fixture.app.api.get(ORGANIZATIONS).await.expect(200);
    }

    async fn the_row_of_a_person_is_no_api_key(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let amy = fixture.caller(json!({}));
        let _ = amy.post(ORGANIZATIONS, json!({ "name": "Acme" })).await.expect(201);
        let row = fixture.first_seen().await[0]["actor"].as_str().unwrap().to_owned();

        let keys = amy.get("/v1/api-keys").await.expect(200);
        let keys = keys.body["data"].as_array().unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0]["name"], "tests");
        let _ = amy.get(&format!("/v1/api-keys/{row}")).await.expect(404);
        let _ = amy.delete(&format!("/v1/api-keys/{row}")).await.expect(404);
        let last = format!("/v1/api-keys/{}", keys[0]["id"].as_str().unwrap());
        assert_eq!(amy.delete(&last).await.expect(409).body["code"], "last_api_key");
    }

    async fn a_post_that_a_person_sends_again_is_not_done_again(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let amy = fixture.caller(json!({}));
        let first = create(&amy, "Acme", "k-1").await.expect(201);
        // A newer token of the same person.
        let again = create(&fixture.caller(json!({ "jti": "2" })), "Acme", "k-1").await.expect(201);
        assert_eq!(again.body["id"], first.body["id"]);
        let ben = fixture.caller(json!({ "sub": "person-2" }));
        let other = create(&ben, "Other", "k-1").await.expect(201);
        assert_ne!(other.body["id"], first.body["id"]);
    }
}

fn with_sub(claims: &Value, sub: &str) -> Value {
    let mut claims = claims.clone();
    claims["sub"] = json!(sub);
    claims
}
