//! Requests and failures of each connection, of this hour and the last.
//!
//! They are for people who look at a connection, so they may be a few seconds behind, and a
//! count can be off by what was under way when Redis went. Off the path of requests: they are
//! gathered in memory and handed over with the other notes of a process. In Redis there is one
//! hash for each hour, which expires by itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::ConnectionManager;
use rollcall_model::{ScimConnectionId, Timestamp};

use crate::limits::MOST_ENTRIES;
use crate::link::Link;

const HOUR: Duration = Duration::from_hours(1);

/// How many connections are handed to Redis at once.
const BATCH: usize = 1_000;

/// What a connection asked for lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Requests that came with a good token, those that were refused for their number among them.
    pub requests: u64,
    /// Those of them that were answered with a status of 400 or more.
    pub failures: u64,
    /// From when on they are counted: the beginning of the hour before this one.
    pub since: Timestamp,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    requests: u64,
    failures: u64,
}

impl Count {
    const fn add(&mut self, more: Self) {
        self.requests += more.requests;
        self.failures += more.failures;
    }
}

/// Counts of the hours since 1970 that are remembered.
type Hours = HashMap<(i64, ScimConnectionId), Count>;

/// The counts of one process, and what all replicas share.
pub(crate) struct Counts {
    link: Option<Arc<Link>>,
    key_prefix: String,
    /// What was not handed over yet.
    waiting: Mutex<Hours>,
    /// Without Redis: what was.
    kept: Mutex<Hours>,
}

fn hour_of(at: Timestamp) -> i64 {
    at.unix_micros()
        .div_euclid(i64::try_from(HOUR.as_micros()).unwrap_or(i64::MAX))
}

fn beginning_of(hour: i64) -> Timestamp {
    let hour_micros = i64::try_from(HOUR.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_unix_micros(hour.saturating_mul(hour_micros))
}

fn lock(hours: &Mutex<Hours>) -> std::sync::MutexGuard<'_, Hours> {
    hours.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds, and keeps no more connections than a table may hold.
fn add(hours: &mut Hours, key: (i64, ScimConnectionId), count: Count) {
    let known = hours.len();
    if known < MOST_ENTRIES || hours.contains_key(&key) {
        hours.entry(key).or_default().add(count);
    }
}

impl Counts {
    pub(crate) fn new(link: Option<Arc<Link>>, key_prefix: String) -> Self {
        Self {
            link,
            key_prefix,
            waiting: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    /// Counts a request.
    pub(crate) fn note(&self, connection: ScimConnectionId, failed: bool, now: Timestamp) {
        let count = Count {
            requests: 1,
            failures: u64::from(failed),
        };
        add(&mut lock(&self.waiting), (hour_of(now), connection), count);
    }

    /// Hands over what was counted. What Redis does not take waits for the next time, and is
    /// dropped when its hour is long over.
    pub(crate) async fn flush(&self, now: Timestamp) {
        let oldest = hour_of(now) - 1;
        let mut waiting = std::mem::take(&mut *lock(&self.waiting));
        waiting.retain(|(hour, _), _| *hour >= oldest);
        let Some(link) = &self.link else {
            let mut kept = lock(&self.kept);
            kept.retain(|(hour, _), _| *hour >= oldest);
            for (key, count) in waiting {
                add(&mut kept, key, count);
            }
            return;
        };
        let waiting: Vec<_> = waiting.into_iter().collect();
        let mut batches = waiting.chunks(BATCH);
        for batch in &mut batches {
            let handed = link.answers() && self.hand_over(link, batch).await;
            if !handed {
                let mut again = lock(&self.waiting);
                for (key, count) in batch.iter().chain(batches.flatten()) {
                    add(&mut again, *key, *count);
                }
                return;
            }
        }
    }

    async fn hand_over(&self, link: &Link, batch: &[((i64, ScimConnectionId), Count)]) -> bool {
        let mut pipeline = redis::pipe();
        let mut hours = Vec::new();
        for ((hour, connection), count) in batch {
            let key = self.key(*hour);
            pipeline
                .hincr(&key, requests_field(*connection), count.requests)
                .ignore();
            if count.failures > 0 {
                pipeline
                    .hincr(&key, failures_field(*connection), count.failures)
                    .ignore();
            }
            if !hours.contains(hour) {
                hours.push(*hour);
            }
        }
        for hour in hours {
            let keep = i64::try_from(3 * HOUR.as_secs()).unwrap_or(i64::MAX);
            pipeline.expire(self.key(hour), keep).ignore();
        }
        let hand =
            async move |mut manager: ConnectionManager| pipeline.exec_async(&mut manager).await;
        match link.work(hand).await {
            Ok(()) => true,
            Err(error) => {
                link.went_away(&error);
                false
            }
        }
    }

    /// What these connections asked for lately, in their order. `None` if Redis is away.
    pub(crate) async fn recent(
        &self,
        connections: &[ScimConnectionId],
        now: Timestamp,
    ) -> Option<Vec<Recent>> {
        let hour = hour_of(now);
        let mut counts = vec![Count::default(); connections.len()];
        if connections.is_empty() {
            return Some(Vec::new());
        }
        if let Some(link) = &self.link {
            let keys = [self.key(hour - 1), self.key(hour)];
            let fields: Vec<String> = connections
                .iter()
                .flat_map(|id| [requests_field(*id), failures_field(*id)])
                .collect();
            let stored = link.ask(|manager| read(manager, keys, fields)).await?;
            for hour in stored {
                for (count, pair) in counts.iter_mut().zip(hour.chunks(2)) {
                    count.add(Count {
                        requests: pair.first().copied().flatten().unwrap_or(0),
                        failures: pair.get(1).copied().flatten().unwrap_or(0),
                    });
                }
            }
        }
        for own in [&self.waiting, &self.kept] {
            let own = lock(own);
            for (count, id) in counts.iter_mut().zip(connections) {
                for hour in [hour - 1, hour] {
                    count.add(own.get(&(hour, *id)).copied().unwrap_or_default());
                }
            }
        }
        let since = beginning_of(hour - 1);
        let recent = counts.into_iter().map(|count| Recent {
            requests: count.requests,
            failures: count.failures,
            since,
        });
        Some(recent.collect())
    }

    fn key(&self, hour: i64) -> String {
        format!("{}requests:{hour}", self.key_prefix)
    }
}

fn requests_field(connection: ScimConnectionId) -> String {
    format!("{connection}:requests")
}

fn failures_field(connection: ScimConnectionId) -> String {
    format!("{connection}:failures")
}

async fn read(
    mut manager: ConnectionManager,
    keys: [String; 2],
    fields: Vec<String>,
) -> redis::RedisResult<Vec<Vec<Option<u64>>>> {
    let mut pipeline = redis::pipe();
    for key in keys {
        pipeline.cmd("HMGET").arg(key).arg(&fields);
    }
    pipeline.query_async(&mut manager).await
}
