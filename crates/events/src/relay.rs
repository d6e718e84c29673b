//! The task that gives committed events their place in the feed.
//!
//! It wakes when this process commits, and every moment for what others did and died over. Rounds
//! keep a distance: a busy writer pays for one transaction in 25 ms and not for one for each of its
//! own. Whoever reads the feed right after a write does not wait for it (see `Store::read_feed`).

use std::time::Duration;

use rollcall_metrics::traces::{ROOT, Traces};
use rollcall_store::Store;
use tokio::time::sleep;
use tracing::debug_span;

use crate::patience::Patience;
use crate::stopping::Stopping;

/// The shortest time between two rounds.
const APART: Duration = Duration::from_millis(25);

/// How long this process does not know of what others placed, or left behind.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Relays until the process ends.
pub(crate) async fn run(store: Store, traces: Traces, mut stopping: Stopping) {
    let mut patience = Patience::new("events are not placed in the feed");
    loop {
        // A round that finds nothing is not worth a trace; there are several in each second.
        let span = || traces.task(|| debug_span!(target: ROOT, parent: None, "outbox.relay"));
        let pause = match store.relay_events_in(span).await {
            Ok(_) => {
                patience.worked();
                APART
            }
            Err(error) => patience.failed(&error),
        };
        let woken = async {
            sleep(pause).await;
            let _ = tokio::time::timeout(LOOK_EVERY, store.events_committed()).await;
        };
        if stopping.unless(woken).await.is_none() {
            return;
        }
    }
}
