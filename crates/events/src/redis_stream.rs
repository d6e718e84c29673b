//! The task that adds every event to a Redis stream.
//!
//! One process at a time does so; how far it is stands in the database, after Redis took it. So an
//! event is added at least once whatever is killed, and while Redis is away nothing waits but the
//! stream. It begins with the oldest event that is kept.

use std::error::Error;
use std::time::Duration;

use rollcall_metrics::Metrics;
use rollcall_model::Event;
use rollcall_replicas::{EventStream, StreamEntry};
use rollcall_store::{FeedQuery, Store};
use tokio::time::sleep;

use crate::patience::Patience;
use crate::stopping::Stopping;

/// How many events are added at once.
const AT_ONCE: u64 = 200;

/// For how long a process keeps the others from adding.
const HELD: Duration = Duration::from_secs(15);

/// How often it says that it still does, and how often the others ask.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What a step came to.
enum Step {
    /// There may be more to add.
    More,
    /// Everything up to here is in the stream.
    Done(u64),
    /// Another process adds.
    Elsewhere,
}

/// What adds to one stream.
pub(crate) struct RedisStream {
    store: Store,
    metrics: Metrics,
    stream: EventStream,
    /// The name under which the progress is kept.
    sink: String,
    /// What no other process is called.
    holder: String,
}

impl RedisStream {
    pub(crate) fn new(store: Store, metrics: Metrics, stream: EventStream) -> Self {
        Self {
            store,
            metrics,
            sink: format!("redis:{}", stream.key()),
            stream,
            holder: format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..)),
        }
    }

    /// Adds until the process ends.
    pub(crate) async fn run(self, mut stopping: Stopping) {
        let mut patience = Patience::new("events are not added to the Redis stream");
        let mut end = self.store.watch_feed();
        loop {
            let pause = match self.step().await {
                Ok(step) => {
                    patience.worked();
                    step
                }
                Err(error) => {
                    let pause = patience.failed(error.as_ref());
                    if stopping.unless(sleep(pause)).await.is_none() {
                        return;
                    }
                    continue;
                }
            };
            let woken = async {
                match pause {
                    Step::More => {}
                    Step::Elsewhere => sleep(LOOK_EVERY).await,
                    Step::Done(position) => {
                        let moved = end.wait_for(|end| *end > position);
                        // Whether it moved or the time is over: there is another look.
                        let _ = tokio::time::timeout(LOOK_EVERY, moved).await;
                    }
                }
            };
            if stopping.unless(woken).await.is_none() {
                // If not, the others wait a few seconds for it.
                let _ = self.store.release_sink(&self.sink, &self.holder).await;
                return;
            }
        }
    }

    async fn step(&self) -> Result<Step, Box<dyn Error + Send + Sync>> {
        let taken = self.store.take_sink(&self.sink, &self.holder, HELD).await?;
        let Some(position) = taken else {
            self.metrics.set_redis_stream_lag(0, Duration::ZERO);
            return Ok(Step::Elsewhere);
        };
        let query = FeedQuery {
            after: position,
            limit: AT_ONCE,
            ..FeedQuery::default()
        };
        let page = self.store.read_placed(&query).await?;
        if position < page.removed_to {
            let missed = page.removed_to - position;
            self.metrics.redis_stream_missed(missed);
            tracing::error!(
                stream = self.stream.key(),
                missed,
                "events were removed before they could be added to the Redis stream: whoever reads it \
                 has to begin again from a snapshot"
            );
        }
        if let Some(oldest) = page.events.first() {
            // Before it is added: while Redis is away, this is how long for.
            let age = self.store.clock().now().since(oldest.occurred_at);
            let lag = page.end.saturating_sub(position);
            self.metrics.set_redis_stream_lag(lag, age);
            let entries = page
                .events
                .iter()
                .map(entry)
                .collect::<Result<Vec<_>, _>>()?;
            let added = self.stream.add(&entries).await?;
            self.metrics.redis_stream_added(added);
        }
        if page.read_to > position {
            self.store
                .advance_sink(&self.sink, &self.holder, page.read_to)
                .await?;
        }
        if page.events.is_empty() {
            self.metrics.set_redis_stream_lag(0, Duration::ZERO);
            return Ok(Step::Done(page.read_to));
        }
        Ok(Step::More)
    }
}

fn entry(event: &Event) -> serde_json::Result<StreamEntry> {
    Ok(StreamEntry {
        position: event.position,
        id: event.id.to_string(),
        kind: event.kind.as_str().to_owned(),
        organization_id: event.organization_id.to_string(),
        event: serde_json::to_string(event)?,
    })
}
