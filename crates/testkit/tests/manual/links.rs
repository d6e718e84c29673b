//! Links between pages, and texts that lead to nobody's machine but the writer's.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use rollcall_testkit::manual::{pages, repository};

use crate::none;

/// The path without `.` and `..`; `None` above the repository.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => plain.pop().then_some(())?,
            part => plain.push(part),
        }
    }
    Some(plain)
}

/// Whether a link leads out of the repository; rustdoc's own, to an item, do too.
fn leads_out(target: &str) -> bool {
    ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| target.starts_with(scheme))
        || target.contains("::")
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    let pages = pages();
    let anchors: HashMap<&str, BTreeSet<String>> = pages
        .iter()
        .map(|page| (&*page.path, page.anchors()))
        .collect();
    let mut findings = Vec::new();
    let mut seen = 0;
    for page in &pages {
        for link in page.links() {
            if leads_out(&link.target) {
                continue;
            }
            seen += 1;
            let (path, anchor) = link.target.split_once('#').unwrap_or((&link.target, ""));
            let folder = Path::new(&page.path).parent().unwrap();
            let target = match path {
                "" => Some(PathBuf::from(&page.path)),
                path => plain(&folder.join(path)),
            };
            let place = format!("{}:{}: {}", page.path, link.line, link.target);
            let Some(target) = target.filter(|target| repository().join(target).exists()) else {
                findings.push(format!("{place} leads nowhere"));
                continue;
            };
            let found = anchors.get(target.to_str().unwrap());
            if !anchor.is_empty() && !found.is_some_and(|found| found.contains(anchor)) {
                findings.push(format!("{place} has no such heading"));
            }
            if page.path.starts_with("docs/") && !target.starts_with("docs") {
                findings.push(format!(
                    "{place} leads out of the book: name the file as code"
                ));
            }
        }
    }
    none(findings);
    assert!(seen > 200, "only {seen} links were found");
}

#[test]
fn no_page_names_a_path_of_the_machine_it_was_written_on() {
    let home = std::env::home_dir().map(|home| format!("{}/", home.display()));
    let mut paths = vec!["/home/", "/tmp/", "file://", "localhost:"];
    paths.extend(home.as_deref().filter(|home| *home != "/"));
    let mut findings = Vec::new();
    for page in pages() {
        for (number, line) in page.text.lines().enumerate() {
            for path in &paths {
                if line.contains(path) {
                    findings.push(format!("{}:{}: {path}", page.path, number + 1));
                }
            }
        }
    }
    none(findings);
}
