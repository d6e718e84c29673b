//! Budgets that replicas share.

use std::time::{Duration, Instant};

use prometheus::Registry;
use rollcall_metrics::{Budget, Metrics};
use rollcall_model::Timestamp;
use rollcall_replicas::{Replicas, Standing, Verdict};
use rollcall_testkit::block_on;
use rollcall_testkit::servers::redis_url;

use crate::fixture::{Replica, connection, now, options, quota};

fn alone() -> Replicas {
    Replicas::alone(Metrics::register(Registry::new(), "test").unwrap())
}

fn is_allowed(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Allowed(_))
}

#[test]
fn replicas_share_a_budget() {
    block_on(async {
        let options = options(&redis_url());
        let replicas = [
            Replica::listening(&options).await,
            Replica::listening(&options).await,
        ];
        let (connection, quota) = (connection(), quota(1, 50));
        let begun = Instant::now();
        let mut allowed = 0;
        for number in 0..150 {
            let replica = &replicas[number % 2].replicas;
            let verdict = replica
                .take(connection, Budget::Reads, quota, 1, now())
                .await;
            allowed += u64::from(is_allowed(verdict));
        }
        let back = begun.elapsed().as_secs() + 1;
        assert!((50..=50 + back).contains(&allowed), "{allowed}");
    });
}

#[test]
fn a_high_limit_holds_although_cells_are_taken_in_advance() {
    block_on(async {
        let options = options(&redis_url());
        let replicas = [
            Replica::listening(&options).await,
            Replica::listening(&options).await,
        ];
        let (connection, quota) = (connection(), quota(1_000, 2));
        let begun = Instant::now();
        let mut allowed = 0;
        for number in 0..6_000 {
            let replica = &replicas[number % 2].replicas;
            let verdict = replica
                .take(connection, Budget::Writes, quota, 1, now())
                .await;
            allowed += u64::from(is_allowed(verdict));
        }
        let passed = begun.elapsed() + Duration::from_millis(1);
        let back = u64::try_from(passed.as_millis()).unwrap();
        assert!(allowed <= 2_000 + back, "{allowed} > 2000 + {back}");
        // What lapses unused is at most a lease of each.
        let most = 6_000.min(2_000 + back);
        assert!(allowed >= most - most / 10, "{allowed} of {most}");
    });
}

#[test]
fn reads_and_writes_have_budgets_of_their_own() {
    block_on(async {
        let options = options(&redis_url());
        let replica = Replica::listening(&options).await;
        let (connection, quota) = (connection(), quota(1, 3_600));
        let empty = replica
            .replicas
            .take(connection, Budget::Reads, quota, 3_600, now())
            .await;
        assert!(is_allowed(empty));
        let write = replica
            .replicas
            .take(connection, Budget::Writes, quota, 3_600, now())
            .await;
        assert!(is_allowed(write));
    });
}

#[test]
fn a_process_alone_keeps_budgets_by_its_clock() {
    block_on(async {
        let (replicas, connection, quota) = (alone(), connection(), quota(2, 5));
        let begin = Timestamp::from_unix_micros(1_000_000_000);
        let take = async |cells, at| {
            replicas
                .take(connection, Budget::Writes, quota, cells, at)
                .await
        };
        assert!(is_allowed(take(9, begin).await));
        let standing = |left, millis| Standing {
            budget: Budget::Writes,
            quota,
            left,
            resets_in: Duration::from_millis(millis),
        };
        assert_eq!(take(1, begin).await, Verdict::Allowed(standing(0, 5_000)));
        let refused = |millis, worth_telling| Verdict::Refused {
            standing: standing(0, millis),
            worth_telling,
        };
        assert_eq!(take(1, begin).await, refused(500, true));
        let soon = begin.plus(Duration::from_millis(499));
        assert_eq!(take(1, soon).await, refused(1, false));
        let then = begin.plus(Duration::from_millis(500));
        assert!(is_allowed(take(1, then).await));
        let later = begin.plus(Duration::from_secs(1));
        assert!(is_allowed(take(1, later).await));
        assert_eq!(take(1, later).await, refused(500, true));
    });
}

#[test]
fn more_than_a_budget_holds_takes_a_full_one() {
    block_on(async {
        let (replicas, connection, quota) = (alone(), connection(), quota(2, 5));
        let begin = Timestamp::from_unix_micros(1_000_000_000);
        let take = async |at| {
            replicas
                .take(connection, Budget::Writes, quota, 1_000, at)
                .await
        };
        assert!(is_allowed(take(begin).await));
        assert!(!is_allowed(
            take(begin.plus(Duration::from_millis(4_999))).await
        ));
        assert!(is_allowed(take(begin.plus(Duration::from_secs(5))).await));
    });
}
