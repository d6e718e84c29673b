//! The setup portal, from the link to Connected and afterwards.

use std::time::Duration;

use rollcall_idp_sim::{Directory, IdpKind, Options, Session, Target};
use rollcall_testkit::{TestApp, eventually, on_each_database};
use serde_json::json;

use crate::portal_visit::{Browser, Page, link};

/// What a page of the way needs to be filled in with.
async fn sso(browser: &mut Browser, idp: &str) -> Page {
    let page = browser
        .get(&format!("/portal/setup/{idp}"))
        .await
        .expect(200);
    let form = [
        ("protocol", "oidc"),
        ("name", "Company sign-in"),
        ("issuer", "https://login.example.com"),
        ("client_id", "product"),
        ("client_secret", "s3cret of the client"),
    ];
    let path = format!("/portal/setup/{idp}/sso");
    browser.submit(&page, &path, &form).await.expect(303)
}

/// Goes the way to a new connection, and stops where its token is shown.
async fn set_up(browser: &mut Browser, idp: &str, name: &str) -> Page {
    let next = sso(browser, idp).await.location().to_owned();
    let page = browser.get(&next).await.expect(200);
    let (form, sso) = (page.hidden("form"), page.hidden("sso"));
    let fields = [("form", form.as_str()), ("sso", &sso), ("name", name)];
    let path = format!("/portal/setup/{idp}/connection");
    browser.submit(&page, &path, &fields).await.expect(201)
}

fn endpoint(page: &Page) -> String {
    page.between("<code id=\"endpoint\">", "</code>")
}

fn token(page: &Page) -> String {
    page.between("<code id=\"token\">", "</code>")
}

/// Where the connection of a page is.
fn connection_path(page: &Page) -> String {
    let id = page.between("data-live=\"/portal/connections/", "/live");
    format!("/portal/connections/{id}")
}

on_each_database! {
    async fn an_admin_goes_from_the_link_to_connected(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let org = app.api.post("/v1/organizations", json!({ "name": "Acme" })).await.expect(201).text("/id");
        let mut browser = Browser::enter(&app, &org).await;
        assert_eq!(browser.get("/portal").await.expect(303).location(), "/portal/setup");
        let choices = browser.get("/portal/setup").await.expect(200);
        for name in ["Okta", "Microsoft Entra ID", "OneLogin", "JumpCloud", "PingOne", "Google Workspace", "Any other"] {
            choices.shows(name);
        }
        let shown = set_up(&mut browser, "okta", "Acme Okta").await;
        let (endpoint, token, path) = (endpoint(&shown), token(&shown), connection_path(&shown));
        assert!(endpoint.starts_with(&format!("{}/scim/v2/scim_", app.api.base())), "{endpoint}");
        assert!(shown.body.matches(&token).count() >= 2, "also in the field of Okta");
        shown.shows("Unique identifier field for users");
        shown.shows("Waiting for the first request");

        let guide = browser.get(&format!("{path}/guide")).await.expect(200);
        guide.hides(&token);
        guide.shows(&endpoint);

        let target = Target::new(endpoint, token.clone());
        let directory = Directory::sample().unwrap();
        let okta = Session::connect(&target, IdpKind::Okta, Options::default()).await.unwrap();
        app.flush().await;

        let page = browser.get(&format!("{path}/guide")).await.expect(200);
        page.shows("<h2>Connected</h2>");
        page.shows("recognised as Okta");
        page.shows("The first thing it asked");
        page.shows("<code>GET /");
        app.clock.advance(Duration::from_mins(5));
        let report = okta.sync(&directory).await;
        assert!(report.failed.is_empty(), "{report}");
        app.flush().await;
        let home = browser.get("/portal").await.expect(200);
        home.shows("Acme Okta");
        home.shows("Connected");
        let users = browser.get(&format!("{path}/users")).await.expect(200);
        users.shows("@northwind.example");
        let next = users.between("rel=\"next\" href=\"", "\"");
        browser.get(&next).await.expect(200).shows("@northwind.example");
        let _ = browser.get(&format!("{path}/groups")).await.expect(200);
        let overview = browser.get(&path).await.expect(200);
        overview.shows("Company sign-in");
        overview.hides(&token);
        for page in [&shown, &guide, &overview, &home] {
            page.hides("s3cret");
        }
    }

    async fn a_refused_request_is_explained_with_what_to_change(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let cut_off = acme.scim.with_bearer(Some(&acme.token[..20]));
        let _ = cut_off.get("/Users").await.expect(401);
        app.flush().await;
        let mut admin = Browser::enter(&app, &acme.organization).await;
        let path = format!("/portal/connections/{}", acme.id);
        let waiting = admin.get(&format!("{path}/guide")).await.expect(200);
        waiting.shows("A request came and was refused");
        waiting.hides(&acme.token[..20]);
        let failed = admin.get(&format!("{path}/requests?only=failed")).await.expect(200);
        let request = failed.between(&format!("<a href=\"{path}/requests/req_"), "\"");
        let page = admin.get(&format!("{path}/requests/req_{request}")).await.expect(200);
        page.shows("What to do");
        page.shows("For support");
        page.hides(&acme.token[..20]);
        let _ = acme.scim.get("/Users").await.expect(200);
        app.flush().await;
        admin.get(&format!("{path}/requests")).await.expect(200).shows("GET /Users");
        let _ = admin.get(&format!("{path}/requests/req_01890000000000000000000000")).await.expect(404);
    }

    async fn the_stream_tells_of_connected_by_itself(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let browser = Browser::enter(&app, &acme.organization).await;
        let url = format!("{}/portal/connections/{}/live", app.api.base(), acme.id);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.get(url).header("cookie", browser.cookie.unwrap());
        let mut answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let mut seen = String::new();
        while !seen.contains("Waiting for the first request") {
            seen.push_str(&String::from_utf8_lossy(&answer.chunk().await.unwrap().unwrap()));
        }
        let _ = acme.scim.get("/Users").await.expect(200);
        while !seen.contains("Connected") {
            seen.push_str(&String::from_utf8_lossy(&answer.chunk().await.unwrap().unwrap()));
        }
    }

    async fn a_link_is_used_up_by_its_button_and_not_by_being_looked_at(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = link(&app, &acme.organization).await;
        let mut bot = Browser::new(app.api.base());
        for method in ["GET", "HEAD", "GET"] {
            let looked = bot.send(method, &path, None, &[]).await.expect(200);
            assert!(looked.headers.get("set-cookie").is_none());
        }
        let cross = [("sec-fetch-site", "cross-site")];
        let _ = bot.send("POST", &path, Some(&[]), &cross).await.expect(403);

        let mut admin = Browser::new(app.api.base());
        admin.get(&path).await.expect(200).shows("Acme");
        let entered = admin.post(&path, &[]).await.expect(303);
        let cookie = entered.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        admin.get("/portal").await.expect(200).shows("Acme directory");
        // From the mail again: whoever is in comes in.
        assert_eq!(admin.get(&path).await.expect(303).location(), "/portal");

        let _ = bot.get(&path).await.expect(410);
        let _ = bot.post(&path, &[]).await.expect(410);
        let _ = bot.get("/portal/link/rcl_nonsense").await.expect(410);
        assert!(bot.cookie.is_none());
    }

    async fn links_and_sessions_end(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let unused = link(&app, &acme.organization).await;
        let mut admin = Browser::enter(&app, &acme.organization).await;
        app.clock.advance(Duration::from_hours(4));
        assert_eq!(admin.get("/portal").await.expect(303).location(), "/portal/ended");
        admin.get("/portal/ended").await.expect(401).shows("Your session is over");
        app.clock.advance(Duration::from_hours(20));
        let _ = admin.post(&unused, &[]).await.expect(410);

        let mut admin = Browser::enter(&app, &acme.organization).await;
        let page = admin.get("/portal").await.expect(200);
        page.shows("https://app.example.com/settings");
        let left = admin.submit(&page, "/portal/sign-out", &[]).await.expect(200);
        left.shows("https://app.example.com/settings");
        let _ = admin.get("/portal").await.expect(303);
    }

    async fn a_form_of_another_session_or_site_changes_nothing(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let mut admin = Browser::enter(&app, &acme.organization).await;
        let mut other = Browser::enter(&app, &acme.organization).await;
        let path = format!("/portal/connections/{}/tokens", acme.id);
        let page = other.get(&path).await.expect(200);
        let (foreign, form) = (page.hidden("csrf"), page.hidden("form"));
        let fields = [("name", "Stolen"), ("previous", "now"), ("form", form.as_str())];
        let _ = admin.post(&path, &fields).await.expect(403);
        let mut with_foreign = fields.to_vec();
        with_foreign.push(("csrf", &foreign));
        let _ = admin.post(&path, &with_foreign).await.expect(403);
        let own = admin.get(&path).await.expect(200).hidden("csrf");
        let mut with_own = fields.to_vec();
        with_own.push(("csrf", &own));
        let cross = [("sec-fetch-site", "cross-site")];
        let _ = admin.send("POST", &path, Some(&with_own), &cross).await.expect(403);
        let tokens = app.api.get(&format!("{}/tokens", acme.path())).await.expect(200);
        assert_eq!(tokens.body["data"].as_array().unwrap().len(), 1);
        let _ = admin.post(&path, &with_own).await.expect(201);
    }

    async fn a_token_is_replaced_with_an_overlap_and_a_form_is_sent_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let mut admin = Browser::enter(&app, &acme.organization).await;
        let path = format!("/portal/connections/{}/tokens", acme.id);
        let page = admin.get(&path).await.expect(200);
        let form = page.hidden("form");
        let fields = [("form", form.as_str()), ("name", "Next"), ("previous", "3600")];
        let made = admin.submit(&page, &path, &fields).await.expect(201);
        let next = acme.scim.with_bearer(Some(&token(&made)));
        let again = admin.submit(&page, &path, &fields).await.expect(303);
        assert_eq!(again.location(), format!("{path}?done=once"));
        admin.get(again.location()).await.expect(200).shows("nothing was done again");

        app.clock.advance(Duration::from_secs(3_599));
        let _ = acme.scim.get("/Users").await.expect(200);
        let _ = next.get("/Users").await.expect(200);
        app.clock.advance(Duration::from_secs(1));
        let _ = acme.scim.get("/Users").await.expect(401);
        let _ = next.get("/Users").await.expect(200);

        let shown = admin.get(&path).await.expect(200);
        let revoke = shown.between("action=\"", "/revoke\"");
        let revoke = format!("{}/revoke", revoke.rsplit("action=\"").next().unwrap());
        let prefix = next.bearer().unwrap()[..8].to_owned();
        let _ = admin.submit(&shown, &revoke, &[("confirm", "no")]).await.expect(422);
        let _ = next.get("/Users").await.expect(200);
        let _ = admin.submit(&shown, &revoke, &[("confirm", &prefix)]).await.expect(303);
        let _ = next.get("/Users").await.expect(401);
        let log = app.api.get(&format!("/v1/organizations/{}/audit-log?action=scim_token.revoked", acme.organization)).await.expect(200);
        assert!(log.text("/data/0/actor").starts_with("pse_"), "{}", log.body);
    }

    async fn whoever_would_be_blocked_is_named_before_the_switch(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let sign_in = json!({ "sso_connection_id": acme.sso,
            "identity": { "subject": "s1", "email": "<b>eve</b>@acme.example", "email_verified": true } });
        let decisions = format!("/v1/organizations/{}/sign-in-decisions", acme.organization);
        let _ = app.api.post(&decisions, sign_in).await.expect(200);
        let mut admin = Browser::enter(&app, &acme.organization).await;
        let page = admin.get("/portal/policy").await.expect(200);
        page.shows("None of your connections is connected");
        let csrf = page.hidden("csrf");
        let on = [("csrf", csrf.as_str()), ("on", "true"), ("confirm", "Acme")];
        let _ = admin.post("/portal/policy", &on).await.expect(409);

        let _ = acme.scim.get("/Users").await.expect(200);
        let page = admin.get("/portal/policy").await.expect(200);
        page.shows("Who would be blocked");
        page.hides("<b>eve");
        page.shows("eve&#60;/b&#62;@acme.example");
        let _ = admin.submit(&page, "/portal/policy", &[("on", "true"), ("confirm", "Other")]).await.expect(422);
        let done = admin.submit(&page, "/portal/policy", &[("on", "true"), ("confirm", "Acme")]).await.expect(303);
        admin.get(done.location()).await.expect(200).shows("Only people whom your identity provider has sent");
        let policy = format!("/v1/organizations/{}/policy", acme.organization);
        let held = app.api.get(&policy).await.expect(200);
        assert_eq!(held.body["restrict_account_creation_to_scim"], true);
        let page = admin.get("/portal/policy").await.expect(200);
        let _ = admin.submit(&page, "/portal/policy", &[("on", "false")]).await.expect(303);
        let held = app.api.get(&policy).await.expect(200);
        assert_eq!(held.body["restrict_account_creation_to_scim"], false);
    }

    async fn names_are_texts_wherever_they_come_from(database: TestDatabase) {
        const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&";
        let app = TestApp::start(database).await;
        let org = app.api.post("/v1/organizations", json!({ "name": HOSTILE, "slug": "hostile" })).await.expect(201).text("/id");
        let mut admin = Browser::enter(&app, &org).await;
        let next = sso(&mut admin, "generic").await.location().to_owned();
        let page = admin.get(&next).await.expect(200);
        let (form, sso) = (page.hidden("form"), page.hidden("sso"));
        let fields = [("form", form.as_str()), ("sso", &sso), ("name", HOSTILE)];
        let made = admin.submit(&page, "/portal/setup/generic/connection", &fields).await.expect(201);
        let path = connection_path(&made);
        let scim = app.scim_at(&endpoint(&made), Some(&token(&made)));
        let user = scim.post("/Users", json!({ "userName": HOSTILE, "displayName": HOSTILE })).await.expect(201);
        let members = json!([{ "value": user.text("/id") }]);
        let _ = scim.post("/Groups", json!({ "displayName": HOSTILE, "members": members })).await.expect(201);
        let _ = scim.get("/Users?filter=%3Cimg%20src=x%3E").await.expect(400);
        app.flush().await;
        for below in ["", "/guide", "/users", "/groups", "/requests", "/tokens"] {
            let page = admin.get(&format!("{path}{below}")).await.expect(200);
            page.hides("<img src=x");
            page.shows("&#60;img src=x");
        }
        for page in ["/portal", "/portal/policy", "/portal/setup"] {
            admin.get(page).await.expect(200).hides("<img src=x");
        }
    }

    async fn what_does_not_fit_is_said_on_the_page_it_was_typed_on(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let mut admin = Browser::enter(&app, &acme.organization).await;
        let page = admin.get("/portal/setup/entra").await.expect(200);
        page.shows("Sign-in");
        let bad = [("protocol", "oidc"), ("name", "x"), ("issuer", "http://evil.example"), ("client_id", "c"), ("client_secret", "typed s3cret")];
        let refused = admin.submit(&page, "/portal/setup/entra/sso", &bad).await.expect(422);
        refused.shows("The issuer must begin with https://.");
        refused.hides("typed s3cret");
        let bad = [("protocol", "saml"), ("name", "x"), ("metadata", "<nonsense")];
        let refused = admin.submit(&page, "/portal/setup/entra/sso", &bad).await.expect(422);
        refused.shows("&#60;nonsense");
        let named = admin.get(&format!("/portal/setup/entra/name?sso={}", acme.sso)).await.expect(200);
        let form = named.hidden("form");
        let empty = [("form", form.as_str()), ("sso", acme.sso.as_str()), ("name", "  ")];
        let refused = admin.submit(&named, "/portal/setup/entra/connection", &empty).await.expect(422);
        refused.shows("The name must not be empty.");
        let _ = admin.get("/portal/setup/nonsense").await.expect(404);
        admin.get("/portal/setup/google").await.expect(200).shows("never groups");
    }

    async fn every_page_is_sent_with_headers_that_keep_scripts_and_frames_out(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let mut admin = Browser::enter(&app, &acme.organization).await;
        let unused = link(&app, &acme.organization).await;
        for path in ["/portal", "/portal/setup", "/portal/ended", "/portal/nothing", &unused] {
            let page = admin.get(path).await;
            let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
            assert!(header("content-security-policy").contains("script-src 'self'"), "{path}");
            assert_eq!(header("x-frame-options"), "DENY");
            assert_eq!(header("cache-control"), "no-store");
            page.hides("<script>");
            page.hides(" style=");
            page.hides(" onclick");
        }
        eventually("the session is over", async || {
            app.clock.advance(Duration::from_hours(4));
            admin.get("/portal").await.status == 303
        })
        .await;
    }
}
