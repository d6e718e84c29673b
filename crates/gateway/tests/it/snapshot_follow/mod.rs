//! Snapshot and follow: a copy that begins at any moment while others write ends as what there is.

mod consumer;
mod snapshots;
mod truth;
mod writers;

use fastrand::Rng;
use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

use consumer::Copy;
use writers::{ROLES, Shared, Writer};

/// How many random runs there are, unless `FOLLOWING_RUNS` says so. A hundred take minutes.
const RUNS: u64 = 12;

/// Who write at once, and how much each.
const WRITERS: usize = 3;
const WRITES: usize = 25;

fn runs() -> u64 {
    let said = std::env::var("FOLLOWING_RUNS").ok();
    said.map_or(RUNS, |said| said.parse().unwrap())
}

#[expect(clippy::print_stdout, reason = "shown if the test fails")]
fn show(seed: u64) {
    println!("seed {seed}");
}

async fn run(app: &TestApp, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let acme = app.connect(&format!("Acme {seed}")).await;
    let policy = json!({ "roles": ROLES, "default_role": ROLES[0] });
    let path = format!("/v1/organizations/{}/policy", acme.slug);
    let _ = app.api.put(&path, policy).await.expect(200);
    let shared = Shared::default();
    let writer = |seed| Writer {
        app,
        to: &acme,
        shared: &shared,
        rng: Rng::with_seed(seed),
    };
    writer(rng.u64(..)).write(15).await;
    let others: [u64; WRITERS] = std::array::from_fn(|_| rng.u64(..));
    let [mut one, mut two, mut three] = others.map(writer);
    let all = 15 + WRITERS * WRITES;
    let begins_at = rng.usize(15..all);
    let follow = async {
        while shared.written.get() < begins_at {
            tokio::task::yield_now().await;
        }
        let mut copy = Copy::begin(&app.api, &acme.slug).await;
        loop {
            // Whatever was written before the look is in the feed.
            let over = shared.written.get() == all;
            let more = copy.follow(&app.api, &acme.slug, rng.u64(1..20)).await;
            if over && !more {
                return copy;
            }
        }
    };
    let ((), (), (), copy) = tokio::join!(
        one.write(WRITES),
        two.write(WRITES),
        three.write(WRITES),
        follow
    );
    truth::compare(app, &acme, &copy).await;
    let again = Copy::begin(&app.api, &acme.slug).await;
    assert_eq!(copy.users, again.users);
    assert_eq!(copy.groups, again.groups);
}

on_each_database! {
    async fn a_copy_that_begins_while_others_write_ends_as_the_directory(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let first = fastrand::u64(..1_000_000_000);
        for seed in first..first + runs() {
            show(seed);
            run(&app, seed).await;
        }
    }
}
