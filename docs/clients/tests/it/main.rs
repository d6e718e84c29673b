//! The clients of `docs/clients`, each in its language, beside a real gateway.
//!
//! A language that is not on this machine is left out; `scripts/run-tests` says so.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod breaking_off;
mod copies;
mod languages;
mod signatures;
