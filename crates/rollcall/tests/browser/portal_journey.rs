//! A customer's admin, from the link in a mail to a connection that works.

use rollcall_testkit::{Client, block_on, eventually};
use serde_json::json;

use crate::chromium::{Chromium, Script};
use crate::rollcall::{Folder, Server, stderr, stdout};

const ADMIN_KEY: &str = "an-api-key-given-from-outside-for-tests";

/// Three people and a group, whom the identity provider pushes.
const DIRECTORY: &str = r#"{
    "users": [
        { "userName": "ada@acme.example", "givenName": "Ada", "familyName": "Lovelace" },
        { "userName": "alan@acme.example", "givenName": "Alan", "familyName": "Turing" },
        { "userName": "grace@acme.example", "givenName": "Grace", "familyName": "Hopper" }
    ],
    "groups": [{ "name": "Engineers", "members": ["ada@acme.example", "grace@acme.example"] }]
}"#;

fn serve(folder: &Folder) -> Server {
    let mut serve = folder.command(&["serve"]);
    serve.env("ROLLCALL_LISTEN", "127.0.0.1:0");
    serve.env("ROLLCALL_ADMIN_KEY", ADMIN_KEY);
    Server::start(serve)
}

/// Has the binary play Okta towards the connection, to the end.
fn simulate(folder: &Folder, url: &str, token: &str) {
    folder.write("directory.json", DIRECTORY);
    folder.write("token", token);
    let pushed = folder.run(&[
        "simulate",
        "--idp",
        "okta",
        "--url",
        url,
        "--token-file",
        "token",
        "--directory",
        "directory.json",
    ]);
    let said = [stdout(&pushed), stderr(&pushed)].concat();
    assert!(pushed.status.success(), "{said}");
}

/// Whether the part of the page that lives says what the identity provider asked first.
async fn tells_what_was_asked(browser: &Chromium) -> bool {
    let live = browser.text_of(".live").await;
    live.contains("The first thing it asked")
}

/// The link that the vendor hands out.
async fn link(server: &Server) -> String {
    let api = Client::new(server.url(), Some(ADMIN_KEY), "application/json");
    let acme = json!({ "name": "Acme, Inc." });
    let acme = api
        .post("/v1/organizations", acme)
        .await
        .expect(201)
        .text("/id");
    let links = format!("/v1/organizations/{acme}/portal-links");
    api.post(&links, json!({})).await.expect(201).text("/url")
}

/// From the link to the page that shows the address and the token; gives back both.
async fn set_up(browser: &Chromium, link: &str) -> (String, String) {
    browser.open(link).await;
    browser.sees("Acme, Inc.").await;
    browser.click("Begin").await;

    browser.sees("Which identity provider do you use?").await;
    browser.click_on(".choice[href$='/okta']").await;

    browser.sees("How do people sign in?").await;
    browser.fill("#issuer", "https://acme.okta.example").await;
    browser.fill("#client_id", "0oa1example").await;
    browser.click("Add and continue").await;

    browser.fill("#name", "Acme in Okta").await;
    browser.click("Create the connection").await;

    browser.sees("This token is shown this once.").await;
    let (url, token) = (
        browser.text_of("#endpoint").await,
        browser.text_of("#token").await,
    );
    // The steps at Okta have the real values in the fields that they go into.
    let steps = browser.text_of(".guide").await;
    assert!(steps.contains(&url) && steps.contains(&token), "{steps}");
    browser.sees("Waiting for the first request").await;
    (url, token)
}

#[test]
fn the_portal_leads_from_its_link_to_a_page_that_turns_to_connected_by_itself() {
    block_on(async {
        let folder = Folder::new();
        let server = serve(&folder);
        let browser = Chromium::start(Script::On).await;
        let (url, token) = set_up(&browser, &link(&server).await).await;

        simulate(&folder, &url, &token);

        // Nobody touches the page; it names who came, and what was asked first a moment later.
        eventually("the page says what was asked first", async || {
            tells_what_was_asked(&browser).await
        })
        .await;
        let live = browser.text_of(".live").await;
        for told in [
            "Connected",
            "recognised as Okta",
            "It asked for users.",
            "GET /Users",
        ] {
            assert!(live.contains(told), "no {told:?} in:\n{live}");
        }
        // It is the same page: the token, which no page shows twice, stands on it still.
        assert_eq!(browser.text_of("#token").await, token);

        browser.click("See the connection").await;
        browser.sees("Connected").await;
        browser.click("Users").await;
        for told in ["ada@acme.example", "Engineers"] {
            browser.sees(told).await;
        }
        browser.quit().await;
        assert!(server.stop());
    });
}

#[test]
fn without_script_the_portal_leads_there_too_and_the_page_is_loaded_again() {
    block_on(async {
        let folder = Folder::new();
        let server = serve(&folder);
        let browser = Chromium::start(Script::Off).await;
        let (url, token) = set_up(&browser, &link(&server).await).await;
        assert_eq!(
            browser.text_of("html.no-script .without-script").await,
            "Look again"
        );

        browser.click("Look again").await;
        browser.sees("Waiting for the first request").await;
        simulate(&folder, &url, &token);
        eventually(
            "the page, loaded again, says that it is connected",
            async || {
                browser.reload().await;
                browser.text().await.contains("recognised as Okta")
            },
        )
        .await;

        // The guide, which waited, shows the same.
        browser.click("Setup guide").await;
        eventually(
            "the guide, loaded again, says what was asked first",
            async || {
                browser.reload().await;
                tells_what_was_asked(&browser).await
            },
        )
        .await;
        browser.sees("Connected").await;
        browser.click("Users").await;
        browser.sees("ada@acme.example").await;
        browser.quit().await;
        assert!(server.stop());
    });
}
