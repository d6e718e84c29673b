//! The text of a token, taken apart (RFC 7515 §7.1). Nothing of it is believed here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::oidc::refused::IdTokenRefused;

/// The longest token that is read, in bytes.
pub(super) const MAX_BYTES: usize = 16 * 1024;

/// The algorithms that a token may be signed with. All have a public key; a secret that is shared
/// with the provider could sign tokens as well as verify them.
const ACCEPTED: &[(&str, Algorithm)] = &[
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
    ("Ed25519", Algorithm::EdDSA), // its name since RFC 9864
];

/// The accepted algorithm of that name.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    let accepted = ACCEPTED.iter().find(|(known, _)| *known == name);
    accepted.map(|(_, algorithm)| *algorithm)
}

/// Whether a text has the shape of a token, whatever it is worth: a header that is a JSON object, and
/// more behind a dot. No secret of ours has it.
#[must_use]
pub fn is_shaped_as_token(text: &str) -> bool {
    let Some((header, _)) = text.split_once('.').filter(|_| text.len() <= MAX_BYTES) else {
        return false;
    };
    json::<Map<String, Value>>(header, "").is_ok()
}

/// A token that could be read.
pub(super) struct Token<'text> {
    /// What is signed: header and claims, as they stand in the text.
    pub(super) message: &'text str,
    /// The signature, base64url.
    pub(super) signature: &'text str,
    /// The algorithm that it claims.
    pub(super) algorithm: Algorithm,
    /// The key that it claims.
    pub(super) key_id: Option<String>,
    /// What it claims of the person.
    pub(super) claims: Map<String, Value>,
}

/// What is read of a header. Keys inside it or behind a URL of it (`jwk`, `jku`, `x5c`, `x5u`) are
/// not: they would be the signer's own word for who he is.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'text> Token<'text> {
    pub(super) fn parse(text: &'text str) -> Result<Self, IdTokenRefused> {
        if text.len() > MAX_BYTES {
            return Err(IdTokenRefused::Malformed("it is longer than 16 KiB"));
        }
        let mut parts = text.split('.');
        let (header, claims, signature) =
            match (parts.next(), parts.next(), parts.next(), parts.count()) {
                (Some(header), Some(claims), Some(signature), 0) => (header, claims, signature),
                (_, _, _, 2) => {
                    return Err(IdTokenRefused::Malformed(
                        "it is encrypted; switch encryption of id tokens off at the provider",
                    ));
                }
                _ => return Err(IdTokenRefused::Malformed("it is not three parts with dots")),
            };
        let header: Header = json(header, "its header is not JSON in base64url")?;
        // RFC 7515 §4.1.11: what must be understood and is not, makes the token invalid.
        if header.crit.is_some() {
            return Err(IdTokenRefused::Malformed(
                "its header has critical extensions",
            ));
        }
        Ok(Self {
            message: &text[..text.len() - signature.len() - 1],
            signature,
            algorithm: algorithm(&header.alg).ok_or(IdTokenRefused::Algorithm)?,
            key_id: header.kid,
            claims: json(claims, "its claims are not a JSON object in base64url")?,
        })
    }
}

fn json<T: serde::de::DeserializeOwned>(
    part: &str,
    otherwise: &'static str,
) -> Result<T, IdTokenRefused> {
    let malformed = IdTokenRefused::Malformed(otherwise);
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(part) else {
        return Err(malformed);
    };
    serde_json::from_slice(&bytes).map_err(|_| malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_stray_texts_are_not_shaped_as_tokens() {
        // {"alg":"none"}, and the same with a space in front.
        for token in ["eyJhbGciOiJub25lIn0.e30.", "IHsiYWxnIjoibm9uZSJ9.e30.c2ln"] {
            assert!(is_shaped_as_token(token), "{token}");
        }
        let long = format!("eyJhbGciOiJub25lIn0.{}", "a".repeat(MAX_BYTES));
        for other in [
            "",
            "rck_4Vt8Zq",
            "rck_.e30.c2ln",
            "a.b.c",
            "eyJhbGciOiJub25lIn0",
            "MTI.e30.c2ln",
            &long,
        ] {
            assert!(!is_shaped_as_token(other), "{other}");
        }
    }
}
