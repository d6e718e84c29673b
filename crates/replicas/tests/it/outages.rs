//! Redis away, slow, silent, or back without its memory.

use std::net::TcpListener;
use std::time::Duration;

use rollcall_metrics::Budget;
use rollcall_model::Stale;
use rollcall_replicas::{RedisHealth, RedisOptions, Verdict};
use rollcall_testkit::servers::OwnRedis;
use rollcall_testkit::{block_on, eventually};

use crate::fixture::{Replica, change, connection, now, options, quota};

/// For tests in which Redis hangs: a request's patience is short, so that it ends at all.
fn impatient(url: &str) -> RedisOptions {
    RedisOptions {
        connect_timeout: Duration::from_secs(1),
        response_timeout: Duration::from_millis(500),
        ..options(url)
    }
}

async fn is_allowed(replica: &Replica) -> bool {
    let verdict = replica
        .replicas
        .take(connection(), Budget::Reads, quota(10, 10), 1, now())
        .await;
    matches!(verdict, Verdict::Allowed(_))
}

#[test]
fn a_change_made_while_redis_was_away_is_not_missed() {
    block_on(async {
        let mut redis = OwnRedis::start();
        let options = options(&redis.url());
        let mut first = Replica::listening(&options).await;
        let mut second = Replica::listening(&options).await;

        redis.kill();
        assert_eq!(second.hear().await, Stale::Everything);
        second.until(RedisHealth::Away).await;
        first.replicas.announce(change());

        redis.start_again();
        first.until(RedisHealth::Answers).await;
        second.until(RedisHealth::Answers).await;
        second.drop_heard();
        // Told as everything, since nobody knows who heard it.
        let told = async || {
            let (_, text) = first.metrics.render().unwrap();
            text.contains("rollcall_stale_notices_total{notice=\"sent\"} 1")
        };
        eventually("the change was told", told).await;

        // And from then on as before.
        let later = change();
        second.replicas.announce(later);
        first.hear_at_last(later).await;
        let later = change();
        first.replicas.announce(later);
        second.hear_at_last(later).await;
    });
}

#[test]
fn an_outage_is_told_once_and_its_end_too() {
    block_on(async {
        let mut redis = OwnRedis::start();
        let mut replica = Replica::listening(&options(&redis.url())).await;
        assert_eq!(replica.metric("rollcall_redis_up "), "1");

        redis.kill();
        // Several checks fail.
        for _ in 0..3 {
            assert_eq!(replica.hear().await, Stale::Everything);
        }
        replica.until(RedisHealth::Away).await;
        assert_eq!(replica.metric("rollcall_redis_up "), "0");
        assert_eq!(replica.metric("rollcall_redis_outages_total "), "1");

        redis.start_again();
        replica.until(RedisHealth::Answers).await;
        assert_eq!(replica.metric("rollcall_redis_up "), "1");
        assert_eq!(replica.metric("rollcall_redis_outages_total "), "1");
    });
}

#[test]
fn without_redis_limits_are_those_of_each_process() {
    block_on(async {
        let mut redis = OwnRedis::start();
        let replica = Replica::listening(&options(&redis.url())).await;
        let (connection, quota) = (connection(), quota(1, 3_600));
        let take = async |connection, cells| {
            let take = replica
                .replicas
                .take(connection, Budget::Writes, quota, cells, now());
            matches!(take.await, Verdict::Allowed(_))
        };
        assert!(take(connection, 3_600).await);
        assert!(!take(connection, 3_600).await);

        redis.kill();
        replica.until(RedisHealth::Away).await;
        // What was used up stays so, and budgets of its own are kept count of.
        assert!(!take(connection, 3_600).await);
        let other = crate::fixture::connection();
        assert!(take(other, 3_600).await);
        assert!(!take(other, 3_600).await);
    });
}

#[test]
fn a_redis_that_hangs_costs_one_wait_and_not_one_for_each_request() {
    block_on(async {
        let redis = OwnRedis::start();
        let replica = Replica::listening(&impatient(&redis.url())).await;

        redis.hang();
        assert!(is_allowed(&replica).await);
        assert_eq!(replica.replicas.redis(), RedisHealth::Away);
        let many = async {
            // Half a second each would be over an hour.
            for _ in 0..10_000 {
                assert!(is_allowed(&replica).await);
            }
        };
        tokio::time::timeout(Duration::from_secs(30), many)
            .await
            .unwrap();

        redis.resume();
        replica.until(RedisHealth::Answers).await;
    });
}

#[test]
fn a_redis_that_is_slow_is_away_until_it_is_quick_again() {
    block_on(async {
        let redis = OwnRedis::start();
        let options = RedisOptions {
            response_timeout: Duration::from_millis(500),
            ..options(&redis.url())
        };
        let replica = Replica::listening(&options).await;
        let client = redis::Client::open(redis.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();

        // It answers everything, two seconds late.
        let pause = redis::cmd("CLIENT").arg("PAUSE").arg(2_000).to_owned();
        let _: () = pause.query_async(&mut connection).await.unwrap();
        assert!(is_allowed(&replica).await);
        assert_eq!(replica.replicas.redis(), RedisHealth::Away);

        let told = async || replica.metric("rollcall_redis_outages_total ") == "1";
        eventually("the outage was told", told).await;
        replica.until(RedisHealth::Answers).await;
    });
}

#[test]
fn everything_is_forgotten_again_and_again_while_redis_hangs() {
    block_on(async {
        let redis = OwnRedis::start();
        let mut replica = Replica::listening(&impatient(&redis.url())).await;

        redis.hang();
        for _ in 0..3 {
            assert_eq!(replica.hear().await, Stale::Everything);
        }
        redis.resume();
    });
}

#[test]
fn a_start_beside_something_that_is_no_redis_goes_on_without_it() {
    block_on(async {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}/", silent.local_addr().unwrap());
        let mut replica = Replica::start(&impatient(&url));

        assert!(is_allowed(&replica).await);
        assert_eq!(replica.hear().await, Stale::Everything);
        replica.until(RedisHealth::Away).await;
        let one = async || replica.metric("rollcall_redis_outages_total ") == "1";
        eventually("the outage was counted", one).await;
        assert!(is_allowed(&replica).await);
        replica.replicas.announce(change());
        replica.replicas.stop(now()).await;
    });
}

#[test]
fn a_user_with_the_rights_that_the_manual_names_is_enough() {
    block_on(async {
        let redis = OwnRedis::start();
        let plain = options(&redis.url());
        let client = redis::Client::open(redis.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let prefix = &plain.key_prefix;
        let rights = [
            "on",
            ">secret",
            &format!("~{prefix}*"),
            &format!("&{prefix}*"),
        ];
        let _: () = redis::cmd("ACL")
            .arg("SETUSER")
            .arg("rollcall")
            .arg(&rights)
            .arg(rollcall_replicas::REDIS_COMMANDS)
            .query_async(&mut connection)
            .await
            .unwrap();
        let options = RedisOptions {
            url: redis
                .url()
                .replace("redis://", "redis://rollcall:secret@")
                .into(),
            ..plain
        };
        let mut first = Replica::listening(&options).await;
        let second = Replica::listening(&options).await;

        let change = change();
        second.replicas.announce(change);
        assert_eq!(first.hear().await, change);
        assert!(is_allowed(&first).await);
        let counted = crate::fixture::connection();
        first.replicas.count(counted, true, now());
        first.replicas.flush(now()).await;
        let recent = second.replicas.recent(&[counted], now()).await.unwrap();
        assert_eq!(recent[0].failures, 1);
        assert_eq!(first.replicas.redis(), RedisHealth::Answers);
        assert_eq!(second.replicas.redis(), RedisHealth::Answers);
    });
}
