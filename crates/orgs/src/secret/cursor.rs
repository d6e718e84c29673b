//! What a client carries for the server from one request to the next, and cannot read or change.
//!
//! ```text
//! base64url( 0x01 │ salt, 16 bytes │ nonce, 12 bytes │ AES-256-GCM ciphertext │ tag, 16 bytes )
//! ```
//!
//! Nothing is stored: whoever has the secret key of the installation opens it, so replicas need not
//! know of each other. The key of each text is derived anew from its random salt (HKDF-SHA-256), so
//! that no key seals more than one text and the number of texts is not bounded by their nonces, as
//! it would be with one key for all. What a text belongs to is bound as associated data: it does
//! not open for anything else.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::SealError;

const VERSION: u8 = 1;
const SALT_LEN: usize = 16;
const KEY_LEN: usize = 32;

/// The key that seals and opens what clients carry.
pub struct CursorKey {
    root: Prk,
}

impl CursorKey {
    /// The key that belongs to the secret key of an installation.
    pub(super) fn derived_from(secret_key: &[u8]) -> Self {
        let root = Salt::new(HKDF_SHA256, b"rollcall cursors").extract(secret_key);
        Self { root }
    }

    fn cipher(&self, salt: &[u8]) -> Option<RandomizedNonceKey> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        let info = [b"one text".as_slice(), salt];
        let derived = self.root.expand(&info, &AES_256_GCM).ok()?;
        derived.fill(key.as_mut_slice()).ok()?;
        RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).ok()
    }

    /// Seals what belongs to `owner`, as text of `A-Z`, `a-z`, `0-9`, `-` and `_`.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the random generator of the system fails.
    pub fn seal(&self, content: &[u8], owner: &[u8]) -> Result<String, SealError> {
        let mut salt = [0; SALT_LEN];
        rand::fill(&mut salt).map_err(|_| SealError)?;
        let mut body = content.to_vec();
        let (nonce, tag) = self
            .cipher(&salt)
            .ok_or(SealError)?
            .seal_in_place_separate_tag(bound(owner), &mut body)
            .map_err(|_| SealError)?;
        let parts: [&[u8]; 5] = [&[VERSION], &salt, nonce.as_ref(), &body, tag.as_ref()];
        let sealed = parts.concat();
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Self::seal`] made for the same owner; `None` for anything else.
    #[must_use]
    pub fn open(&self, text: &str, owner: &[u8]) -> Option<Vec<u8>> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (version, rest) = sealed.split_first()?;
        if *version != VERSION {
            return None;
        }
        let (salt, rest) = rest.split_first_chunk::<SALT_LEN>()?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut body = body.to_vec();
        let content = self
            .cipher(salt)?
            .open_in_place(Nonce::from(nonce), bound(owner), &mut body)
            .ok()?;
        Some(content.to_vec())
    }
}

fn bound(owner: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([&[VERSION], owner].concat())
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CursorKey {
        CursorKey::derived_from(&[7; 32])
    }

    #[test]
    fn what_was_sealed_opens_on_every_replica_and_for_its_owner_only() {
        let text = key().seal(b"after amy", b"acme").unwrap();
        assert_eq!(key().open(&text, b"acme").unwrap(), b"after amy");
        assert_eq!(key().open(&text, b"globex"), None);
        assert_eq!(CursorKey::derived_from(&[8; 32]).open(&text, b"acme"), None);
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let text = key().seal(b"after amy", b"acme").unwrap();
        let sealed = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for place in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[place / 8] ^= 1 << (place % 8);
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(key().open(&changed, b"acme"), None, "bit {place}");
        }
        for length in 0..text.len() {
            assert_eq!(key().open(&text[..length], b"acme"), None, "{length}");
        }
    }

    #[test]
    fn each_text_is_another_one_and_shows_nothing() {
        let first = key().seal(b"after amy", b"acme").unwrap();
        assert_ne!(first, key().seal(b"after amy", b"acme").unwrap());
        let sealed = URL_SAFE_NO_PAD.decode(&first).unwrap();
        assert!(!sealed.windows(3).any(|part| part == b"amy"));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        assert!(first.bytes().all(plain), "{first}");
    }

    #[test]
    fn debug_hides_the_key() {
        assert_eq!(format!("{:?}", key()), "CursorKey(***)");
    }
}
