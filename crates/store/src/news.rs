//! What a process knows of the feed without asking the database.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rollcall_model::EventType;
use tokio::sync::{Notify, watch};

/// Tells the relay of commits, and those who wait for events of the end of the feed.
#[derive(Default)]
pub(crate) struct News {
    committed: Notify,
    end: watch::Sender<u64>,
    /// Deliveries that were queued by this process, other than by placing events.
    queued: Notify,
    /// Events that were committed and that nobody has counted yet.
    uncounted: Mutex<HashMap<EventType, u64>>,
}

impl News {
    /// A transaction of this process was committed and left these events in the outbox.
    pub(crate) fn committed(&self, events: impl IntoIterator<Item = EventType>) {
        {
            let mut uncounted = self.uncounted();
            for kind in events {
                *uncounted.entry(kind).or_default() += 1;
            }
        }
        self.committed.notify_one();
    }

    pub(crate) fn take_uncounted(&self) -> HashMap<EventType, u64> {
        std::mem::take(&mut *self.uncounted())
    }

    /// A panic while it was held leaves a count that is too low.
    fn uncounted(&self) -> MutexGuard<'_, HashMap<EventType, u64>> {
        self.uncounted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn events_committed(&self) {
        self.committed.notified().await;
    }

    /// The last position that was given is this one. It goes back only with the database.
    pub(crate) fn feed_ends_at(&self, position: u64) {
        self.end
            .send_if_modified(|end| std::mem::replace(end, position) != position);
    }

    pub(crate) fn webhook_queued(&self) {
        self.queued.notify_one();
    }

    pub(crate) async fn webhooks_queued(&self) {
        self.queued.notified().await;
    }

    pub(crate) fn watch_feed(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }
}
