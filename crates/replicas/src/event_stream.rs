//! A Redis stream that events are added to, for products that read those anyway.
//!
//! An entry is added at least once, and normally once: its id begins with the position of the event,
//! so that Redis itself refuses it a second time. A stream that is ahead of the feed (the database was
//! restored from a backup, and gives out positions anew) loses nothing: what has another event at its
//! place is added behind everything. Readers tell doubles by the id of the event.

use std::sync::{Arc, LazyLock};

use redis::Script;

use crate::link::{Link, LinkError};

static ADD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("event_stream.lua")));

/// Redis did not take events.
#[derive(Debug, thiserror::Error)]
#[error("Redis does not take events")]
pub struct EventStreamError(#[source] LinkError);

/// One event as an entry.
#[derive(Clone, Debug)]
pub struct StreamEntry {
    /// Its position in the feed.
    pub position: u64,
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// Its organization.
    pub organization_id: String,
    /// The event, as JSON.
    pub event: String,
}

/// One stream.
#[derive(Clone)]
pub struct EventStream {
    link: Arc<Link>,
    key: String,
    max_len: u64,
}

impl EventStream {
    pub(crate) const fn new(link: Arc<Link>, key: String, max_len: u64) -> Self {
        Self { link, key, max_len }
    }

    /// The key of the stream.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Adds entries, in their order, all or some first ones. How many were not there.
    ///
    /// # Errors
    ///
    /// Redis is away or refuses. What it took is known when the same entries are added again.
    pub async fn add(&self, entries: &[StreamEntry]) -> Result<u64, EventStreamError> {
        let mut call = ADD.prepare_invoke();
        call.key(&self.key).arg(self.max_len);
        for entry in entries {
            call.arg(entry.position)
                .arg(&entry.id)
                .arg(&entry.kind)
                .arg(&entry.organization_id)
                .arg(&entry.event);
        }
        let added = self
            .link
            .work(|mut redis| async move { call.invoke_async::<u64>(&mut redis).await });
        added.await.map_err(EventStreamError)
    }
}
