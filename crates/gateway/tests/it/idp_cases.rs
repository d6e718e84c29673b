//! What real identity providers send, replayed.
//!
//! Cases that do not pass yet are listed in `not_yet.txt`; one that is listed and passes fails
//! the test, so the list cannot outlive its reason.

use std::collections::BTreeSet;

use rollcall_testkit::replay::{cases, replay};
use rollcall_testkit::{TestApp, on_each_database};

const NOT_YET: &str = include_str!("not_yet.txt");

fn not_yet() -> BTreeSet<&'static str> {
    NOT_YET
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

on_each_database! {
    async fn every_case_passes_that_is_not_listed_as_not_yet(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let mut failing = BTreeSet::new();
        let mut reasons = String::new();
        let cases = cases();
        for case in &cases {
            // Some cases look at whether `lastModified` moves.
            app.clock.advance_millis(1_000);
            let outcome = replay(acme.scim.base(), &acme.token, case).await;
            if let Some(error) = outcome.error {
                reasons.push_str(&format!("{}: {error}\n", outcome.id));
                failing.insert(outcome.id);
            }
        }
        let failing: BTreeSet<&str> = failing.iter().map(String::as_str).collect();
        let listed = not_yet();
        let new: Vec<_> = failing.difference(&listed).collect();
        let mended: Vec<_> = listed.difference(&failing).collect();
        assert!(new.is_empty(), "{} of {} cases fail, and these are not listed: {new:?}\n{reasons}", failing.len(), cases.len());
        assert!(mended.is_empty(), "these are listed and pass; take them off the list: {mended:?}");
    }
}
