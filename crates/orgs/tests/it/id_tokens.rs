//! Which id tokens are believed, and why the others are not.

use rollcall_model::{Identity, OidcProvider, Timestamp};
use rollcall_orgs::oidc::{IdTokenRefused, OidcClients};
use rollcall_outbound::{AllowedNetworks, Fetcher, Timeouts};
use rollcall_testkit::block_on;
use rollcall_testkit::oidc::{Fetches, KeyKind, OidcServer, signed_with_secret, unsigned};
use serde_json::{Value, json};

/// 2026-11-22T00:00:00Z.
const NOW: Timestamp = Timestamp::from_unix_micros(1_795_305_600_000_000);
const CLIENT: &str = "product";

fn seconds() -> i64 {
    NOW.unix_millis() / 1_000
}

/// A provider, and a verifier that may reach it.
struct Fixture {
    server: OidcServer,
    clients: OidcClients,
}

impl Fixture {
    fn new() -> Self {
        let allowed = AllowedNetworks::parse(&["127.0.0.1"]).unwrap();
        let fetcher = Fetcher::new(allowed, Timeouts::default()).unwrap();
        Self {
            server: OidcServer::start(),
            clients: OidcClients::new(fetcher),
        }
    }

    fn provider(&self) -> OidcProvider {
        OidcProvider {
            issuer: self.server.issuer().to_owned(),
            client_id: CLIENT.to_owned(),
            has_client_secret: false,
            external_id_claim: None,
        }
    }

    fn verify(&self, token: &str) -> Result<Identity, IdTokenRefused> {
        let provider = self.provider();
        block_on(self.clients.verify(&provider, token, None, NOW))
    }

    fn claims(&self, more: Value) -> Value {
        self.server.claims(CLIENT, NOW, more)
    }

    /// The stable name of why a genuine token with these claims is refused.
    fn refusal_of(&self, more: Value) -> &'static str {
        let token = self.server.id_token(CLIENT, NOW, more);
        self.refusal(&token)
    }

    fn refusal(&self, token: &str) -> &'static str {
        self.verify(token)
            .map_or_else(|refused| refused.code(), |_| "believed")
    }
}

#[test]
fn a_genuine_token_of_every_algorithm_is_believed() {
    let fixture = Fixture::new();
    for kind in KeyKind::ALL {
        // A provider of its own for each, because keys are fetched anew only now and then.
        let fixture = Fixture {
            server: OidcServer::start(),
            ..Fixture::new()
        };
        fixture.server.rotate(kind);
        let token = fixture.server.id_token(CLIENT, NOW, json!({}));
        let identity = fixture.verify(&token).unwrap();
        assert_eq!(identity.subject, "person-1", "{kind:?}");
    }
    assert_eq!(fixture.server.fetches(), Fetches::default());
}

#[test]
fn a_token_names_a_person() {
    let fixture = Fixture::new();
    let token = fixture.server.id_token(
        CLIENT,
        NOW,
        json!({ "email": "ada@acme.com", "email_verified": "true", "name": "Ada", "oid": "7" }),
    );
    let mut provider = fixture.provider();
    provider.external_id_claim = Some("oid".to_owned());
    let identity = block_on(fixture.clients.verify(&provider, &token, None, NOW)).unwrap();
    let expected = Identity {
        subject: "person-1".to_owned(),
        email: Some("ada@acme.com".to_owned()),
        email_verified: true,
        name: Some("Ada".to_owned()),
        external_id: Some("7".to_owned()),
    };
    assert_eq!(identity, expected);
}

#[test]
fn an_address_is_verified_only_if_the_provider_says_so() {
    let fixture = Fixture::new();
    let verified = |more: Value| {
        let token = fixture.server.id_token(CLIENT, NOW, more);
        fixture.verify(&token).unwrap().email_verified
    };
    assert!(verified(json!({ "email_verified": true })));
    assert!(verified(json!({ "xms_edov": 1 })));
    assert!(!verified(json!({})));
    assert!(!verified(json!({ "email_verified": false })));
    assert!(!verified(json!({ "email_verified": "no" })));
}

#[test]
fn a_token_for_somebody_else_is_refused() {
    let fixture = Fixture::new();
    let refusal = |more| fixture.refusal_of(more);
    assert_eq!(refusal(json!({ "aud": "another" })), "token_audience");
    assert_eq!(refusal(json!({ "aud": null })), "token_audience");
    assert_eq!(refusal(json!({ "aud": ["another"] })), "token_audience");
    assert_eq!(
        refusal(json!({ "aud": [CLIENT, "another"] })),
        "token_audience"
    );
    assert_eq!(refusal(json!({ "azp": "another" })), "token_audience");
    let several = json!({ "aud": [CLIENT, "another"], "azp": CLIENT });
    assert_eq!(refusal(several), "believed");
    assert_eq!(
        refusal(json!({ "iss": "https://evil.example" })),
        "token_issuer"
    );
    let slash = format!("{}/", fixture.server.issuer());
    assert_eq!(refusal(json!({ "iss": slash })), "token_issuer");
}

#[test]
fn a_token_of_the_provider_of_another_organization_is_refused() {
    let (acme, globex) = (Fixture::new(), Fixture::new());
    let honest = globex.server.id_token(CLIENT, NOW, json!({}));
    assert_eq!(acme.refusal(&honest), "token_issuer");
    // It claims to be of Acme's issuer, and is signed by that of Globex under the same key id.
    let lying = globex.server.sign(&acme.claims(json!({})), Value::Null);
    assert_eq!(acme.refusal(&lying), "token_signature");
}

#[test]
fn a_token_is_valid_for_its_time_and_a_minute_around_it() {
    let fixture = Fixture::new();
    let refusal = |more| fixture.refusal_of(more);
    assert_eq!(refusal(json!({ "exp": seconds() - 60 })), "token_expired");
    assert_eq!(refusal(json!({ "exp": seconds() - 59 })), "believed");
    assert_eq!(
        refusal(json!({ "nbf": seconds() + 61 })),
        "token_not_yet_valid"
    );
    assert_eq!(refusal(json!({ "nbf": seconds() + 60 })), "believed");
    assert_eq!(
        refusal(json!({ "iat": seconds() + 61 })),
        "token_not_yet_valid"
    );
    assert_eq!(refusal(json!({ "exp": null })), "token_malformed");
    assert_eq!(refusal(json!({ "iat": null })), "token_malformed");
    assert_eq!(refusal(json!({ "exp": "tomorrow" })), "token_malformed");
    assert_eq!(refusal(json!({ "exp": -1 })), "token_malformed");
}

#[test]
fn a_nonce_that_the_caller_knows_must_be_in_the_token() {
    let fixture = Fixture::new();
    let provider = fixture.provider();
    let refusal = |more: Value| {
        let token = fixture.server.id_token(CLIENT, NOW, more);
        let verified = block_on(fixture.clients.verify(&provider, &token, Some("n-1"), NOW));
        verified.map_or_else(|refused| refused.code(), |_| "believed")
    };
    assert_eq!(refusal(json!({ "nonce": "n-1" })), "believed");
    assert_eq!(refusal(json!({ "nonce": "n-2" })), "token_nonce");
    assert_eq!(refusal(json!({})), "token_nonce");
}

#[test]
fn a_token_cannot_choose_how_it_is_verified() {
    let fixture = Fixture::new();
    let claims = fixture.claims(json!({}));
    assert_eq!(fixture.refusal(&unsigned(&claims)), "token_algorithm");
    let public = fixture.server.jwk();
    let secrets = [public.to_string(), public["x"].as_str().unwrap().to_owned()];
    for secret in secrets {
        let forged = signed_with_secret(&claims, "key-1", secret.as_bytes());
        assert_eq!(fixture.refusal(&forged), "token_algorithm");
    }
    // The key is for ES256, and a token may not say otherwise.
    for algorithm in ["ES384", "RS256", "EdDSA"] {
        let token = fixture.server.sign(&claims, json!({ "alg": algorithm }));
        assert_eq!(fixture.refusal(&token), "token_algorithm", "{algorithm}");
    }
    let token = fixture.server.sign(&claims, json!({ "crit": ["exp"] }));
    assert_eq!(fixture.refusal(&token), "token_malformed");
}

#[test]
fn a_token_that_was_changed_is_refused() {
    let fixture = Fixture::new();
    let token = fixture.server.id_token(CLIENT, NOW, json!({}));
    let other = fixture
        .server
        .id_token(CLIENT, NOW, json!({ "sub": "person-2" }));
    let [header, _, signature] = parts(&token);
    let [_, claims, _] = parts(&other);
    let tampered = format!("{header}.{claims}.{signature}");
    assert_eq!(fixture.refusal(&tampered), "token_signature");
    assert_eq!(
        fixture.refusal(&format!("{header}.{claims}.")),
        "token_signature"
    );
}

fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn what_is_no_token_is_malformed() {
    let fixture = Fixture::new();
    let long = format!("a.{}.c", "b".repeat(16 * 1024));
    for text in [
        "",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "a.b.c.d.e",
        "e30.e30.",
        &long,
    ] {
        assert_eq!(fixture.refusal(text), "token_malformed", "{text:.20}");
    }
    assert_eq!(fixture.server.fetches(), Fetches::default());
}

#[test]
fn a_token_without_a_key_id_is_verified_with_every_key_that_fits() {
    let fixture = Fixture::new();
    fixture.server.add_key(KeyKind::EdDsa);
    fixture.server.add_key(KeyKind::Es256);
    let token = fixture
        .server
        .sign(&fixture.claims(json!({})), json!({ "kid": null }));
    assert_eq!(fixture.refusal(&token), "believed");
}

#[test]
fn other_tokens_of_an_issuer_are_verified_for_an_audience() {
    let fixture = Fixture::new();
    let issuer = fixture.server.issuer();
    let token =
        fixture
            .server
            .id_token("rollcall", NOW, json!({ "azp": "a pipeline", "iat": null }));
    let verify = |audience| block_on(fixture.clients.verify_jwt(issuer, audience, &token, NOW));
    assert_eq!(verify("rollcall").unwrap().text("azp"), Some("a pipeline"));
    assert_eq!(verify("another").unwrap_err().code(), "token_audience");
}
