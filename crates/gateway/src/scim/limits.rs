//! Limits that a request can pass while it is read.

use super::failure::ScimFailure;

/// Refuses a list that is longer than it may be, with 413 naming the limit.
pub(super) fn check(what: &'static str, count: usize, limit: usize) -> Result<(), ScimFailure> {
    if count > limit {
        Err(ScimFailure::TooMany { what, limit })
    } else {
        Ok(())
    }
}
