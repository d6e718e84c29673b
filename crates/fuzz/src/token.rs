//! The text of SCIM tokens and API keys.

use rollcall_orgs::secret::{ApiKeySecret, ScimTokenSecret};

/// Looks whether a text has the shape of a token.
///
/// # Panics
///
/// If a text has the shape of both kinds, or what is shown of a token is not its beginning or more
/// than a small part of it.
pub fn token(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    let scim = ScimTokenSecret::parse(text)
        .ok()
        .map(|token| token.prefix().to_owned());
    let key = ApiKeySecret::parse(text)
        .ok()
        .map(|token| token.prefix().to_owned());
    assert!(scim.is_none() || key.is_none());
    for shown in [scim, key].into_iter().flatten() {
        assert!(text.starts_with(&shown));
        assert!(shown.len() < text.len() / 4);
    }
}
