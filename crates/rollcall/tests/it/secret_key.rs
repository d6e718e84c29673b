//! `secret-key replace`: another key, and the server starts with it.

use crate::rollcall::{Folder, Server, stderr, stdout};

const FIRST: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const SECOND: &str = "ZmVkY2JhOTg3NmZlZGNiYTk4NzZmZWRjYmE5ODc2ZmU=";
const QUIET: (&str, &str) = ("RUST_LOG", "error");

/// Runs a command with a secret key in its configuration, or without one; what it said.
fn run(folder: &Folder, key: Option<&str>, arguments: &[&str]) -> Result<String, String> {
    let mut command = folder.command(arguments);
    command
        .envs([QUIET])
        .envs(key.map(|key| ("ROLLCALL_SECRET_KEY", key)));
    let output = command.output().unwrap();
    if output.status.success() {
        Ok(stdout(&output))
    } else {
        Err(stderr(&output))
    }
}

fn starts(folder: &Folder, key: Option<&str>) -> bool {
    let mut command = folder.command(&["serve"]);
    command.env("ROLLCALL_LISTEN", "127.0.0.1:0");
    command.envs(key.map(|key| ("ROLLCALL_SECRET_KEY", key)));
    Server::start(command).stop()
}

const REPLACE: [&str; 4] = ["secret-key", "replace", "--new-key-file", "new"];

#[test]
fn the_key_beside_the_database_is_replaced_with_what_it_sealed() {
    let folder = Folder::new();
    folder.write("new", SECOND);
    assert!(starts(&folder, None));
    let made = std::fs::read_to_string(folder.path("rollcall.db.secret-key")).unwrap();
    insta::assert_snapshot!(run(&folder, None, &REPLACE).unwrap(), @r"
    Sealed with the new key: client secrets of SSO connections (0), secrets of webhooks (0), signing keys of access tokens (0).
    The new key is in rollcall.db.secret-key now; backups from before need the old one (rollcall.db.secret-key.old). Start the server.
    ");
    let beside = std::fs::read_to_string(folder.path("rollcall.db.secret-key")).unwrap();
    assert_eq!(beside.trim(), SECOND);
    let before = std::fs::read_to_string(folder.path("rollcall.db.secret-key.old")).unwrap();
    assert_eq!(before.trim(), made.trim());
    assert!(starts(&folder, None));
    insta::assert_snapshot!(run(&folder, None, &REPLACE).unwrap(), @r"
    The database is sealed with this key already.
    The new key is in rollcall.db.secret-key now; backups from before need the old one (rollcall.db.secret-key.old). Start the server.
    ");

    folder.write("new", FIRST);
    insta::assert_snapshot!(run(&folder, None, &REPLACE).unwrap_err(), @"rollcall: rollcall.db.secret-key.old is a key of an earlier time, and this one would take its place: put it where you keep keys of backups, and remove it here");
    assert!(starts(&folder, None));
}

#[test]
fn a_replacement_that_was_broken_off_before_the_file_is_brought_to_its_end() {
    let folder = Folder::new();
    folder.write("new", SECOND);
    assert!(starts(&folder, None));
    let path = folder.path("rollcall.db.secret-key");
    let made = std::fs::read_to_string(&path).unwrap();
    // As if it had ended between the database and the file.
    assert!(run(&folder, Some(made.trim()), &REPLACE).is_ok());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), made);
    assert!(run(&folder, None, &["serve"]).is_err());
    assert!(run(&folder, None, &REPLACE).is_ok() && starts(&folder, None));
    assert_eq!(std::fs::read_to_string(&path).unwrap().trim(), SECOND);
}

#[test]
fn the_key_of_the_configuration_is_replaced_by_whoever_sets_it() {
    let folder = Folder::new();
    folder.write("new", SECOND);
    assert!(starts(&folder, Some(FIRST)));
    insta::assert_snapshot!(run(&folder, Some(FIRST), &REPLACE).unwrap(), @r"
    Sealed with the new key: client secrets of SSO connections (0), secrets of webhooks (0), signing keys of access tokens (0).
    Start every process with the new key (`secret_key`). Keep the old one for as long as there are backups from before.
    ");
    assert!(starts(&folder, Some(SECOND)));
    assert!(run(&folder, Some(FIRST), &["serve"]).is_err());
    assert!(
        !folder
            .files()
            .contains(&"rollcall.db.secret-key".to_owned())
    );
}

#[test]
fn a_key_is_not_replaced_with_anything_else_or_by_somebody_without_it() {
    let folder = Folder::new();
    folder.write("new", "not a key");
    insta::assert_snapshot!(run(&folder, None, &REPLACE).unwrap_err(), @"rollcall: the SQLite database rollcall.db is not up to date: run `rollcall migrate` first");
    assert!(starts(&folder, Some(FIRST)));
    insta::assert_snapshot!(run(&folder, Some(FIRST), &REPLACE).unwrap_err(), @"rollcall: the text of new: is not 32 bytes in base64; `openssl rand -base64 32` makes such a key");
    folder.write("new", SECOND);
    let another = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    insta::assert_snapshot!(run(&folder, Some(another), &REPLACE).unwrap_err(), @"rollcall: this is not the secret key that the database was first used with; secrets in it could not be read any more. Start with that key again");
    assert!(starts(&folder, Some(FIRST)));
}
