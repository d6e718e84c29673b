//! The code on the pages.
//!
//! | fence | has to be |
//! | --- | --- |
//! | `sh` | what a shell can parse |
//! | `sh run`, `sh serve`, `sh build` | the same; the walks run it |
//! | `console` | lines behind a `$`, and what they print |
//! | `json`, `toml` | one value, or one in each line; `{…}` and `[…]` stand for something left out |
//! | `rust FILE`, `python FILE`, `ts FILE` | lines of a file of `docs/clients`, which has tests, or of `conformance` |
//! | others | named below |

use std::io::Write;
use std::process::{Command, Stdio};

use rollcall_testkit::manual::{Fence, pages, repository};
use serde_json::Value;

use crate::none;

/// What is wrong with a piece of code, if anything.
fn finding(fence: &Fence) -> Option<String> {
    let words: Vec<&str> = fence.words.iter().map(String::as_str).collect();
    match words[..] {
        ["sh", ..] => not_shell(&fence.text),
        ["console"] => not_a_session(&fence.text),
        ["json", ..] => not_json(&fence.text),
        ["toml"] | ["toml", "setup"] => toml::from_str::<toml::Table>(&fence.text)
            .err()
            .map(|error| error.to_string()),
        ["rust" | "python" | "ts", file] => not_lines_of(file, &fence.text),
        ["rust" | "python" | "ts"] => {
            Some("say which tested file these lines are of, behind the language".to_owned())
        }
        ["text" | "ini" | "nginx" | "http" | "yaml" | "mermaid"] => None,
        _ => Some(format!(
            "`{}` is no kind of code known here",
            words.join(" ")
        )),
    }
}

fn not_shell(text: &str) -> Option<String> {
    let mut shell = Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    shell
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = shell.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then_some(said)
}

fn not_a_session(text: &str) -> Option<String> {
    let has_prompt = text.lines().any(|line| line.starts_with("$ "));
    (!has_prompt).then(|| "no line begins with `$ `; is it `sh`?".to_owned())
}

fn not_json(text: &str) -> Option<String> {
    let whole = text.replace("{…}", "{}").replace("[…]", "[]");
    let error = serde_json::from_str::<Value>(&whole).err()?;
    let lines = || whole.lines().map(serde_json::from_str::<Value>);
    (!lines().all(|line| line.is_ok())).then(|| error.to_string())
}

fn not_lines_of(file: &str, text: &str) -> Option<String> {
    let places = [
        format!("docs/clients/{file}"),
        format!("conformance/{file}"),
    ];
    let found = places
        .iter()
        .find_map(|place| std::fs::read_to_string(repository().join(place)).ok());
    let Some(found) = found else {
        return Some(format!("there is no {file}"));
    };
    // An ellipsis stands for lines left out. The indentation of the file does not count.
    let plain = |text: &str| {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        lines.join("\n")
    };
    let found = plain(&found);
    let parts = text.split("…\n").map(|part| plain(part).trim().to_owned());
    let missing = parts.into_iter().find(|part| !found.contains(part))?;
    Some(format!("these lines are not in {file}:\n{missing}"))
}

#[test]
fn every_piece_of_code_is_what_it_says_it_is() {
    let mut findings = Vec::new();
    let mut seen = 0;
    for page in pages() {
        // What stands in a crate's README is rustdoc's to test.
        if page.path.starts_with("crates/") {
            continue;
        }
        for fence in page.fences() {
            seen += 1;
            if fence.words.is_empty() && !page.path.starts_with("docs/") {
                continue;
            }
            let finding = finding(&fence);
            findings.extend(finding.map(|it| format!("{}:{}: {it}", page.path, fence.line)));
        }
    }
    none(findings);
    assert!(seen > 40, "only {seen} pieces of code were found");
}

#[test]
fn what_is_wrong_is_found() {
    let wrong = [
        ("sh", "if true; then"),
        ("console", "ls"),
        ("json", "{\"a\": }"),
        ("json", "{\"a\": 1}\n{\"b\"}"),
        ("toml", "a = "),
        ("python", "print()"),
        ("python follower.py", "print('not there')"),
        ("python nobody.py", "print()"),
        ("cobol", "STOP RUN."),
    ];
    for (words, text) in wrong {
        let fence = Fence {
            line: 1,
            words: words.split(' ').map(str::to_owned).collect(),
            text: format!("{text}\n"),
        };
        assert!(finding(&fence).is_some(), "{words}: {text}");
    }
}
