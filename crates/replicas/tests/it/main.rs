//! Replicas that share over a real Redis, and what becomes of them when it goes.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod counts;
mod event_stream;
mod fixture;
mod limits;
mod outages;
mod stale;
