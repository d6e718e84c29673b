//! The pages over real HTTP, on SQLite and on PostgreSQL.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod browser;
mod connection;
mod issuer_sign_in;
mod organization;
mod organizations;
mod policy;
mod portal;
mod portal_isolation;
mod portal_visit;
mod signing_in;
mod webhooks;
