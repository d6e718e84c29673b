#![doc = include_str!("../README.md")]

mod patience;
mod redis_stream;
mod relay;
mod retention;
mod stopping;
pub mod webhooks;

use std::time::Duration;

use rollcall_metrics::Metrics;
use rollcall_metrics::traces::Traces;
use rollcall_replicas::EventStream;
use rollcall_store::Store;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::redis_stream::RedisStream;
use crate::stopping::Stop;
use crate::webhooks::WebhookOptions;

/// How long the end of a process waits for a task to finish its step.
const LAST_STEP: Duration = Duration::from_secs(5);

/// What the tasks are told.
#[derive(Clone, Default)]
pub struct EventsOptions {
    /// How long events are kept; `None`: for ever.
    pub retention: Option<Duration>,
    /// Where every event is added to.
    pub redis_stream: Option<EventStream>,
    /// How webhooks are sent; `None`: this process sends none.
    pub webhooks: Option<WebhookOptions>,
    /// Which of the work is recorded.
    pub traces: Traces,
}

/// The tasks of one process.
pub struct Events {
    stop: Stop,
    tasks: Vec<JoinHandle<()>>,
}

/// Begins the tasks. Must be called on the runtime that outlives all others.
#[must_use]
pub fn start(store: &Store, metrics: &Metrics, options: EventsOptions) -> Events {
    let stop = Stop::default();
    let traces = options.traces;
    let relaying = relay::run(store.clone(), traces.clone(), stop.signal());
    let mut tasks = vec![tokio::spawn(relaying)];
    if let Some(kept) = options.retention {
        let (store, metrics) = (store.clone(), metrics.clone());
        let removing = retention::run(store, metrics, kept, stop.signal());
        tasks.push(tokio::spawn(removing));
    }
    if let Some(stream) = options.redis_stream {
        let stream = RedisStream::new(store.clone(), metrics.clone(), stream);
        tasks.push(tokio::spawn(stream.run(stop.signal())));
    }
    if let Some(options) = options.webhooks {
        let sending = webhooks::run(
            store.clone(),
            metrics.clone(),
            options.clone(),
            traces,
            stop.signal(),
        );
        tasks.push(tokio::spawn(sending));
        let upkeep = webhooks::run_upkeep(store.clone(), metrics.clone(), options, stop.signal());
        tasks.push(tokio::spawn(upkeep));
    }
    Events { stop, tasks }
}

impl Events {
    /// Ends the tasks, each after the step it is in. To be called before the store is closed.
    pub async fn stop(mut self) {
        self.stop.now();
        for mut task in std::mem::take(&mut self.tasks) {
            if timeout(LAST_STEP, &mut task).await.is_err() {
                // Whatever it was in is undone by the database, or done again by another process.
                tracing::warn!("a task of the event feed did not end in time and was cut off");
                task.abort();
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
