//! Notes of who was here, kept in memory and written off the request path.
//!
//! "Last used" of tokens, connections and API keys, and the request log, would each cost a write
//! for every request. They are gathered here and written in batches, so a crash loses at most
//! [`FLUSH_EVERY`] of them; what was synced is never among them. Memory is bounded: when the
//! database does not take the log, its newest lines are dropped and counted.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use rollcall_metrics::Metrics;
use rollcall_model::{ApiKeyId, Credential, IdpKind, ScimConnectionId, Timestamp};
use rollcall_store::{Activity, ConnectionHandle, LogAddress, LoggedRequest, Store, StoreError};

/// How often the notes are written.
pub const FLUSH_EVERY: Duration = Duration::from_secs(2);

/// How long the request log is kept.
pub(crate) const KEEP_REQUESTS: Duration = Duration::from_hours(7 * 24);

/// How often the log of one connection is pruned, at most.
const PRUNE_EVERY: Duration = Duration::from_hours(1);

/// How many lines of the request log wait at most.
const MAX_WAITING: usize = 10_000;

/// How many of them may be of refused requests: anyone can make those.
const MAX_WAITING_REFUSED: usize = 1_000;

#[derive(Default)]
struct Notes {
    used: HashMap<(ScimConnectionId, Credential), Activity>,
    api_keys: HashMap<ApiKeyId, Timestamp>,
    requests: Vec<(ConnectionHandle, LoggedRequest)>,
    refused: Vec<(LogAddress, LoggedRequest)>,
    dropped: u64,
}

/// When the log of each connection was last pruned. One without new lines needs no pruning.
type Pruned = HashMap<ScimConnectionId, Timestamp>;

/// The notes of one server.
#[derive(Default)]
pub struct ActivityLog {
    notes: Mutex<Notes>,
    pruned: Mutex<Pruned>,
    /// Held while notes are written, so that whoever flushes knows, when it is done, that
    /// everything noted before is written, and not still in the hands of another flush.
    flushing: tokio::sync::Mutex<()>,
}

impl ActivityLog {
    /// A token or an OAuth client was used.
    pub(crate) fn note_credential(
        &self,
        handle: &ConnectionHandle,
        credential: Credential,
        at: Timestamp,
        idp: Option<IdpKind>,
    ) {
        let key = (handle.connection_id(), credential);
        self.with(|notes| {
            let known = notes.used.remove(&key).and_then(|before| before.idp);
            let activity = Activity {
                handle: handle.clone(),
                credential,
                at,
                idp: idp.or(known),
            };
            notes.used.insert(key, activity);
        });
    }

    /// An API key was used.
    pub(crate) fn note_api_key(&self, id: ApiKeyId, at: Timestamp) {
        self.with(|notes| {
            notes.api_keys.insert(id, at);
        });
    }

    /// A SCIM request of a tenant was answered.
    pub(crate) fn note_request(&self, of: ConnectionHandle, request: LoggedRequest) {
        self.with(|notes| {
            if notes.requests.len() < MAX_WAITING {
                notes.requests.push((of, request));
            } else {
                notes.dropped += 1;
            }
        });
    }

    /// A SCIM request was refused that an address named, or whose token is of a connection.
    pub(crate) fn note_refused(&self, of: LogAddress, request: LoggedRequest) {
        self.with(|notes| {
            if notes.refused.len() < MAX_WAITING_REFUSED {
                notes.refused.push((of, request));
            } else {
                notes.dropped += 1;
            }
        });
    }

    /// Writes everything that was noted since the last time. What the database does not take is
    /// dropped, and lines of the request log are counted as dropped.
    ///
    /// # Errors
    ///
    /// The database is not available. Each kind of note is tried all the same, and the first
    /// error is the one returned.
    pub async fn flush(&self, store: &Store, metrics: &Metrics) -> Result<(), StoreError> {
        let _turn = self.flushing.lock().await;
        let notes = self.with(std::mem::take);
        metrics.request_log_dropped(notes.dropped);
        let used: Vec<_> = notes.used.into_values().collect();
        let api_keys: Vec<_> = notes.api_keys.into_iter().collect();
        let waiting = notes.requests.len() + notes.refused.len();
        let used = store.note_activity(&used).await;
        let api_keys = store.note_api_keys_used(&api_keys).await;
        let logged = self.log(store, notes.requests, notes.refused).await;
        if logged.is_err() {
            metrics.request_log_dropped(u64::try_from(waiting).unwrap_or(u64::MAX));
        }
        used.and(api_keys).and(logged)
    }

    /// Writes lines of the request log, and drops those that are too old from the same logs.
    async fn log(
        &self,
        store: &Store,
        mut requests: Vec<(ConnectionHandle, LoggedRequest)>,
        refused: Vec<(LogAddress, LoggedRequest)>,
    ) -> Result<(), StoreError> {
        let mut routed: HashMap<LogAddress, Option<ConnectionHandle>> = HashMap::new();
        for (address, request) in refused {
            if !routed.contains_key(&address) {
                let handle = store.find_log(&address).await?;
                routed.insert(address.clone(), handle);
            }
            if let Some(Some(handle)) = routed.get(&address) {
                requests.push((handle.clone(), request));
            }
        }
        store.log_requests(&requests).await?;
        let now = store.clock().now();
        for (handle, _) in &requests {
            if self.is_prune_due(handle.connection_id(), now) {
                handle.prune_requests(now.minus(KEEP_REQUESTS)).await?;
            }
        }
        Ok(())
    }

    fn is_prune_due(&self, connection_id: ScimConnectionId, now: Timestamp) -> bool {
        let mut pruned = self
            .pruned
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        let due = pruned
            .get(&connection_id)
            .is_none_or(|last| now.since(*last) >= PRUNE_EVERY);
        if due {
            pruned.insert(connection_id, now);
        }
        due
    }

    /// A panic while the lock is held can leave no half-made note, so a poisoned lock is used on.
    fn with<T>(&self, work: impl FnOnce(&mut Notes) -> T) -> T {
        let mut notes = self
            .notes
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        work(&mut notes)
    }
}
