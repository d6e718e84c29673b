//! Signing in at the vendor's own issuer: who comes in, who does not, and what the session is.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_orgs::console_sign_in::ConsoleOidc;
use rollcall_orgs::management_callers::VendorIssuer;
use rollcall_testkit::oidc::{Misbehaviour, OidcServer};
use rollcall_testkit::{TestApp, TestDatabase, on_each_database};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::browser::{Browser, Page};

const LIST: &str = "/console/organizations";
const CLIENT: &str = "rollcall-console";
const FLOW: &str = "rollcall_sign_in";

/// How operators sign in at an issuer.
pub(crate) fn settings(issuer: &str) -> ConsoleOidc {
    ConsoleOidc {
        vendor: VendorIssuer {
            issuer: issuer.to_owned(),
            role_claim: "roles".to_owned(),
            admin_values: vec!["ops".to_owned()],
            read_only_values: vec!["support".to_owned()],
            organization_claim: None,
        },
        client_id: CLIENT.to_owned(),
        client_secret: Some("the client's secret".into()),
        scopes: vec!["openid".to_owned(), "email".to_owned()],
        display_name: "Orbit login".to_owned(),
    }
}

struct Fixture {
    app: TestApp,
    issuer: OidcServer,
}

/// A browser that was sent to the issuer.
struct Sent {
    browser: Browser,
    to: Url,
}

impl Sent {
    fn asked(&self, name: &str) -> String {
        let mut pairs = self.to.query_pairs();
        let found = pairs.find(|(key, _)| key == name);
        found
            .unwrap_or_else(|| panic!("no {name} in {}", self.to))
            .1
            .into_owned()
    }

    /// Comes back as the issuer sends it.
    async fn back(&self, query: &[(&str, &str)]) -> Page {
        let mut all = url::form_urlencoded::Serializer::new(String::new());
        let query = all.extend_pairs(query).finish();
        self.browser
            .get(&format!("/console/sign-in/callback?{query}"))
            .await
    }

    async fn back_with(&self, code: &str) -> Page {
        self.back(&[("code", code), ("state", &self.asked("state"))])
            .await
    }
}

impl Fixture {
    async fn on(database: TestDatabase) -> Self {
        Self::with(database, None).await
    }

    async fn with(database: TestDatabase, organization_claim: Option<&str>) -> Self {
        let issuer = OidcServer::start();
        let mut sign_in = settings(issuer.issuer());
        sign_in.vendor.organization_claim = organization_claim.map(str::to_owned);
        let app = TestApp::start_with_sign_in(database, sign_in).await;
        Self { app, issuer }
    }

    async fn begin(&self) -> Sent {
        let browser = Browser::at(&self.app);
        let page = browser
            .get(&format!("/console/sign-in?next={LIST}"))
            .await
            .expect(200);
        let link = page
            .shows("Sign in with Orbit login")
            .between("<a class=\"button\" href=\"", "\"");
        let page = browser.get(&link.replace("&#38;", "&")).await.expect(303);
        let to = Url::parse(page.header("location")).unwrap();
        Sent { browser, to }
    }

    /// Has Amy sign in at the issuer, whose id token says `more`.
    fn grant(&self, sent: &Sent, code: &str, more: Value) {
        let mut claims = json!({
            "nonce": sent.asked("nonce"),
            "email": "amy@orbit.example.com",
            "roles": ["all", "ops"],
        });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let now = self.app.state().store.clock().now();
        self.issuer
            .give_code(code, &self.issuer.id_token(CLIENT, now, claims));
    }

    async fn signed_in(&self, more: Value) -> Browser {
        let sent = self.begin().await;
        self.grant(&sent, "code-1", more);
        let page = sent.back_with("code-1").await.expect(303);
        assert_eq!(page.header("location"), LIST);
        sent.browser
    }

    /// What comes of a sign-in whose token says `more`.
    async fn refused(&self, more: Value) -> Page {
        let sent = self.begin().await;
        self.grant(&sent, "code-1", more);
        let page = sent.back_with("code-1").await.expect(422);
        sent.browser.get(LIST).await.expect(303);
        page
    }
}

on_each_database! {
    async fn a_person_signs_in_at_the_issuer_and_is_who_did_it(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let sent = fixture.begin().await;
        let url = fixture.app.api.base();
        assert_eq!(sent.to.path(), "/authorize");
        let back = format!("{url}/console/sign-in/callback");
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", &back),
            ("scope", "openid email"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(sent.asked(name), value);
        }
        fixture.grant(&sent, "code-1", json!({}));
        let page = sent.back_with("code-1").await.expect(303);
        assert_eq!(page.header("location"), LIST);
        assert_eq!(sent.browser.cookie(FLOW).unwrap(), "");

        let redeemed = fixture.issuer.redeemed().remove(0);
        let sent_with = |name: &str| redeemed.form[name].as_str();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(sent_with("code_verifier")));
        assert_eq!(challenge, sent.asked("code_challenge"));
        assert_eq!(sent_with("redirect_uri"), back);
        let basic = redeemed.authorization.unwrap();
        assert!(basic.starts_with("Basic ") && !redeemed.form.contains_key("client_secret"));

        let page = sent.browser.get(LIST).await.expect(200);
        page.shows("amy@orbit.example.com").hides("oidc:").shows("May read and change");
        sent.browser.fill(LIST, &[("name", "Acme")]).await.expect(303);
        let events = fixture.app.events("acme").await;
        let actor = events[0]["actor"].as_str().unwrap().to_owned();
        let log = fixture.app.api.get("/v1/audit-log?limit=100").await.expect(200);
        let by_amy: Vec<_> = log.body["data"].as_array().unwrap().iter()
            .filter(|row| row["actor"] == actor.as_str())
            .map(|row| (row["action"].as_str().unwrap(), row["actor_name"].as_str().unwrap()))
            .collect();
        for action in ["management_caller.first_seen", "console.signed_in"] {
            assert!(by_amy.contains(&(action, "oidc:amy@orbit.example.com")), "{by_amy:?}");
        }
        sent.browser.get("/console/audit-log").await.expect(200).shows("amy@orbit.example.com");

        sent.browser.fill("/console/sign-out", &[]).await.expect(303);
        sent.browser.get(LIST).await.expect(303);
        fixture.app.stop().await;
    }

    async fn the_role_of_the_token_is_that_of_the_session(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let reader = fixture.signed_in(json!({ "roles": "support" })).await;
        reader.get(LIST).await.expect(200).shows("May read").hides("/console/organizations/new");
        reader.fill(LIST, &[("name", "Mine")]).await.expect(403).shows("read_only");

        // The same person with another role has another session; the first one stays as it was.
        let admin = fixture.signed_in(json!({})).await;
        admin.fill(LIST, &[("name", "Acme")]).await.expect(303);
        reader.fill(LIST, &[("name", "Mine")]).await.expect(403);
        admin.get("/console/api-keys").await.expect(200).hides("oidc:");
        fixture.app.stop().await;
    }

    async fn a_person_can_be_bound_to_one_organization(database: TestDatabase) {
        let fixture = Fixture::with(database, Some("org")).await;
        let own = fixture.app.connect("Own").await;
        let _other = fixture.app.connect("Foreign").await;
        let bound = fixture.signed_in(json!({ "org": own.organization })).await;
        bound.get(LIST).await.expect(200).shows(">Own<").hides("Foreign");
        bound.get("/console/organizations/foreign").await.expect(404);
        bound.get("/console/api-keys").await.expect(403);
        fixture.refused(json!({ "org": "nobody" })).await.shows("gives you no role");
        fixture.refused(json!({})).await.shows("gives you no role");

        // The session goes with the organization.
        let path = format!("/v1/organizations/{}?confirm=own", own.organization);
        let _ = fixture.app.api.delete(&path).await.expect(204);
        bound.get(LIST).await.expect(303);
        fixture.app.stop().await;
    }

    async fn a_state_that_is_not_of_this_browser_lets_nobody_in(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let sent = fixture.begin().await;
        fixture.grant(&sent, "code-1", json!({}));
        let other = fixture.begin().await;
        for state in ["", "AAAA", &other.asked("state"), &other.asked("nonce")] {
            let page = sent.back(&[("code", "code-1"), ("state", state)]).await;
            page.expect(422).shows("was not begun in this browser");
        }
        // What an attacker began ends in no other browser.
        let state = sent.asked("state");
        let page = other.back(&[("code", "code-1"), ("state", &state)]).await;
        page.expect(422).shows("was not begun in this browser");
        let foreign = [("code", "code-1"), ("state", &*state), ("iss", "https://login.example.net")];
        sent.back(&foreign).await.expect(422).shows("could not be accepted");
        assert_eq!(fixture.issuer.redeemed(), []);
        fixture.app.stop().await;
    }

    async fn a_sign_in_is_used_once_and_for_ten_minutes(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let sent = fixture.begin().await;
        let cookie = sent.browser.cookie(FLOW).unwrap();
        fixture.grant(&sent, "code-1", json!({}));
        sent.back_with("code-1").await.expect(303);
        fixture.grant(&sent, "code-2", json!({}));
        sent.back_with("code-2").await.expect(422).shows("was not begun in this browser");
        sent.browser.set_cookie(FLOW, &cookie);
        sent.back_with("code-2").await.expect(422).shows("was used before");
        assert_eq!(fixture.issuer.redeemed().len(), 1);

        let sent = fixture.begin().await;
        fixture.app.clock.advance(Duration::from_mins(10));
        fixture.grant(&sent, "code-3", json!({}));
        sent.back_with("code-3").await.expect(422).shows("more than ten");
        fixture.app.stop().await;
    }

    async fn a_token_that_is_not_believed_lets_nobody_in(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        for wrong in [
            json!({ "nonce": "of another sign-in" }),
            json!({ "nonce": null }),
            json!({ "aud": "product" }),
            json!({ "aud": [CLIENT, "product"] }),
            json!({ "iss": "https://login.example.com" }),
            json!({ "exp": 1_795_305_000 }),
            json!({ "sub": null }),
        ] {
            let page = fixture.refused(wrong.clone()).await;
            let page = page.shows("Orbit login answered could not be accepted");
            assert!(!page.text.contains("nonce"), "{wrong}");
        }
        fixture.refused(json!({ "roles": ["all"] })).await.shows("gives you no role");
        fixture.refused(json!({ "roles": null })).await.shows("gives you no role");
        let log = fixture.app.api.get("/v1/audit-log?limit=100").await.expect(200);
        assert!(!log.body.to_string().contains("console.signed_in"));
        fixture.app.stop().await;
    }

    async fn an_issuer_that_refuses_or_fails_is_told_apart(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let sent = fixture.begin().await;
        sent.back_with("never given out").await.expect(422).shows("could not be accepted");
        let sent = fixture.begin().await;
        let denied = [("error", "access_denied"), ("state", &*sent.asked("state"))];
        sent.back(&denied).await.expect(422).shows("did not sign you in").hides("access_denied");
        let sent = fixture.begin().await;
        fixture.issuer.misbehave(Misbehaviour::Fails);
        sent.back_with("code-1").await.expect(503).shows("does not answer as it should");
        // Whoever has an API key is not kept out.
        let _ = Browser::of_admin(&fixture.app).await;
        fixture.app.stop().await;
    }

    async fn whoever_tries_out_codes_has_to_wait(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        for _ in 0..20 {
            let sent = fixture.begin().await;
            sent.back_with("guessed").await.expect(422);
        }
        let sent = fixture.begin().await;
        fixture.grant(&sent, "code-1", json!({}));
        let page = sent.back_with("code-1").await.expect(429);
        assert_eq!(page.header("retry-after"), "60");
        assert_eq!(fixture.issuer.redeemed().len(), 20);
        // The sign-in was not used up by that.
        fixture.app.clock.advance(Duration::from_mins(1));
        sent.back_with("code-1").await.expect(303);
        fixture.app.stop().await;
    }

    async fn a_session_of_a_person_ends_as_one_of_a_key_does(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let browser = fixture.signed_in(json!({})).await;
        fixture.app.clock.advance(Duration::from_mins(29));
        browser.get(LIST).await.expect(200);
        fixture.app.clock.advance(Duration::from_mins(31));
        browser.get(LIST).await.expect(303);

        let browser = fixture.signed_in(json!({})).await;
        for _ in 0..28 {
            fixture.app.clock.advance(Duration::from_mins(25));
            browser.get(LIST).await.expect(200);
        }
        fixture.app.clock.advance(Duration::from_mins(25));
        browser.get(LIST).await.expect(303);
        fixture.app.stop().await;
    }

    async fn forms_of_another_session_of_a_person_are_refused(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let browser = fixture.signed_in(json!({})).await;
        let other = fixture.signed_in(json!({})).await.csrf().await;
        for token in ["", "AAAA", other.as_str()] {
            let fields = [("name", "Acme"), ("csrf", token)];
            browser.submit(LIST, &fields).await.expect(403).shows("out of date");
        }
        fixture.app.stop().await;
    }

    async fn sessions_of_people_end_when_nobody_signs_in_that_way_any_more(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let browser = fixture.signed_in(json!({})).await;
        let cookie = browser.cookie("rollcall_console").unwrap();
        let app = fixture.app.restart().await;
        let browser = Browser::at(&app);
        browser.set_cookie("rollcall_console", &cookie);
        browser.get(LIST).await.expect(303);
        browser.get("/console/sign-in").await.expect(200).hides("Sign in with");
        browser.get("/console/sign-in/oidc").await.expect(404);
        browser.get("/console/sign-in/callback?code=a&state=b").await.expect(404);
        app.stop().await;
    }
}
