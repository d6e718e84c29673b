//! Somebody of the vendor who signs in at the vendor's own issuer.

use rollcall_testkit::oidc::OidcServer;
use rollcall_testkit::{TestApp, TestDatabase, block_on};
use serde_json::json;

use crate::chromium::{Chromium, Script};
use crate::world;

/// From the page that was asked for, by another site, back to that page.
async fn journey(script: Script) {
    let issuer = OidcServer::start();
    let mut sign_in = world::sign_in();
    sign_in.vendor.issuer = issuer.issuer().to_owned();
    let app = TestApp::start_with_sign_in(TestDatabase::sqlite().await, sign_in).await;
    let _ = app.connect("Acme, Inc.").await;
    let now = app.state().store.clock().now();
    let roles = json!({ "email": "amy@orbit.example.com", "roles": ["ops"] });
    issuer.sign_in_as(roles, now);

    let browser = Chromium::start(script).await;
    let asked = format!("{}/console/organizations/acme-inc", app.api.base());
    browser.open(&asked).await;
    browser.click("Sign in with Orbit login").await;
    browser.sees("Acme, Inc. directory").await;
    browser.sees("amy@orbit.example.com").await;
    browser.sees("May read and change").await;
    browser.click("Sign out").await;
    browser.sees("Or with an API key").await;

    // Without a role nobody comes in, and the page says so.
    issuer.sign_in_as(json!({ "roles": ["all"] }), now);
    browser.click("Sign in with Orbit login").await;
    browser
        .sees("gives you no role that opens this console")
        .await;
    browser.quit().await;
    app.stop().await;
}

#[test]
fn a_person_signs_in_at_another_site_and_is_led_back() {
    block_on(journey(Script::On));
}

#[test]
fn a_person_does_the_same_without_script() {
    block_on(journey(Script::Off));
}
