//! `serve` and `migrate`: first start, next start, and what may be in the way.

use std::net::TcpListener;
use std::process::Command;

use crate::rollcall::{Folder, Server, stderr, stdout};

const ANY_PORT: (&str, &str) = ("ROLLCALL_LISTEN", "127.0.0.1:0");

fn serve(folder: &Folder, settings: &[(&str, &str)]) -> Command {
    let mut command = folder.command(&["serve"]);
    command.envs([ANY_PORT]).envs(settings.iter().copied());
    command
}

#[test]
fn the_first_start_makes_what_it_needs_and_shows_the_key_once() {
    let folder = Folder::new();
    let first = Server::start(serve(&folder, &[]));
    assert!(
        first.said.contains("It is shown only now"),
        "{}",
        first.said
    );
    assert!(first.said.contains("    rck_"), "{}", first.said);
    assert!(first.stop());
    assert_eq!(folder.files(), ["rollcall.db", "rollcall.db.secret-key"]);

    let second = Server::start(serve(&folder, &[]));
    assert_eq!(second.said.lines().count(), 1, "{}", second.said);
    assert!(second.stop());
}

#[test]
fn another_secret_key_than_the_first_is_refused() {
    let folder = Folder::new();
    assert!(Server::start(serve(&folder, &[])).stop());
    let key = (
        "ROLLCALL_SECRET_KEY",
        "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    );
    let quiet = ("RUST_LOG", "error");
    let output = serve(&folder, &[key, quiet]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&output), @"rollcall: this is not the secret key that the database was first used with; secrets in it could not be read any more. Start with that key again");

    std::fs::remove_file(folder.path("rollcall.db.secret-key")).unwrap();
    let output = serve(&folder, &[quiet]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&output), @"rollcall: the secret key rollcall.db.secret-key is missing, and the database was used with it: put it back from your backup, or set `secret_key`");
    assert_eq!(folder.files(), ["rollcall.db"]);
}

#[test]
fn a_key_from_outside_is_not_printed() {
    let folder = Folder::new();
    let key = "a-key-that-somebody-else-made";
    let server = Server::start(serve(&folder, &[("ROLLCALL_ADMIN_KEY", key)]));
    assert_eq!(server.said.lines().count(), 1, "{}", server.said);
    assert!(server.stop());
}

#[test]
fn a_key_from_outside_that_is_too_short_is_refused() {
    let settings = [("ROLLCALL_ADMIN_KEY", "short"), ("RUST_LOG", "error")];
    let output = serve(&Folder::new(), &settings).output();
    insta::assert_snapshot!(stderr(&output.unwrap()), @"rollcall: `admin_key` in ROLLCALL_ADMIN_KEY: expected at least 24 printable ASCII characters without spaces");
}

#[test]
fn a_port_that_is_taken_is_told_with_what_to_do() {
    let folder = Folder::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    let output = serve(&folder, &[("ROLLCALL_LISTEN", &taken)])
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&output).replace(&taken, "[address]"), @"rollcall: cannot listen on [address]: another program has it. Stop that one, or set `listen` (ROLLCALL_LISTEN) to another port");
    assert_eq!(folder.files(), Vec::<String>::new());
}

#[test]
fn a_database_that_is_not_there_is_named_without_its_password() {
    let output = serve(
        &Folder::new(),
        &[
            (
                "ROLLCALL_DATABASE_URL",
                "postgres://me:pass-word@127.0.0.1:1/rollcall",
            ),
            (
                "ROLLCALL_SECRET_KEY",
                "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            ),
            ("ROLLCALL_DATABASE__CONNECT_TIMEOUT_SECONDS", "1"),
            ("RUST_LOG", "error"),
        ],
    )
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&output), @"rollcall: cannot open the PostgreSQL database rollcall at 127.0.0.1:1; is it there, and is `database_url` right?: the database is not available: Failed to acquire connection from pool: Connection pool timed out");
}

#[test]
fn without_auto_migrate_a_new_database_is_left_to_migrate() {
    let folder = Folder::new();
    let by_hand = [("ROLLCALL_AUTO_MIGRATE", "false")];
    let refused = serve(&folder, &by_hand).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    // How many there are changes with every release.
    let counted = |text: String| {
        let mut counted = text.replace(|char: char| char.is_ascii_digit(), "#");
        while counted.contains("##") {
            counted = counted.replace("##", "#");
        }
        counted
    };
    insta::assert_snapshot!(counted(stderr(&refused)), @"rollcall: the SQLite database rollcall.db is # migrations behind, and `auto_migrate` is off: run `rollcall migrate`");

    insta::assert_snapshot!(counted(stdout(&folder.run(&["migrate"]))), @"Applied # migrations to the SQLite database rollcall.db.");
    insta::assert_snapshot!(stdout(&folder.run(&["migrate"])), @"Nothing to do: the SQLite database rollcall.db is up to date.");
    assert!(Server::start(serve(&folder, &by_hand)).stop());
}

#[test]
fn with_a_certificate_https_is_served() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let folder = Folder::new();
    let server = Server::start(serve(
        &folder,
        &[
            ("ROLLCALL_TLS_CERTIFICATE_FILE", &format!("{data}/tls.crt")),
            ("ROLLCALL_TLS_KEY_FILE", &format!("{data}/tls.key")),
        ],
    ));
    assert!(server.url().starts_with("https://127.0.0.1:"));

    let certificate = include_bytes!("../data/tls.crt");
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(certificate).unwrap()])
        .build()
        .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = format!("{}/healthz", server.url());
    let answer = runtime.block_on(async { client.get(url).send().await?.text().await });

    assert_eq!(answer.unwrap(), r#"{"status":"ok"}"#);
    // An idle connection of HTTP/2 would be waited for.
    drop((client, runtime));
    assert!(server.stop());
}

#[test]
fn a_certificate_that_is_none_is_named() {
    let folder = Folder::new();
    folder.write("tls.crt", "nothing");
    folder.write("tls.key", "nothing");
    let files = [
        ("ROLLCALL_TLS_CERTIFICATE_FILE", "tls.crt"),
        ("ROLLCALL_TLS_KEY_FILE", "tls.key"),
    ];
    let output = serve(&folder, &files).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&output), @"rollcall: there is no certificate in tls.crt");
}
