//! Tells other replicas what changed here, off the path of the request that changed it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rollcall_metrics::{Metrics, StaleNotice};
use rollcall_model::Stale;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::{Channel, RETRY_EVERY, publish};
use crate::link::{Link, LinkError};

/// Changes that wait to be told, at most. Beyond, everything counts as changed.
const MOST_WAITING: usize = 1_000;

/// What waits to be told.
pub(crate) struct Announcer {
    link: Arc<Link>,
    channel: Channel,
    waiting: Mutex<BTreeSet<Stale>>,
    wake: Notify,
    metrics: Metrics,
}

impl Announcer {
    pub(crate) fn new(link: Arc<Link>, channel: Channel, metrics: Metrics) -> Self {
        Self {
            link,
            channel,
            waiting: Mutex::default(),
            wake: Notify::new(),
            metrics,
        }
    }

    /// Puts a change into the queue.
    pub(crate) fn announce(&self, stale: Stale) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.contains(&Stale::Everything) {
            return;
        }
        if stale == Stale::Everything || waiting.len() >= MOST_WAITING {
            waiting.clear();
            waiting.insert(Stale::Everything);
        } else {
            waiting.insert(stale);
        }
        drop(waiting);
        self.wake.notify_one();
    }

    /// Sends what waits, for ever. What could not be sent is sent as [`Stale::Everything`]:
    /// whether the others heard it is not known.
    pub(crate) async fn run(&self) {
        loop {
            self.wake.notified().await;
            while self.send().await.is_err() {
                sleep(RETRY_EVERY).await;
            }
        }
    }

    /// Sends what waits, once.
    pub(crate) async fn send(&self) -> Result<(), LinkError> {
        let waiting = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiting)
        };
        if waiting.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = waiting.iter().map(Stale::to_string).collect();
        let channel = self.channel.clone();
        match self
            .link
            .work(|manager| publish(manager, channel, texts))
            .await
        {
            Ok(_) => {
                for _ in waiting {
                    self.metrics.stale_notice(StaleNotice::Sent);
                }
                Ok(())
            }
            Err(error) => {
                self.link.went_away(&error);
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.clear();
                waiting.insert(Stale::Everything);
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus::Registry;
    use rollcall_model::{Clock, ScimConnectionId, SystemClock};

    use super::*;
    use crate::options::RedisOptions;

    /// To a Redis that nobody connects to: it is asked for only when something is sent.
    fn announcer() -> Announcer {
        let options = RedisOptions {
            url: "redis://127.0.0.1:1".into(),
            key_prefix: "test:".to_owned(),
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(5),
        };
        let metrics = Metrics::register(Registry::new(), "test").unwrap();
        let link = Link::open(&options, metrics.clone()).unwrap();
        Announcer::new(
            Arc::new(link),
            Channel::new("test:", "own".to_owned()),
            metrics,
        )
    }

    fn change(clock: &dyn Clock) -> Stale {
        Stale::Connection(ScimConnectionId::new(clock))
    }

    fn waiting(announcer: &Announcer) -> Vec<Stale> {
        announcer.waiting.lock().unwrap().iter().copied().collect()
    }

    #[tokio::test]
    async fn a_change_that_waits_already_is_told_once() {
        let announcer = announcer();
        let change = change(&SystemClock);
        announcer.announce(change);
        announcer.announce(change);
        assert_eq!(waiting(&announcer), [change]);
    }

    #[tokio::test]
    async fn more_changes_than_the_queue_holds_are_told_as_everything() {
        let announcer = announcer();
        for _ in 0..=MOST_WAITING {
            announcer.announce(change(&SystemClock));
        }
        announcer.announce(change(&SystemClock));
        assert_eq!(waiting(&announcer), [Stale::Everything]);
    }

    #[tokio::test]
    async fn what_could_not_be_told_waits_as_everything() {
        let announcer = announcer();
        announcer.announce(change(&SystemClock));
        assert!(announcer.send().await.is_err());
        assert_eq!(waiting(&announcer), [Stale::Everything]);
    }
}
