//! What the manual promises by its form: links lead somewhere, every page is in the book, and code is
//! what it says it is.
//!
//! Commands that are to be copied are run in `crates/rollcall/tests/it/walks.rs`, which has the program.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod book;
mod code;
mod links;

/// Fails with all that was found, so that one run shows all there is to do.
fn none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
