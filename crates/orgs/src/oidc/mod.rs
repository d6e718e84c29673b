//! Id tokens of OpenID Connect providers: are they genuine, and whom do they name?
//!
//! A token is believed if its provider signed it, for the client that the SSO connection names,
//! and it is valid now (OpenID Connect Core §3.1.3.7). What a token says of itself decides
//! nothing: the issuer comes from the SSO connection, the key from that issuer's own document, and
//! the algorithm from the key. So neither `alg: none` nor a public key used as an HMAC secret nor
//! a token of somebody else's issuer gets anywhere.
//!
//! | module | what it is |
//! | --- | --- |
//! | `token` | the text of a token, taken apart |
//! | `keys` | the keys of a provider, and what each may be used for |
//! | `provider` | the documents of a provider: fetched, remembered, refreshed |
//! | `claims` | what a genuine token must say |
//! | `code` | signing somebody in: where a browser is sent, and what it brings back |
//! | `refused` | why a token is not believed |

mod claims;
mod code;
mod keys;
mod provider;
mod refused;
mod token;

use std::sync::Arc;

use quick_cache::sync::Cache;
use rollcall_model::{Identity, OidcProvider, Timestamp};
use rollcall_outbound::Fetcher;

pub use claims::{Claims, DEFAULT_EXTERNAL_ID_CLAIM};
pub use code::{CodeClient, CodeFlow, CodeRefused};
pub use provider::{ProviderSummary, ProviderUnavailable};
pub use refused::IdTokenRefused;
pub use token::is_shaped_as_token;

use provider::{Issuer, Known};
use token::Token;

/// How many issuers a process remembers.
const REMEMBERED: usize = 10_000;

/// Verifies tokens of any provider. One for each process: it remembers the keys of providers.
pub struct OidcClients {
    fetcher: Fetcher,
    issuers: Cache<String, Arc<Issuer>>,
}

impl OidcClients {
    /// A verifier that remembers nothing yet.
    #[must_use]
    pub fn new(fetcher: Fetcher) -> Self {
        Self {
            fetcher,
            issuers: Cache::new(REMEMBERED),
        }
    }

    /// Verifies an id token of a provider, and reads whom it names.
    ///
    /// `nonce` is the one that the sign-in began with, if the caller knows it.
    ///
    /// # Errors
    ///
    /// Why the token is not believed, or why it cannot be verified now.
    pub async fn verify(
        &self,
        provider: &OidcProvider,
        id_token: &str,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<Identity, IdTokenRefused> {
        let (issuer, client_id) = (&provider.issuer, &provider.client_id);
        let claims = self.verify_id_token(issuer, client_id, id_token, nonce, now);
        Ok(claims
            .await?
            .identity(provider.external_id_claim.as_deref()))
    }

    /// Verifies an id token that an issuer made for a client, and returns what it says.
    async fn verify_id_token(
        &self,
        issuer: &str,
        client_id: &str,
        id_token: &str,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<Claims, IdTokenRefused> {
        let claims = self.signed_claims(issuer, id_token, now).await?;
        claims.check_audience(client_id)?;
        claims.check_authorized_party(client_id)?;
        claims.check_times(now)?;
        claims.check_id_token(nonce)?;
        Ok(claims)
    }

    /// Verifies any signed token of an issuer that is meant for `audience`, and returns what it says.
    ///
    /// # Errors
    ///
    /// Why the token is not believed, or why it cannot be verified now.
    pub async fn verify_jwt(
        &self,
        issuer: &str,
        audience: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<Claims, IdTokenRefused> {
        let claims = self.signed_claims(issuer, token, now).await?;
        claims.check_audience(audience)?;
        claims.check_times(now)?;
        Ok(claims)
    }

    /// Asks a provider for its documents again, whatever is remembered, and says what they hold.
    ///
    /// # Errors
    ///
    /// Why its keys cannot be had.
    pub async fn inspect(
        &self,
        issuer: &str,
        now: Timestamp,
    ) -> Result<ProviderSummary, ProviderUnavailable> {
        self.issuer(issuer).inspect(&self.fetcher, now).await
    }

    fn issuer(&self, url: &str) -> Arc<Issuer> {
        if let Some(issuer) = self.issuers.get(url) {
            return issuer;
        }
        let new = || Ok::<_, std::convert::Infallible>(Arc::new(Issuer::new(url)));
        match self.issuers.get_or_insert_with(url, new) {
            Ok(issuer) => issuer,
            Err(never) => match never {},
        }
    }

    /// The claims of a token that the issuer signed. Nothing but `iss` is looked at.
    async fn signed_claims(
        &self,
        issuer: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<Claims, IdTokenRefused> {
        let token = Token::parse(text)?;
        let claims = Claims::new(token.claims.clone());
        claims.check_issuer(issuer)?;
        let issuer = self.issuer(issuer);
        let known = issuer.known(&self.fetcher, now).await?;
        let verdict = match verified_by(&known, &token) {
            // The provider may have changed its keys since they were fetched.
            Err(IdTokenRefused::KeyUnknown) => {
                let newer = issuer.known_after(&known, &self.fetcher, now).await;
                verified_by(&newer, &token)
            }
            // A token that names no key may need one that was added since.
            Err(IdTokenRefused::Signature) if token.key_id.is_none() => {
                let newer = issuer.known_after(&known, &self.fetcher, now).await;
                verified_by(&newer, &token)
            }
            verdict => verdict,
        };
        verdict.map(|()| claims)
    }
}

fn verified_by(known: &Known, token: &Token<'_>) -> Result<(), IdTokenRefused> {
    keys::verify(&known.keys, token)
}
