//! SIGHUP: the log level is read again while the server runs.

use std::io::{BufRead, BufReader};
use std::process::{ChildStderr, Command, Stdio};

use rollcall_testkit::{Client, block_on};

use crate::rollcall::Folder;

/// A server whose log lines are read.
struct Logged {
    child: std::process::Child,
    log: BufReader<ChildStderr>,
    url: String,
}

impl Logged {
    fn start(folder: &Folder, variables: &[(&str, &str)]) -> Self {
        let mut child = folder
            .command(&["serve"])
            .env("ROLLCALL_LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = said.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("Rollcall is listening on ")
                .map(str::to_owned)
        });
        let url = url.unwrap();
        Self { child, log, url }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Sends a request, which the log tells at `info`.
    fn ask(&self) {
        block_on(async {
            let client = Client::new(&self.url, None, "application/json");
            let _ = client.get("/healthz").await.expect(200);
        });
    }

    /// Waits for a line of the log that holds this, and returns what came until then, with it.
    fn wait_for(&mut self, part: &str) -> String {
        let mut lines = String::new();
        loop {
            let before = lines.len();
            assert_ne!(
                self.log.read_line(&mut lines).unwrap(),
                0,
                "no {part} in {lines}"
            );
            if lines[before..].contains(part) {
                return lines;
            }
        }
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const AGAIN: &str = "the log level was read again";
const ANSWERED: &str = "answered";

#[test]
fn a_level_is_taken_at_the_signal_and_what_cannot_be_read_changes_nothing() {
    let folder = Folder::new();
    let write =
        |level: &str| folder.write("rollcall.toml", &format!("[log]\nlevel = \"{level}\"\n"));
    write("warn");
    let mut server = Logged::start(&folder, &[]);
    server.ask();

    write("info");
    server.signal("-HUP");
    let lines = server.wait_for(AGAIN);
    assert!(
        lines.contains("level=info") && !lines.contains(ANSWERED),
        "{lines}"
    );
    server.ask();
    server.wait_for(ANSWERED);

    write("lots");
    server.signal("-HUP");
    let lines = server.wait_for("the log level stays as it is");
    assert!(lines.contains("`log.level` in rollcall.toml"), "{lines}");
    server.ask();
    server.wait_for(ANSWERED);

    write("error");
    server.signal("-HUP");
    assert!(
        server.wait_for(AGAIN).contains("level=error"),
        "told before it is hidden"
    );
    server.ask();
    write("info");
    server.signal("-HUP");
    let lines = server.wait_for(AGAIN);
    assert!(
        lines.contains("level=info") && !lines.contains(ANSWERED),
        "{lines}"
    );
    server.signal("-TERM");
    assert!(server.wait_for("stopping").contains("SIGTERM"));
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn rust_log_wins_as_at_the_start() {
    let folder = Folder::new();
    let mut server = Logged::start(&folder, &[("RUST_LOG", "info")]);
    folder.write("rollcall.toml", "[log]\nlevel = \"trace\"\n");
    server.signal("-HUP");
    assert!(
        server
            .wait_for(AGAIN)
            .contains("info (of the variable RUST_LOG, which wins)")
    );
}
