//! What may be written down of a request: bodies and filters without what must not be kept.
//!
//! A [`Mask`] knows attributes whose values are hidden, `password` always among them. It is made for
//! texts that nobody has checked: a body may be cut off, no SCIM message at all, or name its attributes
//! in any of the ways that clients have (a key, a dotted key, a URN, the path of an operation, the
//! `remove` of a value). Where it cannot tell what a value is of, it hides the value.

mod body;
mod filter;
mod text;

#[cfg(test)]
mod tests;

pub use body::{MaskedBody, NotJson};
pub use text::without_tokens;

/// What stands in the place of a value that is hidden.
pub const HIDDEN: &str = "***";

/// Attributes whose values are hidden, wherever they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// Each as its names from the outermost in, in lower case.
    paths: Vec<Vec<String>>,
}

impl Mask {
    /// A mask of `password` and of attributes in the notation of filters: `title`,
    /// `name.familyName`, `urn:…:User:employeeNumber`. The schema of a name is not looked at, so the
    /// attribute of that name is hidden in every schema.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let names = ["password"].into_iter().chain(names);
        let paths = names.map(segments).filter(|path| !path.is_empty());
        Self {
            paths: paths.collect(),
        }
    }

    /// Whether what stands at a path is hidden, or something that it stands in.
    fn hides(&self, path: &[String]) -> bool {
        self.paths
            .iter()
            .any(|hidden| path.windows(hidden.len()).any(|part| part == hidden))
    }

    /// The same of what a filter compares there: `emails eq …` is about `emails.value`.
    fn hides_compared(&self, path: &[String]) -> bool {
        let mut with_value = path.to_vec();
        with_value.push("value".to_owned());
        self.hides(&with_value)
    }
}

/// The names in a path, in lower case: without the schema, and without filters in brackets.
fn segments(path: &str) -> Vec<String> {
    let mut plain = String::with_capacity(path.len());
    let mut depth = 0_usize;
    for letter in path.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    let name = plain.rsplit(':').next().unwrap_or_default();
    name.split('.')
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect()
}
