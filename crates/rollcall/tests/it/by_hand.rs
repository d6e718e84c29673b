//! `org` and `token`, as somebody at a terminal uses them.

use serde_json::{Value, json};

use crate::installation::Installation;
use crate::rollcall::{stderr, stdout};

impl Installation {
    /// What a command answers that has to be done.
    #[track_caller]
    fn answers(&self, arguments: &[&str]) -> String {
        let output = self.api_command(arguments).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output).to_owned()
    }

    /// Why a command cannot be done.
    #[track_caller]
    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.api_command(arguments).output().unwrap();
        assert!(!output.status.success(), "{}", stdout(&output));
        stderr(&output).to_owned()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.answers(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// An organization `acme` with a SCIM connection `Directory` that has no token.
    fn connect_acme(&self) {
        let file = "version = 1
            [[organizations]]
            slug = 'acme'
            name = 'Acme'
            [[organizations.sso_connections]]
            name = 'Sign-in'
            oidc = { issuer = 'https://acme.okta.com', client_id = 'product' }
            [[organizations.scim_connections]]
            name = 'Directory'
            sso_connection = 'Sign-in'";
        self.folder.write("acme.toml", file);
        let _ = self.answers(&["apply", "-f", "acme.toml", "--yes"]);
    }

    /// Whether SCIM lets a token in.
    fn lets_in(&self, secret: &str) -> bool {
        let shown = self.json(&["org", "show", "acme"]);
        let url = shown["scim_connections"][0]["endpoint_url"]
            .as_str()
            .unwrap();
        let status = rollcall_testkit::block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let request = client.get(format!("{url}/Users")).bearer_auth(secret);
            request.send().await.unwrap().status()
        });
        status.is_success()
    }
}

#[test]
fn organizations_are_made_listed_and_shown() {
    let here = Installation::start();
    let made = here.json(&[
        "org",
        "create",
        "Acme, Inc.",
        "--slug",
        "acme",
        "--external-id",
        "cus_1",
    ]);
    assert_eq!(
        (&made["name"], &made["slug"]),
        (&json!("Acme, Inc."), &json!("acme"))
    );
    assert_eq!(made["external_id"], "cus_1");
    let globex = here.answers(&["org", "create", "Globex"]);
    assert!(globex.ends_with("  globex  Globex\n"), "{globex}");

    let listed = here.answers(&["org", "list"]);
    let names: Vec<_> = listed
        .lines()
        .map(|line| line.split_once("  ").unwrap().1)
        .collect();
    assert_eq!(names, ["acme  Acme, Inc.", "globex  Globex"]);
    let shown = here.json(&["org", "show", "acme"]);
    assert_eq!(
        (&shown["id"], &shown["scim_connections"]),
        (&made["id"], &json!([]))
    );

    let taken = here.refuses(&["org", "create", "Acme", "--slug", "acme"]);
    assert!(taken.contains("slug"), "{taken}");
    let absent = here.refuses(&["org", "show", "initech"]);
    assert!(absent.contains("404"), "{absent}");
    let no_name = here.refuses(&["org", "show", "../acme"]);
    assert!(no_name.contains("neither the id nor the slug"), "{no_name}");
}

#[test]
fn a_token_is_made_is_let_in_and_is_revoked() {
    let here = Installation::start();
    here.connect_acme();

    let first = here.answers(&["token", "create", "acme", "Directory", "--name", "Okta"]);
    let first = first.trim();
    assert!(here.lets_in(first));
    let made = here.json(&[
        "token",
        "create",
        "acme",
        "Directory",
        "--revoke-previous-after",
        "0",
    ]);
    assert!(!here.lets_in(first));
    let second = made["secret"].as_str().unwrap();
    assert!(here.lets_in(second));

    let listed = here.answers(&["token", "list", "acme", "Directory"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(
        listed.contains("  Okta\n") && listed.contains("revoked from"),
        "{listed}"
    );
    assert!(!listed.contains(first) && !listed.contains(second));

    let id = made["id"].as_str().unwrap();
    assert_eq!(
        here.answers(&["token", "revoke", "acme", "Directory", id]),
        format!("{id} is revoked\n")
    );
    assert!(!here.lets_in(second));
}

#[test]
fn a_connection_or_token_that_is_not_there_is_named() {
    let here = Installation::start();
    here.connect_acme();
    let elsewhere = here.refuses(&["token", "create", "acme", "Okta"]);
    assert!(
        elsewhere.contains("no SCIM connection `Okta`"),
        "{elsewhere}"
    );
    let id = "tok_01jd8w3v5hfq0a6c2x9b4m7k1e";
    let unknown = here.refuses(&["token", "revoke", "acme", "Directory", id]);
    assert!(unknown.contains("no token"), "{unknown}");
}
