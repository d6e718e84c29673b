//! `audit`: heads are printed and kept, and whoever touches the log is found.

use sea_orm::{ConnectionTrait, Database};

use crate::rollcall::{Folder, Server, stderr, stdout};

/// A database with one row in its log: that of the first API key.
fn used_database() -> Folder {
    let folder = Folder::new();
    let mut command = folder.command(&["serve"]);
    command.env("ROLLCALL_LISTEN", "127.0.0.1:0");
    assert!(Server::start(command).stop());
    folder
}

fn tamper(folder: &Folder, sql: &str) {
    let url = format!("sqlite://{}", folder.path("rollcall.db").display());
    rollcall_testkit::block_on(async {
        let db = Database::connect(url).await.unwrap();
        db.execute_unprepared(sql).await.unwrap();
        db.close().await.unwrap();
    });
}

#[test]
fn a_log_is_verified_against_a_head_that_was_kept() {
    let folder = used_database();
    let head = stdout(&folder.run(&["audit", "head"]));
    assert!(head.starts_with("installation 1 "), "{head}");
    folder.write("heads.txt", &head);
    let verify = ["audit", "verify", "--head", "heads.txt"];

    let whole = folder.run(&verify);
    assert!(whole.status.success(), "{}", stderr(&whole));
    insta::assert_snapshot!(stdout(&whole), @r"
    Read 1 rows in 1 chains.
    Each row fits the one before it, and all 1 given heads fit.
    ");

    tamper(&folder, "update audit_log set actor = 'somebody else'");
    let changed = folder.run(&verify);
    assert_eq!(changed.status.code(), Some(1));
    let said = stdout(&changed);
    assert!(said.contains("installation, row 1 (aud_"), "{said}");
    assert!(said.contains("the row was changed"), "{said}");

    tamper(&folder, "delete from audit_log");
    tamper(&folder, "delete from event_sequences");
    let unnoticed = folder.run(&["audit", "verify"]);
    assert!(unnoticed.status.success(), "{}", stdout(&unnoticed));
    let cut = folder.run(&["audit", "verify", "--head", "heads.txt", "--json"]);
    assert_eq!(cut.status.code(), Some(1));
    insta::assert_snapshot!(stdout(&cut), @r#"{"chains":0,"rows":0,"rows_before_chains":0,"findings":[{"organization_id":null,"number":1,"id":null,"fault":"truncated","through":1}]}"#);
}

#[test]
fn a_head_that_is_none_is_named() {
    let folder = used_database();
    folder.write("heads.txt", "installation 1\n");
    let quiet = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        stderr(&command.env("RUST_LOG", "error").output().unwrap())
    };
    insta::assert_snapshot!(
        quiet(&["audit", "verify", "--head", "heads.txt"]),
        @"rollcall: heads.txt, line 1: not the head of an audit chain: it is an organization id or `installation`, a number and 64 hexadecimal digits, with spaces between them"
    );
    let missing = quiet(&["audit", "verify", "--head", "nowhere.txt"]);
    assert!(
        missing.contains("`--head nowhere.txt` is neither NUMBER:HASH nor a file"),
        "{missing}"
    );
    insta::assert_snapshot!(
        quiet(&["audit", "verify", "--organization", "nobody"]),
        @"rollcall: there is no organization `nobody`; one that was deleted has its id only"
    );
}
