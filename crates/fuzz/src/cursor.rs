//! The cursors that clients carry from one page of a list to the next.

use std::sync::LazyLock;

use rollcall_orgs::secret::SealingKey;

/// A key that is no secret, and one cursor that was sealed with it, by another program.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const KNOWN: &str = include_str!("../../../fuzz/corpus/cursor/known");
const OWNER: &[u8] = b"owner";

/// Made once: a fuzzer asks a thousand times a second.
static KEYS: LazyLock<SealingKey> =
    LazyLock::new(|| SealingKey::from_base64(&KEY.into()).expect("the key is compiled in"));

/// Opens a text as a cursor, and what was sealed.
///
/// # Panics
///
/// If a text opens that this key did not seal, if a cursor opens for somebody else, or if what was
/// sealed does not come back.
pub fn cursor(input: &[u8]) {
    let keys = KEYS.cursors();
    if let Ok(text) = str::from_utf8(input) {
        assert_eq!(keys.open(text, OWNER).is_some(), text == KNOWN);
        assert_eq!(keys.open(text, b"somebody else"), None);
    }
    // Without random bytes nothing is sealed, which says nothing of the input.
    if let Ok(sealed) = keys.seal(input, OWNER) {
        assert_eq!(keys.open(&sealed, OWNER).as_deref(), Some(input));
        assert_eq!(keys.open(&sealed, b"somebody else"), None);
    }
}
