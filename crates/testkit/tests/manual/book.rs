//! The table of contents against the pages.

use std::collections::BTreeSet;

use rollcall_testkit::manual::{Page, pages, repository};

use crate::none;

const SUMMARY: &str = "docs/SUMMARY.md";

/// Folders of pages of one kind, which come and go: their lines are made from their titles.
const LISTED: [&str; 2] = ["runbooks", "decisions"];

/// The lines below the one that leads to the folder's README.
fn with_pages_of(folder: &str, summary: &str) -> String {
    let readme = format!("docs/{folder}/README.md");
    let pages = pages()
        .into_iter()
        .filter(|page| page.path.starts_with(&format!("docs/{folder}/")) && page.path != readme);
    let mut made = pages
        .map(|page| {
            let title = page.text.lines().next().unwrap_or_default();
            let title = title.trim_start_matches("# ");
            let path = page.path.trim_start_matches("docs/");
            format!("  - [{title}]({path})\n")
        })
        .collect::<String>();
    let parent = format!("]({folder}/README.md)");
    let mut text = String::new();
    let mut inside = false;
    for line in summary.lines() {
        inside = inside && line.starts_with("  - ");
        if !inside {
            text.push_str(line);
            text.push('\n');
        }
        if line.ends_with(&parent) {
            text.push_str(&std::mem::take(&mut made));
            inside = true;
        }
    }
    assert!(made.is_empty(), "{SUMMARY} has no line for {folder}");
    text
}

#[test]
fn the_generated_part_of_the_table_of_contents_has_every_runbook_and_decision() {
    let file = repository().join(SUMMARY);
    let written = std::fs::read_to_string(&file).unwrap();
    let folders = LISTED.iter();
    let wanted = folders.fold(written.clone(), |text, folder| with_pages_of(folder, &text));
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&file, &wanted).unwrap();
    } else {
        assert_eq!(written, wanted, "run `make generate`");
    }
}

#[test]
fn every_page_of_the_manual_stands_in_the_table_of_contents_once() {
    let links = Page::read(SUMMARY).links();
    let mut named = BTreeSet::new();
    let mut findings = Vec::new();
    for link in links {
        if !named.insert(format!("docs/{}", link.target)) {
            findings.push(format!("{SUMMARY}:{} is there twice", link.line));
        }
    }
    let there: BTreeSet<String> = pages()
        .into_iter()
        .map(|page| page.path)
        .filter(|path| path.starts_with("docs/") && path != SUMMARY)
        .collect();
    let missing = there.difference(&named);
    findings.extend(missing.map(|path| format!("{path} is not in {SUMMARY}: put a line there")));
    let gone = named.difference(&there);
    findings.extend(gone.map(|path| format!("{SUMMARY} names {path}, which is not there")));
    none(findings);
}

/// Readers arrive at a page by a search: its first heading has to say where they are.
#[test]
fn every_page_begins_with_its_title() {
    let without = pages()
        .into_iter()
        .filter(|page| page.path.starts_with("docs/") && !page.text.starts_with("# "));
    none(without.map(|page| page.path).collect());
}
