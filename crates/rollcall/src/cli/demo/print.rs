//! How the demo looks on the terminal: headed sections, one aligned row for each fact.

use std::fmt::Display;
use std::io;

use crate::output;

/// Begins a section.
pub(super) fn heading(title: impl Display) -> io::Result<()> {
    output::line(format_args!("\n{title}\n"))
}

/// A row of a section: who or what, and what there is to say.
pub(super) fn row(label: &str, text: impl Display) -> io::Result<()> {
    output::line(format_args!("  {label:<8} {text}"))
}

/// `1 thing`, `2 things`.
pub(super) fn count(number: impl TryInto<u64>, one: &str) -> String {
    match number.try_into() {
        Ok(1) => format!("1 {one}"),
        Ok(number) => format!("{number} {one}s"),
        Err(_) => format!("many {one}s"),
    }
}
