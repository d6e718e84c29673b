//! The end of the request log: what is too old, and what a log has no room for, is removed in small
//! steps beside the requests.
//!
//! For age, every connection is looked at once an hour, whether or not anything is asked of it: what was
//! kept long enough has to go. For size, a log is looked at when this process has written an eighth of
//! what it may hold, so a log can be larger by an eighth for each process.

use std::collections::HashMap;
use std::time::Duration;

use rollcall_metrics::Metrics;
use rollcall_model::{OrgId, RequestId, ScimConnectionId, Timestamp};
use rollcall_store::{ConnectionHandle, LogLine, Store, StoreError};
use tokio::sync::Mutex;

use super::RequestLogSettings;

/// How long nothing is done for age after every connection was looked at.
const REST: Duration = Duration::from_hours(1);

/// Which part of what a log may hold is written before it is looked at again.
const PART: u64 = 8;

#[derive(Default)]
struct Progress {
    after: Option<(OrgId, ScimConnectionId)>,
    rests_until: Option<Timestamp>,
    /// What was written to each log since it was last looked at, in bytes.
    written: HashMap<ScimConnectionId, u64>,
    /// Logs that have more than they may, with the newest line to be removed; `None` if that is not
    /// known yet.
    too_large: HashMap<ScimConnectionId, (ConnectionHandle, Option<RequestId>)>,
}

/// The upkeep of one server. Several servers on one database each have theirs, and do not mind.
#[derive(Default)]
pub(crate) struct Upkeep(Mutex<Progress>);

impl Upkeep {
    /// Lines were written.
    pub(crate) async fn note(&self, lines: &[LogLine], settings: &RequestLogSettings) {
        let mut progress = self.0.lock().await;
        for line in lines {
            let id = line.of.connection_id();
            let written = progress.written.entry(id).or_default();
            *written += line.size();
            if *written >= settings.max_bytes / PART {
                progress.written.remove(&id);
                progress.too_large.insert(id, (line.of.clone(), None));
            }
        }
    }

    /// Takes one step for age and one for size, if there is something to do.
    ///
    /// # Errors
    ///
    /// The database is not available. The step is taken again the next time.
    pub(crate) async fn step(
        &self,
        store: &Store,
        metrics: &Metrics,
        settings: &RequestLogSettings,
    ) -> Result<(), StoreError> {
        let mut progress = self.0.lock().await;
        let removed = step_for_age(&mut progress, store, settings).await?;
        metrics.request_log_removed(removed);
        let removed = step_for_size(&mut progress, settings).await?;
        metrics.request_log_removed(removed);
        Ok(())
    }
}

async fn step_for_age(
    progress: &mut Progress,
    store: &Store,
    settings: &RequestLogSettings,
) -> Result<u64, StoreError> {
    let now = store.clock().now();
    if progress.rests_until.is_some_and(|until| now < until) {
        return Ok(0);
    }
    let before = now.minus(settings.retention);
    let step = store.prune_request_logs(progress.after, before).await?;
    (progress.after, progress.rests_until) = if step.done {
        (None, Some(now.plus(REST)))
    } else {
        (step.after, None)
    };
    Ok(step.lines)
}

async fn step_for_size(
    progress: &mut Progress,
    settings: &RequestLogSettings,
) -> Result<u64, StoreError> {
    let Some((id, (handle, last))) = progress.too_large.iter().next() else {
        return Ok(0);
    };
    let (id, handle, last) = (*id, handle.clone(), *last);
    let last = match last {
        Some(last) => Some(last),
        None => handle.first_request_beyond(settings.max_bytes).await?,
    };
    let Some(last) = last else {
        progress.too_large.remove(&id);
        return Ok(0);
    };
    let removed = handle.remove_requests_to(last).await?;
    if removed < Store::LOG_LINES_PER_STEP {
        progress.too_large.remove(&id);
    } else {
        progress.too_large.insert(id, (handle, Some(last)));
    }
    Ok(removed)
}
