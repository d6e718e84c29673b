//! Booleans as text: Entra ID without its SCIM 2.0 flag writes them with a capital letter.
//!
//! ```json
//! {"op": "Replace", "path": "active", "value": "False"}
//! ```
//!
//! Taking any non-empty text as true is how other servers left people enabled who had been
//! disabled. Only the two words are booleans; everything else stays an error. The same
//! client filters with `roles[primary eq "True"]`.

/// The boolean that the text spells, in any case.
pub(crate) fn read(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
