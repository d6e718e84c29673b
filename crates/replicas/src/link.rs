//! The one connection to Redis, and whether Redis answers.
//!
//! Requests ask through [`Link::ask`], which does nothing while Redis is away and takes it for away
//! when it does not answer in time: so an outage costs each request under way one short wait, and
//! none of those that come later any. Only the check in `stale::listen` brings it back. It is
//! called at once, since a machine that was busy for a moment looks the same as a Redis that went;
//! only when it fails too is it an outage that the log tells.
//!
//! A connection lives on the runtime it was made on. Workers of the server come and go, so
//! all work with Redis is handed to the runtime that [`Link::open`] was called on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, RedisResult};
use rollcall_metrics::Metrics;
use secrecy::ExposeSecret;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::options::RedisOptions;

/// Why Redis counts as away.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// It said no, or cannot be reached.
    #[error(transparent)]
    Redis(#[from] RedisError),
    /// It did not answer in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Slow(Duration),
    /// It closed the connection.
    #[error("the connection was closed")]
    Closed,
}

/// The connection of this process.
pub(crate) struct Link {
    pub(crate) client: Client,
    config: ConnectionManagerConfig,
    manager: RwLock<ConnectionManager>,
    runtime: Handle,
    answers: AtomicBool,
    /// Wakes the check.
    doubted: Notify,
    /// Whether the log knows that Redis is away.
    told_away: AtomicBool,
    patience: Duration,
    /// For what no request waits for.
    pub(crate) long_patience: Duration,
    metrics: Metrics,
}

impl Link {
    /// Prepares a connection; nobody waits for it to be made.
    ///
    /// # Errors
    ///
    /// The URL cannot be used.
    pub(crate) fn open(options: &RedisOptions, metrics: Metrics) -> RedisResult<Self> {
        let client = Client::open(options.url.expose_secret())?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(options.connect_timeout))
            .set_response_timeout(Some(options.connect_timeout));
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config.clone())?;
        Ok(Self {
            client,
            config,
            manager: RwLock::new(manager),
            runtime: Handle::current(),
            answers: AtomicBool::new(false),
            doubted: Notify::new(),
            told_away: AtomicBool::new(false),
            patience: options.response_timeout,
            long_patience: options.connect_timeout,
            metrics,
        })
    }

    /// Whether Redis answered when it was last asked.
    pub(crate) fn answers(&self) -> bool {
        self.answers.load(Ordering::Relaxed)
    }

    /// Asks for a request that waits. `None` if Redis is away, or just went.
    pub(crate) async fn ask<T, W>(&self, work: impl FnOnce(ConnectionManager) -> W) -> Option<T>
    where
        T: Send + 'static,
        W: Future<Output = RedisResult<T>> + Send + 'static,
    {
        if !self.answers() {
            return None;
        }
        let asked = self.runtime.spawn(work(self.manager()));
        match timeout(self.patience, asked).await {
            Ok(Ok(Ok(answer))) => return Some(answer),
            Ok(Ok(Err(error))) => tracing::debug!(%error, "Redis refuses"),
            // It is slow, or the runtime is about to end.
            Ok(Err(_)) | Err(_) => {}
        }
        self.answers.store(false, Ordering::Relaxed);
        self.doubted.notify_one();
        None
    }

    /// Waits until a request asked in vain.
    pub(crate) async fn doubted(&self) {
        self.doubted.notified().await;
    }

    /// Does what no request waits for, whether or not Redis counts as away.
    pub(crate) async fn work<T, W>(
        &self,
        work: impl FnOnce(ConnectionManager) -> W,
    ) -> Result<T, LinkError>
    where
        W: Future<Output = RedisResult<T>>,
    {
        let done = timeout(self.long_patience, work(self.manager())).await;
        Ok(done.map_err(|_| LinkError::Slow(self.long_patience))??)
    }

    /// Redis was asked and answered; `took` so long. If it is slower than a request may wait, it
    /// is away for requests.
    pub(crate) fn answered(&self, took: Duration) {
        if took > self.patience {
            if !self.answers() {
                self.went_away(&LinkError::Slow(self.patience));
            }
            return;
        }
        self.answers.store(true, Ordering::Relaxed);
        self.metrics.redis_answers(true);
        if self.told_away.swap(false, Ordering::Relaxed) {
            tracing::info!("Redis answers: replicas share limits and changes");
        }
    }

    /// Redis did not answer, or said no.
    pub(crate) fn went_away(&self, error: &LinkError) {
        self.answers.store(false, Ordering::Relaxed);
        self.metrics.redis_answers(false);
        if !self.told_away.swap(true, Ordering::Relaxed) {
            self.metrics.redis_went_away();
            tracing::warn!(
                %error,
                "Redis does not answer: until it does, limits are those of each process, and \
                 changes of other replicas are seen within seconds"
            );
        }
    }

    /// Lets the old connection go: one that hangs would go on doing so.
    pub(crate) fn renew(&self) {
        match ConnectionManager::new_lazy_with_config(self.client.clone(), self.config.clone()) {
            Ok(manager) => {
                *self.manager.write().unwrap_or_else(PoisonError::into_inner) = manager;
            }
            Err(error) => self.went_away(&error.into()),
        }
    }

    fn manager(&self) -> ConnectionManager {
        let manager = self.manager.read().unwrap_or_else(PoisonError::into_inner);
        manager.clone()
    }

    /// Measures how long some work took, for [`Self::answered`].
    pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
        let begun = Instant::now();
        let done = work.await;
        (done, begun.elapsed())
    }
}
