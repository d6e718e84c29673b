//! The task that removes events that were kept long enough.
//!
//! Several processes may be at it: each step is taken by one of them. Steps are small and keep a
//! distance, so that nobody who writes waits for long; four thousand events go in a second, which is more than
//! come.

use std::time::Duration;

use rollcall_metrics::Metrics;
use rollcall_store::{Store, StoreError};
use tokio::time::sleep;

use crate::patience::Patience;
use crate::stopping::Stopping;

/// Between two steps.
const APART: Duration = Duration::from_millis(250);

/// When nothing is left to do.
const REST: Duration = Duration::from_mins(10);

/// Removes events until the process ends.
pub(crate) async fn run(store: Store, metrics: Metrics, kept: Duration, mut stopping: Stopping) {
    let mut patience = Patience::new("old events are not removed");
    loop {
        let pause = match step(&store, &metrics, kept).await {
            Ok(removed) => {
                patience.worked();
                if removed > 0 {
                    APART
                } else {
                    REST.mul_f64(fastrand::f64().mul_add(0.5, 0.5))
                }
            }
            Err(error) => patience.failed(&error),
        };
        if stopping.unless(sleep(pause)).await.is_none() {
            return;
        }
    }
}

async fn step(store: &Store, metrics: &Metrics, kept: Duration) -> Result<u64, StoreError> {
    let removed = store
        .remove_old_events(store.clock().now().minus(kept))
        .await?;
    metrics.events_removed(removed);
    Ok(removed)
}
