//! Access tokens: JWTs in the form of RFC 9068, signed with ES256 and with nothing else.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use quick_cache::sync::Cache;
use rollcall_model::{Credential, OauthClientId, OrgId, ScimConnectionId, Scopes, Timestamp};
use rollcall_store::{Store, StoreError, StoredCredential};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::keys::{Keys, PublicKey, SigningError};
use crate::secret::SealingKey;

/// The type in the header (RFC 9068 §2.1), by which no other JWT passes for an access token.
const TYPE: &str = "at+jwt";

/// No access token of ours is longer than this.
const MAX_BYTES: usize = 2_048;

/// How many tokens a process remembers that it has verified; about 4 MiB.
const REMEMBERED: usize = 20_000;

/// What a token says.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: OauthClientId,
    aud: String,
    iat: i64,
    exp: i64,
    jti: String,
    client_id: OauthClientId,
    scope: String,
    org_id: OrgId,
    scim_connection_id: ScimConnectionId,
}

/// An access token that was just made.
pub struct Issued {
    /// The token.
    pub text: String,
    /// How many seconds it lives.
    pub expires_in: u64,
    /// What it may do.
    pub scopes: Scopes,
}

/// An access token whose signature is ours, and what it says. It is not yet a permission.
pub(crate) struct Verified {
    pub(crate) client_id: OauthClientId,
    pub(crate) connection_id: ScimConnectionId,
    pub(crate) scopes: Scopes,
    pub(crate) expires_at: Timestamp,
}

/// What makes access tokens and reads them again.
pub struct AccessTokens {
    issuer: String,
    lifetime: Duration,
    keys: Keys,
    /// By SHA-256 of the text. What a token says does not change, so nothing here goes out of date.
    verified: Cache<[u8; 32], Arc<Verified>>,
}

/// Whether a text may be an access token, and not a SCIM token.
pub(crate) fn is_like_one(text: &str) -> bool {
    text.starts_with("eyJ") && text.bytes().filter(|byte| *byte == b'.').count() == 2
}

impl AccessTokens {
    /// `issuer` is the public URL of the installation, without a slash at the end.
    #[must_use]
    pub fn new(issuer: String, lifetime: Duration, replace_keys_after: Duration) -> Self {
        Self {
            issuer,
            lifetime,
            keys: Keys::new(replace_keys_after),
            verified: Cache::new(REMEMBERED),
        }
    }

    /// Whom a token of a connection is for: its endpoint.
    fn audience(&self, connection_id: ScimConnectionId) -> String {
        format!("{}/scim/v2/{connection_id}", self.issuer)
    }

    /// Gives a client a token with these of its scopes. For whoever has checked its secret.
    ///
    /// # Errors
    ///
    /// The database is not available, or the signing key of this installation cannot be used.
    pub async fn issue(
        &self,
        store: &Store,
        sealing_key: &SealingKey,
        client: &StoredCredential,
        scopes: Scopes,
    ) -> Result<Issued, SigningError> {
        let Credential::OauthClient(client_id) = client.credential else {
            return Err(SigningError::Crypto(
                "a SCIM token is given no access token",
            ));
        };
        let signer = self.keys.signer(store, sealing_key).await?;
        let issued_at = store.clock().now().unix_millis() / 1_000;
        let lifetime = self.lifetime.as_secs();
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: client_id,
            aud: self.audience(client.connection_id),
            iat: issued_at,
            exp: issued_at.saturating_add_unsigned(lifetime),
            jti: URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()),
            client_id,
            scope: scopes.names(),
            org_id: client.org_id(),
            scim_connection_id: client.connection_id,
        };
        let header = Header {
            typ: Some(TYPE.to_owned()),
            kid: Some(signer.id.to_string()),
            ..Header::new(Algorithm::ES256)
        };
        let text = jsonwebtoken::encode(&header, &claims, &signer.key)
            .map_err(|_| SigningError::Crypto("an access token could not be signed"))?;
        Ok(Issued {
            text,
            expires_in: lifetime,
            scopes,
        })
    }

    /// Reads a token that one of our keys has signed; `None` for any other text. Its end is left to
    /// the caller: it may be over.
    pub(crate) async fn verify(
        &self,
        store: &Store,
        text: &str,
    ) -> Result<Option<Arc<Verified>>, StoreError> {
        if text.len() > MAX_BYTES {
            return Ok(None);
        }
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        if let Some(known) = self.verified.get(&digest) {
            return Ok(Some(known));
        }
        let Some(key_id) = named_key(text) else {
            return Ok(None);
        };
        let Some(key) = self.keys.find(store, key_id).await? else {
            return Ok(None);
        };
        let verified = self.read(text, &key).map(Arc::new);
        if let Some(verified) = &verified {
            self.verified.insert(digest, Arc::clone(verified));
        }
        Ok(verified)
    }

    fn read(&self, text: &str, public_key: &[u8]) -> Option<Verified> {
        // The algorithm is ours to say, whatever the header says.
        let mut rules = Validation::new(Algorithm::ES256);
        // By the clock of the store, and at each use.
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.set_issuer(&[&self.issuer]);
        let key = DecodingKey::from_ec_der(public_key);
        let claims: Claims = jsonwebtoken::decode(text, &key, &rules).ok()?.claims;
        let fits = claims.aud == self.audience(claims.scim_connection_id)
            && claims.sub == claims.client_id;
        let expires_at = Timestamp::from_unix_micros(claims.exp.checked_mul(1_000_000)?);
        fits.then_some(Verified {
            client_id: claims.client_id,
            connection_id: claims.scim_connection_id,
            // What a later release may have written besides allows nothing here.
            scopes: Scopes::from_stored(&claims.scope),
            expires_at,
        })
    }

    /// The keys that tokens of this installation can be checked with (RFC 7517).
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn public_keys(&self, store: &Store) -> Result<Vec<PublicKey>, StoreError> {
        self.keys.public_keys(store).await
    }
}

/// The key that a token says it was signed with, if it says that it is one of ours.
fn named_key(text: &str) -> Option<rollcall_model::SigningKeyId> {
    let header = jsonwebtoken::decode_header(text).ok()?;
    let is_ours = header.alg == Algorithm::ES256 && header.typ.as_deref() == Some(TYPE);
    header.kid.filter(|_| is_ours)?.parse().ok()
}
