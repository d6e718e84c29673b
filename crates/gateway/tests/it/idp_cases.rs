//! What real identity providers send, replayed in each way that a request can name its tenant.
//!
//! Cases that do not pass yet are listed in `not_yet.txt`; one that is listed and passes fails
//! the test, so the list cannot outlive its reason.

use std::collections::BTreeSet;

use rollcall_testkit::replay::{Endpoint, cases, replay};
use rollcall_testkit::{BASE_DOMAIN, Connection, TestApp, TestDatabase, on_each_database};

const NOT_YET: &str = include_str!("not_yet.txt");

fn not_yet() -> BTreeSet<&'static str> {
    NOT_YET
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// Replays every case against one endpoint, and compares what fails with what is listed.
async fn replay_all(database: TestDatabase, endpoint: impl Fn(&TestApp, &Connection) -> Endpoint) {
    let app = TestApp::start(database).await;
    let acme = app.connect("Acme").await;
    let endpoint = endpoint(&app, &acme);
    let mut failing = BTreeSet::new();
    let mut reasons = String::new();
    let cases = cases();
    for case in &cases {
        // Some cases look at whether `lastModified` moves.
        app.clock.advance_millis(1_000);
        let outcome = replay(&endpoint, case).await;
        if let Some(error) = outcome.error {
            reasons.push_str(&format!("{}: {error}\n", outcome.id));
            failing.insert(outcome.id);
        }
    }
    let failing: BTreeSet<&str> = failing.iter().map(String::as_str).collect();
    let listed = not_yet();
    let new: Vec<_> = failing.difference(&listed).collect();
    let mended: Vec<_> = listed.difference(&failing).collect();
    assert!(
        new.is_empty(),
        "{} of {} cases fail, and these are not listed: {new:?}\n{reasons}",
        failing.len(),
        cases.len()
    );
    assert!(
        mended.is_empty(),
        "these are listed and pass; take them off the list: {mended:?}"
    );
}

/// Where the gateway listens: `127.0.0.1:…`.
fn address(app: &TestApp) -> String {
    app.api.base().replace("http://", "")
}

on_each_database! {
    async fn every_case_passes_where_the_path_names_the_connection(database: TestDatabase) {
        replay_all(database, |_, acme| Endpoint::new(acme.scim.base(), &acme.token)).await;
    }

    async fn every_case_passes_where_the_host_names_the_organization(database: TestDatabase) {
        replay_all(database, |app, acme| {
            let url = format!("http://{}.{BASE_DOMAIN}/scim/v2", acme.slug);
            Endpoint::new(&url, &acme.token).reached_at(&address(app))
        })
        .await;
    }

    async fn every_case_passes_where_the_token_alone_names_the_connection(database: TestDatabase) {
        replay_all(database, |app, acme| {
            Endpoint::new(&format!("http://{}/scim/v2", address(app)), &acme.token)
        })
        .await;
    }
}
