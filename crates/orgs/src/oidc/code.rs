//! Signing somebody in by an authorization code (OpenID Connect Core §3.1), always with PKCE (RFC
//! 7636), `state` and `nonce`.
//!
//! What is redeemed here never reaches a browser: the code goes from this server to the token
//! endpoint, and of the answer only the id token is looked at. Access and refresh tokens that come
//! with it are dropped.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rollcall_model::Timestamp;
use rollcall_outbound::{FetchError, Post};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::oidc::provider::{Endpoints, ProviderUnavailable, shown};
use crate::oidc::{Claims, IdTokenRefused, OidcClients};

/// How much of an answer of a token endpoint is read.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// How long a token endpoint may take: a browser waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// This server as a client of an issuer.
#[derive(Clone, Copy)]
pub struct CodeClient<'c> {
    /// The issuer, as its tokens spell it.
    pub issuer: &'c str,
    /// Who this server is there.
    pub client_id: &'c str,
    /// What proves it; a client without one has PKCE alone.
    pub client_secret: Option<&'c SecretString>,
    /// Where browsers come back to.
    pub redirect_uri: &'c str,
}

/// What ties the parts of one sign-in together. None of it is told to anybody but as it has to be:
/// `state` and `nonce` to the issuer through the browser, the verifier to the issuer directly.
pub struct CodeFlow {
    /// Comes back with the code.
    pub state: String,
    /// Comes back in the id token.
    pub nonce: String,
    /// Shows that whoever redeems the code is who began (RFC 7636 §4.1).
    pub verifier: Zeroizing<String>,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum CodeRefused {
    /// The documents of the issuer cannot be had.
    #[error("the issuer cannot be asked: {0}")]
    Provider(#[from] ProviderUnavailable),
    /// Its discovery document names no place to sign in.
    #[error(
        "the issuer's discovery document names no `authorization_endpoint` and `token_endpoint` that \
         can be used"
    )]
    NoEndpoints,
    /// The token endpoint did not answer.
    #[error("the token endpoint of the issuer cannot be asked: {0}")]
    Unreachable(FetchError),
    /// The token endpoint took neither code nor client.
    #[error("the token endpoint of the issuer answered with status {status}: {error}")]
    Refused {
        /// The status.
        status: u16,
        /// The `error` that it gave, such as `invalid_grant`.
        error: String,
    },
    /// The token endpoint answered with something else.
    #[error("the answer of the issuer's token endpoint holds no `id_token`; is `openid` a scope?")]
    NoIdToken,
    /// The id token is not believed.
    #[error(transparent)]
    Token(#[from] IdTokenRefused),
}

impl CodeRefused {
    /// Whether it is the issuer that fails, so that trying again later may help.
    #[must_use]
    pub const fn is_of_issuer(&self) -> bool {
        match self {
            Self::Provider(_) | Self::NoEndpoints | Self::Unreachable(_) => true,
            Self::Refused { status, .. } => *status >= 500,
            Self::Token(reason) => matches!(reason, IdTokenRefused::ProviderUnavailable(_)),
            Self::NoIdToken => false,
        }
    }
}

/// What is read of an answer that is a success (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Redeemed {
    id_token: String,
}

/// What is read of one that is none (RFC 6749 §5.2).
#[derive(Deserialize)]
struct Failed {
    error: String,
}

impl OidcClients {
    /// Where a browser is sent to sign in.
    ///
    /// # Errors
    ///
    /// The documents of the issuer cannot be had, or name no place for it.
    pub async fn authorization_url(
        &self,
        client: CodeClient<'_>,
        scopes: &[String],
        flow: &CodeFlow,
        now: Timestamp,
    ) -> Result<Url, CodeRefused> {
        let endpoints = self.endpoints(client.issuer, now).await?;
        let url = Url::parse(&endpoints.authorization_endpoint);
        let mut url = url.map_err(|_| CodeRefused::NoEndpoints)?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(flow.verifier.as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client.client_id)
            .append_pair("redirect_uri", client.redirect_uri)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", &flow.state)
            .append_pair("nonce", &flow.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Redeems the code that a browser brought back, and returns what the id token says.
    ///
    /// # Errors
    ///
    /// The issuer does not answer or does not take the code, or its token is not believed.
    pub async fn redeem(
        &self,
        client: CodeClient<'_>,
        code: &str,
        flow: &CodeFlow,
        now: Timestamp,
    ) -> Result<Claims, CodeRefused> {
        let endpoints = self.endpoints(client.issuer, now).await?;
        let post = request(client, &endpoints, code, flow);
        let answer = self.fetcher.post(post).await;
        let answer = answer.map_err(CodeRefused::Unreachable)?;
        if answer.status != 200 {
            let told = serde_json::from_slice::<Failed>(&answer.body);
            return Err(CodeRefused::Refused {
                status: answer.status,
                error: told.map_or_else(|_| "no reason is given".to_owned(), |it| shown(&it.error)),
            });
        }
        let redeemed: Redeemed =
            serde_json::from_slice(&answer.body).map_err(|_| CodeRefused::NoIdToken)?;
        let (issuer, nonce) = (client.issuer, Some(flow.nonce.as_str()));
        let claims = self.verify_id_token(issuer, client.client_id, &redeemed.id_token, nonce, now);
        Ok(claims.await?)
    }

    async fn endpoints(&self, issuer: &str, now: Timestamp) -> Result<Endpoints, CodeRefused> {
        let known = self.issuer(issuer).known(&self.fetcher, now).await?;
        known.endpoints.clone().ok_or(CodeRefused::NoEndpoints)
    }
}

/// The request for tokens (RFC 6749 §4.1.3).
///
/// With a secret the client names itself in `Authorization`, as every issuer has to allow (§2.3.1),
/// or in the body if the issuer says that it takes it there only.
fn request<'e>(
    client: CodeClient<'_>,
    endpoints: &'e Endpoints,
    code: &str,
    flow: &CodeFlow,
) -> Post<'e> {
    let mut headers = vec![("accept", "application/json".to_owned())];
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", client.redirect_uri)
        .append_pair("code_verifier", &flow.verifier);
    match client.client_secret.map(ExposeSecret::expose_secret) {
        None => {
            body.append_pair("client_id", client.client_id);
        }
        Some(secret) if endpoints.takes_secrets_in_bodies_only() => {
            body.append_pair("client_id", client.client_id)
                .append_pair("client_secret", secret);
        }
        Some(secret) => headers.push(("authorization", basic(client.client_id, secret))),
    }
    Post {
        url: &endpoints.token_endpoint,
        content_type: "application/x-www-form-urlencoded",
        headers,
        body: body.finish(),
        total: PATIENCE,
        keep_bytes: MAX_ANSWER_BYTES,
    }
}

impl Endpoints {
    fn takes_secrets_in_bodies_only(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_deref();
        let takes = |name: &str| methods.is_some_and(|all| all.iter().any(|it| it == name));
        takes("client_secret_post") && !takes("client_secret_basic")
    }
}

fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = Zeroizing::new(format!("{}:{}", encoded(client_id), encoded(secret)));
    format!("Basic {}", STANDARD.encode(both.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(methods: Option<&[&str]>, secret: Option<&str>) -> (String, Vec<String>) {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let endpoints = Endpoints {
            authorization_endpoint: "https://login.example.com/authorize".to_owned(),
            token_endpoint: "https://login.example.com/token".to_owned(),
            token_endpoint_auth_methods_supported: methods.map(all),
        };
        let secret = secret.map(SecretString::from);
        let client = CodeClient {
            issuer: "https://login.example.com",
            client_id: "con sole",
            client_secret: secret.as_ref(),
            redirect_uri: "https://scim.example.com/console/sign-in/callback",
        };
        let flow = CodeFlow {
            state: "s".to_owned(),
            nonce: "n".to_owned(),
            verifier: Zeroizing::new("v".to_owned()),
        };
        let post = request(client, &endpoints, "a&b", &flow);
        let headers = post.headers.into_iter();
        (
            post.body,
            headers
                .map(|(name, value)| format!("{name}: {value}"))
                .collect(),
        )
    }

    #[test]
    fn a_client_shows_its_secret_where_the_issuer_takes_it() {
        let start = "grant_type=authorization_code&code=a%26b&redirect_uri=https%3A%2F%2Fscim.example.com%2Fconsole%2Fsign-in%2Fcallback&code_verifier=v";
        let accept = "accept: application/json".to_owned();
        let by_header = vec![
            accept.clone(),
            "authorization: Basic Y29uK3NvbGU6cyUzQWM=".to_owned(),
        ];
        let basic: &[&str] = &["client_secret_post", "client_secret_basic"];
        for methods in [None, Some(basic)] {
            let (body, headers) = sent(methods, Some("s:c"));
            assert_eq!((body.as_str(), headers), (start, by_header.clone()));
        }
        let (body, headers) = sent(Some(&["client_secret_post"]), Some("s:c"));
        assert_eq!(
            body,
            format!("{start}&client_id=con+sole&client_secret=s%3Ac")
        );
        assert_eq!(headers, [accept.as_str()]);
        let (body, headers) = sent(None, None);
        assert_eq!(body, format!("{start}&client_id=con+sole"));
        assert_eq!(headers, [accept.as_str()]);
    }
}
