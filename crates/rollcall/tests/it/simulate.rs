//! `simulate` where it cannot succeed, and where it can.

use std::net::TcpListener;

use rollcall_testkit::{Client, on_each_database};
use serde_json::json;

use crate::rollcall::{Folder, Server, stderr, stdout};

/// An address where nobody listens any more.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn an_endpoint_that_is_not_there_is_named() {
    let folder = Folder::new();
    let closed = closed_port();
    let url = format!("http://{closed}/scim/v2");
    let output = folder
        .command(&[
            "simulate",
            "--idp",
            "okta",
            "--url",
            &url,
            "--outage-seconds",
            "0",
        ])
        .env("ROLLCALL_SIMULATE_TOKEN", "rc_x")
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    // What follows is the operating system's own sentence.
    let said = stderr(&output).replace(&closed, "[address]");
    let (said, _) = said.split_once(": tcp connect error").unwrap();
    insta::assert_snapshot!(said, @"rollcall: cannot push to http://[address]/scim/v2: the connection test failed: GET /Users: error sending request: client error (Connect)");
}

#[test]
fn a_token_is_asked_for() {
    let output = Folder::new().run(&["simulate", "--idp", "entra", "--url", "http://127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&output), @"rollcall: give the token with --token, --token-file or ROLLCALL_SIMULATE_TOKEN");
}

#[test]
fn a_provider_that_cannot_be_played_is_refused_before_anything_is_sent() {
    let output = Folder::new().run(&["simulate", "--idp", "notes", "--url", "x", "--token", "x"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(stderr(&output), @"
    error: invalid value 'notes' for '--idp <IDP>': cannot play `notes`; known are okta and entra

    For more information, try '--help'.
    ");
}

/// What the server is given, so that nothing has to be read from what it prints.
const ADMIN_KEY: &str = "an-api-key-given-from-outside-for-tests";
const SECRET_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Creates an organization with a SCIM connection; gives back the endpoint and its token.
async fn connect(api: &Client, name: &str) -> (String, String) {
    let created = api.post("/v1/organizations", json!({ "name": name })).await;
    let path = format!("/v1/organizations/{}", created.expect(201).text("/id"));
    let sso = json!({ "name": "Sign-in", "protocol": "oidc",
        "oidc": { "issuer": "https://login.example.com", "client_id": "product" } });
    let sso = api.post(&format!("{path}/sso-connections"), sso).await;
    let sso = sso.expect(201).text("/id");
    let scim = json!({ "name": "Directory", "sso_connection_id": sso });
    let scim = api.post(&format!("{path}/scim-connections"), scim).await;
    let scim = scim.expect(201);
    (scim.text("/endpoint_url"), scim.text("/token/secret"))
}

on_each_database! {
    async fn everybody_is_pushed_once_and_a_second_run_writes_nothing(database: TestDatabase) {
        let folder = Folder::new();
        let mut serve = folder.command(&["serve"]);
        serve
            .env("ROLLCALL_LISTEN", "127.0.0.1:0")
            .env("ROLLCALL_DATABASE_URL", database.url())
            .env("ROLLCALL_ADMIN_KEY", ADMIN_KEY)
            .env("ROLLCALL_SECRET_KEY", SECRET_KEY);
        let server = Server::start(serve);
        let api = Client::new(server.url(), Some(ADMIN_KEY), "application/json");

        for idp in ["okta", "entra"] {
            let (url, token) = connect(&api, idp).await;
            folder.write("token", &token);
            let journal = format!("{idp}.jsonl");
            let push = || {
                let output = folder.run(&[
                    "simulate", "--idp", idp, "--url", &url, "--token-file", "token", "--journal",
                    &journal,
                ]);
                let table = stdout(&output);
                assert!(output.status.success(), "{table}{}", stderr(&output));
                let written = std::fs::read_to_string(folder.path(&journal)).unwrap();
                (table, written.lines().count())
            };

            let (table, first_writes) = push();
            assert!(
                table.contains("created 220, updated 0, unchanged 0, deleted 0, failed 0"),
                "{table}"
            );
            assert!(first_writes >= 220);

            let (table, writes) = push();
            assert!(
                table.contains("created 0, updated 0, unchanged 220, deleted 0, failed 0"),
                "{table}"
            );
            assert_eq!(writes, first_writes);
        }
        assert!(server.stop());
    }
}
