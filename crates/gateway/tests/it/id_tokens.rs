//! Sign-ins with id tokens of a real provider, over HTTP.

use rollcall_model::{
    OidcProvider, OrgRef, Origin, SsoConnectionId, SsoProvider, SystemClock, Timestamp,
};
use rollcall_store::NewSsoConnection;
use rollcall_testkit::oidc::{KeyKind, Misbehaviour, OidcServer, signed_with_secret, unsigned};
use rollcall_testkit::{Connection, TestApp, on_each_database};
use serde_json::{Value, json};

const CLIENT: &str = "product";

/// An organization whose people sign in with a provider of the test's own.
struct Fixture<'a> {
    app: &'a TestApp,
    acme: Connection,
    provider: &'a OidcServer,
    sso: String,
}

impl<'a> Fixture<'a> {
    async fn new(app: &'a TestApp, name: &str, provider: &'a OidcServer) -> Self {
        let acme = app.connect(name).await;
        let store = &app.state().store;
        let org: OrgRef = acme.organization.parse().unwrap();
        let org = store.open_organization(&org).await.unwrap().unwrap();
        let id = SsoConnectionId::new(&SystemClock);
        let mut tx = org.begin(Origin::system(&SystemClock)).await.unwrap();
        // The API takes issuers with https only, which this one has not.
        let new = NewSsoConnection {
            id,
            name: "Own provider".to_owned(),
            provider: SsoProvider::Oidc(OidcProvider {
                issuer: provider.issuer().to_owned(),
                client_id: CLIENT.to_owned(),
                has_client_secret: false,
                external_id_claim: None,
            }),
            trust_email: false,
            enabled: true,
            sealed_client_secret: None,
        };
        tx.insert_sso_connection(new).await.unwrap();
        tx.commit().await.unwrap();
        let linked = json!({ "sso_connection_id": id.to_string() });
        let _ = app.api.patch(&acme.path(), linked).await.expect(200);
        Self {
            app,
            acme,
            provider,
            sso: id.to_string(),
        }
    }

    fn now(&self) -> Timestamp {
        self.app.state().store.clock().now()
    }

    async fn ask(&self, token: &str) -> Value {
        let path = format!(
            "/v1/organizations/{}/sign-in-decisions",
            self.acme.organization
        );
        let body = json!({ "sso_connection_id": self.sso, "id_token": token, "nonce": "n-1" });
        self.app.api.post(&path, body).await.expect(200).body
    }

    fn claims(&self, more: Value) -> Value {
        let mut claims =
            self.provider
                .claims(CLIENT, self.now(), json!({ "nonce": "n-1", "sub": "00u1" }));
        claims
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        claims
    }

    async fn reason(&self, token: &str) -> Value {
        self.ask(token).await["reason"].clone()
    }

    async fn reason_of(&self, more: Value) -> Value {
        self.reason(&self.provider.sign(&self.claims(more), Value::Null))
            .await
    }
}

on_each_database! {
    async fn a_right_token_lets_in_and_every_wrong_one_is_denied_by_name(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (provider, other_provider) = (OidcServer::start(), OidcServer::start());
        let acme = Fixture::new(&app, "Acme", &provider).await;
        let other = Fixture::new(&app, "Other", &other_provider).await;
        let _ = acme.acme.scim.post("/Users", json!({ "userName": "amy", "externalId": "00u1" })).await.expect(201);

        let allowed = acme.ask(&provider.sign(&acme.claims(json!({})), Value::Null)).await;
        assert_eq!(allowed["decision"], "allow");
        assert_eq!(allowed["user"]["user_name"], "amy");

        let past = acme.now().unix_millis() / 1_000 - 3_600;
        assert_eq!(acme.reason_of(json!({ "aud": "another" })).await, "token_audience");
        assert_eq!(acme.reason_of(json!({ "iss": "https://other.example.com" })).await, "token_issuer");
        assert_eq!(acme.reason_of(json!({ "iat": past - 60, "exp": past })).await, "token_expired");
        assert_eq!(acme.reason_of(json!({ "nonce": "n-2" })).await, "token_nonce");
        assert_eq!(acme.reason(&unsigned(&acme.claims(json!({})))).await, "token_algorithm");
        let public = provider.jwk().to_string();
        let kid = provider.jwk()["kid"].as_str().unwrap().to_owned();
        let forged = signed_with_secret(&acme.claims(json!({})), &kid, public.as_bytes());
        assert_eq!(acme.reason(&forged).await, "token_algorithm");
        let unknown = provider.sign(&acme.claims(json!({})), json!({ "kid": "nobody" }));
        assert_eq!(acme.reason(&unknown).await, "token_key_unknown");
        let tampered = {
            let right = provider.sign(&acme.claims(json!({})), Value::Null);
            let other = provider.sign(&acme.claims(json!({ "sub": "00u2" })), Value::Null);
            let (right, other): (Vec<&str>, Vec<&str>) = (right.split('.').collect(), other.split('.').collect());
            format!("{}.{}.{}", right[0], other[1], right[2])
        };
        assert_eq!(acme.reason(&tampered).await, "token_signature");
        let foreign = other_provider.sign(&other.claims(json!({})), Value::Null);
        assert_eq!(acme.reason(&foreign).await, "token_issuer");
        assert_eq!(acme.reason("no token").await, "token_malformed");

        let told = app.events(&acme.acme.organization).await;
        let denied = told.iter().filter(|event| event["type"] == "sign_in.denied").count();
        assert_eq!(denied, 10);
        assert!(!json!(told).to_string().contains(&forged), "a token is in an event");
    }

    async fn a_provider_that_rotates_its_keys_is_believed_and_one_that_fails_is_named(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let provider = OidcServer::start();
        let acme = Fixture::new(&app, "Acme", &provider).await;
        assert_eq!(acme.reason_of(json!({ "email": "zoe@acme.com", "email_verified": true })).await, "jit_allowed");
        app.clock.advance_millis(120_000);
        provider.rotate(KeyKind::Rs256);
        assert_eq!(acme.reason_of(json!({})).await, "jit_allowed");

        let down = OidcServer::start();
        let other = Fixture::new(&app, "Other", &down).await;
        down.misbehave(Misbehaviour::Fails);
        let denied = other.ask(&down.sign(&other.claims(json!({})), Value::Null)).await;
        assert_eq!(denied["reason"], "sso_provider_unavailable");
    }

    async fn a_token_goes_with_openid_connect_and_never_beside_an_identity(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}/sso-connections", acme.organization);
        let certificate = include_str!("../../../rollcall/tests/data/tls-rsa.crt");
        let saml = json!({ "name": "SAML", "protocol": "saml", "saml": { "idp_entity_id": "urn:idp",
            "sso_url": "https://idp.example.com/sso", "certificate": certificate } });
        let saml = app.api.post(&path, saml).await.expect(201).text("/id");
        let path = format!("/v1/organizations/{}/sign-in-decisions", acme.organization);
        let refused = app.api.post(&path, json!({ "sso_connection_id": saml, "id_token": "x" })).await.expect(422);
        assert_eq!(refused.body["field"], "id_token");
        let both = json!({ "sso_connection_id": acme.sso, "id_token": "x", "identity": { "subject": "s" } });
        for body in [both, json!({ "sso_connection_id": acme.sso })] {
            let refused = app.api.post(&path, body).await.expect(422);
            assert_eq!(refused.body["field"], "identity");
        }
    }
}
