//! Signing in and out, sessions and their ends, and what every page is sent with.

use std::time::Duration;

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

use crate::browser::Browser;

const LIST: &str = "/console/organizations";

on_each_database! {
    async fn an_operator_signs_in_with_an_api_key_and_out_again(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::at(&app);
        let page = browser.get(LIST).await.expect(303);
        let sign_in = page.header("location").to_owned();
        assert_eq!(sign_in, "/console/sign-in?next=%2Fconsole%2Forganizations");
        browser.get(&sign_in).await.expect(200).shows("API key");

        let key = app.api.bearer().unwrap();
        let page = browser.submit("/console/sign-in", &[("key", key), ("next", LIST)]).await;
        let page = page.expect(303);
        assert_eq!(page.header("location"), LIST);
        let cookie = page.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        assert!(!cookie.contains(key));
        browser.get(LIST).await.expect(200).shows("Organizations").hides(key);

        let before = browser.cookie("rollcall_console").unwrap();
        browser.fill("/console/sign-out", &[]).await.expect(303);
        browser.get(LIST).await.expect(303);
        browser.set_cookie("rollcall_console", &before);
        browser.get(LIST).await.expect(303);
        app.stop().await;
    }

    async fn a_session_ends_when_nobody_uses_it_and_in_any_case_after_twelve_hours(
        database: TestDatabase
    ) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        app.clock.advance(Duration::from_mins(29));
        browser.get(LIST).await.expect(200);
        app.clock.advance(Duration::from_mins(31));
        browser.get(LIST).await.expect(303);

        let browser = Browser::of_admin(&app).await;
        for _ in 0..28 {
            app.clock.advance(Duration::from_mins(25));
            browser.get(LIST).await.expect(200);
        }
        app.clock.advance(Duration::from_mins(25));
        browser.get(LIST).await.expect(303);
        app.stop().await;
    }

    async fn a_session_ends_with_its_key(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let made = app.api.post("/v1/api-keys", json!({ "name": "for the console" })).await;
        let made = made.expect(201);
        let browser = Browser::signed_in(&app, &made.text("/secret")).await;
        browser.get(LIST).await.expect(200).shows("for the console");
        let key = format!("/v1/api-keys/{}", made.text("/id"));
        let _ = app.api.delete(&key).await.expect(204);
        browser.get(LIST).await.expect(303);
        app.stop().await;
    }

    async fn forms_of_elsewhere_are_refused(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::of_admin(&app).await;
        let other = Browser::of_admin(&app).await;
        let foreign = other.csrf().await;
        for token in ["", "AAAA", foreign.as_str()] {
            let fields = [("name", "Acme"), ("csrf", token)];
            let page = browser.submit(LIST, &fields).await;
            page.expect(403).shows("out of date");
        }
        let own = browser.csrf().await;
        let fields = [("name", "Acme"), ("csrf", own.as_str())];
        browser.submit_from("cross-site", LIST, &fields).await.expect(403);
        browser.submit_from("same-origin", LIST, &fields).await.expect(303);
        let key = [("key", app.api.bearer().unwrap())];
        let page = Browser::at(&app).submit_from("cross-site", "/console/sign-in", &key).await;
        page.expect(403);
        app.stop().await;
    }

    async fn whoever_tries_out_keys_has_to_wait_and_a_good_key_gets_in(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let browser = Browser::at(&app);
        for _ in 0..20 {
            let page = browser.submit("/console/sign-in", &[("key", "wrong")]).await;
            page.expect(422).shows("There is no such API key").hides("value=\"wrong\"");
        }
        let page = browser.submit("/console/sign-in", &[("key", "wrong")]).await.expect(429);
        assert_eq!(page.header("retry-after"), "60");
        browser.submit("/console/sign-in", &[("key", app.api.bearer().unwrap())]).await.expect(303);
        app.stop().await;
    }
}

#[test]
fn every_answer_has_the_headers_of_a_page() {
    rollcall_testkit::block_on(async {
        let app = TestApp::start(rollcall_testkit::TestDatabase::sqlite().await).await;
        let browser = Browser::of_admin(&app).await;
        for (path, status) in [
            ("/console", 303),
            ("/console/sign-in", 200),
            (LIST, 200),
            ("/console/nowhere", 404),
            ("/console/organizations/nobody", 404),
            ("/portal/nowhere", 404),
        ] {
            let page = browser.get(path).await.expect(status);
            insta::allow_duplicates! {
                insta::assert_snapshot!(page.header("content-security-policy"), @"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
            }
            assert_eq!(page.header("x-frame-options"), "DENY");
            assert_eq!(page.header("x-content-type-options"), "nosniff");
            assert_eq!(page.header("referrer-policy"), "no-referrer");
            assert_eq!(page.header("cache-control"), "no-store");
            if status == 404 {
                let id = page.header("x-request-id").to_owned();
                page.shows("There is nothing here").shows(&id);
            }
        }
        app.stop().await;
    });
}

#[test]
fn assets_are_kept_for_ever_and_have_no_other_name() {
    rollcall_testkit::block_on(async {
        let app = TestApp::start(rollcall_testkit::TestDatabase::sqlite().await).await;
        let browser = Browser::at(&app);
        let page = browser.get("/console/sign-in").await.expect(200);
        let css = page.between("rel=\"stylesheet\" href=\"", "\"");
        let asset = browser.get(&css).await.expect(200);
        assert_eq!(
            asset.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(asset.header("content-type"), "text/css; charset=utf-8");
        browser.get("/assets/rollcall.css").await.expect(404);
        for inline in ["<script>", "onclick", "style="] {
            assert!(!page.text.contains(inline), "{inline}");
        }
        app.stop().await;
    });
}
