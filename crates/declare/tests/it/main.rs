//! Files that are applied to real gateways, and written from them.

#![expect(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod applied;
mod busy;
mod files;
mod generated;
mod installation;
mod random;
mod round_trip;
