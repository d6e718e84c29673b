//! Keys that sign, made for one test. They are not made by the library that verifies.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::merged;

/// What a key signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256.
    Es256,
    /// ECDSA on P-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// Its name in headers and keys (RFC 7518 §3.1).
    #[must_use]
    pub const fn algorithm(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

enum Pair {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A private key.
pub struct SigningKey {
    kind: KeyKind,
    id: String,
    pair: Pair,
}

impl SigningKey {
    /// Makes a key.
    ///
    /// # Panics
    ///
    /// If the system gives no random bytes.
    #[must_use]
    pub fn generate(kind: KeyKind, id: &str) -> Self {
        let rsa = |encoding| Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap(), encoding);
        let ec = |algorithm: &'static EcdsaSigningAlgorithm| {
            Pair::Ec(EcdsaKeyPair::generate(algorithm).unwrap())
        };
        let pair = match kind {
            KeyKind::Rs256 => rsa(&RSA_PKCS1_SHA256),
            KeyKind::Rs384 => rsa(&RSA_PKCS1_SHA384),
            KeyKind::Rs512 => rsa(&RSA_PKCS1_SHA512),
            KeyKind::Ps256 => rsa(&RSA_PSS_SHA256),
            KeyKind::Es256 => ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
            KeyKind::Es384 => ec(&ECDSA_P384_SHA384_FIXED_SIGNING),
            KeyKind::EdDsa => Pair::Ed(Ed25519KeyPair::generate().unwrap()),
        };
        Self {
            kind,
            id: id.to_owned(),
            pair,
        }
    }

    /// Its public part, as it is published. RSA keys do not say their algorithm, like those of
    /// Entra ID.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let algorithm = self.kind.algorithm();
        let common = json!({ "kid": self.id, "use": "sig" });
        let of_kind = match &self.pair {
            Pair::Rsa(pair, _) => json!({
                "kty": "RSA",
                "n": base64url(pair.public_key().modulus().big_endian_without_leading_zero()),
                "e": base64url(pair.public_key().exponent().big_endian_without_leading_zero()),
            }),
            Pair::Ec(pair) => {
                let (x, y) = halves(&pair.public_key().as_ref()[1..]);
                let curve = if self.kind == KeyKind::Es256 {
                    "P-256"
                } else {
                    "P-384"
                };
                json!({ "kty": "EC", "crv": curve, "alg": algorithm, "x": x, "y": y })
            }
            Pair::Ed(pair) => {
                let x = base64url(pair.public_key().as_ref());
                json!({ "kty": "OKP", "crv": "Ed25519", "alg": algorithm, "x": x })
            }
        };
        Value::Object(merged(common, of_kind))
    }

    /// Signs claims. `header` replaces and adds members of the header; `null` removes one.
    ///
    /// # Panics
    ///
    /// If the key cannot sign.
    #[must_use]
    pub fn sign(&self, claims: &Value, header: Value) -> String {
        let usual = json!({ "alg": self.kind.algorithm(), "kid": self.id, "typ": "JWT" });
        let message = message(&Value::Object(merged(usual, header)), claims);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
            Pair::Ec(pair) => {
                let signature = pair.sign(&random, message.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
            Pair::Ed(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", base64url(&signature))
    }
}

/// Two numbers of the same length, one after the other.
fn halves(bytes: &[u8]) -> (String, String) {
    let (x, y) = bytes.split_at(bytes.len() / 2);
    (base64url(x), base64url(y))
}

/// What is signed of a token.
pub(super) fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
