//! A filter value without quotes, as Entra ID's documentation prints it.
//!
//! ```text
//! externalId eq jyoung
//! ```
//!
//! Taken for `eq` alone, and only if the word holds nothing that could be a quote or an
//! operator gone astray.

/// Whether the word may stand for a text of the same spelling.
pub(crate) fn is_text(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(char::is_alphanumeric)
        && chars.all(|char| char.is_alphanumeric() || "-_.@+%:#/".contains(char))
}
