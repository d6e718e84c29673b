//! The token that shows that a form is one of the session that sends it.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What is authenticated. The secret serves for nothing else.
const PURPOSE: &[u8] = b"rollcall form";

fn key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

/// The token of a session: HMAC-SHA256 under the secret of its cookie.
pub(crate) fn token(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&key(secret), PURPOSE))
}

/// Whether it is the token of a session, compared in constant time.
pub(crate) fn is_token(secret: &str, given: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(given)
        .is_ok_and(|given| hmac::verify(&key(secret), PURPOSE, &given).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_session() {
        let own = token("one");
        assert!(is_token("one", &own));
        assert!(!is_token("two", &own));
        assert!(!is_token("one", ""));
        assert!(!is_token("one", &own[..own.len() - 1]));
    }
}
