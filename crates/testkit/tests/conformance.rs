//! The conformance matrix: every normative row of the SCIM standards, and the test that proves it.
//!
//! The rows are data, one file for each part of the standards, in `crates/testkit/conformance/`.
//! A row names its proofs as `file::test`, the file below `crates/`; or it says why it does not
//! apply, or what it waits for. What it names is looked up in the source, so a test that was
//! renamed or removed fails here. `docs/conformance.md` is made from the rows by `make generate`.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    title: String,
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    section: String,
    level: String,
    source: String,
    requirement: String,
    expectation: String,
    #[serde(default)]
    proof: Vec<String>,
    not_applicable: Option<String>,
    planned: Option<String>,
}

enum Status<'a> {
    Proven(&'a [String]),
    NotApplicable(&'a str),
    Planned(&'a str),
    Open,
}

impl Row {
    fn status(&self) -> Status<'_> {
        match (self.proof.as_slice(), &self.not_applicable, &self.planned) {
            ([], None, None) => Status::Open,
            (proofs, None, None) => Status::Proven(proofs),
            ([], Some(reason), None) => Status::NotApplicable(reason),
            ([], None, Some(part)) => Status::Planned(part),
            _ => panic!("{} has more than one status", self.id),
        }
    }
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn parts() -> Vec<Part> {
    let folder = crates().join("testkit/conformance");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
        })
        .collect()
}

fn rows() -> Vec<Row> {
    parts().into_iter().flat_map(|part| part.row).collect()
}

/// Whether a file below `crates/` declares a test of that name.
fn declares(proof: &str) -> bool {
    let Some((file, test)) = proof.split_once("::") else {
        return false;
    };
    let text = std::fs::read_to_string(crates().join(file)).unwrap_or_default();
    let is_test_code = text.contains("test]") || text.contains("on_each_database!");
    is_test_code && text.contains(&format!("fn {test}("))
}

#[test]
fn the_matrix_has_each_of_its_705_rows_once() {
    let ids: BTreeSet<String> = rows().into_iter().map(|row| row.id).collect();
    assert_eq!((rows().len(), ids.len()), (705, 705));
}

#[test]
fn every_test_that_a_row_names_exists() {
    let missing: Vec<String> = rows()
        .iter()
        .flat_map(|row| row.proof.iter().map(move |proof| (&row.id, proof)))
        .filter(|(_, proof)| !declares(proof))
        .map(|(id, proof)| format!("{id}: {proof}"))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Only security events and the drafts may wait for a later part.
#[test]
fn only_events_and_drafts_are_planned() {
    for row in rows() {
        if matches!(row.status(), Status::Planned(_)) {
            let may_wait = ["9967-", "8417-", "8935-", "8936-", "IPD-", "EXT-"];
            assert!(
                may_wait.iter().any(|prefix| row.id.starts_with(prefix)),
                "{} may not wait",
                row.id
            );
        }
    }
}

#[test]
fn every_row_has_its_proof_or_its_reason() {
    let open: Vec<String> = rows()
        .into_iter()
        .filter(|row| matches!(row.status(), Status::Open))
        .map(|row| row.id)
        .collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_generated_conformance_matrix_is_up_to_date() {
    let path = crates().join("../docs/conformance.md");
    let wanted = document();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/conformance.md is out of date; run `make generate`"
    );
}

fn document() -> String {
    let mut text = include_str!("conformance/introduction.md").to_owned();
    let (mut proven, mut not_applicable, mut planned, mut open) = (0, 0, 0, 0);
    for row in rows() {
        match row.status() {
            Status::Proven(_) => proven += 1,
            Status::NotApplicable(_) => not_applicable += 1,
            Status::Planned(_) => planned += 1,
            Status::Open => open += 1,
        }
    }
    writeln!(
        text,
        "| rows | proven | not applicable | planned | open |\n| --- | --- | --- | --- | --- |\n\
         | {} | {proven} | {not_applicable} | {planned} | {open} |",
        rows().len()
    )
    .unwrap();
    for part in parts() {
        writeln!(
            text,
            "\n## {}\n\n| id | level | source | requirement | what is expected | proof |\n\
             | --- | --- | --- | --- | --- | --- |",
            part.title
        )
        .unwrap();
        for row in part.row {
            writeln!(
                text,
                "| {} ({}) | {} | {} | {} | {} | {} |",
                row.id,
                row.section,
                row.level,
                row.source,
                cell(&row.requirement),
                cell(&row.expectation),
                cell(&proof(&row)),
            )
            .unwrap();
        }
    }
    text
}

fn proof(row: &Row) -> String {
    match row.status() {
        Status::Proven(proofs) => {
            let names: Vec<String> = proofs.iter().map(|proof| format!("`{proof}`")).collect();
            names.join(", ")
        }
        Status::NotApplicable(reason) => format!("not applicable: {reason}"),
        Status::Planned(part) => format!("planned: {part}"),
        Status::Open => "not yet proven".to_owned(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
