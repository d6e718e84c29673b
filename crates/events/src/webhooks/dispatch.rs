//! The dispatcher: who is sent what, and when.
//!
//! It wakes when events were placed, when a request has ended, and every moment for what others
//! queued and for retries that are due. A round gives each endpoint that something is due for a turn, and
//! rounds go on while they find anything and there are slots.

use std::sync::Arc;
use std::time::Duration;

use rollcall_metrics::traces::Traces;
use rollcall_metrics::{Metrics, WebhookOutcome};
use rollcall_model::{PauseReason, WebhookDeliveryId, chain};
use rollcall_store::{
    AttemptMade, ClaimedDeliveries, ClaimedDelivery, DueEndpoint, Finished, Store, StoreError,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::WebhookOptions;
use super::send::{self, Target};
use super::slots::Slots;
use super::traced;
use crate::patience::Patience;
use crate::stopping::Stopping;

/// How late a retry may be, and what another process left behind.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How often leases are looked at.
const RELEASE_EVERY: Duration = Duration::from_secs(1);

/// After so many rounds it is looked whether there is something else to do.
const ROUNDS: usize = 16;

/// How long requests on their way are waited for at the end of the process. What is cut off is sent
/// again by another, once its lease is over.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// How often an attempt that was made is told to a database that does not take it, and the pauses between.
const TOLD_AT_MOST: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

struct Dispatcher {
    store: Store,
    metrics: Metrics,
    traces: Traces,
    options: Arc<WebhookOptions>,
    slots: Slots,
    tasks: JoinSet<()>,
    ended: mpsc::UnboundedSender<WebhookDeliveryId>,
    /// Who had the last turn of the round before.
    last: Option<DueEndpoint>,
}

/// Sends webhooks until the process ends.
pub(crate) async fn run(
    store: Store,
    metrics: Metrics,
    options: WebhookOptions,
    traces: Traces,
    mut stopping: Stopping,
) {
    let mut patience = Patience::new("webhooks are not sent");
    let (ended, mut endings) = mpsc::unbounded_channel();
    let mut feed = store.watch_feed();
    let mut dispatcher = Dispatcher {
        slots: Slots::new(options.concurrency),
        options: Arc::new(options),
        tasks: JoinSet::new(),
        last: None,
        store: store.clone(),
        metrics,
        traces,
        ended,
    };
    let mut released = Instant::now();
    loop {
        let _ = feed.borrow_and_update();
        let round = async {
            if released.elapsed() >= RELEASE_EVERY {
                store.release_webhook_leases().await?;
                released = Instant::now();
            }
            dispatcher.rounds(&mut endings).await
        };
        let (more, pause) = match round.await {
            Ok(more) => {
                patience.worked();
                (more, Duration::ZERO)
            }
            Err(error) => (false, patience.failed(&error)),
        };
        let woken = async {
            if more {
                return None;
            }
            sleep(pause).await;
            tokio::select! {
                _ = feed.changed() => None,
                () = store.webhooks_queued() => None,
                id = endings.recv() => id,
                () = sleep(LOOK_EVERY) => None,
            }
        };
        match stopping.unless(woken).await {
            None => break,
            Some(Some(id)) => dispatcher.end(id),
            Some(None) => {}
        }
    }
    let tasks = &mut dispatcher.tasks;
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST_ANSWERS, all).await.is_err() {
        tracing::info!("webhooks on their way were cut off; they will be sent again");
    }
}

impl Dispatcher {
    fn end(&mut self, id: WebhookDeliveryId) {
        self.slots.end(id);
        self.metrics.set_webhooks_in_flight(self.slots.len());
        while self.tasks.try_join_next().is_some() {}
    }

    /// Gives turns until nobody takes one, or for a while. Whether there may be more to take.
    async fn rounds(
        &mut self,
        endings: &mut mpsc::UnboundedReceiver<WebhookDeliveryId>,
    ) -> Result<bool, StoreError> {
        for _ in 0..ROUNDS {
            while let Ok(id) = endings.try_recv() {
                self.end(id);
            }
            if self.slots.free(false, Instant::now()) == 0 || !self.round().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives each endpoint that something is due for a turn. Whether anybody took one.
    async fn round(&mut self) -> Result<bool, StoreError> {
        let mut due = self.store.due_webhook_endpoints().await?;
        if due.is_empty() {
            return Ok(false);
        }
        // Goes on where the last round stopped, so that the first of the list is not always first.
        if let Some(last) = self.last {
            let after = due.partition_point(|endpoint| endpoint.id <= last.id);
            let all = due.len();
            due.rotate_left(after % all);
        }
        let share = (self.slots.free(false, Instant::now()) / due.len()).max(1);
        let mut took = false;
        for endpoint in due {
            let now = Instant::now();
            let most = share.min(self.slots.free(endpoint.failing, now));
            if most == 0 {
                continue;
            }
            let grace = self.options.grace;
            let claim = self
                .store
                .claim_webhook_deliveries(endpoint.id, most, grace);
            if let Some(claimed) = claim.await? {
                self.last = Some(endpoint);
                took = true;
                self.send(endpoint, claimed);
            }
        }
        Ok(took)
    }

    fn send(&mut self, endpoint: DueEndpoint, claimed: ClaimedDeliveries) {
        let open = |sealed: &Vec<u8>| {
            let opened = (self.options.open_secret)(endpoint.id, sealed);
            if opened.is_none() {
                tracing::error!(endpoint.id = %endpoint.id, "a webhook secret cannot be read");
            }
            opened
        };
        let target = Arc::new(Target {
            secrets: claimed.secrets.iter().filter_map(open).collect(),
            url: claimed.url,
            timeout: claimed.timeout,
        });
        for delivery in claimed.deliveries {
            let begun = Instant::now();
            self.slots.begin(delivery.id, endpoint.failing, begun);
            let (store, metrics) = (self.store.clone(), self.metrics.clone());
            let (options, target) = (Arc::clone(&self.options), Arc::clone(&target));
            let ended = self.ended.clone();
            let span = traced::begin(&self.traces, &delivery, &target);
            let deliver = async move {
                let made = send::attempt(&store, &options, &target, &delivery).await;
                traced::end(&made);
                note(&store, &metrics, &delivery, made).await;
                // A dispatcher that is gone needs no slots.
                let _ = ended.send(delivery.id);
            };
            self.tasks.spawn(deliver.instrument(span));
        }
        self.metrics.set_webhooks_in_flight(self.slots.len());
    }
}

/// Tells the store, a few times if the database has no time for it and nobody else has the delivery:
/// that many attempts ended at once is no reason to make them again.
async fn finish(
    store: &Store,
    delivery: &ClaimedDelivery,
    made: &AttemptMade,
) -> Result<(Finished, Option<PauseReason>), StoreError> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..TOLD_AT_MOST {
        match store.finish_webhook_attempt(delivery, made.clone()).await {
            Err(StoreError::Unavailable(_)) if store.clock().now() < delivery.lease_until => {}
            finished => return finished,
        }
        sleep(pause.mul_f64(fastrand::f64().mul_add(0.5, 0.5))).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
    store.finish_webhook_attempt(delivery, made.clone()).await
}

/// Writes down what came of an attempt. If that fails to the end, the attempt counts as one whose process
/// ended: the delivery is sent again.
async fn note(store: &Store, metrics: &Metrics, delivery: &ClaimedDelivery, made: AttemptMade) {
    let finished = match finish(store, delivery, &made).await {
        Ok((finished, paused)) => {
            if let Some(reason) = paused {
                metrics.webhook_endpoint_paused();
                tracing::error!(
                    endpoint.id = %delivery.endpoint_id,
                    reason = reason.as_str(),
                    "a webhook endpoint was paused: nothing is sent to it until it is resumed"
                );
            }
            finished
        }
        Err(error) => {
            let error = chain(&error);
            tracing::warn!(error, delivery.id = %delivery.id, "an attempt was not written down");
            return;
        }
    };
    metrics.webhook_attempted(match finished {
        Finished::Delivered => WebhookOutcome::Delivered,
        Finished::Retry => WebhookOutcome::Failed,
        Finished::GivenUp => WebhookOutcome::GivenUp,
        Finished::Lost => WebhookOutcome::Lost,
    });
    if finished == Finished::Delivered {
        let now = store.clock().now();
        metrics.webhook_delivered(now.since(delivery.occurred_at));
    }
}
