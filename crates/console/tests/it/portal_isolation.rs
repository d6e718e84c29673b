//! A session of one organization reaches nothing of another, by any route of the portal.

use rollcall_testkit::{Connection, TestApp, on_each_database};
use serde_json::{Value, json};

use crate::portal_visit::Browser;

/// How a route answers about what is another organization's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// As about what is not there.
    NotFound,
    /// It names nothing of anybody's, and shows what is of the session.
    OwnOnly,
}

/// Every route below `/portal`, but the link, which is of no session. A new route does not pass
/// `every_route_has_a_row` until it has a row here.
const ROUTES: [(&str, &str, Answers); 20] = [
    ("GET", "/portal", Answers::OwnOnly),
    ("POST", "/portal/sign-out", Answers::OwnOnly),
    ("GET", "/portal/ended", Answers::OwnOnly),
    ("GET", "/portal/setup", Answers::OwnOnly),
    ("GET", "/portal/setup/{idp}", Answers::OwnOnly),
    ("POST", "/portal/setup/{idp}/sso", Answers::OwnOnly),
    (
        "GET",
        "/portal/setup/{idp}/name?sso={sso}",
        Answers::NotFound,
    ),
    ("POST", "/portal/setup/{idp}/connection", Answers::NotFound),
    ("GET", "/portal/connections/{scim}", Answers::NotFound),
    ("GET", "/portal/connections/{scim}/guide", Answers::NotFound),
    ("GET", "/portal/connections/{scim}/live", Answers::NotFound),
    ("GET", "/portal/connections/{scim}/users", Answers::NotFound),
    (
        "GET",
        "/portal/connections/{scim}/groups",
        Answers::NotFound,
    ),
    (
        "GET",
        "/portal/connections/{scim}/requests",
        Answers::NotFound,
    ),
    (
        "GET",
        "/portal/connections/{scim}/requests/{req}",
        Answers::NotFound,
    ),
    (
        "GET",
        "/portal/connections/{scim}/tokens",
        Answers::NotFound,
    ),
    (
        "POST",
        "/portal/connections/{scim}/tokens",
        Answers::NotFound,
    ),
    (
        "POST",
        "/portal/connections/{scim}/tokens/{tok}/revoke",
        Answers::NotFound,
    ),
    ("GET", "/portal/policy", Answers::OwnOnly),
    ("POST", "/portal/policy", Answers::OwnOnly),
];

/// Everything the vendor sees of an organization.
async fn everything(app: &TestApp, of: &Connection) -> Vec<Value> {
    let org = format!("/v1/organizations/{}", of.organization);
    let mut seen = Vec::new();
    for path in [
        org.clone(),
        format!("{org}/policy"),
        format!("{org}/sso-connections"),
        format!("{org}/scim-connections"),
        format!("{}/tokens", of.path()),
        format!("{}/users", of.path()),
        format!("{}/groups", of.path()),
        format!("{org}/portal-links"),
    ] {
        seen.push(app.api.get(&path).await.expect(200).body);
    }
    seen
}

fn fill(pattern: &str, of: &Connection, request: &str) -> String {
    pattern
        .replace("{req}", request)
        .replace("{idp}", "okta")
        .replace("{sso}", &of.sso)
        .replace("{scim}", &of.id)
        .replace("{tok}", &of.token_id)
}

on_each_database! {
    async fn a_session_reaches_nothing_of_another_organization(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (victim, other) = (app.connect("Victim").await, app.connect("Other").await);
        let _ = victim.scim.post("/Users", json!({ "userName": "victoria" })).await.expect(201);
        let _ = victim.scim.post("/Groups", json!({ "displayName": "Victims" })).await.expect(201);
        app.flush().await;
        let logged = app.api.get(&format!("{}/requests", victim.path())).await.expect(200);
        let request = logged.text("/data/0/id");
        let before = everything(&app, &victim).await;
        let prefix = victim.token[..8].to_owned();

        for (method, pattern, answers) in ROUTES {
            // A session for each, since one of the routes ends it.
            let mut session = Browser::enter(&app, &other.organization).await;
            let csrf = session.get("/portal").await.expect(200).hidden("csrf");
            let tokens = format!("/portal/connections/{}/tokens", other.id);
            let form = session.get(&tokens).await.expect(200).hidden("form");
            let fields = [
                ("csrf", csrf.as_str()), ("form", form.as_str()), ("name", "Taken over"),
                ("previous", "now"), ("confirm", prefix.as_str()), ("on", "false"),
                ("sso", victim.sso.as_str()), ("protocol", "oidc"),
                ("issuer", "https://evil.example"), ("client_id", "x"),
            ];
            let fields = (method == "POST").then_some(fields.as_slice());
            let told = format!("{method} {pattern}");
            let reply = session.send(method, &fill(pattern, &victim, &request), fields, &[]).await;
            if answers == Answers::NotFound {
                let expected = if pattern.ends_with("/connection") { 422 } else { 404 };
                assert_eq!(reply.status, expected, "{told}: {}", reply.body);
                let absent = fill(pattern, &victim, &request)
                    .replace(&victim.sso, "sso_01890000000000000000000000")
                    .replace(&victim.id, "scim_01890000000000000000000000");
                let missing = session.send(method, &absent, fields, &[]).await;
                if expected == 404 {
                    assert_eq!(missing.status, 404, "{told}");
                }
            }
            for secret in ["Victim", "victoria", &victim.organization, &victim.token] {
                assert!(!reply.body.contains(secret), "{told} shows {secret}: {}", reply.body);
            }
        }
        assert_eq!(everything(&app, &victim).await, before);
    }

    async fn without_a_session_nothing_is_shown_and_nothing_changes(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let victim = app.connect("Victim").await;
        let request = "req_01890000000000000000000000".to_owned();
        let before = everything(&app, &victim).await;
        for cookie in [None, Some("rollcall_portal=rcp_nonsense"), Some("rollcall_portal=")] {
            for (method, pattern, _) in ROUTES {
                let mut nobody = Browser::new(app.api.base());
                nobody.cookie = cookie.map(str::to_owned);
                let fields = [("csrf", "x"), ("form", "x"), ("on", "true"), ("confirm", "Victim")];
                let fields = (method == "POST").then_some(fields.as_slice());
                let reply = nobody.send(method, &fill(pattern, &victim, &request), fields, &[]).await;
                let expected = if pattern == "/portal/ended" { 401 } else { 303 };
                assert_eq!(reply.status, expected, "{method} {pattern}");
                reply.hides("Victim");
            }
        }
        assert_eq!(everything(&app, &victim).await, before);
    }
}

#[test]
fn every_route_has_a_row() {
    let sources = [
        include_str!("../../src/portal/entry.rs"),
        include_str!("../../src/portal/home.rs"),
        include_str!("../../src/portal/setup.rs"),
        include_str!("../../src/portal/guide.rs"),
        include_str!("../../src/portal/live.rs"),
        include_str!("../../src/portal/overview.rs"),
        include_str!("../../src/portal/directory.rs"),
        include_str!("../../src/portal/requests.rs"),
        include_str!("../../src/portal/tokens.rs"),
        include_str!("../../src/portal/policy.rs"),
    ];
    let mut mounted = Vec::new();
    for source in sources {
        let flat: String = source.split_whitespace().collect();
        for route in flat.split(".route(\"").skip(1) {
            let (path, rest) = route.split_once('"').unwrap();
            let method = if rest.starts_with(",web::get()") {
                "GET"
            } else {
                "POST"
            };
            if !path.starts_with("/link/") {
                mounted.push(format!("{method} /portal{path}"));
            }
        }
    }
    let mut listed: Vec<_> = ROUTES
        .iter()
        .map(|(method, pattern, _)| format!("{method} {}", pattern.split('?').next().unwrap()))
        .collect();
    mounted.sort();
    listed.sort();
    assert_eq!(mounted, listed);
}
