//! `serve` and `migrate` on a PostgreSQL server.

use std::process::Command;

use rollcall_testkit::{TestDatabase, block_on};
use sea_orm::ConnectionTrait;

use crate::rollcall::{Folder, Server, stderr, stdout};

/// A command on an empty database.
fn command(folder: &Folder, database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = folder.command(arguments);
    command
        .env("ROLLCALL_LISTEN", "127.0.0.1:0")
        .env("ROLLCALL_DATABASE_URL", database.url())
        .env("ROLLCALL_DATABASE__MAX_CONNECTIONS", "3")
        .env(
            "ROLLCALL_SECRET_KEY",
            "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        );
    command
}

#[test]
fn ten_processes_that_start_at_once_on_an_empty_database_all_serve_and_one_shows_the_key() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::empty_postgres(""));
    let starts: Vec<_> = (0..10)
        .map(|_| {
            let serve = command(&folder, &database, &["serve"]);
            std::thread::spawn(move || Server::start(serve))
        })
        .collect();
    let servers: Vec<_> = starts.into_iter().map(|it| it.join().unwrap()).collect();

    let shown = servers.iter().filter(|server| server.said.contains("rck_"));
    assert_eq!(shown.count(), 1);
    for server in servers {
        assert!(server.stop());
    }
}

#[test]
fn a_check_says_what_a_start_would_find_and_changes_nothing() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::empty_postgres(""));
    let check = || {
        let check = command(&folder, &database, &["migrate", "--check"]).output();
        let said = stdout(&check.unwrap());
        let mut lines: Vec<_> = said.lines().map(str::to_owned).collect();
        let found = lines.remove(0);
        assert!(
            found.starts_with("The PostgreSQL database test_"),
            "{found}"
        );
        assert!(found.contains(" can be used: PostgreSQL "), "{found}");
        let warned = lines.iter().filter(|line| line.contains("`fsync` is off"));
        assert_eq!(warned.count(), 1, "{lines:?}");
        lines.pop().unwrap()
    };
    for _ in 0..2 {
        let pending = check();
        assert!(pending.starts_with("Its schema needs "), "{pending}");
    }

    let migrated = command(&folder, &database, &["migrate"]).output().unwrap();
    assert!(migrated.status.success(), "{}", stderr(&migrated));
    assert_eq!(check(), "Its schema is up to date.");
}

#[test]
fn a_server_that_cannot_be_used_is_refused_with_what_to_do() {
    let folder = Folder::new();
    let database = block_on(async {
        let database = TestDatabase::empty_postgres("").await;
        let read_only = "do $$ begin execute format(
            'alter database %I set default_transaction_read_only = on', current_database());
            end $$";
        let raw = database.raw().await;
        raw.execute_unprepared(read_only).await.unwrap();
        database
    });
    for arguments in [&["serve"][..], &["migrate"], &["migrate", "--check"]] {
        let refused = command(&folder, &database, arguments).output().unwrap();
        assert_eq!(refused.status.code(), Some(1));
        let said = stderr(&refused);
        let why = "cannot be used: transactions are read-only by default";
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn an_empty_database_is_split_once_and_served_from() {
    let folder = Folder::new();
    let database = block_on(TestDatabase::empty_postgres(""));
    let split = |number: &str| {
        let arguments = ["migrate", "--hash-partitions", number];
        command(&folder, &database, &arguments).output().unwrap()
    };
    let migrated = split("3");
    assert!(migrated.status.success(), "{}", stderr(&migrated));
    assert!(stdout(&migrated).starts_with("Applied "));

    let other = split("4");
    assert_eq!(other.status.code(), Some(1));
    let said = stderr(&other);
    let why = "the database is split into 3 partitions, and that cannot be changed";
    assert!(said.contains(why), "{said}");

    let check = command(&folder, &database, &["migrate", "--check"]).output();
    let said = stdout(&check.unwrap());
    assert!(
        said.contains("Its tables that grow are split into 3 partitions."),
        "{said}"
    );
    assert!(Server::start(command(&folder, &database, &["serve"])).stop());
}
