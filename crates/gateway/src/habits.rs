//! What was seen of each connection lately, kept in memory until what is usual for it is learned.
//!
//! Nothing is written for a request. Once a minute, what was seen of each connection in that minute is
//! handed to the store as one summary. A crash, or a database that is away, loses the summaries of a
//! minute: a habit of weeks does not change by that.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rollcall_metrics::AuthenticationFailure;
use rollcall_model::habit::Observation;
use rollcall_model::{ScimConnectionId, Timestamp};
use rollcall_store::{ConnectionHandle, LogAddress, Store, StoreError};

/// How often it is learned from what was seen.
const LEARN_EVERY: Duration = Duration::from_mins(1);

/// How many addresses of refused requests are kept: whoever is refused can make up as many as they
/// like, and each costs a look-up.
const MOST_ADDRESSES: usize = 1_000;

#[derive(Default)]
struct Seen {
    connections: HashMap<ScimConnectionId, (ConnectionHandle, Observation)>,
    refused: HashMap<LogAddress, Observation>,
    learned_at: Option<Timestamp>,
}

impl Seen {
    fn of(&mut self, handle: &ConnectionHandle) -> &mut Observation {
        let entry = self.connections.entry(handle.connection_id());
        let (_, seen) = entry.or_insert_with(|| (handle.clone(), Observation::default()));
        seen
    }
}

/// What one server saw of each connection since it learned from that last.
#[derive(Default)]
pub(crate) struct HabitNotes(Mutex<Seen>);

impl HabitNotes {
    /// A request was let in.
    pub(crate) fn note_active(&self, handle: &ConnectionHandle, at: Timestamp) {
        self.with(|seen| seen.of(handle).note_active(at));
    }

    /// A request that was let in was answered. `failed` is for what the identity provider sent: our own
    /// failures say nothing of its habits.
    pub(crate) fn note_answered(&self, handle: &ConnectionHandle, failed: bool) {
        self.with(|seen| seen.of(handle).note_answered(failed));
    }

    /// A request was not let in.
    pub(crate) fn note_refused(
        &self,
        address: &LogAddress,
        reason: AuthenticationFailure,
        at: Timestamp,
    ) {
        let note = |seen: &mut Observation| match reason {
            AuthenticationFailure::InvalidRequest
            | AuthenticationFailure::Malformed
            | AuthenticationFailure::Unknown
            | AuthenticationFailure::Mismatch
            | AuthenticationFailure::Expired
            | AuthenticationFailure::Revoked
            | AuthenticationFailure::SourceAddress => seen.note_refused(at),
            // Its token is good and may not do that.
            AuthenticationFailure::Forbidden => seen.note_answered(true),
            // Somebody who looks at the address with a browser, or switched the connection off.
            AuthenticationFailure::Missing | AuthenticationFailure::Disabled => {}
        };
        self.with(|seen| {
            if let Some(known) = seen.refused.get_mut(address) {
                note(known);
            } else if seen.refused.len() < MOST_ADDRESSES {
                note(seen.refused.entry(address.clone()).or_default());
            }
        });
    }

    /// Learns from what was seen, unless that was done a moment ago.
    pub(crate) async fn learn_if_due(&self, store: &Store) -> Result<(), StoreError> {
        let now = store.clock().now();
        let due = |seen: &mut Seen| {
            let begun = *seen.learned_at.get_or_insert(now);
            now.since(begun) >= LEARN_EVERY
        };
        if self.with(due) {
            self.learn(store).await
        } else {
            Ok(())
        }
    }

    /// Learns from what was seen. What the database does not take is dropped.
    pub(crate) async fn learn(&self, store: &Store) -> Result<(), StoreError> {
        let now = store.clock().now();
        let Seen {
            mut connections,
            refused,
            ..
        } = self.with(|seen| {
            let next = Seen {
                learned_at: Some(now),
                ..Seen::default()
            };
            std::mem::replace(seen, next)
        });
        for (address, refused) in refused {
            if let Some(handle) = store.find_log(&address).await? {
                let entry = connections.entry(handle.connection_id());
                let (_, seen) = entry.or_insert_with(|| (handle, Observation::default()));
                seen.add(&refused);
            }
        }
        let seen: Vec<_> = connections.into_values().collect();
        store.learn_habits(&seen).await
    }

    /// A panic while the lock is held can leave no half-made note, so a poisoned lock is used on.
    fn with<T>(&self, work: impl FnOnce(&mut Seen) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
