//! Secrets that must be read back, encrypted with a key that is not in the database.
//!
//! ```text
//! 0x01 │ nonce, 12 bytes │ AES-256-GCM ciphertext │ tag, 16 bytes
//! ```
//!
//! The nonce is random. That is sound for about 2³² seals with one key, far beyond the number of
//! login providers that will ever be configured. The first byte is the version of this layout, so
//! that a later one can stand beside it. Purpose and owner ([`SealedFor`]) are bound as associated
//! data: a value that somebody copies into another row, or into another column, does not open.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::TryCryptoRng;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{CursorKey, RandomSourceError};

const KEY_BYTES: usize = 32;
const VERSION: u8 = 1;

/// A text that is not a sealing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not 32 bytes in base64; `openssl rand -base64 32` makes such a key")]
pub struct SealingKeyError;

/// A secret could not be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret could not be encrypted")]
pub struct SealError;

/// Sealed bytes that do not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Too short, or of a layout that this release does not know.
    #[error("a stored secret has a layout that this release cannot read")]
    Layout,
    /// Another key sealed them, or they were changed or moved to another row.
    #[error("a stored secret cannot be decrypted: is it the secret key that it was stored with?")]
    Refused,
}

/// What a sealed value is and whose it is. Both must be the same at sealing and at opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedFor<'a> {
    /// Which secret this is, such as `oidc_client_secret`.
    pub purpose: &'static str,
    /// The id of the row that it belongs to.
    pub id: &'a str,
}

impl SealedFor<'_> {
    /// The associated data. The zero byte keeps (`a`, `bc`) and (`ab`, `c`) apart.
    fn associated_data(self) -> Aad<Vec<u8>> {
        let parts: [&[u8]; 4] = [
            &[VERSION],
            self.purpose.as_bytes(),
            &[0],
            self.id.as_bytes(),
        ];
        Aad::from(parts.concat())
    }
}

/// The key that seals and opens.
pub struct SealingKey {
    cipher: RandomizedNonceKey,
    cursors: CursorKey,
}

impl SealingKey {
    /// Reads a key from its base64 text (32 bytes, standard alphabet), as the configuration has it.
    ///
    /// # Errors
    ///
    /// [`SealingKeyError`] if the text is anything else.
    pub fn from_base64(text: &SecretString) -> Result<Self, SealingKeyError> {
        let bytes = STANDARD.decode(text.expose_secret().trim());
        let bytes = Zeroizing::new(bytes.map_err(|_| SealingKeyError)?);
        // The length is checked by the cipher.
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| SealingKeyError)?;
        let cursors = CursorKey::derived_from(&bytes);
        Ok(Self { cipher, cursors })
    }

    /// The key for what clients carry. Every replica that has this key has that one too.
    #[must_use]
    pub const fn cursors(&self) -> &CursorKey {
        &self.cursors
    }

    /// The base64 text of a new key, to be stored outside the database.
    ///
    /// # Errors
    ///
    /// [`RandomSourceError`] if `rng`, which is `rand::rngs::SysRng` outside tests, fails.
    pub fn generate<R: TryCryptoRng>(rng: &mut R) -> Result<SecretString, RandomSourceError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rng.try_fill_bytes(bytes.as_mut_slice())
            .map_err(RandomSourceError::new)?;
        Ok(SecretString::from(STANDARD.encode(bytes.as_slice())))
    }

    /// Encrypts a secret for one row.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the cipher fails, which takes a broken random generator.
    pub fn seal(&self, secret: &SecretString, owner: SealedFor<'_>) -> Result<Vec<u8>, SealError> {
        let mut body = Zeroizing::new(secret.expose_secret().as_bytes().to_vec());
        let (nonce, tag) = self
            .cipher
            .seal_in_place_separate_tag(owner.associated_data(), &mut body)
            .map_err(|_| SealError)?;
        Ok([&[VERSION], nonce.as_ref().as_slice(), &body, tag.as_ref()].concat())
    }

    /// Decrypts what [`Self::seal`] made for the same row.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; a wrong key and a changed value look alike.
    pub fn open(&self, sealed: &[u8], owner: SealedFor<'_>) -> Result<SecretString, OpenError> {
        let (version, rest) = sealed.split_first().ok_or(OpenError::Layout)?;
        if *version != VERSION {
            return Err(OpenError::Layout);
        }
        let (nonce, body) = rest
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(OpenError::Layout)?;
        let mut body = Zeroizing::new(body.to_vec());
        let plain = self
            .cipher
            .open_in_place(Nonce::from(nonce), owner.associated_data(), &mut body)
            .map_err(|_| OpenError::Refused)?;
        let text = std::str::from_utf8(plain).map_err(|_| OpenError::Layout)?;
        Ok(SecretString::from(text))
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::SysRng;

    use super::*;

    const OWNER: SealedFor<'static> = SealedFor {
        purpose: "oidc_client_secret",
        id: "sso_1",
    };

    fn key() -> SealingKey {
        SealingKey::from_base64(&SealingKey::generate(&mut SysRng).unwrap()).unwrap()
    }

    fn secret() -> SecretString {
        SecretString::from("s3cret-of-the-idp")
    }

    #[test]
    fn what_was_sealed_opens() {
        let key = key();
        let sealed = key.seal(&secret(), OWNER).unwrap();
        let opened = key.open(&sealed, OWNER).unwrap();
        assert_eq!(opened.expose_secret(), secret().expose_secret());
    }

    #[test]
    fn an_empty_secret_opens_too() {
        let key = key();
        let sealed = key.seal(&SecretString::from(""), OWNER).unwrap();
        assert_eq!(sealed.len(), 1 + 12 + 16);
        assert_eq!(key.open(&sealed, OWNER).unwrap().expose_secret(), "");
    }

    #[test]
    fn the_key_survives_its_text_form() {
        let text = SealingKey::generate(&mut SysRng).unwrap();
        let sealed = SealingKey::from_base64(&text)
            .and_then(|key| key.seal(&secret(), OWNER).map_err(|_| SealingKeyError))
            .unwrap();
        let again = SealingKey::from_base64(&text).unwrap();
        assert!(again.open(&sealed, OWNER).is_ok());
    }

    #[test]
    fn the_same_secret_is_never_sealed_to_the_same_bytes() {
        let key = key();
        let first = key.seal(&secret(), OWNER).unwrap();
        assert_ne!(first, key.seal(&secret(), OWNER).unwrap());
    }

    #[test]
    fn a_value_moved_to_another_row_or_purpose_does_not_open() {
        let key = key();
        let sealed = key.seal(&secret(), OWNER).unwrap();
        let elsewhere = [
            SealedFor {
                id: "sso_2",
                ..OWNER
            },
            SealedFor {
                purpose: "webhook_secret",
                ..OWNER
            },
            SealedFor {
                purpose: "oidc_client_secrets",
                id: "so_1",
            },
        ];
        for owner in elsewhere {
            assert_eq!(key.open(&sealed, owner).unwrap_err(), OpenError::Refused);
        }
    }

    #[test]
    fn another_key_does_not_open_it() {
        let sealed = key().seal(&secret(), OWNER).unwrap();
        assert_eq!(key().open(&sealed, OWNER).unwrap_err(), OpenError::Refused);
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let key = key();
        let sealed = key.seal(&secret(), OWNER).unwrap();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(key.open(&changed, OWNER).is_err(), "byte {place}");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let key = key();
        let sealed = key.seal(&secret(), OWNER).unwrap();
        for length in 0..sealed.len() {
            assert!(
                key.open(&sealed[..length], OWNER).is_err(),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn a_layout_of_a_later_release_is_named_as_such() {
        let error = key().open(&[2; 40], OWNER).unwrap_err();
        insta::assert_snapshot!(error, @"a stored secret has a layout that this release cannot read");
    }

    #[test]
    fn only_32_bytes_of_base64_are_a_key() {
        for text in ["", "not base64!", "c2hvcnQ=", &"A".repeat(88)] {
            let error = SealingKey::from_base64(&SecretString::from(text)).unwrap_err();
            assert_eq!(error, SealingKeyError, "{text}");
        }
    }

    #[test]
    fn debug_hides_the_key() {
        assert_eq!(format!("{:?}", key()), "SealingKey(***)");
    }
}
