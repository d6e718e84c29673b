//! What is done beside sending: old deliveries are removed, and the queue is measured.

use std::time::Duration;

use rollcall_metrics::{Metrics, PausedBecause};
use rollcall_model::PauseReason;
use rollcall_store::{Store, StoreError};
use tokio::time::sleep;

use super::WebhookOptions;
use crate::patience::Patience;
use crate::stopping::Stopping;

/// How often the queue is measured and looked through for what is old.
const EVERY: Duration = Duration::from_secs(15);

/// Between two steps of a removal, so that writers get in between.
const BETWEEN: Duration = Duration::from_millis(50);

/// Runs until the process ends.
pub(crate) async fn run(
    store: Store,
    metrics: Metrics,
    options: WebhookOptions,
    mut stopping: Stopping,
) {
    let mut patience = Patience::new("the webhook queue is not looked after");
    loop {
        let pause = match step(&store, &metrics, &options).await {
            Ok(removed) => {
                patience.worked();
                if removed > 0 { BETWEEN } else { EVERY }
            }
            Err(error) => patience.failed(&error),
        };
        if stopping.unless(sleep(pause)).await.is_none() {
            return;
        }
    }
}

async fn step(
    store: &Store,
    metrics: &Metrics,
    options: &WebhookOptions,
) -> Result<u64, StoreError> {
    let now = store.clock().now();
    let removed = store
        .remove_old_webhook_deliveries(
            now.minus(options.keep_delivered),
            now.minus(options.keep_failed),
        )
        .await?;
    let queue = store.webhook_queue().await?;
    let oldest = queue.oldest_due_at.map(|since| now.since(since));
    metrics.set_webhook_queue(queue.pending, oldest.unwrap_or_default());
    metrics.set_webhook_endpoints_failing(queue.failing);
    for (reason, count) in queue.paused {
        let because = match reason {
            PauseReason::Manual => PausedBecause::Manual,
            PauseReason::Failing => PausedBecause::Failing,
            PauseReason::Gone => PausedBecause::Gone,
        };
        metrics.set_webhook_endpoints_paused(because, count);
    }
    Ok(removed)
}
