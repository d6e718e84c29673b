//! When a task that meets an error tries again, and what it says.

use std::error::Error;
use std::time::Duration;

use rollcall_model::chain;

/// After a first failure.
const SHORTEST: Duration = Duration::from_millis(200);

/// However long it has lasted.
const LONGEST: Duration = Duration::from_secs(10);

/// One task's failures in a row: each waits longer than the one before, and only the first is told.
pub(crate) struct Patience {
    /// What does not work, for the log.
    what: &'static str,
    failures: u32,
}

impl Patience {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, failures: 0 }
    }

    /// It worked.
    pub(crate) fn worked(&mut self) {
        if self.failures > 0 {
            tracing::info!(failures = self.failures, "{}: works again", self.what);
        }
        self.failures = 0;
    }

    /// It failed. How long to wait until the next try: a little different for each process, so that
    /// they do not all come at once.
    pub(crate) fn failed(&mut self, error: &dyn Error) -> Duration {
        if self.failures == 0 {
            tracing::warn!(error = %chain(error), "{}: trying again until it works", self.what);
        } else {
            tracing::debug!(error = %chain(error), "{}: still failing", self.what);
        }
        let wait = SHORTEST
            .saturating_mul(1 << self.failures.min(6))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        wait.mul_f64(fastrand::f64().mul_add(0.5, 0.5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_a_bound_and_begins_anew_when_it_worked() {
        let mut patience = Patience::new("the test");
        let error = std::io::Error::other("away");
        let waits: Vec<_> = (0..20).map(|_| patience.failed(&error)).collect();
        assert!(waits[0] <= SHORTEST);
        assert!(waits[19] >= LONGEST / 2 && waits[19] <= LONGEST);
        patience.worked();
        assert!(patience.failed(&error) <= SHORTEST);
    }
}
