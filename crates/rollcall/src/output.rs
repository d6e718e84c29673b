//! What a command answers, on standard output, and why it failed, on standard error.
//!
//! Only this module writes to either; log lines are the third thing, see `logging`.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anyhow::Error;

/// Writes one line, or several, and a line end.
///
/// # Errors
///
/// Standard output is closed or full.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Writes a text as it is.
///
/// # Errors
///
/// Standard output is closed or full.
pub(crate) fn text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes why a command failed: the error and everything beneath it, in one line.
///
/// Says nothing when the reader of the answer has left, as `head` does.
pub(crate) fn complain(error: &Error) {
    let reader_left = error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|cause| cause.kind() == ErrorKind::BrokenPipe)
    });
    if !reader_left {
        // Nobody is left to be told if this fails too.
        let _ = writeln!(io::stderr().lock(), "rollcall: {}", with_causes(error));
    }
}

/// Some errors repeat what is beneath them in their own text; those causes are said once.
fn with_causes(error: &Error) -> String {
    error
        .chain()
        .skip(1)
        .fold(error.to_string(), |said, cause| {
            let cause = cause.to_string();
            if said.ends_with(&cause) {
                said
            } else {
                format!("{said}: {cause}")
            }
        })
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let error = anyhow!("disk full")
            .context("cannot write: disk full")
            .context("not saved");
        assert_eq!(with_causes(&error), "not saved: cannot write: disk full");
    }
}
