//! Webhooks: sends what is queued, and notes what came of it.
//!
//! One dispatcher in each process takes deliveries out of the queue and sends each in a task of its
//! own. Which process sends which is decided by the database (`rollcall_store::webhooks`); how many
//! at once, by `slots`. See docs/decisions/0022-webhook-queue.md.

mod dispatch;
mod retry;
mod send;
mod sign;
mod slots;
mod traced;
mod upkeep;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rollcall_model::WebhookEndpointId;
use rollcall_outbound::Fetcher;
use secrecy::SecretString;

pub(crate) use self::dispatch::run;
pub use self::sign::{MalformedSecret, sign};
pub(crate) use self::upkeep::run as run_upkeep;

/// Opens a sealed secret of an endpoint; `None` if it cannot be opened.
pub type OpenSecret = Arc<dyn Fn(WebhookEndpointId, &[u8]) -> Option<SecretString> + Send + Sync>;

/// How webhooks are sent.
#[derive(Clone)]
pub struct WebhookOptions {
    /// Makes the requests.
    pub fetcher: Fetcher,
    /// Opens secrets.
    pub open_secret: OpenSecret,
    /// How many requests of this process are on their way at once, those that stall not counted.
    pub concurrency: usize,
    /// After how long of nothing but failures an endpoint is paused.
    pub pause_after: Duration,
    /// How long deliveries that arrived are kept.
    pub keep_delivered: Duration,
    /// How long deliveries that were given up are kept.
    pub keep_failed: Duration,
    /// How long after the first attempt the second one comes; each one after waits four times as
    /// long.
    pub first_retry: Duration,
    /// The longest between two attempts.
    pub longest_retry: Duration,
    /// For how long a delivery is tried.
    pub give_up_after: Duration,
    /// How much longer than an endpoint's timeout an attempt may take before another process takes
    /// it over.
    pub grace: Duration,
}

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

impl WebhookOptions {
    /// What is good for most.
    #[must_use]
    pub fn new(fetcher: Fetcher, open_secret: OpenSecret) -> Self {
        Self {
            fetcher,
            open_secret,
            concurrency: 64,
            pause_after: Duration::from_secs(3 * DAY),
            keep_delivered: Duration::from_secs(7 * DAY),
            keep_failed: Duration::from_secs(30 * DAY),
            first_retry: Duration::from_secs(5),
            longest_retry: Duration::from_secs(4 * HOUR),
            give_up_after: Duration::from_secs(3 * DAY),
            grace: Duration::from_secs(30),
        }
    }
}

impl fmt::Debug for WebhookOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookOptions")
            .field("concurrency", &self.concurrency)
            .field("pause_after", &self.pause_after)
            .finish_non_exhaustive()
    }
}
