//! The list of pages is whole: it has every route of the console and the portal that a browser can
//! open, as the sources of the console mount them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::pages::{BEFORE_ENTERING, BEFORE_SIGNING_IN, CONSOLE, PORTAL};

/// Where the routes of a folder or file of the console begin. The first that fits counts.
const MOUNTED_AT: [(&str, &str); 5] = [
    (
        "operator/connection/",
        "/console/organizations/{org}/scim-connections/{scim}",
    ),
    (
        "operator/user.rs",
        "/console/organizations/{org}/scim-connections/{scim}",
    ),
    ("operator/", "/console"),
    ("portal/branding.rs", "/assets/brand"),
    ("portal/", "/portal"),
];

/// Routes that answer with no page.
const NO_PAGES: [&str; 5] = [
    // Leads to the list of organizations.
    "/console",
    // Leads to the vendor's issuer.
    "/console/sign-in/oidc",
    // A file to be kept.
    "/console/organizations/{}/scim-connections/{}/support-bundle",
    // The vendor's logo and colour.
    "/assets/brand/{}",
    // A stream of events.
    "/portal/connections/{}/live",
];

fn console() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../console/src")
}

/// Every source below a folder, as its path and its text without white space.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
            continue;
        }
        let text: String = std::fs::read_to_string(&path)
            .unwrap()
            .split_whitespace()
            .collect();
        let name = path.strip_prefix(console()).unwrap().to_str().unwrap();
        found.push((name.to_owned(), text));
    }
}

/// A route whose names in braces do not matter.
fn nameless(route: &str) -> String {
    let mut pieces = route.split('{');
    let first = pieces.next().unwrap().to_owned();
    pieces.fold(first, |sofar, piece| {
        let (_, rest) = piece.split_once('}').unwrap();
        format!("{sofar}{{}}{rest}")
    })
}

/// Every route below `/console` and `/portal` that is asked with GET.
fn mounted() -> BTreeSet<String> {
    let mut files = Vec::new();
    for part in ["operator", "portal"] {
        sources(&console().join(part), &mut files);
    }
    let scopes: usize = files
        .iter()
        .map(|(_, text)| text.matches("web::scope(").count())
        .sum();
    assert_eq!(scopes, 1, "tell MOUNTED_AT of the new scope");
    let mut mounted = BTreeSet::new();
    for (name, text) in &files {
        let asked = text.matches(",web::get()").count();
        let written = text.split(".route(\"").skip(1);
        let read = written.filter(|it| it.split_once('"').unwrap().1.starts_with(",web::get()"));
        assert_eq!(
            read.count(),
            asked,
            "{name}: write the path of a route as it is"
        );
        let at = MOUNTED_AT.iter().find(|(part, _)| name.starts_with(part));
        for route in text.split(".route(\"").skip(1) {
            let (below, rest) = route.split_once('"').unwrap();
            if rest.starts_with(",web::get()") {
                mounted.insert(nameless(&format!("{}{below}", at.unwrap().1)));
            }
        }
    }
    mounted
}

#[test]
fn every_page_that_is_mounted_is_looked_at() {
    let listed: BTreeSet<_> = [BEFORE_SIGNING_IN, CONSOLE, BEFORE_ENTERING, PORTAL]
        .into_iter()
        .flatten()
        .map(|page| nameless(page.route))
        .chain(NO_PAGES.map(str::to_owned))
        .collect();

    let mounted = mounted();

    assert!(mounted.len() > 30, "the sources were not read: {mounted:?}");
    let forgotten: Vec<_> = mounted.difference(&listed).collect();
    assert_eq!(forgotten, Vec::<&String>::new());
}

#[test]
fn every_page_has_a_name_of_its_own() {
    let pages = [BEFORE_SIGNING_IN, CONSOLE, BEFORE_ENTERING, PORTAL];
    let names: Vec<_> = pages.into_iter().flatten().map(|page| page.name).collect();
    let different: BTreeSet<_> = names.iter().collect();
    assert_eq!(different.len(), names.len());
}
