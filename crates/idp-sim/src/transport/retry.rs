//! When to ask again.

use std::time::{Duration, Instant};

/// What to do when the endpoint is busy or away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries of one request that is answered 429 or 503, the first included. Default: 5.
    pub tries: u32,
    /// The longest `Retry-After` that is waited for; a longer one is a failure, because coming
    /// back early would only add load. Default: 60 s.
    pub longest_wait: Duration,
    /// How long an endpoint that cannot be reached is waited for. Default: 30 s.
    pub outage: Duration,
    /// Wait before the second try when the endpoint named none; doubled each time, up to 1 s or
    /// up to itself if that is longer. Default: 100 ms.
    pub first_backoff: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 5,
            longest_wait: Duration::from_secs(60),
            outage: Duration::from_secs(30),
            first_backoff: Duration::from_millis(100),
        }
    }
}

/// What to do after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Wait(Duration),
    GiveUp,
}

/// The tries of one request.
pub(super) struct Attempts {
    policy: RetryPolicy,
    busy: u32,
    backoff: Duration,
    unreachable_since: Option<Instant>,
}

impl Attempts {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self {
            policy,
            busy: 0,
            backoff: policy.first_backoff,
            unreachable_since: None,
        }
    }

    /// After an answer that is no 2xx. `Retry-After` as a date is taken as "not said".
    pub(super) fn after_status(&mut self, status: u16, retry_after: Option<&str>) -> Next {
        self.unreachable_since = None;
        self.busy += 1;
        if !matches!(status, 429 | 503) || self.busy >= self.policy.tries {
            return Next::GiveUp;
        }
        let named = retry_after
            .and_then(|text| text.trim().parse().ok())
            .map(Duration::from_secs);
        match named {
            Some(wait) if wait > self.policy.longest_wait => Next::GiveUp,
            Some(wait) => Next::Wait(wait),
            None => Next::Wait(self.next_backoff()),
        }
    }

    /// After a connection that failed or broke.
    pub(super) fn after_no_answer(&mut self) -> Next {
        let since = *self.unreachable_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= self.policy.outage {
            return Next::GiveUp;
        }
        Next::Wait(self.next_backoff())
    }

    fn next_backoff(&mut self) -> Duration {
        let now = self.backoff;
        let ceiling = self.policy.first_backoff.max(Duration::from_secs(1));
        self.backoff = (now * 2).min(ceiling);
        now
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Attempts, Next, RetryPolicy};

    #[test]
    fn a_busy_endpoint_is_asked_five_times_at_its_own_pace() {
        let mut attempts = Attempts::new(RetryPolicy::default());

        let next: Vec<Next> = (0..5)
            .map(|_| attempts.after_status(429, Some("7")))
            .collect();

        assert_eq!(next[..4], [Next::Wait(Duration::from_secs(7)); 4]);
        assert_eq!(next[4], Next::GiveUp);
    }

    #[test]
    fn the_back_off_doubles_up_to_a_second_when_no_time_is_named() {
        let mut attempts = Attempts::new(RetryPolicy {
            tries: 9,
            ..RetryPolicy::default()
        });

        let waits: Vec<Next> = (0..6).map(|_| attempts.after_status(503, None)).collect();

        assert_eq!(
            waits,
            [100, 200, 400, 800, 1000, 1000].map(|ms| Next::Wait(Duration::from_millis(ms)))
        );
    }

    #[test]
    fn a_refusal_is_not_repeated() {
        let mut attempts = Attempts::new(RetryPolicy::default());

        assert_eq!(attempts.after_status(400, None), Next::GiveUp);
    }

    #[test]
    fn nobody_waits_longer_than_allowed() {
        let mut attempts = Attempts::new(RetryPolicy::default());

        assert_eq!(attempts.after_status(503, Some("3600")), Next::GiveUp);
    }

    #[test]
    fn an_outage_ends_the_tries_when_its_time_is_over() {
        let policy = RetryPolicy {
            outage: Duration::ZERO,
            ..RetryPolicy::default()
        };

        assert_eq!(Attempts::new(policy).after_no_answer(), Next::GiveUp);
    }
}
