//! `doctor`, on servers that are well and on what can be wrong with them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread;

use rollcall_testkit::servers::{OwnRedis, redis_url};
use rollcall_testkit::{TestDatabase, block_on};
use serde_json::Value;

use crate::rollcall::{Folder, Server, stderr, stdout};

const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// An address that nobody listens at.
fn free_address() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().to_string()
}

/// A command on an SQLite database, with an address of its own.
fn command(folder: &Folder, arguments: &[&str], address: &str) -> Command {
    let mut command = folder.command(arguments);
    command
        .env("ROLLCALL_LISTEN", address)
        .env("ROLLCALL_PUBLIC_URL", format!("http://{address}"))
        // As many as any machine of a test allows.
        .env("ROLLCALL_LIMITS__MAX_CONNECTIONS", "100");
    command
}

/// The lines of one check, each with its status.
fn lines<'a>(said: &'a str, check: &str) -> Vec<&'a str> {
    let of = format!("{check}: ");
    let is_of = |line: &&str| {
        let rest = line.split_once(' ').map(|(_, rest)| rest.trim_start());
        rest.is_some_and(|rest| rest.starts_with(&of))
    };
    said.lines().filter(is_of).collect()
}

#[track_caller]
fn one<'a>(said: &'a str, check: &str) -> &'a str {
    let lines = lines(said, check);
    assert_eq!(lines.len(), 1, "{check} in\n{said}");
    lines[0]
}

fn run(mut command: Command) -> (Option<i32>, String) {
    let output: Output = command.output().unwrap();
    assert_eq!(stderr(&output), "");
    (output.status.code(), stdout(&output))
}

#[test]
fn a_server_on_sqlite_is_well_before_it_runs_and_while_it_does() {
    let folder = Folder::new();
    let address = free_address();
    let doctor = || run(command(&folder, &["doctor"], &address));

    let (code, said) = doctor();
    assert_eq!(code, Some(0), "{said}");
    insta::assert_snapshot!(one(&said, "database"), @"ok       database: the SQLite database rollcall.db is made at the first start");
    insta::assert_snapshot!(one(&said, "public URL").replace(&address, "[address]"), @"warning  public URL: nobody answers at http://[address]: Connection refused (os error 111). No server runs on this machine now: start it and look again");
    assert_eq!(folder.files(), Vec::<String>::new(), "nothing is made");

    let server = Server::start(command(&folder, &["serve"], &address));
    let (code, said) = doctor();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("FAILED"), "{said}");
    for (check, found) in [
        ("database", "the SQLite database rollcall.db answers"),
        ("migrations", "the schema is up to date"),
        (
            "secret key",
            "it is the one that the database was first used with",
        ),
        ("clock", "the database is on this machine"),
        ("redis", "none is configured"),
        ("public URL", "Rollcall answers at"),
        ("file descriptors", "takes up to 174"),
        ("webhooks", "there is no endpoint"),
    ] {
        let line = one(&said, check);
        assert!(line.starts_with("ok ") && line.contains(found), "{line}");
    }
    assert!(server.stop());
}

/// A command on a PostgreSQL database.
fn on_postgres(folder: &Folder, url: &str, arguments: &[&str]) -> Command {
    let mut command = folder.command(arguments);
    command
        .env("ROLLCALL_DATABASE_URL", url)
        .env("ROLLCALL_SECRET_KEY", KEY)
        .env("ROLLCALL_DATABASE__CONNECT_TIMEOUT_SECONDS", "2")
        .env("ROLLCALL_LIMITS__MAX_CONNECTIONS", "100");
    command
}

#[test]
fn a_server_on_postgresql_and_redis_is_well_and_programs_can_read_it() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::empty_postgres(""));
    let with_redis = |arguments: &[&str]| {
        let mut command = on_postgres(&folder, database.url(), arguments);
        command.env("ROLLCALL_REDIS_URL", redis_url());
        command.env("ROLLCALL_LISTEN", "127.0.0.1:0");
        command
    };
    assert!(Server::start(with_redis(&["serve"])).stop());
    let (code, said) = run(with_redis(&["doctor", "--json"]));
    assert_eq!(code, Some(0), "{said}");
    let findings: Vec<Value> = serde_json::from_str(&said).unwrap();
    let of = |check: &str| -> Vec<&Value> {
        let of = findings.iter().filter(|it| it["check"] == check);
        of.collect()
    };
    for check in ["configuration", "migrations", "secret key", "redis", "disk"] {
        assert_eq!(of(check).len(), 1, "{check} {said}");
        assert_eq!(of(check)[0]["status"], "ok", "{said}");
    }
    // The server of the tests has `fsync` off, and both clocks are those of this machine.
    assert_eq!(of("database")[1]["status"], "warning");
    assert!(of("database")[1]["mend"].is_string());
    assert_eq!(of("clock").len(), 2, "{said}");
    assert!(of("clock").iter().all(|it| it["status"] == "ok"), "{said}");
    assert!(!said.contains(KEY), "{said}");
}

#[test]
fn a_database_that_is_down_fails_and_its_password_is_not_shown() {
    let folder = Folder::new();
    let url = "postgres://me:pass-word@127.0.0.1:1/rollcall";
    let (code, said) = run(on_postgres(&folder, url, &["doctor"]));
    assert_eq!(code, Some(1), "{said}");
    let line = one(&said, "database");
    assert!(
        line.starts_with(
            "FAILED   database: cannot open the PostgreSQL database rollcall at 127.0.0.1:1"
        ),
        "{line}"
    );
    assert!(
        line.contains("Start it, or correct `database_url`"),
        "{line}"
    );
    assert!(one(&said, "secret key").starts_with("ok"), "{said}");
    assert!(
        one(&said, "redis").starts_with("ok"),
        "the rest is looked at"
    );
    assert!(!said.contains("pass-word"), "{said}");
}

#[test]
fn another_secret_key_and_one_that_is_missing_fail() {
    let folder = Folder::new();
    let address = free_address();
    assert!(Server::start(command(&folder, &["serve"], &address)).stop());
    let mut other = command(&folder, &["doctor"], &address);
    other.env("ROLLCALL_SECRET_KEY", KEY);
    let (code, said) = run(other);
    assert_eq!(code, Some(1), "{said}");
    insta::assert_snapshot!(one(&said, "secret key"), @"FAILED   secret key: it is not the one that the database was first used with. Start with that key again: secrets in the database cannot be read with this one");

    std::fs::remove_file(folder.path("rollcall.db.secret-key")).unwrap();
    let (code, said) = run(command(&folder, &["doctor"], &address));
    assert_eq!(code, Some(1), "{said}");
    insta::assert_snapshot!(one(&said, "secret key"), @"FAILED   secret key: its file is missing, and the database was used with it. Put it back from your backup, or set `secret_key`");
    assert!(
        !folder
            .files()
            .contains(&"rollcall.db.secret-key".to_owned())
    );
}

#[test]
fn a_redis_that_is_down_fails() {
    let mut redis = OwnRedis::start();
    redis.kill();
    let folder = Folder::new();
    let mut doctor = command(&folder, &["doctor"], &free_address());
    doctor.env("ROLLCALL_REDIS_URL", redis.url());
    let (code, said) = run(doctor);
    assert_eq!(code, Some(1), "{said}");
    let line = one(&said, "redis");
    assert!(
        line.starts_with("FAILED   redis: it cannot be used: "),
        "{line}"
    );
}

#[test]
fn migrations_that_are_missing_fail_if_no_start_makes_them() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::empty_postgres(""));
    for (automatic, code, status) in [("true", 0, "warning"), ("false", 1, "FAILED")] {
        let mut doctor = on_postgres(&folder, database.url(), &["doctor"]);
        doctor.env("ROLLCALL_AUTO_MIGRATE", automatic);
        let (found, said) = run(doctor);
        assert_eq!(found, Some(code), "{said}");
        let line = one(&said, "migrations");
        assert!(line.starts_with(status), "{line}");
        assert!(line.contains("`rollcall migrate`"), "{line}");
    }
}

#[test]
fn an_address_where_something_else_answers_fails() {
    let folder = Folder::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let answering = thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let mut asked = [0; 1_024];
        let _ = stream.read(&mut asked).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
        stream.write_all(answer).unwrap();
    });
    let mut doctor = command(&folder, &["doctor"], &free_address());
    doctor.env("ROLLCALL_PUBLIC_URL", format!("http://{address}"));
    let (code, said) = run(doctor);
    answering.join().unwrap();
    assert_eq!(code, Some(1), "{said}");
    insta::assert_snapshot!(one(&said, "public URL").replace(&address, "[address]"), @"FAILED   public URL: something else answers at http://[address] (200 OK). Point the name, or the path in the proxy, to Rollcall; `/scim` has to arrive there with its path as it is");
}

#[test]
fn a_certificate_that_nobody_knows_is_told_from_one_that_is_trusted() {
    let folder = Folder::new();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let address = free_address();
    let with_tls = |arguments: &[&str]| {
        let mut command = command(&folder, arguments, &address);
        command
            .env("ROLLCALL_TLS_CERTIFICATE_FILE", format!("{data}/tls.crt"))
            .env("ROLLCALL_TLS_KEY_FILE", format!("{data}/tls.key"))
            .env("ROLLCALL_PUBLIC_URL", format!("https://{address}"));
        command
    };
    let server = Server::start(with_tls(&["serve"]));
    let (code, said) = run(with_tls(&["doctor"]));
    assert_eq!(code, Some(1), "{said}");
    let line = one(&said, "public URL");
    assert!(line.contains("is not accepted"), "{line}");
    assert!(
        one(&said, "certificate").contains(" is good for "),
        "{said}"
    );

    let mut trusting = with_tls(&["doctor"]);
    trusting.env("SSL_CERT_FILE", format!("{data}/tls.crt"));
    let (code, said) = run(trusting);
    assert_eq!(code, Some(0), "{said}");
    let found = lines(&said, "public URL");
    assert!(found[0].contains("Rollcall answers at https://"), "{said}");
    assert!(
        found[1].contains("that of 127.0.0.1 is good for "),
        "{said}"
    );
    assert!(server.stop());

    let mut wrong = with_tls(&["doctor"]);
    wrong.env("ROLLCALL_TLS_KEY_FILE", format!("{data}/tls-rsa.key"));
    let (code, said) = run(wrong);
    assert_eq!(code, Some(1), "{said}");
    assert!(one(&said, "certificate").starts_with("FAILED"), "{said}");
}

#[test]
fn a_configuration_that_cannot_be_read_is_all_that_is_told() {
    let folder = Folder::new();
    folder.write("rollcall.toml", "lissten = \"127.0.0.1:80\"");
    let (code, said) = run(folder.command(&["doctor"]));
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(said.trim(), @"FAILED   configuration: unknown: the key `lissten` in rollcall.toml; `rollcall config default` prints every key. Nothing else can be looked at before `rollcall config check` is content");
}

#[test]
fn what_is_not_wise_is_a_warning() {
    let folder = Folder::new();
    folder.write(
        "rollcall.toml",
        "behind_proxy = true\nsqlite_synchronous = \"normal\"\n",
    );
    let mut doctor = command(&folder, &["doctor"], &free_address());
    doctor.env("ROLLCALL_PUBLIC_URL", "http://rollcall.invalid");
    let (code, said) = run(doctor);
    assert_eq!(code, Some(1), "the name has no address: {said}");
    let warned: Vec<_> = lines(&said, "configuration")
        .into_iter()
        .filter(|line| line.starts_with("warning"))
        .collect();
    for part in [
        "can read rollcall.toml",
        "`public_url` is plain HTTP",
        "/metrics is served",
        "`sqlite_synchronous`",
        "`trusted_proxies`",
    ] {
        assert!(
            warned.iter().any(|line| line.contains(part)),
            "{part} in {said}"
        );
    }
}
