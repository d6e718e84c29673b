//! Tests of what carries the feed to others, against real servers.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod fixture;
mod receiver;
mod webhooks;
mod webhooks_busy;
mod webhooks_by_hand;
mod webhooks_order;
mod webhooks_refused;
