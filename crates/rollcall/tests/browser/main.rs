//! The pages in Chromium: two journeys from their first click to their last, and every page under
//! the rules of accessibility and in pictures.
//!
//! A browser and axe-core have to be there; `scripts/install-browser` puts them there.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod accessibility;
mod chromium;
mod issuer_sign_in;
mod operator_journey;
mod pages;
mod pictures;
mod portal_journey;
#[path = "../it/rollcall.rs"]
#[expect(
    dead_code,
    reason = "these tests start the binary, and look at less of it"
)]
mod rollcall;
mod routes;
mod world;
