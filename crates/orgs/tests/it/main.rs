//! What needs a server beside the crate.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod id_tokens;
mod providers;
