//! The one thing that the rest of the program sees.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::RedisError;
use rollcall_metrics::{Budget, Metrics};
use rollcall_model::{Clock, RequestId, ScimConnectionId, Stale, Timestamp};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::counts::{Counts, Recent};
use crate::event_stream::EventStream;
use crate::limits::{Limits, Quota, Verdict};
use crate::link::Link;
use crate::options::RedisOptions;
use crate::stale::{Announcer, Channel, Listener};

/// How long the end of a process waits for its last words to be taken.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Sharing could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum ReplicasError {
    /// The URL of Redis cannot be used.
    #[error("the URL of Redis cannot be used")]
    Url(#[source] RedisError),
}

/// Whether Redis answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedisHealth {
    /// None is configured.
    Unused,
    /// It answered when it was last asked.
    Answers,
    /// It did not. Nothing depends on it but what replicas share.
    Away,
}

/// What this process shares with the others.
pub struct Replicas {
    link: Option<Arc<Link>>,
    channel: Channel,
    announcer: Option<Arc<Announcer>>,
    limits: Limits,
    counts: Counts,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    metrics: Metrics,
}

impl Replicas {
    /// A process that is alone: everything stays in it.
    #[must_use]
    pub fn alone(metrics: Metrics) -> Self {
        Self::new(None, Channel::new("", String::new()), "", metrics)
    }

    /// A process that shares over Redis. Must be called on the runtime that outlives all others: the
    /// connection lives there. Redis need not be there yet.
    ///
    /// # Errors
    ///
    /// The URL cannot be used.
    pub fn over_redis(
        options: &RedisOptions,
        clock: &dyn Clock,
        metrics: Metrics,
    ) -> Result<Self, ReplicasError> {
        let link = Link::open(options, metrics.clone()).map_err(ReplicasError::Url)?;
        metrics.redis_is_configured();
        // Any id will do that no other process has.
        let own = RequestId::new(clock).to_string();
        let channel = Channel::new(&options.key_prefix, own);
        Ok(Self::new(
            Some(Arc::new(link)),
            channel,
            &options.key_prefix,
            metrics,
        ))
    }

    fn new(link: Option<Arc<Link>>, channel: Channel, key_prefix: &str, metrics: Metrics) -> Self {
        let announcer = link
            .clone()
            .map(|link| Arc::new(Announcer::new(link, channel.clone(), metrics.clone())));
        Self {
            announcer,
            limits: Limits::new(link.clone(), key_prefix.to_owned(), metrics.clone()),
            counts: Counts::new(link.clone(), key_prefix.to_owned()),
            link,
            channel,
            tasks: Mutex::default(),
            metrics,
        }
    }

    /// Begins to tell and to listen. `forget` is called with what other processes changed, and with
    /// [`Stale::Everything`] whenever something may have been missed; it must return at once.
    ///
    /// Must be called on the runtime that [`Self::over_redis`] was called on. Alone, it does nothing.
    pub fn start(&self, forget: impl Fn(Stale) + Send + Sync + 'static) {
        let (Some(link), Some(announcer)) = (&self.link, &self.announcer) else {
            return;
        };
        let listener = Listener::new(
            Arc::clone(link),
            self.channel.clone(),
            Arc::new(forget),
            self.metrics.clone(),
        );
        let announcer = Arc::clone(announcer);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.push(tokio::spawn(async move { listener.run().await }));
        tasks.push(tokio::spawn(async move { announcer.run().await }));
    }

    /// Tells the other processes that something changed in this one. Returns at once.
    pub fn announce(&self, stale: Stale) {
        if let Some(announcer) = &self.announcer {
            announcer.announce(stale);
        }
    }

    /// Takes `cells` off a budget of a connection, or none.
    pub async fn take(
        &self,
        connection: ScimConnectionId,
        budget: Budget,
        quota: Quota,
        cells: u64,
        now: Timestamp,
    ) -> Verdict {
        self.limits
            .take(connection, budget, quota, cells, now)
            .await
    }

    /// Counts a request of a connection.
    pub fn count(&self, connection: ScimConnectionId, failed: bool, now: Timestamp) {
        self.counts.note(connection, failed, now);
    }

    /// Hands over what was counted. To be called every few seconds.
    pub async fn flush(&self, now: Timestamp) {
        self.counts.flush(now).await;
    }

    /// What these connections asked for lately, in their order; `None` if it cannot be told now.
    pub async fn recent(
        &self,
        connections: &[ScimConnectionId],
        now: Timestamp,
    ) -> Option<Vec<Recent>> {
        self.counts.recent(connections, now).await
    }

    /// A stream of this key, which keeps about so many entries (0: all); `None` without Redis. To be used
    /// on the runtime that [`Self::over_redis`] was called on.
    #[must_use]
    pub fn event_stream(&self, key: &str, max_len: u64) -> Option<EventStream> {
        let link = self.link.as_ref()?;
        Some(EventStream::new(Arc::clone(link), key.to_owned(), max_len))
    }

    /// Whether Redis answers.
    #[must_use]
    pub fn redis(&self) -> RedisHealth {
        match &self.link {
            None => RedisHealth::Unused,
            Some(link) if link.answers() => RedisHealth::Answers,
            Some(_) => RedisHealth::Away,
        }
    }

    /// Tells the last changes and counts, and stops listening. Waits a second for it at most.
    pub async fn stop(&self, now: Timestamp) {
        let last_words = async {
            if let Some(announcer) = &self.announcer {
                // What cannot be told now is seen by the others within their bound.
                let _ = announcer.send().await;
            }
            self.counts.flush(now).await;
        };
        let _ = timeout(LAST_WORDS, last_words).await;
        self.end_tasks();
    }

    fn end_tasks(&self) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        for task in tasks.drain(..) {
            task.abort();
        }
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        self.end_tasks();
    }
}
