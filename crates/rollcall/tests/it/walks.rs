//! Pages of the manual whose commands are meant to be copied, walked as a newcomer does: in a checkout,
//! in one shell, one block after the other.
//!
//! | block | what becomes of it |
//! | --- | --- |
//! | `sh build` | run, but for `cargo`: the program is built already, and its arguments are looked at |
//! | `sh run` | run; a command that fails ends the walk |
//! | `json answer` | compared with what the block before printed. `…` is anything, and fields may be left out |
//! | `sh stop` | run at the end of the walk |
//!
//! Ports of the pages are exchanged for free ones, and nothing else. A block that is not marked would go
//! untested, so it fails.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rollcall_testkit::manual::{Fence, Page, repository};
use rollcall_testkit::servers::{free_port, server_user};
use serde_json::Value;
use tempfile::TempDir;

/// The ports that the pages take.
const PORTS: [&str; 5] = ["8080", "8081", "8090", "15432", "16379"];

/// What a checkout has that the pages use.
const FOLDERS: [&str; 3] = ["deploy", "docs", "scripts"];

/// Stands before what a block leaves as its status.
const END: &str = "--- end of the block, with the status ";

/// How long a block may take: a first sync over a debug build, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(120);

/// A shell in something like a checkout, in which the program is built.
struct Walk {
    folder: TempDir,
    shell: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    ports: Vec<(&'static str, String)>,
}

impl Walk {
    /// As somebody else than root if the page needs it: PostgreSQL refuses to be run by root.
    fn begin(never_as_root: bool) -> Self {
        let user = server_user().filter(|_| never_as_root);
        let folder = match user {
            // Root's own folder for such things may be closed to others.
            Some(_) => TempDir::new_in("/tmp").unwrap(),
            None => TempDir::new().unwrap(),
        };
        for name in FOLDERS {
            run(Command::new("cp")
                .arg("-R")
                .arg(repository().join(name))
                .arg(folder.path()));
        }
        let built = folder.path().join("target/debug");
        std::fs::create_dir_all(&built).unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_rollcall"), built.join("rollcall")).unwrap();
        let mut command = match user {
            None => Command::new("bash"),
            Some(user) => {
                run(Command::new("chown").args(["-R", user]).arg(folder.path()));
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--", "bash"]);
                command
            }
        };
        let mut shell = command
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap())
            .env("HOME", folder.path())
            // The gateway is on this machine, whatever proxy it is told to use.
            .env("NO_PROXY", "*")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let stdout = BufReader::new(shell.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines() {
                let Ok(line) = line else { break };
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let stdin = shell.stdin.take().unwrap();
        let ports = std::iter::zip(PORTS, free_ports()).collect();
        let mut walk = Self {
            folder,
            shell,
            stdin,
            lines,
            ports,
        };
        let cargo = "cargo() { [ \"$*\" = 'build --locked --package rollcall' ]; }";
        let _ = walk.run(
            &format!("exec 2>&1\nset -eu -o pipefail\n{cargo}\n"),
            "the beginning",
        );
        walk
    }

    /// Walks through all pages, and then stops what the last of them says.
    fn through(mut self, pages: &[&str]) {
        let mut stops = String::new();
        for path in pages {
            let page = Page::read(path);
            let mut printed = String::new();
            stops.clear();
            for Fence { line, words, text } in page.fences() {
                let place = format!("{path}:{line}");
                let text = self.with_free_ports(&text);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                match words[..] {
                    ["sh", "run" | "build"] => printed = self.run(&text, &place),
                    ["sh", "stop"] => stops.push_str(&text),
                    ["json", "answer"] => compare(&text, &printed, &place),
                    _ => assert_ne!(words.first(), Some(&"sh"), "{place}: run, build or stop?"),
                }
            }
        }
        assert!(!stops.is_empty(), "the last page does not say how to stop");
        let _ = self.run(&stops, "the end");
    }

    /// Runs a block, and gives back what it printed.
    fn run(&mut self, block: &str, place: &str) -> String {
        let file = self.folder.path().join("block.sh");
        std::fs::write(&file, block).unwrap();
        // Sourced, so that a command which reads does not read the block after this one.
        writeln!(
            self.stdin,
            ". ./block.sh </dev/null; printf '\\n{END}%s\\n' $?"
        )
        .unwrap();
        let mut printed = String::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            assert!(
                line.is_ok(),
                "{place} failed, or did not end:\n{block}\nIt printed:\n{printed}"
            );
            let line = line.unwrap();
            if line.starts_with(END) {
                return printed;
            }
            printed.push_str(&line);
            printed.push('\n');
        }
    }

    fn with_free_ports(&self, text: &str) -> String {
        let ports = self.ports.iter();
        ports.fold(text.to_owned(), |text, (port, free)| {
            text.replace(port, free)
        })
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        // After a walk to its end there is nobody left; these are for one that was broken off.
        let _ = Command::new("kill")
            .arg("--")
            .arg(format!("-{}", self.shell.id()))
            .output();
        let _ = self.shell.wait();
        for pid in ["trial/postgres/postmaster.pid", "trial/redis.pid"] {
            let pid = std::fs::read_to_string(self.folder.path().join(pid)).unwrap_or_default();
            if let Some(pid) = pid.lines().next() {
                let _ = Command::new("kill").arg(pid).output();
            }
        }
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// A free port for each of [`PORTS`]. They are exchanged one after the other, so none of the new ones has
/// one of the old ones in it.
fn free_ports() -> Vec<String> {
    let mut found = Vec::new();
    while found.len() < PORTS.len() {
        let port = free_port().to_string();
        if !found.contains(&port) && !PORTS.iter().any(|old| port.contains(old)) {
            found.push(port);
        }
    }
    found
}

/// Fails unless the last JSON that was printed is what the page shows.
fn compare(shown: &str, printed: &str, place: &str) {
    let values = |text: &str| -> Vec<Value> {
        let begin = text.find(['{', '[']).unwrap_or(text.len());
        serde_json::Deserializer::from_str(&text[begin..])
            .into_iter()
            .map_while(Result::ok)
            .collect()
    };
    let (shown, printed) = (values(shown), values(printed));
    assert!(!shown.is_empty(), "{place} is no JSON");
    let last = &printed[printed.len().saturating_sub(shown.len())..];
    let same = shown.len() == last.len() && shown.iter().zip(last).all(|(a, b)| is_shown(a, b));
    assert!(same, "{place} shows {shown:?}, and it printed {printed:?}");
}

fn is_shown(shown: &Value, printed: &Value) -> bool {
    match (shown, printed) {
        (Value::Object(shown), Value::Object(printed)) => shown
            .iter()
            .all(|(name, value)| printed.get(name).is_some_and(|it| is_shown(value, it))),
        (Value::Array(shown), Value::Array(printed)) => {
            shown.len() == printed.len() && shown.iter().zip(printed).all(|(a, b)| is_shown(a, b))
        }
        (Value::String(shown), Value::String(printed)) => match shown.split_once('…') {
            Some((begin, end)) => printed.starts_with(begin) && printed.ends_with(end),
            None => shown == printed,
        },
        _ => shown == printed,
    }
}

#[test]
fn the_quick_start_and_the_integration_of_a_product_work_as_they_stand() {
    let pages = ["docs/getting-started.md", "docs/integrating.md"];
    Walk::begin(false).through(&pages);
}

#[test]
fn the_quick_start_stops_what_it_started() {
    Walk::begin(false).through(&["docs/getting-started.md"]);
}

#[test]
fn postgresql_and_redis_by_hand_work_as_they_stand() {
    Walk::begin(true).through(&["docs/postgresql-and-redis.md"]);
}

#[test]
fn what_a_page_shows_has_to_be_what_was_printed() {
    let printed = "made it\n{\"id\": \"org_1\", \"users\": 3, \"more\": true}\n";
    compare("{\"id\": \"org_…\", \"users\": 3}", printed, "a page");
    for wrong in ["{\"users\": 4}", "{\"id\": \"usr_…\"}", "{\"absent\": 1}"] {
        let compared = std::panic::catch_unwind(|| compare(wrong, printed, "a page"));
        assert!(compared.is_err(), "{wrong}");
    }
}

/// Settings that are shown in files are those that the program takes.
#[test]
fn every_sample_of_a_configuration_file_is_taken() {
    let mut seen = 0;
    for page in rollcall_testkit::manual::pages() {
        for fence in page.fences().iter().filter(|fence| fence.words == ["toml"]) {
            seen += 1;
            let folder = crate::rollcall::Folder::new();
            // Files that a sample names are those of a machine that is set up.
            let text = fence.text.replace("/etc/rollcall/", "");
            folder.write("rollcall.toml", &text);
            copy_named_files(&text, &folder);
            let output = folder.run(&["config", "check"]);
            let said = crate::rollcall::stderr(&output);
            assert!(
                output.status.success(),
                "{}:{}: {said}",
                page.path,
                fence.line
            );
        }
    }
    assert_ne!(seen, 0, "no sample was found");
}

/// Certificates and the like, where a sample needs one to be there.
fn copy_named_files(text: &str, folder: &crate::rollcall::Folder) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["tls.crt", "tls.key"] {
        if text.contains(name) {
            std::fs::copy(data.join(name), folder.path(name)).unwrap();
        }
    }
    if text.contains("logo.svg") {
        folder.write("logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    }
}
