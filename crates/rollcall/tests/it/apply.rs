//! `apply` and `export`, as a person and a pipeline use them.

use std::process::{Command, Output, Stdio};

use rollcall_testkit::{TestDatabase, block_on};
use serde_json::{Value, json};

use crate::installation::{Installation, KEY};
use crate::rollcall::{stderr, stdout};

const CLIENT_SECRET: &str = "a-client-secret-that-nobody-may-see";

impl Installation {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.api_command(arguments);
        command.env("ACME_OKTA_CLIENT_SECRET", CLIENT_SECRET);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that has to end with this code.
    #[track_caller]
    fn ends(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(code), "{said}");
        said.replace(self.server.url(), "[url]")
    }

    fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.server.url());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let mut request = client.request(method, url).bearer_auth(KEY);
            if let Some(body) = body {
                request = request.json(&body);
            }
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            answer.json().await.unwrap()
        })
    }

    fn last_event(&self) -> Value {
        self.call("GET", "/v1/events?limit=500", None)["next_cursor"].take()
    }

    fn audit_rows(&self) -> Value {
        self.call("GET", "/v1/audit-log?limit=500", None)["data"].take()
    }
}

/// The example of the manual.
fn example() -> String {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/apply.md"));
    let page = page.unwrap();
    let rest = page.split_once("```toml setup\n").unwrap().1;
    rest.split_once("```").unwrap().0.to_owned()
}

/// What the manual says that the plan begins with.
fn example_plan() -> String {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/apply.md"));
    let page = page.unwrap();
    let rest = page.split_once("```text\n").unwrap().1;
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_example_of_the_manual_is_planned_applied_and_then_there_is_nothing_to_do() {
    let here = Installation::start();
    here.folder.write("setup.toml", &example());
    let planned = here.ends(3, &["apply", "-f", "setup.toml", "--dry-run"]);
    assert!(planned.starts_with(&example_plan()), "{planned}");
    assert_eq!(
        here.call("GET", "/v1/organizations", None)["data"],
        json!([])
    );

    let applied = here.ends(0, &["apply", "-f", "setup.toml", "--yes"]);
    assert!(applied.contains("Done: 8 of 8."), "{applied}");
    let (event, audit) = (here.last_event(), here.audit_rows());
    let again = here.ends(0, &["apply", "-f", "setup.toml", "--yes"]);
    insta::assert_snapshot!(again, @r#"
    Organization acme
      Waits: the group `Admins` of the SCIM connection `Okta directory` has not been pushed yet; it will give the role "admin"
      Waits: the user `ada@acme.com` of the SCIM connection `Okta directory` has not been pushed yet, and will be protected

    Nothing to do. 1 organization is as the file says.
    "#);
    insta::assert_snapshot!(here.ends(0, &["apply", "-f", "setup.toml", "--dry-run"]), @r#"
    Organization acme
      Waits: the group `Admins` of the SCIM connection `Okta directory` has not been pushed yet; it will give the role "admin"
      Waits: the user `ada@acme.com` of the SCIM connection `Okta directory` has not been pushed yet, and will be protected

    Nothing to do. 1 organization is as the file says.
    "#);
    assert_eq!((here.last_event(), here.audit_rows()), (event, audit));
}

#[test]
fn no_secret_leaves_an_installation_and_what_is_written_makes_another_like_it() {
    let here = Installation::start();
    here.folder.write("setup.toml", &example());
    let said = here.ends(0, &["apply", "-f", "setup.toml", "--yes"]);
    assert!(!said.contains(CLIENT_SECRET), "{said}");
    let list = here.call("GET", "/v1/organizations/acme/scim-connections", None);
    let path = format!(
        "/v1/organizations/acme/scim-connections/{}",
        list["data"][0]["id"].as_str().unwrap()
    );
    let token = here.call(
        "POST",
        &format!("{path}/tokens"),
        Some(json!({ "name": "a" })),
    );
    let client = here.call(
        "POST",
        &format!("{path}/oauth-clients"),
        Some(json!({ "name": "a" })),
    );
    let hook = json!({ "url": "https://hooks.example.com/more" });
    let hook = here.call("POST", "/v1/webhook-endpoints", Some(hook));
    let secrets = [&token["secret"], &client["client_secret"], &hook["secret"]];
    let secrets = secrets.map(|secret| secret.as_str().unwrap().to_owned());

    let _ = here.ends(0, &["export", "-o", "all.toml"]);
    let exported = std::fs::read_to_string(here.folder.path("all.toml")).unwrap();
    assert_eq!(here.ends(0, &["export"]), exported);
    for secret in secrets
        .iter()
        .map(String::as_str)
        .chain([CLIENT_SECRET, KEY])
    {
        assert!(!exported.contains(secret), "{exported}");
    }
    assert!(
        exported.contains("client_secret_from_env = \"ACME_OKTA_CLIENT_SECRET\""),
        "{exported}"
    );
    let same = here.ends(0, &["apply", "-f", "all.toml", "--dry-run", "--prune"]);
    assert!(same.starts_with("Nothing to do."), "{same}");

    let elsewhere = Installation::start();
    elsewhere.folder.write("all.toml", &exported);
    let _ = elsewhere.ends(0, &["apply", "-f", "all.toml", "--yes"]);
    let sso = elsewhere.call("GET", "/v1/organizations/acme/sso-connections", None);
    assert_eq!(sso["data"][0]["oidc"]["has_client_secret"], json!(true));
    assert_eq!(elsewhere.ends(0, &["export"]), exported);
}

#[test]
fn on_postgresql_the_example_is_applied_and_written_too() {
    let database = block_on(TestDatabase::empty_postgres(""));
    let here = Installation::start_with(&[
        ("ROLLCALL_DATABASE_URL", database.url()),
        ("ROLLCALL_DATABASE__MAX_CONNECTIONS", "4"),
        (
            "ROLLCALL_SECRET_KEY",
            "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        ),
    ]);
    here.folder.write("setup.toml", &example());
    let _ = here.ends(0, &["apply", "-f", "setup.toml", "--yes"]);
    let _ = here.ends(0, &["export", "-o", "all.toml"]);
    let _ = here.ends(0, &["apply", "-f", "all.toml", "--dry-run", "--prune"]);
}

#[test]
fn a_secret_that_cannot_be_had_stops_everything_or_is_left_for_later() {
    let here = Installation::start();
    here.folder.write(
        "setup.toml",
        &example().replace("ACME_OKTA_CLIENT_SECRET", "NOWHERE"),
    );
    let refused = here.ends(1, &["apply", "-f", "setup.toml", "--yes"]);
    let problem = refused.lines().last().unwrap();
    insta::assert_snapshot!(problem, @"Problem: setup.toml, line 21, column 8: the client secret of `Okta` cannot be had: the variable NOWHERE is not set; `--secrets-later` leaves it to be set later");
    assert_eq!(
        here.call("GET", "/v1/organizations", None)["data"],
        json!([])
    );

    let later = here.ends(
        0,
        &["apply", "-f", "setup.toml", "--yes", "--secrets-later"],
    );
    assert!(
        later.contains("its client secret is left to be set later"),
        "{later}"
    );

    here.folder.write("setup.toml", &example());
    let set = here.ends(0, &["apply", "-f", "setup.toml", "--yes"]);
    insta::assert_snapshot!(set, @r#"
    Organization acme
      ~ SSO connection `Okta`
          oidc.client_secret: "none" -> "from the variable ACME_OKTA_CLIENT_SECRET"
      Waits: the group `Admins` of the SCIM connection `Okta directory` has not been pushed yet; it will give the role "admin"
      Waits: the user `ada@acme.com` of the SCIM connection `Okta directory` has not been pushed yet, and will be protected

    Plan: 0 to create, 1 to change, 0 to delete.
    Done: 1 of 1.
    "#);
    let _ = here.ends(0, &["apply", "-f", "setup.toml", "--dry-run"]);
}

#[test]
fn without_a_terminal_nothing_is_done_unasked() {
    let here = Installation::start();
    here.folder.write("setup.toml", &example());
    let refused = here.ends(1, &["apply", "-f", "setup.toml"]);
    insta::assert_snapshot!(refused.lines().last().unwrap(), @"rollcall: nothing was done: nobody can be asked here, so say --yes, or --dry-run for the plan alone");
    insta::assert_snapshot!(here.ends(1, &["apply", "-f", "setup.toml", "--json"]), @"rollcall: --json asks nothing: give --yes or --dry-run too");
    assert_eq!(
        here.call("GET", "/v1/organizations", None)["data"],
        json!([])
    );
}

#[test]
fn a_pipeline_gets_json() {
    let here = Installation::start();
    here.folder.write(
        "setup.toml",
        "version = 1\n[[organizations]]\nslug = 'acme'\nname = 'Acme'\n",
    );
    let planned = here.ends(3, &["apply", "-f", "setup.toml", "--dry-run", "--json"]);
    insta::assert_snapshot!(planned, @r#"{"plan":{"parts":[{"organization":"acme","steps":[{"action":"create","kind":"organization","name":"acme","fields":[{"field":"name","before":null,"after":"Acme"}]}],"waits":[],"problems":[]}],"unchanged":0}}"#);
    let done = here.ends(0, &["apply", "-f", "setup.toml", "--yes", "--json"]);
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!(
        done["result"],
        json!({ "done": 1, "failures": [], "not_begun": 0 })
    );
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let here = Installation::start();
    here.folder.write(
        "bad.toml",
        "version = 1\n[[organizations]]\nslug = 'acme'\nnmae = 'Acme'\n",
    );
    insta::assert_snapshot!(here.ends(1, &["apply", "-f", "bad.toml", "--dry-run"]), @"rollcall: bad.toml, line 4, column 1, in `organizations`: unknown field `nmae`, expected one of `slug`, `name`, `external_id`, `domains`, `sso_connections`, `scim_connections`, `policy`, `webhook_endpoints`");
    insta::assert_snapshot!(here.ends(1, &["apply", "-f", "none.toml"]), @"rollcall: cannot read none.toml: No such file or directory (os error 2)");
    insta::assert_snapshot!(here.ends(1, &["export", "--organization", "nobody"]), @r#"
    # The set-up of a Rollcall installation, as `rollcall export` wrote it. `rollcall apply -f` takes it.
    # There are no secrets in it. A variable that `client_secret_from_env` names has to be set where an
    # SSO connection is yet to be made.

    version = 1
    rollcall: there is no organization `nobody`
    "#);
    here.folder.write("good.toml", "version = 1\n");
    let other = here.ends(1, &["apply", "-f", "good.toml", "--organization", "acme"]);
    insta::assert_snapshot!(other, @"rollcall: good.toml has no organization `acme`");

    let mut nobody = here.command(&["export"]);
    let output = nobody.env_remove("ROLLCALL_API_KEY").output().unwrap();
    insta::assert_snapshot!(stderr(&output), @"rollcall: give an API key with --api-key-file or ROLLCALL_API_KEY");
    let mut wrong = here.command(&["export"]);
    let output = wrong.env("ROLLCALL_API_KEY", "rck_wrong").output().unwrap();
    insta::assert_snapshot!(stderr(&output), @"rollcall: GET /v1/webhook-endpoints answers 401 Unauthorized: send a valid API key as `Authorization: Bearer <API key>`");
    let elsewhere = here.ends(1, &["export", "--url", "ftp://example.com"]);
    insta::assert_snapshot!(elsewhere, @"rollcall: `ftp://example.com` is not the URL of a server: it must begin with https:// or http://");
}

#[test]
fn an_export_that_breaks_off_leaves_the_file_as_it_was() {
    let here = Installation::start();
    here.folder.write("all.toml", "what was there");
    let _ = here.ends(1, &["export", "-o", "all.toml", "--organization", "nobody"]);
    assert_eq!(
        std::fs::read_to_string(here.folder.path("all.toml")).unwrap(),
        "what was there"
    );
    assert!(
        here.folder
            .files()
            .iter()
            .all(|name| !name.starts_with(".tmp"))
    );
}

#[test]
fn standard_input_is_a_file_too() {
    let here = Installation::start();
    let mut apply = here.command(&["apply", "-f", "-", "--dry-run"]);
    let mut child = apply
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = b"version = 1\n[[organizations]]\nslug = 'acme'\nname = 'Acme'\n";
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).contains("+ organization `acme`"));
}
