//! An OpenID Connect provider of a test's own: discovery document, keys, and tokens of every kind,
//! genuine and forged. It counts who asks, and misbehaves when told to.

mod key;
mod server;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rollcall_model::Timestamp;
use serde_json::{Map, Value, json};

pub use key::{KeyKind, SigningKey};

use server::Server;

/// How long a token of [`OidcServer::id_token`] is valid, in seconds.
const VALID_SECONDS: i64 = 3_600;

/// What a provider does instead of its duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Its discovery document names another issuer.
    OtherIssuer,
    /// It answers every request with status 500.
    Fails,
    /// It answers with more than anybody should read.
    Endless,
    /// It takes connections and says nothing.
    Silent,
    /// It sends to an address in a private network.
    RedirectsInside,
    /// It answers with a web page.
    NotJson,
    /// It publishes no keys.
    NoKeys,
}

/// How often a provider was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetches {
    /// For its discovery document.
    pub discovery: usize,
    /// For its keys.
    pub keys: usize,
}

/// How a code was redeemed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redeemed {
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The form.
    pub form: HashMap<String, String>,
}

/// What the provider is at the moment.
#[derive(Default)]
struct State {
    /// Published; tokens are signed with the last one.
    keys: Vec<SigningKey>,
    keys_made: usize,
    misbehaviour: Option<Misbehaviour>,
    fetches: Fetches,
    /// What codes are good for: the answer to each, once.
    codes: HashMap<String, Value>,
    redeemed: Vec<Redeemed>,
    /// The claims of whoever is signed in at it, and as of when its tokens are.
    person: Option<(Value, Timestamp)>,
}

/// A provider on a free port of this machine. It stops when it is dropped.
pub struct OidcServer {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Default for OidcServer {
    fn default() -> Self {
        Self::start()
    }
}

impl OidcServer {
    /// Starts a provider with one ES256 key.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[must_use]
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let provider = Self {
            server: Server::start(Arc::clone(&state)),
            state,
        };
        provider.add_key(KeyKind::Es256);
        provider
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its issuer URL, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.server.url()
    }

    /// Publishes one more key, and signs with it from now on. Its `kid` is `key-<number>`.
    pub fn add_key(&self, kind: KeyKind) {
        let mut state = self.state();
        state.keys_made += 1;
        let key = SigningKey::generate(kind, &format!("key-{}", state.keys_made));
        state.keys.push(key);
    }

    /// Replaces every key by a new one of that kind.
    pub fn rotate(&self, kind: KeyKind) {
        self.state().keys.clear();
        self.add_key(kind);
    }

    /// Does something else than it should, until [`OidcServer::behave`].
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        self.state().misbehaviour = Some(misbehaviour);
    }

    /// Does as it should again.
    pub fn behave(&self) {
        self.state().misbehaviour = None;
    }

    /// How often it was asked so far.
    #[must_use]
    pub fn fetches(&self) -> Fetches {
        self.state().fetches
    }

    /// Has somebody signed in: `code` can be redeemed once from now on, for this id token.
    pub fn give_code(&self, code: &str, id_token: &str) {
        self.state().give_code(code, id_token);
    }

    /// Has browsers that come to its authorization endpoint sent back at once, as somebody with these
    /// claims. That endpoint is at another site than servers of tests are: at `localhost`.
    pub fn sign_in_as(&self, claims: Value, now: Timestamp) {
        self.state().person = Some((claims, now));
    }

    /// How codes were redeemed so far, good and bad ones.
    #[must_use]
    pub fn redeemed(&self) -> Vec<Redeemed> {
        self.state().redeemed.clone()
    }

    /// The published form of its newest key.
    ///
    /// # Panics
    ///
    /// If it has none.
    #[must_use]
    pub fn jwk(&self) -> Value {
        self.state().keys.last().unwrap().jwk()
    }

    /// What a right token of this provider says: `sub` is `person-1`, and it is valid from `now` on
    /// for an hour. `more` replaces and adds claims; `null` removes one.
    #[must_use]
    pub fn claims(&self, client_id: &str, now: Timestamp, more: Value) -> Value {
        claims(self.issuer(), client_id, now, more)
    }

    /// A genuine id token with these claims; see [`OidcServer::claims`].
    #[must_use]
    pub fn id_token(&self, client_id: &str, now: Timestamp, more: Value) -> String {
        self.sign(&self.claims(client_id, now, more), Value::Null)
    }

    /// Signs any claims with the newest key. `header` replaces and adds members of the header;
    /// `null` removes one.
    ///
    /// # Panics
    ///
    /// If it has no key.
    #[must_use]
    pub fn sign(&self, claims: &Value, header: Value) -> String {
        self.state().keys.last().unwrap().sign(claims, header)
    }
}

impl State {
    fn give_code(&mut self, code: &str, id_token: &str) {
        let answer = json!({
            "id_token": id_token,
            "access_token": "not-wanted",
            "token_type": "Bearer",
            "expires_in": VALID_SECONDS,
        });
        self.codes.insert(code.to_owned(), answer);
    }
}

fn claims(issuer: &str, client_id: &str, now: Timestamp, more: Value) -> Value {
    let seconds = now.unix_millis() / 1_000;
    let claims = json!({
        "iss": issuer,
        "aud": client_id,
        "sub": "person-1",
        "iat": seconds,
        "exp": seconds + VALID_SECONDS,
    });
    Value::Object(merged(claims, more))
}

/// A token that nobody signed: `alg` is `none`.
#[must_use]
pub fn unsigned(claims: &Value) -> String {
    format!("{}.", key::message(&json!({ "alg": "none" }), claims))
}

/// A token that is signed with a secret instead of a private key: `alg` is `HS256`.
#[must_use]
pub fn signed_with_secret(claims: &Value, kid: &str, secret: &[u8]) -> String {
    let message = key::message(&json!({ "alg": "HS256", "kid": kid }), claims);
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    let signature = aws_lc_rs::hmac::sign(&secret, message.as_bytes());
    format!("{message}.{}", key::base64url(signature.as_ref()))
}

/// Members of `more` over those of `base`; `null` removes one.
fn merged(base: Value, more: Value) -> Map<String, Value> {
    let mut members = base.as_object().cloned().unwrap_or_default();
    if let Value::Object(more) = more {
        members.extend(more);
    }
    members.retain(|_, value| !value.is_null());
    members
}
