//! The keys of a provider (RFC 7517), and what each may be used for.
//!
//! A key that says for which algorithm it is (`alg`) is used for that one only. One that does not,
//! as those of Entra ID, is used for those of its type and curve. Either way the token has no say.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use serde_json::Value;

use crate::oidc::refused::IdTokenRefused;
use crate::oidc::token::{self, Token};

/// How many keys a provider may publish.
pub(super) const MAX_KEYS: usize = 100;

/// The shortest RSA modulus that is accepted, in bytes (RFC 7518 §3.3).
const MIN_MODULUS: usize = 256;

/// A key that tokens may be verified with.
pub(super) struct ProviderKey {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

/// One key as it is published. Members that are of no use here are left out.
#[derive(Deserialize)]
struct Published {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a set that can verify tokens. Others are skipped: those for encryption, those of
/// kinds that are not known here, and those that cannot be read.
pub(super) fn usable(published: &[Value]) -> Vec<ProviderKey> {
    let read = |value: &Value| Published::deserialize(value).ok().and_then(usable_key);
    published.iter().filter_map(read).collect()
}

fn usable_key(key: Published) -> Option<ProviderKey> {
    let signs = key
        .purpose
        .as_deref()
        .is_none_or(|purpose| purpose == "sig");
    let verifies = |operations: &Vec<String>| operations.iter().any(|it| it == "verify");
    if !signs || !key.key_ops.as_ref().is_none_or(verifies) {
        return None;
    }
    let mut algorithms = of_type(&key.kty, key.crv.as_deref())?.to_vec();
    if let Some(name) = &key.alg {
        let only = token::algorithm(name)?;
        algorithms.retain(|algorithm| *algorithm == only);
    }
    if algorithms.is_empty() {
        return None;
    }
    Some(ProviderKey {
        key: decoding_key(&key)?,
        id: key.kid,
        algorithms,
    })
}

/// What keys of a type and curve may be used for.
fn of_type(kind: &str, curve: Option<&str>) -> Option<&'static [Algorithm]> {
    match (kind, curve) {
        ("RSA", _) => Some(&[
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
        ]),
        ("EC", Some("P-256")) => Some(&[Algorithm::ES256]),
        ("EC", Some("P-384")) => Some(&[Algorithm::ES384]),
        ("OKP", Some("Ed25519")) => Some(&[Algorithm::EdDSA]),
        _ => None,
    }
}

fn decoding_key(key: &Published) -> Option<DecodingKey> {
    match key.kty.as_str() {
        "RSA" => {
            let (n, e) = (key.n.as_deref()?, key.e.as_deref()?);
            let modulus = URL_SAFE_NO_PAD.decode(n).ok()?;
            let length = modulus.iter().skip_while(|byte| **byte == 0).count();
            if length < MIN_MODULUS {
                return None;
            }
            DecodingKey::from_rsa_components(n, e).ok()
        }
        "EC" => DecodingKey::from_ec_components(key.x.as_deref()?, key.y.as_deref()?).ok(),
        "OKP" => DecodingKey::from_ed_components(key.x.as_deref()?).ok(),
        _ => None,
    }
}

/// Verifies the signature of a token with the key that it names; if it names none, with each key
/// that may have made it.
pub(super) fn verify(keys: &[ProviderKey], token: &Token<'_>) -> Result<(), IdTokenRefused> {
    let named: Vec<_> = keys
        .iter()
        .filter(|key| token.key_id.is_none() || key.id == token.key_id)
        .collect();
    if named.is_empty() {
        return Err(IdTokenRefused::KeyUnknown);
    }
    let mut fitting = named
        .into_iter()
        .filter(|key| key.algorithms.contains(&token.algorithm))
        .peekable();
    if fitting.peek().is_none() {
        return Err(IdTokenRefused::Algorithm);
    }
    let message = token.message.as_bytes();
    let fits = fitting.any(|key| {
        crypto::verify(token.signature, message, &key.key, token.algorithm).unwrap_or(false)
    });
    if fits {
        Ok(())
    } else {
        Err(IdTokenRefused::Signature)
    }
}
