//! What the cookie of a session holds.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// How many random bytes are in it.
const BYTES: usize = 32;

/// 32 random bytes, as text. It has no `Debug`, so it cannot be logged by mistake.
pub(super) struct SessionSecret(Zeroizing<String>);

impl SessionSecret {
    /// A new one.
    ///
    /// # Errors
    ///
    /// The operating system gives no random bytes.
    pub(super) fn generate() -> Result<Self, String> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        SysRng
            .try_fill_bytes(&mut *bytes)
            .map_err(|reason| format!("no random bytes: {reason}"))?;
        Ok(Self(Zeroizing::new(
            URL_SAFE_NO_PAD.encode(bytes.as_slice()),
        )))
    }

    /// One that a browser sent; `None` if it cannot be one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().map(Zeroizing::new)?;
        (bytes.len() == BYTES).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_can_be_read_and_nothing_shorter() {
        let made = SessionSecret::generate().unwrap();
        let again = SessionSecret::parse(made.as_str()).unwrap();
        assert_eq!(made.digest(), again.digest());
        assert!(SessionSecret::parse(&made.as_str()[1..]).is_none());
        assert!(SessionSecret::parse("").is_none());
    }
}
