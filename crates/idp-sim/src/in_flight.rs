//! A bounded number of steps at the same time.
//!
//! `StreamExt::buffer_unordered` over borrowed items makes a future that the compiler cannot prove
//! to be `Send`; pushing one future after the other does not.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

/// Steps under way, at most `limit` of them, and what the finished ones gave.
pub(crate) struct InFlight<F: Future> {
    limit: usize,
    running: FuturesUnordered<F>,
    finished: Vec<F::Output>,
}

impl<F: Future> InFlight<F> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            running: FuturesUnordered::new(),
            finished: Vec::new(),
        }
    }

    /// Waits for a free place, then begins a step.
    pub(crate) async fn begin(&mut self, step: F) {
        while self.running.len() >= self.limit {
            self.finished.extend(self.running.next().await);
        }
        self.running.push(step);
    }

    /// Waits for every step; what they gave comes in the order they finished.
    pub(crate) async fn finish(mut self) -> Vec<F::Output> {
        while let Some(output) = self.running.next().await {
            self.finished.push(output);
        }
        self.finished
    }
}
