//! Two gateways over one PostgreSQL and one Redis.

use std::time::Duration;

use rollcall_gateway::Settings;
use rollcall_model::RatePerSecond;
use rollcall_replicas::{RedisHealth, RedisOptions};
use rollcall_testkit::servers::{OwnRedis, redis_url};
use rollcall_testkit::{Client, Connection, TestApp, TestDatabase, block_on, eventually};
use serde_json::json;

fn options(url: &str) -> RedisOptions {
    RedisOptions {
        url: url.into(),
        key_prefix: format!("test:{:x}:", fastrand::u64(..)),
        // A machine that is busy with other tests must not look like a slow Redis.
        connect_timeout: Duration::from_secs(10),
        response_timeout: Duration::from_secs(10),
    }
}

fn unlimited(_: &mut Settings) {}

/// The endpoint of a connection on another gateway than the one that made it.
fn on(app: &TestApp, connection: &Connection) -> Client {
    app.scim_at(
        &format!("/scim/v2/{}", connection.id),
        Some(&connection.token),
    )
}

async fn until_refused(scim: &Client, status: u16) {
    let refused = async || {
        let reply = scim.get("/Users?count=1").await;
        assert!([200, status].contains(&reply.status), "{}", reply.status);
        reply.status == status
    };
    eventually("the other gateway refuses it", refused).await;
}

#[test]
fn a_token_that_one_gateway_revokes_is_refused_by_the_other() {
    block_on(async {
        let redis = options(&redis_url());
        let [one, two] =
            TestApp::start_two(TestDatabase::postgres().await, &redis, unlimited).await;
        let connection = one.connect("Acme").await;
        let there = on(&two, &connection);
        let _ = there.get("/Users").await.expect(200);

        let token = format!("{}/tokens/{}", connection.path(), connection.token_id);
        let _ = one.api.delete(&token).await.expect(204);

        let _ = connection.scim.get("/Users").await.expect(401);
        until_refused(&there, 401).await;
    });
}

#[test]
fn a_connection_that_one_gateway_disables_is_refused_by_the_other() {
    block_on(async {
        let redis = options(&redis_url());
        let [one, two] =
            TestApp::start_two(TestDatabase::postgres().await, &redis, unlimited).await;
        let connection = one.connect("Acme").await;
        let there = on(&two, &connection);
        let _ = there.get("/Users").await.expect(200);

        let off = json!({ "enabled": false });
        let _ = one.api.patch(&connection.path(), off).await.expect(200);

        until_refused(&there, 403).await;
    });
}

#[test]
fn a_token_revoked_while_redis_was_away_is_refused_by_the_other() {
    block_on(async {
        let mut server = OwnRedis::start();
        let redis = options(&server.url());
        let [one, two] =
            TestApp::start_two(TestDatabase::postgres().await, &redis, unlimited).await;
        let connection = one.connect("Acme").await;
        let there = on(&two, &connection);
        let _ = there.get("/Users").await.expect(200);

        server.kill();
        let token = format!("{}/tokens/{}", connection.path(), connection.token_id);
        let _ = one.api.delete(&token).await.expect(204);

        until_refused(&there, 401).await;
        let ready = two.api.get("/readyz").await.expect(200);
        assert_eq!(two.state().replicas.redis(), RedisHealth::Away);
        assert_eq!(ready.body["redis"], "does not answer");

        server.start_again();
        let back = async || {
            let ready = two.api.get("/readyz").await.expect(200);
            ready.body["redis"] == "answers"
        };
        eventually("Redis is back", back).await;
    });
}

#[test]
fn gateways_share_a_budget_and_the_counts() {
    block_on(async {
        let redis = options(&redis_url());
        let hourly = |settings: &mut Settings| {
            // Slow enough that nothing comes back while the test runs.
            settings.rate_limits.reads_per_second = RatePerSecond::new(1).unwrap();
            settings.rate_limits.burst_seconds = 3_600;
        };
        let [one, two] = TestApp::start_two(TestDatabase::postgres().await, &redis, hourly).await;
        let connection = one.connect("Acme").await;
        let there = on(&two, &connection);
        let left = |reply: &rollcall_testkit::Reply| {
            let told = reply.header("ratelimit");
            let left = told.split(['=', ';']).nth(2).unwrap().parse::<i64>();
            left.unwrap()
        };
        let here_first = left(&connection.scim.get("/Users").await.expect(200));
        let there_then = left(&there.get("/Users?count=1").await.expect(200));
        // One more is gone, but for what a second gave back in between.
        assert!(
            (here_first - 1..3_600).contains(&there_then),
            "{here_first} {there_then}"
        );
        assert!(there_then < 3_600 - 1, "{there_then}");

        one.flush().await;
        two.flush().await;
        for app in [&one, &two] {
            let shown = app.api.get(&connection.path()).await.expect(200);
            assert_eq!(shown.body["recent"]["requests"], 2);
        }
    });
}
