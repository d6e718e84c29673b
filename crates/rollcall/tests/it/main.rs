//! The binary, as a person at a terminal meets it.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod apply;
mod audit;
mod by_hand;
mod config;
mod demo;
mod doctor;
mod drain;
mod feed_under_fire;
mod generated;
mod installation;
mod management_oidc;
mod postgres;
mod probe;
mod redis;
mod reload;
mod rollcall;
mod secret_key;
mod serve;
mod sign_ins;
mod simulate;
mod tls;
mod traces;
mod walks;
