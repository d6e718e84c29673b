//! A gateway with customers, of whom one has everything that a page can show.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_orgs::console_sign_in::ConsoleOidc;
use rollcall_orgs::management_callers::VendorIssuer;
use rollcall_testkit::{Connection, TestApp, TestDatabase, eventually};
use serde_json::{Value, json};

use crate::chromium::Chromium;

/// Names of customers, and whether their identity providers have asked something.
const CUSTOMERS: [(&str, bool); 7] = [
    ("Umbrella Logistics", false),
    ("Initech Software GmbH", true),
    ("Globex Corporation", true),
    ("Hooli International", false),
    ("Soylent Foods", true),
    ("Stark Industries", true),
    ("Acme, Inc.", true),
];

const PEOPLE: [(&str, &str); 6] = [
    ("ada", "Ada Lovelace"),
    ("grace", "Grace Hopper"),
    ("alan", "Alan Turing"),
    ("katherine", "Katherine Johnson"),
    ("edsger", "Edsger W. Dijkstra"),
    ("barbara", "Barbara Liskov"),
];

/// Providers whose guides differ, besides Okta and any other.
const PROVIDERS: [&str; 5] = ["entra", "onelogin", "jumpcloud", "ping", "google"];

/// The gateway, and what stands for the names in braces of routes.
pub(crate) struct World {
    app: TestApp,
    names: BTreeMap<String, String>,
}

impl World {
    pub(crate) async fn begin() -> Self {
        let app = TestApp::start_with_sign_in(TestDatabase::sqlite().await, sign_in()).await;
        let mut acme = None;
        for (name, has_asked) in CUSTOMERS {
            let connection = app.connect(name).await;
            if has_asked {
                push(&connection).await;
                app.flush().await;
            }
            app.clock.advance(Duration::from_hours(30));
            acme = Some(connection);
        }
        let acme = acme.unwrap();
        let mut world = Self {
            app,
            names: BTreeMap::new(),
        };
        for (name, value) in [
            ("org", &acme.slug),
            ("scim", &acme.id),
            ("sso", &acme.sso),
            ("okta", &"okta".to_owned()),
            ("google", &"google".to_owned()),
            ("nothing", &"rcl_nothing".to_owned()),
        ] {
            world.names.insert(name.to_owned(), value.clone());
        }
        world.ask_for_a_day(&acme).await;
        world.set_up_more(&acme).await;
        world.deliver().await;
        world.find_ids(&acme).await;
        world
    }

    /// Where it is served.
    pub(crate) fn base(&self) -> &str {
        self.app.api.base()
    }

    /// A route with every name in braces filled in.
    pub(crate) fn fill(&self, route: &str) -> String {
        let mut path = route.to_owned();
        for (name, value) in &self.names {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        assert!(
            !path.contains('{'),
            "{path} has a name that the world does not know"
        );
        path
    }

    /// Has a browser sign in to the console as somebody who may do everything.
    pub(crate) async fn sign_in(&self, browser: &Chromium) {
        browser.open(&format!("{}/console", self.base())).await;
        browser.fill("#key", self.app.api.bearer().unwrap()).await;
        browser.click("Sign in").await;
    }

    /// Has a browser come into the portal by the link.
    pub(crate) async fn enter(&self, browser: &Chromium) {
        browser
            .open(&format!(
                "{}{}",
                self.base(),
                self.fill("/portal/link/{link}")
            ))
            .await;
        browser.click("Begin").await;
    }

    pub(crate) async fn end(self) {
        self.app.stop().await;
    }

    async fn made(&self, path: &str, body: Value) -> String {
        self.app.api.post(path, body).await.expect(201).text("/id")
    }

    async fn first_of(&self, path: &str) -> String {
        self.app.api.get(path).await.expect(200).text("/data/0/id")
    }

    /// Requests over twenty hours, some of which fail, and at last one with a wrong token.
    async fn ask_for_a_day(&self, acme: &Connection) {
        for hour in 0..20u64 {
            self.app.clock.advance(Duration::from_hours(1));
            for number in 0..(hour * 7 % 13) {
                let path = if number % 5 == 4 {
                    "/Users/nobody"
                } else {
                    "/Users?count=1"
                };
                let _ = acme.scim.get(path).await;
            }
            self.app.flush().await;
        }
        let mistyped = acme.scim.with_bearer(Some("rc_mistyped"));
        let _ = mistyped.get("/Users").await.expect(401);
        self.app.flush().await;
    }

    /// Another customer, more connections, a domain, a person who came in by signing in.
    async fn set_up_more(&mut self, acme: &Connection) {
        let empty = json!({ "name": "Wayne Enterprises", "slug": "wayne" });
        let _ = self.made("/v1/organizations", empty).await;
        self.names.insert("empty".to_owned(), "wayne".to_owned());
        let org = format!("/v1/organizations/{}", acme.organization);
        let domain = json!({ "domain": "acme.example.com" });
        let _ = self
            .app
            .api
            .post(&format!("{org}/domains"), domain)
            .await
            .expect(201);
        let came = json!({ "sso_connection_id": acme.sso, "identity": {
            "subject": "margaret", "email": "margaret@acme.example.com", "email_verified": true } });
        let _ = self
            .app
            .api
            .post(&format!("{org}/sign-in-decisions"), came)
            .await
            .expect(200);
        for (name, idp) in PROVIDERS
            .map(|idp| (format!("in-{idp}"), idp))
            .into_iter()
            .chain([("waiting".to_owned(), "okta")])
        {
            let body = json!({ "name": format!("Acme in {idp}"), "sso_connection_id": acme.sso, "idp": idp });
            let id = self.made(&format!("{org}/scim-connections"), body).await;
            self.names.insert(name, id);
        }
        let saml = json!({ "name": "Sign-in with SAML", "protocol": "saml", "saml": {
            "idp_entity_id": "https://idp.acme.example.com", "sso_url": "https://idp.acme.example.com/saml",
            "certificate": include_str!("../data/tls.crt") } });
        let saml = self.made(&format!("{org}/sso-connections"), saml).await;
        self.names.insert("saml".to_owned(), saml);
        let link = json!({ "return_url": "https://app.example.com/settings" });
        let link = self
            .app
            .api
            .post(&format!("{org}/portal-links"), link)
            .await
            .expect(201)
            .text("/url");
        let (_, secret) = link.rsplit_once('/').unwrap();
        self.names.insert("link".to_owned(), secret.to_owned());
    }

    /// A webhook endpoint where nobody answers, to which an event was sent.
    async fn deliver(&mut self) {
        let hook = json!({ "url": "https://127.0.0.1:9/hooks/rollcall" });
        let endpoint = self.made("/v1/webhook-endpoints", hook).await;
        let _ = self
            .made("/v1/organizations", json!({ "name": "Tyrell" }))
            .await;
        let list = format!("/v1/webhook-endpoints/{endpoint}/deliveries");
        eventually("a delivery was tried", async || {
            let list = self.app.api.get(&list).await.expect(200);
            list.body
                .pointer("/data/0/attempts")
                .is_some_and(|tried| *tried != json!(0))
        })
        .await;
        let delivery = self.first_of(&list).await;
        self.names.insert("endpoint".to_owned(), endpoint);
        self.names.insert("delivery".to_owned(), delivery);
    }

    async fn find_ids(&mut self, acme: &Connection) {
        let user = self.first_of(&format!("{}/users", acme.path())).await;
        let failed = self
            .first_of(&format!("{}/requests?category=authentication", acme.path()))
            .await;
        self.names.insert("user".to_owned(), user);
        self.names.insert("failed".to_owned(), failed);
    }
}

/// How operators sign in at an issuer, which is asked by nobody here.
pub(crate) fn sign_in() -> ConsoleOidc {
    ConsoleOidc {
        vendor: VendorIssuer {
            issuer: "https://login.example.com".to_owned(),
            role_claim: "roles".to_owned(),
            admin_values: vec!["ops".to_owned()],
            read_only_values: vec!["support".to_owned()],
            organization_claim: None,
        },
        client_id: "rollcall-console".to_owned(),
        client_secret: None,
        scopes: vec!["openid".to_owned()],
        display_name: "Orbit login".to_owned(),
    }
}

/// People, groups of them, and a member who has not arrived.
async fn push(connection: &Connection) {
    let mut members = vec![json!({ "value": "01890000-0000-7000-8000-000000000000" })];
    for (name, display) in PEOPLE {
        let (given, family) = display.split_once(' ').unwrap();
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("{name}@acme.example.com"),
            "externalId": format!("00u{name}"),
            "displayName": display,
            "name": { "givenName": given, "familyName": family },
            "title": "Engineer",
            "active": name != "alan",
            "emails": [{ "value": format!("{name}@acme.example.com"), "type": "work", "primary": true }],
        });
        let id = connection
            .scim
            .post("/Users", user)
            .await
            .expect(201)
            .text("/id");
        members.push(json!({ "value": id }));
    }
    for group in ["Engineers", "Everyone", "Admins"] {
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": group,
            "members": members,
        });
        let _ = connection.scim.post("/Groups", group).await.expect(201);
    }
}
