//! Where something stands in a file, and what is wrong with it there.

use std::fmt;
use std::ops::Range;

/// A line and a column, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Finds lines by bytes.
pub(crate) struct Lines<'a> {
    text: &'a str,
    /// The byte that each line begins with.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(after_breaks).collect(),
        }
    }

    /// The place of the first byte of a span.
    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        let line = self.starts.partition_point(|start| *start <= span.start);
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let before = self.text.get(start..span.start).unwrap_or_default();
        Place {
            line,
            column: before.chars().count() + 1,
        }
    }
}

/// What is wrong with a file. It quotes no line: who mistypes a key may have written a secret behind it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}{}: {reason}", at(.path))]
pub struct FileError {
    /// Where.
    pub place: Place,
    /// Inside of what: `organizations.scim_connections.settings`. Empty at the top.
    pub path: String,
    /// What is wrong, and what to do.
    pub reason: String,
}

fn at(path: &str) -> String {
    if path.is_empty() {
        return String::new();
    }
    format!(", in `{path}`")
}

impl FileError {
    pub(crate) fn new(place: Place, path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            place,
            path: path.into(),
            reason: reason.into(),
        }
    }

    /// What the reader of TOML found.
    pub(crate) fn of_toml(mut error: toml::de::Error, lines: &Lines<'_>) -> Self {
        let place = error.span().map(|span| lines.place(&span));
        // Without the text, its own words end with the keys that lead there, and quote nothing.
        error.set_input(None);
        let said = error.to_string();
        let path = said
            .lines()
            .last()
            .and_then(|line| line.strip_prefix("in `")?.strip_suffix('`'));
        let reason = error.message();
        let reason = match hint(reason) {
            Some(hint) => format!("{reason}. {hint}"),
            None => reason.to_owned(),
        };
        Self::new(place.unwrap_or_default(), path.unwrap_or_default(), reason)
    }
}

/// What to do instead of what people are likely to try.
fn hint(reason: &str) -> Option<&'static str> {
    let unknown = |field: &str| reason.starts_with(&format!("unknown field `{field}`"));
    if unknown("client_secret") {
        return Some(
            "A file holds no secret: name the variable or file that does, with \
             `client_secret_from_env` or `client_secret_from_file`",
        );
    }
    if unknown("id") || unknown("sso_connection_id") {
        return Some("Things have names in a file, and no ids");
    }
    if unknown("secret") || unknown("token") || unknown("tokens") {
        return Some(
            "A file holds no secret; tokens and webhook secrets are made by the API or the console",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters() {
        let text = "a = 1\nü = ß = 2";
        let at = text.rfind('=').unwrap();
        let place = Lines::of(text).place(&(at..at + 1));
        assert_eq!(place, Place { line: 2, column: 7 });
        assert_eq!(Lines::of("").place(&(0..0)), Place { line: 1, column: 1 });
    }
}
