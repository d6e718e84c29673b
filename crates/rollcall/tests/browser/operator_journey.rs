//! Somebody of the vendor's support, asked why it does not synchronize.

use std::time::Duration;

use rollcall_testkit::{Connection, TestApp, TestDatabase, block_on};

use crate::chromium::{Chromium, Script};

/// Customers, of whom one asks a user that is not there and was given the wrong token before.
async fn customers(app: &TestApp) -> Connection {
    let _ = app.connect("Globex Corporation").await;
    let acme = app.connect("Acme, Inc.").await;
    let _ = app.connect("Initech").await;
    let _ = acme.scim.get("/Users").await.expect(200);
    let mistyped = acme.scim.with_bearer(Some("rc_mistyped"));
    let _ = mistyped.get("/Users").await.expect(401);
    app.flush().await;
    acme
}

/// From signing in to the failed request of one customer, and its explanation.
async fn find_out(app: &TestApp, browser: &Chromium) {
    browser.open(&format!("{}/console", app.api.base())).await;
    browser.fill("#key", app.api.bearer().unwrap()).await;
    browser.click("Sign in").await;

    browser.sees("Globex Corporation").await;
    browser.fill("#q", "acme").await;
    browser.click("Search").await;
    let found = browser.text_of("main table").await;
    assert!(!found.contains("Globex"), "{found}");
    browser.click("Acme, Inc.").await;
    browser.click("Acme, Inc. directory").await;
    browser.sees("Connected").await;

    browser.click("Requests").await;
    browser.fill("#category", "Whatever failed").await;
    browser.click("Search").await;
    browser.sees("The token is cut off or mistyped").await;
    browser.click("GET /Users").await;
    browser
        .sees("letters are missing, or it is a secret of something else")
        .await;
    browser.sees("Copy the whole token once more").await;
}

/// Makes a token, with an hour in which the old one still works; gives back its secret.
async fn rotate(browser: &Chromium) -> String {
    browser.click("Acme, Inc. directory").await;
    browser.click("New token, or rotate").await;
    browser.fill("#name", "After the mistyped one").await;
    browser.fill("#previous", "End in 1 hour").await;
    browser.click("Create token").await;
    browser.sees("This is shown once").await;
    let secret = browser.text_of("#token").await;
    browser.click("I have copied it").await;
    browser.sees("Being replaced").await;
    secret
}

async fn journey(script: Script) {
    let app = TestApp::start(TestDatabase::sqlite().await).await;
    let acme = customers(&app).await;
    let browser = Chromium::start(script).await;
    find_out(&app, &browser).await;
    let without_script = browser
        .evaluate("return document.documentElement.className")
        .await;
    assert_eq!(without_script == "no-script", script == Script::Off);
    let new = acme.scim.with_bearer(Some(&rotate(&browser).await));

    app.clock.advance(Duration::from_mins(59));
    let _ = acme.scim.get("/Users").await.expect(200);
    let _ = new.get("/Users").await.expect(200);
    app.clock.advance(Duration::from_mins(2));
    let _ = acme.scim.get("/Users").await.expect(401);
    let _ = new.get("/Users").await.expect(200);

    browser.quit().await;
    app.stop().await;
}

#[test]
fn an_operator_finds_out_what_failed_and_replaces_the_token_without_a_gap() {
    block_on(journey(Script::On));
}

#[test]
fn an_operator_does_the_same_without_script() {
    block_on(journey(Script::Off));
}
