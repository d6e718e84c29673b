//! Nothing of one tenant is ever seen or changed through another: every route, every wrong
//! credential, every way to name a tenant.

use std::collections::BTreeSet;

use rollcall_testkit::{BASE_DOMAIN, Client, Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

use crate::isolation_table::{Item, ScimRoute, api, scim};

/// A well-formed token that nobody was given.
const UNKNOWN: &str = "rc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4ZsBqJ";

/// A tenant with a user and a group that are not to be reached.
pub(crate) struct Victim {
    pub(crate) connection: Connection,
    user: String,
    group: String,
}

/// What the victim claims.
const DOMAIN: &str = "claimed.example.com";

pub(crate) async fn victim(app: &TestApp) -> Victim {
    let connection = app.connect("Victim").await;
    let path = format!("/v1/organizations/{}/domains", connection.organization);
    let _ = app
        .api
        .post(&path, json!({ "domain": DOMAIN }))
        .await
        .expect(201);
    let body = json!({ "userName": "secret@victim.example", "displayName": "Secret" });
    let user = connection
        .scim
        .post("/Users", body)
        .await
        .expect(201)
        .text("/id");
    let body = json!({ "displayName": "Secret group", "members": [{ "value": user }] });
    let group = connection
        .scim
        .post("/Groups", body)
        .await
        .expect(201)
        .text("/id");
    Victim {
        connection,
        user,
        group,
    }
}

impl Victim {
    fn path(&self, route: &ScimRoute) -> String {
        let id = match route.item {
            Item::None => "",
            Item::User => &self.user,
            Item::Group => &self.group,
            Item::Public(id) => id,
        };
        route.pattern.replace("{id}", id)
    }

    fn body(&self, route: &ScimRoute) -> Option<Value> {
        route.body_about(&self.user, &self.group)
    }

    /// Everything there is of the victim, by its own token and by the management API.
    pub(crate) async fn everything(&self, app: &TestApp) -> Value {
        // What the victim itself did is not to show up in the middle of a comparison.
        app.flush().await;
        let scim = &self.connection.scim;
        let org = &self.connection.organization;
        json!([
            scim.get("/Users").await.expect(200).body,
            scim.get("/Groups").await.expect(200).body,
            app.api
                .get(&format!("/v1/organizations/{org}"))
                .await
                .expect(200)
                .body,
            app.api
                .get(&format!("/v1/organizations/{org}/sso-connections"))
                .await
                .expect(200)
                .body,
            app.api
                .get(&format!("{}/tokens", self.connection.path()))
                .await
                .expect(200)
                .body,
            app.api
                .get(&format!("/v1/organizations/{org}/domains"))
                .await
                .expect(200)
                .body,
            app.events(org).await,
        ])
    }
}

pub(crate) fn assert_tells_nothing(reply: &Reply, told: &str) {
    let text = reply.body.to_string();
    for secret in ["secret@victim.example", "Secret group", "Victim"] {
        assert!(!text.contains(secret), "{told}: {text}");
    }
}

#[test]
fn every_route_of_the_scim_endpoint_is_in_the_table() {
    let served: BTreeSet<String> = rollcall_gateway::scim_routes()
        .into_iter()
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let listed: BTreeSet<String> = scim()
        .iter()
        .map(|route| format!("{} {}", route.method, route.pattern))
        .collect();
    assert_eq!(served, listed);
}

#[test]
fn every_route_of_the_management_api_is_in_the_table() {
    let document: Value = serde_json::from_str(&rollcall_gateway::openapi_document()).unwrap();
    let mut served = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            served.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    // It describes the others, and says the same to everybody.
    served.remove("GET /v1/openapi.json");
    let listed: BTreeSet<String> = api()
        .iter()
        .map(|route| format!("{} {}", route.method, route.path()))
        .collect();
    assert_eq!(served, listed);
}

on_each_database! {
    async fn every_wrong_credential_is_refused_alike_on_every_scim_route(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            settings.limits.max_bad_tokens_per_minute = 1_000;
        }).await;
        let victim = victim(&app).await;
        let other = app.connect("Other").await;
        let revoked = {
            let body = json!({ "name": "revoked" });
            let path = format!("{}/tokens", victim.connection.path());
            let token = app.api.post(&path, body).await.expect(201);
            let _ = app.api.delete(&format!("{path}/{}", token.text("/id"))).await.expect(204);
            token.text("/secret")
        };
        let before = victim.everything(&app).await;
        let credentials = [
            ("no token", None),
            ("an unknown token", Some(UNKNOWN)),
            ("another organization's token", Some(other.token.as_str())),
            ("a revoked token", Some(revoked.as_str())),
        ];

        for route in scim() {
            let mut unauthorized = BTreeSet::new();
            for (credential, token) in credentials {
                let told = format!("{} {} with {credential}", route.method, route.pattern);
                let client = victim.connection.scim.with_bearer(token);
                let reply = client.send(route.method, &victim.path(&route), victim.body(&route)).await;
                // How to speak to a connection is told to whoever has its address.
                let open = token.is_none() && route.is_discovery();
                assert_eq!(reply.status, if open { 200 } else { 401 }, "{told}");
                assert_tells_nothing(&reply, &told);
                if token.is_some() {
                    let challenge = reply.header("www-authenticate").to_owned();
                    unauthorized.insert(format!("{challenge} {}", reply.body));
                }
            }
            assert_eq!(unauthorized.len(), 1, "{unauthorized:?}");
        }
        assert_eq!(victim.everything(&app).await, before);
    }

    async fn a_token_alone_never_reaches_what_is_not_its_own(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let victim = victim(&app).await;
        let other = app.connect("Other").await;
        let before = victim.everything(&app).await;

        for base in ["/scim/v2", "/api/scim/v2", "/api/v1/auth/scim", "/custom/scim"] {
            let client = app.scim_at(base, Some(&other.token));
            for route in scim() {
                let told = format!("{} {base}{}", route.method, route.pattern);
                let reply = client.send(route.method, &victim.path(&route), victim.body(&route)).await;
                assert_tells_nothing(&reply, &told);
                if matches!(route.item, Item::User | Item::Group) {
                    let missing = route.pattern.replace("{id}", "01890000-0000-7000-8000-000000000000");
                    let absent = client.send(route.method, &missing, route.body.clone()).await;
                    assert_eq!((reply.status, absent.status), (404, 404), "{told}");
                }
            }
        }
        assert_eq!(victim.everything(&app).await, before);
    }

    async fn an_operation_of_a_bulk_request_finds_nothing_of_another_tenant(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let victim = victim(&app).await;
        let other = app.connect("Other").await;
        let before = victim.everything(&app).await;
        let route = scim().into_iter().find(|route| route.pattern == "/Bulk").unwrap();
        let missing = "01890000-0000-7000-8000-000000000000";

        let mut answers = Vec::new();
        for body in [victim.body(&route), route.body_about(missing, missing)] {
            let reply = other.scim.send("POST", "/Bulk", body).await.expect(200);
            assert_tells_nothing(&reply, "/Bulk");
            let entries = reply.body["Operations"].as_array().unwrap();
            answers.push(entries.iter().map(|entry| entry["status"].clone()).collect::<Vec<_>>());
        }

        let expected = ["404", "404", "404", "404", "404", "404", "404", "404", "201"];
        assert_eq!(answers[0], expected);
        assert_eq!(answers[0], answers[1]);
        assert_eq!(victim.everything(&app).await, before);
        let groups = other.scim.get("/Groups").await.expect(200);
        let lured = groups.body["Resources"].as_array().unwrap();
        assert_eq!(lured.len(), 2);
        assert!(lured.iter().all(|group| group.get("members").is_none()), "{lured:?}");
    }

    async fn a_host_or_path_of_the_victim_refuses_other_tokens_on_every_route(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let victim = victim(&app).await;
        let other = app.connect("Other").await;
        let before = victim.everything(&app).await;
        let host = format!("{}.{BASE_DOMAIN}", victim.connection.slug);

        for base in ["/scim/v2", "/api/scim/v2"] {
            for route in scim() {
                let client = app.scim_at(base, Some(&other.token));
                let request = client
                    .request(route.method, &victim.path(&route))
                    .header("host", &host)
                    .header("content-type", "application/scim+json")
                    .body(victim.body(&route).map(|body| body.to_string()).unwrap_or_default());
                let reply = Client::read(request).await;
                assert_eq!(reply.status, 401, "{} {base}{}", route.method, route.pattern);
                assert_tells_nothing(&reply, route.pattern);
            }
        }
        assert_eq!(victim.everything(&app).await, before);
    }

    async fn a_disabled_connection_answers_403_to_its_own_token_on_every_route(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let victim = victim(&app).await;
        let path = victim.connection.path();
        let _ = app.api.patch(&path, json!({ "enabled": false })).await.expect(200);

        for route in scim() {
            let told = format!("{} {}", route.method, route.pattern);
            let client = &victim.connection.scim;
            let reply = client.send(route.method, &victim.path(&route), victim.body(&route)).await;
            assert_eq!(reply.status, 403, "{told}");
            assert_tells_nothing(&reply, &told);
        }
        let _ = app.api.patch(&path, json!({ "enabled": true })).await.expect(200);
        let users = victim.connection.scim.get("/Users").await.expect(200);
        assert_eq!(users.body["totalResults"], json!(1));
    }

    async fn the_management_api_takes_nothing_but_an_api_key(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let victim = victim(&app).await;
        let before = victim.everything(&app).await;
        let connection = &victim.connection;

        for route in api() {
            let path = fill(route.pattern, connection, connection);
            for token in [None, Some(UNKNOWN), Some(connection.token.as_str())] {
                let client = app.api.with_bearer(token);
                let reply = client.send(route.method, &path, route.body.clone()).await;
                assert_eq!(reply.status, 401, "{} {}", route.method, route.pattern);
                assert_eq!(reply.header("content-type"), "application/problem+json");
                assert_tells_nothing(&reply, route.pattern);
            }
        }
        assert_eq!(victim.everything(&app).await, before);
    }

    async fn an_id_of_another_organization_is_as_missing_as_none_at_all(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let victim = victim(&app).await;
        let other = app.connect("Other").await;
        let before = victim.everything(&app).await;

        for route in api() {
            let foreign = ["{sso}", "{scim}", "{tok}", "{domain}"].iter().any(|name| route.pattern.contains(name));
            if !foreign {
                continue;
            }
            // The organization of one, the things of the other.
            let path = fill(route.pattern, &other, &victim.connection);
            let told = format!("{} {path}", route.method);
            let confirmed = format!("{path}?confirm=Victim%20directory");
            for path in [&path, &confirmed] {
                let reply = app.api.send(route.method, path, route.body.clone()).await;
                assert_eq!(reply.status, 404, "{told}: {}", reply.body);
                assert_tells_nothing(&reply, &told);
            }
        }
        let linked = json!({ "name": "Linked", "sso_connection_id": victim.connection.sso });
        let path = format!("/v1/organizations/{}/scim-connections", other.organization);
        let refused = app.api.post(&path, linked).await.expect(422);
        assert_eq!(refused.body["field"], "sso_connection_id");
        let linked = json!({ "sso_connection_id": victim.connection.sso });
        let _ = app.api.patch(&other.path(), linked).await.expect(422);
        assert_eq!(victim.everything(&app).await, before);
    }
}

/// Fills the parameters of a path: the organization of one, everything below it of another.
pub(crate) fn fill(pattern: &str, org: &Connection, below: &Connection) -> String {
    pattern
        .replace("{org}", &org.organization)
        .replace("{sso}", &below.sso)
        .replace("{scim}", &below.id)
        .replace("{tok}", &below.token_id)
        .replace("{domain}", DOMAIN)
        .replace("{consumer}", "victim")
        .replace("{type}", "user.created")
        .replace("{occ}", "occ_01890000000000000000000000")
        .replace("{req}", "req_01890000000000000000000000")
        .replace("{whe}", "whe_01890000000000000000000000")
        .replace("{plk}", "plk_01890000000000000000000000")
        .replace("{whd}", "whd_01890000000000000000000000")
        .replace("{key}", "key_01890000000000000000000000")
}
