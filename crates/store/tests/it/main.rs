//! The store on SQLite and on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod at_once;
mod attention;
mod audit;
mod census;
mod deep_pages;
mod directory;
mod feed;
mod filters;
mod fixture;
mod handles;
mod held_connections;
mod idempotency;
mod look_ups;
mod migrations;
mod page_sessions;
mod partitions;
mod portal;
mod rekey;
mod relay;
mod remembered;
mod requests;
mod roles;
mod server_check;
mod sorting;
mod tombstones;
mod walking;
