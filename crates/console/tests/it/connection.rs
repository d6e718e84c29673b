//! The pages of an organization, of a SCIM connection and of a user.

use std::time::Duration;

use rollcall_testkit::{Connection, TestApp, on_each_database};
use serde_json::{Value, json};

use crate::browser::Browser;

fn page_of(connection: &Connection) -> String {
    format!(
        "/console/organizations/{}/scim-connections/{}",
        connection.slug, connection.id
    )
}

async fn make_user(connection: &Connection, name: &str) -> String {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "externalId": format!("ext-{name}"),
        "emails": [{ "value": format!("{name}@mail.example.com"), "type": "work" }],
    });
    connection
        .scim
        .post("/Users", user)
        .await
        .expect(201)
        .text("/id")
}

on_each_database! {
    async fn a_connection_is_set_up_without_curl(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        browser.fill("/console/organizations", &[("name", "Acme")]).await.expect(303);
        let org = "/console/organizations/acme";
        browser.get(org).await.expect(200).shows("No SSO connections yet");
        browser.get(&format!("{org}/sso-connections/new")).await.expect(200);
        let sso = [
            ("name", "Okta"),
            ("protocol", "oidc"),
            ("issuer", "http://plain.example.com"),
            ("client_id", "product"),
            ("client_secret", "hidden-secret"),
        ];
        let again = browser.fill(&format!("{org}/sso-connections"), &sso).await.expect(422);
        again.shows("https").hides("hidden-secret");
        let mut sso = sso;
        sso[2].1 = "https://acme.okta.example.com";
        let page = browser.fill_and_follow(&format!("{org}/sso-connections"), &sso).await;
        page.shows("Okta was created").hides("hidden-secret");

        let page = browser.get(&format!("{org}/scim-connections/new")).await.expect(200);
        let sso = page.between("<option value=\"sso_", "\"");
        let sso = format!("sso_{sso}");
        let new = [("name", "Okta, production"), ("sso", &*sso), ("idp", "okta")];
        let made = browser.fill(&format!("{org}/scim-connections"), &new).await.expect(200);
        let token = made.between("<code id=\"token\">", "<");
        let url = made.between("<code id=\"endpoint-url\">", "<");
        let scim = app.scim_at(&url, Some(&token));
        browser.get(org).await.expect(200).shows("Awaiting first request").hides(&token);
        let _ = scim.get("/Users").await.expect(200);
        app.flush().await;
        browser.get(org).await.expect(200).shows("Connected");
        app.stop().await;
    }

    async fn a_token_is_rotated_with_an_overlap(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let connection = app.connect("Acme").await;
        let browser = Browser::of_admin(&app).await;
        let page = page_of(&connection);
        let new = [("name", "December"), ("days", "30"), ("previous", "3600")];
        let made = browser.fill(&format!("{page}/tokens"), &new).await.expect(200);
        let made = made.shows("This is shown once");
        let token = made.between("<code id=\"token\">", "<");
        let new = app.scim_at(connection.scim.base(), Some(&token));
        let _ = new.get("/Users").await.expect(200);
        let _ = connection.scim.get("/Users").await.expect(200);
        browser.get(&page).await.expect(200).shows("Being replaced").hides(&token);
        app.clock.advance(Duration::from_mins(61));
        let browser = Browser::of_admin(&app).await;
        let _ = connection.scim.get("/Users").await.expect(401);
        let _ = new.get("/Users").await.expect(200);
        let shown = browser.get(&page).await.expect(200).shows("Revoked");

        let revoke = shown.between(&format!("action=\"{page}/tokens/"), "\"");
        let revoke = format!("{page}/tokens/{revoke}");
        let refused = browser.fill(&revoke, &[("confirm", "november")]).await;
        refused.expect(422).shows("Nothing was changed");
        let _ = new.get("/Users").await.expect(200);
        browser.fill(&revoke, &[("confirm", "December")]).await.expect(303);
        let _ = new.get("/Users").await.expect(401);
        browser.get(&page).await.expect(200).shows("needs attention");
        app.stop().await;
    }

    async fn people_and_what_was_asked_are_seen(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let connection = app.connect("Acme").await;
        let ada = make_user(&connection, "ada").await;
        let grace = make_user(&connection, "<b>grace</b>").await;
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Engineers",
            "members": [{ "value": ada }, { "value": "who-is-to-come" }],
        });
        let _ = connection.scim.post("/Groups", group).await.expect(201);
        let _ = connection.scim.get("/Users/nobody").await.expect(404);
        app.flush().await;
        let browser = Browser::of_admin(&app).await;
        let page = page_of(&connection);
        let list = browser.get(&format!("{page}/users")).await.expect(200);
        list.shows(">ada<").hides("<b>grace").shows("&#60;b&#62;grace");
        for name in ["ADA", "ext-ada", "ada@mail.example.com"] {
            let found = browser.get(&format!("{page}/users?q={name}")).await.expect(200);
            found.shows(">ada<").hides("grace");
        }
        let user = browser.get(&format!("{page}/users/{ada}")).await.expect(200);
        user.shows("ada@mail.example.com")
            .shows("Engineers")
            .shows("The default role: member")
            .shows("user.created");
        browser.get(&format!("{page}/users/{grace}")).await.expect(200).hides("<b>grace");
        browser.get(&format!("{page}/groups")).await.expect(200).shows("1 member awaited");
        browser.get(&format!("{page}/parked")).await.expect(200).shows("who-is-to-come");
        browser.get(&format!("{page}/events")).await.expect(200).shows("group.created");
        let log = browser.get(&format!("{page}/requests?category=failed")).await.expect(200);
        let log = log.shows("/Users/nobody").hides("POST");
        let one = log.between(&format!("{page}/requests/"), "\"");
        let one = browser.get(&format!("{page}/requests/{one}")).await.expect(200);
        one.shows("What to do").shows("404");
        let bundle = browser.get(&format!("{page}/support-bundle")).await.expect(200);
        assert!(bundle.header("content-disposition").starts_with("attachment"));
        browser.get(&page).await.expect(200).shows("1 failed").shows("Requests, last 24 hours");
        app.stop().await;
    }

    async fn a_dangerous_deed_asks_for_the_name(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let connection = app.connect("Acme").await;
        let browser = Browser::of_admin(&app).await;
        let page = page_of(&connection);
        let confirm: [(&str, &str); 1] = [("confirm", "Acme directory")];
        browser.fill(&format!("{page}/disable"), &[]).await.expect(422);
        browser.fill(&format!("{page}/disable"), &confirm).await.expect(303);
        let _ = connection.scim.get("/Users").await.expect(403);
        browser.fill(&format!("{page}/enable"), &[]).await.expect(303);
        let _ = connection.scim.get("/Users").await.expect(200);
        browser.fill(&format!("{page}/delete"), &[("confirm", "Acme")]).await.expect(422);
        browser.fill(&format!("{page}/delete"), &confirm).await.expect(303);
        browser.get(&page).await.expect(404);

        let org = "/console/organizations/acme";
        browser.fill(&format!("{org}/delete"), &[("confirm", "Acme")]).await.expect(422);
        let gone = browser.fill_and_follow(&format!("{org}/delete"), &[("confirm", "acme")]).await;
        gone.shows("Acme was deleted");
        browser.get("/console/organizations").await.expect(200).hides("was deleted");
        browser.get("/console/audit-log").await.expect(200).shows("organization.deleted");
        app.stop().await;
    }

    async fn a_bound_key_reaches_nothing_of_another_organization(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let own = app.connect("Own").await;
        let foreign = app.connect("Foreign").await;
        let user = make_user(&foreign, "secret-person").await;
        let new = json!({ "name": "bound", "organization_id": own.organization });
        let key = app.api.post("/v1/api-keys", new).await.expect(201).text("/secret");
        let browser = Browser::signed_in(&app, &key).await;
        let org = "/console/organizations/foreign";
        let theirs = page_of(&foreign);
        // The connection of another organization below the path of the own one, too.
        let crossed = format!("/console/organizations/own/scim-connections/{}", foreign.id);
        for base in [&theirs, &crossed] {
            for part in [
                "", "/users", "/groups", "/parked", "/requests", "/events", "/support-bundle",
                "/requests/req_01m8kjt9g0e75rbyxt9vtg75tc",
            ] {
                browser.get(&format!("{base}{part}")).await.expect(404).hides("secret-person");
            }
            browser.get(&format!("{base}/users/{user}")).await.expect(404);
            for deed in ["enable", "disable", "delete", "tokens", "tokens/tok_0/revoke"] {
                let fields = [("name", "x"), ("confirm", "Foreign directory")];
                browser.fill(&format!("{base}/{deed}"), &fields).await.expect(404);
            }
        }
        for path in ["", "/sso-connections/new", "/scim-connections/new"] {
            browser.get(&format!("{org}{path}")).await.expect(404);
        }
        for (path, status) in [
            ("/delete", 404),
            ("/domains", 404),
            ("/domains/example.com/verify", 404),
            ("/domains/example.com/delete", 404),
            ("/sso-connections", 404),
            ("/scim-connections", 404),
        ] {
            browser.fill(&format!("{org}{path}"), &[("confirm", "foreign")]).await.expect(status);
        }
        browser.get("/console/audit-log?organization=foreign").await.expect(200).hides("foreign");
        let own_page = browser.get(&page_of(&own)).await.expect(200);
        own_page.shows("Own directory");
        app.stop().await;
    }

    async fn a_domain_is_claimed_proven_and_removed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let _ = app.api.post("/v1/organizations", json!({ "name": "Acme" })).await.expect(201);
        let browser = Browser::of_admin(&app).await;
        let org = "/console/organizations/acme";
        let new = [("domain", "example.com")];
        let page = browser.fill_and_follow(&format!("{org}/domains"), &new).await;
        page.shows("was claimed").shows("Not verified");
        let page = browser.fill_and_follow(&format!("{org}/domains/example.com/verify"), &[]).await;
        page.shows("Not verified");
        let gone = format!("{org}/domains/example.com/delete");
        browser.fill(&gone, &[("confirm", "example.org")]).await.expect(422);
        browser.fill(&gone, &[("confirm", "example.com")]).await.expect(303);
        browser.get(org).await.expect(200).shows("No domains yet");
        app.stop().await;
    }

    async fn keys_and_webhooks_are_seen(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        let new = [("name", "for support"), ("role", "read_only"), ("organization", "")];
        let made = browser.fill("/console/api-keys", &new).await.expect(200);
        let secret = made.between("<code id=\"key\">", "<");
        browser.get("/console/api-keys").await.expect(200).shows("for support").hides(&secret);
        let reader = Browser::signed_in(&app, &secret).await;
        reader.get("/console/api-keys").await.expect(200).hides("Delete this key");
        reader.fill("/console/api-keys", &new).await.expect(403);

        let hook = json!({ "url": "https://127.0.0.1:9/hook", "description": "product" });
        let hook = app.api.post("/v1/webhook-endpoints", hook).await.expect(201);
        let id = hook.text("/id");
        let test = format!("/v1/webhook-endpoints/{id}/test");
        let _ = app.api.post(&test, Value::Null).await;
        browser.get("/console/webhooks").await.expect(200).shows("127.0.0.1:9");
        browser.get(&format!("/console/webhooks/{id}")).await.expect(200);
        browser.get("/console/audit-log").await.expect(200).shows("api_key.created");
        app.stop().await;
    }
}
