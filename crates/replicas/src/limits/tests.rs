//! The arithmetic of a budget, here and in Redis.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use redis::{Connection, Script};
use rollcall_model::RatePerSecond;

use super::gcra::{self, Grant};
use super::leases::{Held, Leases};
use super::*;

fn quota(per_second: u32, burst_seconds: u32) -> Quota {
    Quota::new(RatePerSecond::new(per_second).unwrap(), burst_seconds).unwrap()
}

fn key() -> Key {
    let connection = ScimConnectionId::new(&rollcall_model::SystemClock);
    (connection, Budget::Reads)
}

#[test]
fn a_full_budget_gives_its_burst_and_then_its_rate() {
    let quota = quota(50, 2);
    let (mut full_at, mut now) = (0, 1_000_000);
    let burst = gcra::take(quota, &mut full_at, now, 1, 500);
    assert_eq!((burst.cells, burst.left), (100, 0));
    assert_eq!(burst.full_in, Duration::from_secs(2));

    let refused = gcra::take(quota, &mut full_at, now, 1, 1);
    assert_eq!(
        (refused.cells, refused.wait),
        (0, Duration::from_millis(20))
    );

    let mut allowed = 0;
    for _ in 0..10_000 {
        now += 1_000;
        allowed += gcra::take(quota, &mut full_at, now, 1, 1).cells;
    }
    assert_eq!(allowed, 500);
}

#[test]
fn a_clock_that_was_set_back_by_a_day_empties_a_budget_and_does_not_lock_it() {
    let quota = quota(10, 1);
    let mut full_at = 90_000_000_000;
    let refused = gcra::take(quota, &mut full_at, 1_000_000, 1, 1);
    assert_eq!(refused.wait, Duration::from_millis(100));
    assert_eq!(gcra::take(quota, &mut full_at, 1_100_000, 1, 1).cells, 1);
}

#[test]
fn a_rate_of_nothing_is_no_budget() {
    assert_eq!(Quota::new(RatePerSecond::new(0).unwrap(), 10), None);
}

/// The script as Redis runs it, but for the time, which comes from the caller.
fn step_in_redis(
    connection: &mut Connection,
    key: &str,
    quota: Quota,
    now: u64,
    least: u64,
    most: u64,
) -> Grant {
    let text = include_str!("gcra.lua");
    let given = text.replace("redis.call('TIME')", "{ ARGV[5], ARGV[6] }");
    assert_ne!(given, text);
    let (cells, wait, left, full_in): (u64, u64, u64, u64) = Script::new(&given)
        .key(key)
        .arg(quota.per_second())
        .arg(quota.window_micros())
        .arg(least)
        .arg(most)
        .arg(now / 1_000_000)
        .arg(now % 1_000_000)
        .invoke(connection)
        .unwrap();
    Grant {
        cells,
        wait: Duration::from_micros(wait),
        left,
        full_in: Duration::from_micros(full_in),
    }
}

/// Steps of a budget: microseconds that pass, cells that are needed, and how many more are taken.
fn steps() -> impl Strategy<Value = Vec<(u64, u64, u64)>> {
    prop::collection::vec((0..3_000_000_u64, 1..200_u64, 0..100_u64), 1..20)
}

#[test]
fn redis_and_this_process_count_alike() {
    let url = rollcall_testkit::servers::redis_url();
    let connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let prefix = format!(
        "test:{}:",
        rollcall_model::RequestId::new(&rollcall_model::SystemClock)
    );
    let (connection, number) = (RefCell::new(connection), Cell::new(0));
    let mut runner = TestRunner::new(Config {
        cases: 100,
        failure_persistence: None,
        ..Config::default()
    });
    let quotas = (1..=RatePerSecond::MOST, 1..=MOST_BURST_SECONDS);
    let cases = (quotas, steps());
    let result = runner.run(&cases, |((per_second, burst_seconds), steps)| {
        let quota = quota(per_second, burst_seconds);
        number.set(number.get() + 1);
        let key = format!("{prefix}{}", number.get());
        // Far from now, so that no key expires by the server's own clock in between.
        let (mut full_at, mut now) = (0, 1_795_305_600_000_000);
        for (passed, least, more) in steps {
            now += passed;
            let least = least.min(quota.burst());
            let here = gcra::take(quota, &mut full_at, now, least, least + more);
            let there = step_in_redis(
                &mut connection.borrow_mut(),
                &key,
                quota,
                now,
                least,
                least + more,
            );
            if here.full_in < Duration::from_secs(5) {
                // The key may have expired before the time that the script is told.
                full_at = 0;
                let _: () = redis::cmd("DEL")
                    .arg(&key)
                    .query(&mut *connection.borrow_mut())
                    .unwrap();
            }
            prop_assert_eq!(here, there);
        }
        Ok(())
    });
    result.unwrap();
}

proptest! {
    #[test]
    fn no_more_is_given_than_the_burst_and_what_came_back(
        per_second in 1..=RatePerSecond::MOST,
        burst_seconds in 1..60_u32,
        steps in steps(),
    ) {
        let quota = quota(per_second, burst_seconds);
        let (mut full_at, mut now, mut given) = (0, 1_000_000, 0);
        let begun = now;
        for (passed, least, more) in steps {
            now += passed;
            let least = least.min(quota.burst());
            given += gcra::take(quota, &mut full_at, now, least, least + more).cells;
        }
        let back = u64::from(per_second) * (now - begun) / 1_000_000;
        prop_assert!(given <= quota.burst() + back, "{} > {} + {}", given, quota.burst(), back);
    }
}

fn granted(cells: u64) -> Grant {
    Grant {
        cells,
        wait: Duration::ZERO,
        left: 1_000,
        full_in: Duration::ZERO,
    }
}

#[test]
fn a_connection_that_sends_much_takes_more_at_once_up_to_a_fiftieth_of_a_second() {
    let (leases, key, quota) = (Leases::default(), key(), quota(1_000, 10));
    let (mut asked, now) = (Vec::new(), 5_000_000);
    for _ in 0..100 {
        if let Held::Ask { more } = leases.take(key, quota, 1, now) {
            asked.push(more);
            leases.note(key, 1, granted(1 + more), now);
        }
    }
    assert_eq!(asked, [1, 3, 7, 15, 19, 19, 19, 19]);
}

#[test]
fn a_low_limit_is_asked_for_one_by_one() {
    let (leases, key, quota) = (Leases::default(), key(), quota(99, 10));
    for _ in 0..10 {
        assert_eq!(leases.take(key, quota, 1, 5_000_000), Held::Ask { more: 0 });
        leases.note(key, 1, granted(1), 5_000_000);
    }
}

#[test]
fn cells_lapse_and_the_next_lease_is_small_again() {
    let (leases, key, quota) = (Leases::default(), key(), quota(1_000, 10));
    leases.note(key, 1, granted(20), 5_000_000);
    leases.take(key, quota, 1, 5_000_000);
    leases.note(key, 1, granted(20), 5_000_000);
    assert!(matches!(
        leases.take(key, quota, 1, 5_099_999),
        Held::Known(_)
    ));
    assert_eq!(leases.take(key, quota, 1, 5_100_000), Held::Ask { more: 1 });
}

#[test]
fn a_refusal_is_remembered_until_its_moment() {
    let (leases, key, quota) = (Leases::default(), key(), quota(50, 1));
    leases.take(key, quota, 1, 5_000_000);
    let refusal = Grant {
        cells: 0,
        wait: Duration::from_millis(20),
        left: 0,
        full_in: Duration::from_secs(1),
    };
    assert_eq!(leases.note(key, 1, refusal, 5_000_000), refusal);
    let Held::Known(again) = leases.take(key, quota, 1, 5_019_000) else {
        panic!("Redis was asked again");
    };
    assert_eq!((again.cells, again.wait), (0, Duration::from_millis(1)));
    assert_eq!(leases.take(key, quota, 1, 5_020_000), Held::Ask { more: 0 });
}

#[test]
fn who_comes_second_uses_what_the_first_one_brought() {
    let (leases, key, quota) = (Leases::default(), key(), quota(1_000, 1));
    leases.take(key, quota, 1, 5_000_000);
    leases.take(key, quota, 1, 5_000_000);
    leases.note(key, 1, granted(4), 5_000_000);
    let refusal = Grant {
        cells: 0,
        wait: Duration::from_millis(1),
        left: 0,
        full_in: Duration::from_secs(1),
    };
    assert_eq!(leases.note(key, 1, refusal, 5_000_000).cells, 1);
}
