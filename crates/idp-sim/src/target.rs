//! Which endpoint to drive, and how hard.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::journal::Journal;
use crate::progress::Progress;
use crate::transport::RetryPolicy;

/// One SCIM endpoint and the token for it.
#[derive(Clone)]
pub struct Target {
    /// Absolute URL in front of `/Users`. A query is kept and repeated on every request, as
    /// Entra's tenant URL `…/scim?flag` asks for.
    pub base_url: String,
    /// Bearer token; never printed.
    pub token: String,
}

impl Target {
    /// An endpoint at `base_url`.
    pub fn new(base_url: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            token: token.into(),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("base_url", &self.base_url)
            .field("token", &"***")
            .finish()
    }
}

/// How a session behaves. `Options::default()` is a provider in no hurry, watched by nobody.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Requests under way at the same time. Default: 4.
    pub concurrency: NonZeroUsize,
    /// How long one request may take, its answer read. Default: 60 s, as Okta.
    pub timeout: Duration,
    /// Bytes of one answer; a longer one is a failure. Default: 16 MiB.
    pub max_answer_bytes: usize,
    /// What to do when the endpoint is busy or away.
    pub retry: RetryPolicy,
    /// Told about every step.
    pub progress: Option<&'a dyn Progress>,
    /// Told about every acknowledged write.
    pub journal: Option<&'a dyn Journal>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            concurrency: NonZeroUsize::MIN.saturating_add(3),
            timeout: Duration::from_secs(60),
            max_answer_bytes: 16 * 1024 * 1024,
            retry: RetryPolicy::default(),
            progress: None,
            journal: None,
        }
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("concurrency", &self.concurrency)
            .field("timeout", &self.timeout)
            .field("max_answer_bytes", &self.max_answer_bytes)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
