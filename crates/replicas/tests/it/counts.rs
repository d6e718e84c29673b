//! Requests and failures, counted over all replicas.

use std::time::Duration;

use prometheus::Registry;
use rollcall_metrics::Metrics;
use rollcall_model::Timestamp;
use rollcall_replicas::{Recent, RedisHealth, Replicas};
use rollcall_testkit::block_on;
use rollcall_testkit::servers::{OwnRedis, redis_url};

use crate::fixture::{Replica, connection, options};

/// Ten past one o'clock, on a day in 2026.
const AT: Timestamp = Timestamp::from_unix_micros(1_795_309_800_000_000);
const NOON: Timestamp = Timestamp::from_unix_micros(1_795_305_600_000_000);
const HOUR: Duration = Duration::from_hours(1);

fn recent(requests: u64, failures: u64) -> Recent {
    Recent {
        requests,
        failures,
        since: NOON,
    }
}

#[test]
fn requests_of_all_replicas_are_counted_together() {
    block_on(async {
        let options = options(&redis_url());
        let first = Replica::listening(&options).await;
        let second = Replica::listening(&options).await;
        let (one, other, silent) = (connection(), connection(), connection());

        first.replicas.count(one, false, AT);
        first.replicas.count(one, true, AT.minus(HOUR));
        second.replicas.count(one, false, AT);
        second.replicas.count(other, true, AT);
        first.replicas.flush(AT).await;
        second.replicas.flush(AT).await;
        // Not handed over yet, and known all the same to the process that counted it.
        first.replicas.count(other, false, AT);

        let counted = first.replicas.recent(&[one, other, silent], AT).await;
        let expected = vec![recent(3, 1), recent(2, 1), recent(0, 0)];
        assert_eq!(counted, Some(expected));
    });
}

#[test]
fn a_process_alone_counts_for_itself_and_forgets_old_hours() {
    block_on(async {
        let replicas = Replicas::alone(Metrics::register(Registry::new(), "test").unwrap());
        let one = connection();
        replicas.count(one, true, AT.minus(HOUR));
        replicas.flush(AT).await;
        replicas.count(one, false, AT);
        replicas.flush(AT).await;
        assert_eq!(replicas.recent(&[one], AT).await, Some(vec![recent(2, 1)]));

        let later = AT.plus(HOUR);
        let counted = replicas.recent(&[one], later).await.unwrap();
        assert_eq!((counted[0].requests, counted[0].failures), (1, 0));
        assert_eq!(counted[0].since, NOON.plus(HOUR));
    });
}

#[test]
fn what_was_counted_while_redis_was_away_is_handed_over_later() {
    block_on(async {
        let mut redis = OwnRedis::start();
        let options = options(&redis.url());
        let replica = Replica::listening(&options).await;
        let one = connection();

        redis.kill();
        replica.until(RedisHealth::Away).await;
        replica.replicas.count(one, false, AT);
        replica.replicas.flush(AT).await;
        assert_eq!(replica.replicas.recent(&[one], AT).await, None);

        redis.start_again();
        replica.until(RedisHealth::Answers).await;
        replica.replicas.flush(AT).await;
        let other = Replica::listening(&options).await;
        let counted = other.replicas.recent(&[one], AT).await;
        assert_eq!(counted, Some(vec![recent(1, 0)]));
    });
}
