//! Removes what is left of deleted users and groups when its time is over, off the request path.

use std::time::Duration;

use rollcall_metrics::Metrics;
use rollcall_model::{OrgId, Timestamp};
use rollcall_store::{Store, StoreError};
use tokio::sync::Mutex;

/// How long nothing is done after every organization was looked at.
const REST: Duration = Duration::from_hours(1);

/// How far a purge has come.
#[derive(Default)]
struct Progress {
    after: Option<OrgId>,
    /// When the next round begins, if the last one is over.
    rests_until: Option<Timestamp>,
}

/// The purge of one server. Several servers on one database each have theirs, and do not mind.
#[derive(Default)]
pub struct Purge(Mutex<Progress>);

impl Purge {
    /// Takes one small step, unless a round is over and the next one is not due. Whether the
    /// round is over.
    ///
    /// # Errors
    ///
    /// The database is not available. The step is taken again the next time.
    pub async fn step(&self, store: &Store, metrics: &Metrics) -> Result<bool, StoreError> {
        let mut progress = self.0.lock().await;
        let now = store.clock().now();
        if progress.rests_until.is_some_and(|until| now < until) {
            return Ok(true);
        }
        let purged = store.purge_tombstones(progress.after).await?;
        metrics.tombstones_purged(purged.tombstones);
        *progress = if purged.done {
            Progress {
                after: None,
                rests_until: Some(now.plus(REST)),
            }
        } else {
            Progress {
                after: purged.after,
                rests_until: None,
            }
        };
        Ok(purged.done)
    }
}
