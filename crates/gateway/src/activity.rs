//! Notes of who was here, kept in memory and written off the request path.
//!
//! "Last used" of tokens, connections and API keys, and the request log, would each cost a write
//! for every request. They are gathered here and written in batches, so a crash loses at most
//! [`FLUSH_EVERY`] of them; what was synced is never among them. Memory is bounded: when the
//! database does not take the log, bodies are let go, then its newest lines, and both are counted.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use rollcall_metrics::{AuthenticationFailure, Metrics};
use rollcall_model::{ApiKeyId, Credential, IdpKind, ScimConnectionId, Timestamp};
use rollcall_store::{Activity, ConnectionHandle, LogAddress, Store, StoreError};

use crate::habits::HabitNotes;
use crate::request_log::sampling::{Kind, Sampling};
use crate::request_log::upkeep::Upkeep;
use crate::request_log::{Draft, RequestLogSettings, masking};

/// How often the notes are written.
pub const FLUSH_EVERY: Duration = Duration::from_secs(2);

/// How many lines of the request log wait at most.
const MAX_WAITING: usize = 10_000;

/// How many of them may be of refused requests: anyone can make those.
const MAX_WAITING_REFUSED: usize = 1_000;

/// How much of what waits may be bodies, in bytes. Lines beyond that wait without.
const MAX_WAITING_BODIES: usize = 16 * 1_024 * 1_024;

/// How much may wait at all, in bytes.
const MAX_WAITING_BYTES: usize = 24 * 1_024 * 1_024;

#[derive(Default)]
struct Notes {
    used: HashMap<(ScimConnectionId, Credential), Activity>,
    api_keys: HashMap<ApiKeyId, Timestamp>,
    requests: Vec<(ConnectionHandle, Draft)>,
    refused: Vec<(LogAddress, Draft)>,
    /// What the lines take, in bytes.
    bytes: usize,
    dropped: u64,
    bodies_dropped: u64,
    sampling: Sampling,
}

impl Notes {
    /// What is to be written. What was seen in this minute stays.
    fn take(&mut self) -> Self {
        let mut sampling = std::mem::take(&mut self.sampling);
        sampling.next_batch();
        std::mem::replace(
            self,
            Self {
                sampling,
                ..Self::default()
            },
        )
    }

    /// Makes room for a line, without its bodies if there is too little; whether it may wait.
    fn admit(&mut self, draft: &mut Draft, lines: usize, most: usize) -> bool {
        if self.bytes + draft.captured.weight() > MAX_WAITING_BODIES {
            draft.captured.let_go();
            self.bodies_dropped += u64::from(draft.captured.let_go);
        }
        let weight = draft.weight();
        if lines >= most || self.bytes + weight > MAX_WAITING_BYTES {
            self.dropped += 1;
            return false;
        }
        self.bytes += weight;
        true
    }
}

/// The notes of one server.
#[derive(Default)]
pub struct ActivityLog {
    settings: RequestLogSettings,
    notes: Mutex<Notes>,
    habits: HabitNotes,
    upkeep: Upkeep,
    /// Held while notes are written, so that whoever flushes knows, when it is done, that
    /// everything noted before is written, and not still in the hands of another flush.
    flushing: tokio::sync::Mutex<()>,
}

impl ActivityLog {
    /// Notes of which the request log is kept so.
    #[must_use]
    pub fn new(settings: RequestLogSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

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
        self.habits.note_active(handle, at);
    }

    /// A SCIM request of a tenant was answered; `failed` if that is up to what was sent.
    pub(crate) fn note_outcome(&self, handle: &ConnectionHandle, failed: bool) {
        self.habits.note_answered(handle, failed);
    }

    /// Somebody was not let in at an address.
    pub(crate) fn note_not_let_in(
        &self,
        address: &LogAddress,
        reason: AuthenticationFailure,
        at: Timestamp,
    ) {
        self.habits.note_refused(address, reason, at);
    }

    /// An API key was used.
    pub(crate) fn note_api_key(&self, id: ApiKeyId, at: Timestamp) {
        self.with(|notes| {
            notes.api_keys.insert(id, at);
        });
    }

    /// Whether a line that waits stands for this success too; it has been counted then.
    pub(crate) fn is_like_another(&self, kind: Kind, now: Timestamp) -> bool {
        self.with(|notes| {
            let place = notes.sampling.count(kind, now, &self.settings);
            let line = place.and_then(|place| notes.requests.get_mut(place));
            line.is_some_and(|(_, line)| {
                line.request.times += 1;
                true
            })
        })
    }

    /// A SCIM request of a tenant was answered; a success with what it is like.
    pub(crate) fn note_request(&self, of: ConnectionHandle, mut draft: Draft, like: Option<Kind>) {
        self.with(|notes| {
            let place = notes.requests.len();
            if notes.admit(&mut draft, place, MAX_WAITING) {
                notes.requests.push((of, draft));
                if let Some(kind) = like {
                    notes.sampling.note_line(kind, place);
                }
            }
        });
    }

    /// A SCIM request was refused that an address named, or whose token is of a connection.
    pub(crate) fn note_refused(&self, of: LogAddress, mut draft: Draft) {
        self.with(|notes| {
            let lines = notes.refused.len();
            if notes.admit(&mut draft, lines, MAX_WAITING_REFUSED) {
                notes.refused.push((of, draft));
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
        let written = self.write(store, metrics).await;
        written.and(self.habits.learn_if_due(store).await)
    }

    /// The same, with everything that would wait for a better moment: this process ends.
    ///
    /// # Errors
    ///
    /// As [`Self::flush`].
    pub async fn finish(&self, store: &Store, metrics: &Metrics) -> Result<(), StoreError> {
        let _turn = self.flushing.lock().await;
        let written = self.write(store, metrics).await;
        written.and(self.habits.learn(store).await)
    }

    async fn write(&self, store: &Store, metrics: &Metrics) -> Result<(), StoreError> {
        let notes = self.with(Notes::take);
        metrics.request_log_dropped(notes.dropped);
        metrics.request_log_bodies_dropped(notes.bodies_dropped);
        let used: Vec<_> = notes.used.into_values().collect();
        let api_keys: Vec<_> = notes.api_keys.into_iter().collect();
        let waiting = notes.requests.len() + notes.refused.len();
        let used = store.note_activity(&used).await;
        let api_keys = store.note_api_keys_used(&api_keys).await;
        let logged = self.log(store, notes.requests, notes.refused).await;
        if logged.is_err() {
            metrics.request_log_dropped(u64::try_from(waiting).unwrap_or(u64::MAX));
        }
        let kept = self.upkeep.step(store, metrics, &self.settings).await;
        used.and(api_keys).and(logged).and(kept)
    }

    /// Writes lines of the request log.
    async fn log(
        &self,
        store: &Store,
        mut drafts: Vec<(ConnectionHandle, Draft)>,
        refused: Vec<(LogAddress, Draft)>,
    ) -> Result<(), StoreError> {
        let mut routed: HashMap<LogAddress, Option<ConnectionHandle>> = HashMap::new();
        for (address, draft) in refused {
            if !routed.contains_key(&address) {
                let handle = store.find_log(&address).await?;
                routed.insert(address.clone(), handle);
            }
            if let Some(Some(handle)) = routed.get(&address) {
                drafts.push((handle.clone(), draft));
            }
        }
        if drafts.is_empty() {
            return Ok(());
        }
        let settings = self.settings.clone();
        let masked = tokio::task::spawn_blocking(move || masking::lines(drafts, &settings)).await;
        let Ok(lines) = masked else {
            // Only a panic in it; without masks nothing is written.
            tracing::error!("lines of the request log could not be masked and were dropped");
            return Ok(());
        };
        store.log_requests(&lines).await?;
        self.upkeep.note(&lines, &self.settings).await;
        Ok(())
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

#[cfg(test)]
mod tests {
    use actix_web::web::Bytes;
    use rollcall_model::{RequestCategory, RequestId, SystemClock};
    use rollcall_store::LoggedRequest;

    use super::*;
    use crate::request_log::Captured;
    use crate::request_log::capture::Body;

    fn draft(body: usize) -> Draft {
        let request = LoggedRequest {
            id: RequestId::new(&SystemClock),
            at: Timestamp::from_unix_micros(0),
            method: "POST".to_owned(),
            route: "/Users".to_owned(),
            filter: None,
            status: 400,
            outcome: "invalid".to_owned(),
            category: RequestCategory::Validation,
            reason: None,
            scim_type: None,
            quirks: Vec::new(),
            idp: None,
            duration_micros: 0,
            detail: None,
            times: 1,
        };
        let captured = Captured {
            asked: (body > 0).then(|| Body {
                bytes: Bytes::from(vec![b' '; body]),
                length: Some(body),
            }),
            ..Captured::default()
        };
        Draft { request, captured }
    }

    #[test]
    fn bodies_are_let_go_before_lines_and_both_are_counted() {
        const BODY: usize = 32 * 1_024;
        let mut notes = Notes::default();
        let with_body = MAX_WAITING_BODIES / (BODY + 1_024);
        for line in 0..MAX_WAITING {
            assert!(notes.admit(&mut draft(BODY), line, MAX_WAITING));
        }
        let let_go = usize::try_from(notes.bodies_dropped).unwrap();
        assert!(let_go > 0 && MAX_WAITING - let_go >= with_body, "{let_go}");
        assert!(notes.bytes <= MAX_WAITING_BYTES);
        assert!(!notes.admit(&mut draft(0), MAX_WAITING, MAX_WAITING));
        assert_eq!(notes.dropped, 1);
    }

    #[test]
    fn lines_alone_do_not_fill_the_memory_either() {
        let mut notes = Notes::default();
        let mut lines = 0;
        let long = |text: &mut Draft| text.request.detail = Some("x".repeat(4_000));
        let admitted = loop {
            let mut next = draft(0);
            long(&mut next);
            if !notes.admit(&mut next, lines, usize::MAX) {
                break lines;
            }
            lines += 1;
        };
        assert!(admitted > 1_000 && notes.bytes <= MAX_WAITING_BYTES);
    }
}
