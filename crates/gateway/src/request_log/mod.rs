//! The request log on its way to the database.
//!
//! A request leaves what it has at hand anyway: the head of its line, its query string, and the bytes
//! of its bodies, which are shared and not copied unless they are long. Everything that costs time
//! (reading JSON, hiding what is not kept, writing) is done later, in batches, beside the requests.
//!
//! ```text
//! capture ─► sampling ─► waiting (bounded in lines and bytes) ─► masking ─► the database
//! ```

pub(crate) mod capture;
pub(crate) mod masking;
pub(crate) mod sampling;
pub(crate) mod upkeep;

use std::time::Duration;

use rollcall_model::LoggedContent;
use rollcall_store::LoggedRequest;

pub(crate) use capture::Captured;

/// What the request log keeps, for how long, and of which requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLogSettings {
    /// Whether any request is kept.
    pub enabled: bool,
    /// Of which requests bodies are kept, where a connection does not say. The values in filters are
    /// kept with [`LoggedContent::All`] alone.
    pub content: LoggedContent,
    /// Attributes whose values are kept of no request, in the notation of filters. `password` and the
    /// sensitive attributes of the connection are never kept.
    pub masked_attributes: Vec<String>,
    /// How long a line is kept.
    pub retention: Duration,
    /// How much the log of one connection may take, in bytes.
    pub max_bytes: u64,
    /// How many successes of one kind in a minute have a line each.
    pub sample_above: u32,
    /// Beyond that, one line stands for up to so many of them; 1: each has its own.
    pub sample_every: u32,
}

impl Default for RequestLogSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            content: LoggedContent::Failures,
            masked_attributes: Vec::new(),
            retention: Duration::from_hours(7 * 24),
            max_bytes: 64 * 1024 * 1024,
            sample_above: 120,
            sample_every: 10,
        }
    }
}

/// A line as the request left it.
pub(crate) struct Draft {
    /// All but what the masks are for.
    pub(crate) request: LoggedRequest,
    /// What was said.
    pub(crate) captured: Captured,
}

impl Draft {
    /// About what it takes in memory, in bytes.
    pub(crate) fn weight(&self) -> usize {
        const HEAD: usize = 400;
        let detail = self.request.detail.as_ref().map_or(0, String::len);
        HEAD + self.request.route.len() + detail + self.captured.weight()
    }
}
