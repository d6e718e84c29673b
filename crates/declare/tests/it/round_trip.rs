//! What is written is what was applied, and applying it again does nothing.

use fastrand::Rng;
use rollcall_declare::Options;
use rollcall_testkit::{TestApp, TestDatabase, on_each_database};

use crate::installation::{apply, export, plan, shown, traces};
use crate::random;

/// The seed of this run; `ROLLCALL_TEST_SEED` gives that of another.
fn rng() -> Rng {
    let given = std::env::var("ROLLCALL_TEST_SEED").ok();
    let seed = given.and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("ROLLCALL_TEST_SEED={seed}");
    Rng::with_seed(seed)
}

on_each_database! {
    async fn a_set_up_at_random_is_applied_written_and_made_again_elsewhere(database: TestDatabase) {
        let mut rng = rng();
        let options = Options::default();
        let here = TestApp::start(database).await;
        let written = random::file(&mut rng, 12);
        apply(&here, &written, &options).await;

        let before = traces(&here).await;
        let again = apply(&here, &written, &options).await;
        assert!(again.is_empty(), "{}", shown(&again));
        for with_defaults in [false, true] {
            let exported = export(&here, with_defaults).await;
            let same = plan(&here, &exported, &Options { prune: true, ..Options::default() }).await;
            assert!(same.is_empty(), "{}\n{exported}", shown(&same));
        }
        assert_eq!(traces(&here).await, before);

        let exported = export(&here, false).await;
        let elsewhere = TestApp::start(TestDatabase::sqlite().await).await;
        apply(&elsewhere, &exported, &options).await;
        pretty(&export(&elsewhere, false).await, &exported);
        pretty(&export(&elsewhere, true).await, &export(&here, true).await);
    }

    async fn from_one_set_up_at_random_to_another_and_nothing_is_left_of_the_first(database: TestDatabase) {
        let mut rng = rng();
        let app = TestApp::start(database).await;
        apply(&app, &random::file(&mut rng, 5), &Options::default()).await;
        let other = format!("{}\n", random::file(&mut rng, 5));
        let options = Options { prune: true, prune_organizations: true, ..Options::default() };
        apply(&app, &other, &options).await;
        let again = plan(&app, &other, &options).await;
        assert!(again.is_empty(), "{}", shown(&again));
    }
}

#[track_caller]
fn pretty(one: &str, other: &str) {
    for (number, (one, other)) in (1..).zip(one.lines().zip(other.lines())) {
        assert_eq!(one, other, "line {number}");
    }
    assert_eq!(one.len(), other.len());
}
