//! A record of everything the endpoint said it had written.
//!
//! Made for a test that kills the server: whatever is in the journal must be there afterwards.

use std::time::Instant;

use crate::operation::Method;

/// One write that was answered 2xx, recorded after the whole answer was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Never [`Method::Get`].
    pub method: Method,
    /// Below the base URL, as sent: `/Users/2819c223-…`.
    pub path: String,
    /// Id of the resource: of the answer if it has one, else of the path.
    pub id: Option<String>,
    /// `ETag` of the answer, or its `meta.version`.
    pub etag: Option<String>,
    /// HTTP status, 200 to 299.
    pub status: u16,
    /// When the last byte of the answer was in.
    pub at: Instant,
}

/// Told about every acknowledged write. A closure will do; it must not block.
pub trait Journal: Send + Sync {
    /// The endpoint answered a write with 2xx.
    fn acknowledged(&self, write: Acknowledged);
}

impl<F: Fn(Acknowledged) + Send + Sync> Journal for F {
    fn acknowledged(&self, write: Acknowledged) {
        self(write);
    }
}
