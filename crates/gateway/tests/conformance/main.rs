//! The proofs of the conformance matrix (`docs/conformance.md`) over real HTTP, one module for
//! each of its parts. What another suite proves already is named there and not repeated here.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod fixture;
mod profiles;
mod read;
