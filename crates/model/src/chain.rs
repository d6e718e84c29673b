//! Errors in the log.

use std::error::Error;

/// An error with all its causes, on one line. For the log: causes may tell what nobody outside
/// should read.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
