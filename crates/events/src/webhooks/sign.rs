//! Signatures of Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, with the bytes that the secret
//! is the base64 of.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// What the text of a secret begins with.
const PREFIX: &str = "whsec_";

/// A text that is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is `whsec_` and base64")]
pub struct MalformedSecret;

/// The value of `webhook-signature` for one secret. `timestamp` is in seconds.
///
/// # Errors
///
/// The secret is none.
pub fn sign(
    secret: &SecretString,
    id: &str,
    timestamp: i64,
    body: &str,
) -> Result<String, MalformedSecret> {
    let encoded = secret.expose_secret().strip_prefix(PREFIX);
    let bytes = STANDARD.decode(encoded.ok_or(MalformedSecret)?);
    let bytes = Zeroizing::new(bytes.map_err(|_| MalformedSecret)?);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
    let tag = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(tag.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the reference libraries of Standard Webhooks are tested with.
    #[test]
    fn the_published_test_vector_is_signed_as_published() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = sign(&secret, id, 1_614_265_330, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_of_another_form_signs_nothing() {
        for text in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64", ""] {
            let refused = sign(&SecretString::from(text), "evt_1", 1, "{}");
            assert_eq!(refused, Err(MalformedSecret), "{text}");
        }
    }
}
