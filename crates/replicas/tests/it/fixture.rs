//! Replicas of one test.

use std::time::Duration;

use prometheus::Registry;
use rollcall_metrics::Metrics;
use rollcall_model::{Clock, RatePerSecond, ScimConnectionId, Stale, SystemClock, Timestamp};
use rollcall_replicas::{Quota, RedisHealth, RedisOptions, Replicas};
use rollcall_testkit::eventually;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// One process.
pub(crate) struct Replica {
    pub(crate) replicas: Replicas,
    pub(crate) metrics: Metrics,
    heard: UnboundedReceiver<Stale>,
}

/// How to reach a server, with keys that no other test has.
pub(crate) fn options(url: &str) -> RedisOptions {
    RedisOptions {
        url: url.into(),
        key_prefix: format!("test:{:x}:", fastrand::u64(..)),
        // A machine that is busy with other tests must not look like a slow Redis.
        connect_timeout: Duration::from_secs(10),
        response_timeout: Duration::from_secs(10),
    }
}

impl Replica {
    /// A process that has just begun to listen.
    pub(crate) fn start(options: &RedisOptions) -> Self {
        let metrics = Metrics::register(Registry::new(), "test").unwrap();
        let replicas = Replicas::over_redis(options, &SystemClock, metrics.clone()).unwrap();
        let (hear, heard) = unbounded_channel();
        replicas.start(move |stale| {
            let _ = hear.send(stale);
        });
        Self {
            replicas,
            metrics,
            heard,
        }
    }

    /// A process that listens, and has heard nothing since.
    pub(crate) async fn listening(options: &RedisOptions) -> Self {
        let mut replica = Self::start(options);
        // What it forgets when it has found its place.
        assert_eq!(replica.hear().await, Stale::Everything);
        replica.until(RedisHealth::Answers).await;
        replica
    }

    pub(crate) async fn until(&self, health: RedisHealth) {
        let what = format!("Redis: {health:?}");
        eventually(&what, async || self.replicas.redis() == health).await;
    }

    /// The next thing that it is told to forget.
    pub(crate) async fn hear(&mut self) -> Stale {
        let heard = tokio::time::timeout(Duration::from_secs(30), self.heard.recv()).await;
        heard.expect("nothing was heard").unwrap()
    }

    /// Waits until it is told to forget this, whatever else it forgets before.
    pub(crate) async fn hear_at_last(&mut self, stale: Stale) {
        while self.hear().await != stale {}
    }

    /// What it heard up to now is not looked at.
    pub(crate) fn drop_heard(&mut self) {
        while self.heard.try_recv().is_ok() {}
    }

    /// The value of a metric without labels.
    pub(crate) fn metric(&self, name: &str) -> String {
        let (_, text) = self.metrics.render().unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().to_owned()
    }
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) fn connection() -> ScimConnectionId {
    ScimConnectionId::new(&SystemClock)
}

pub(crate) fn change() -> Stale {
    Stale::Connection(connection())
}

pub(crate) fn quota(per_second: u32, burst_seconds: u32) -> Quota {
    Quota::new(RatePerSecond::new(per_second).unwrap(), burst_seconds).unwrap()
}
