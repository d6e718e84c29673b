//! How a provider's documents are fetched, remembered and given up.

use std::time::Duration;

use rollcall_model::{OidcProvider, Timestamp};
use rollcall_orgs::oidc::{IdTokenRefused, OidcClients};
use rollcall_outbound::{AllowedNetworks, Fetcher, Timeouts};
use rollcall_testkit::block_on;
use rollcall_testkit::oidc::{Fetches, KeyKind, Misbehaviour, OidcServer};
use serde_json::json;

/// 2026-11-22T00:00:00Z.
const NOW: Timestamp = Timestamp::from_unix_micros(1_795_305_600_000_000);

const HOUR: Duration = Duration::from_secs(3_600);

fn clients(allowed: &[&str]) -> OidcClients {
    let timeouts = Timeouts {
        connect: Duration::from_secs(2),
        total: Duration::from_secs(2),
    };
    let allowed = AllowedNetworks::parse(allowed).unwrap();
    OidcClients::new(Fetcher::new(allowed, timeouts).unwrap())
}

/// Verifies a token that the provider signs now, at the moment it is signed.
async fn sign_in(
    clients: &OidcClients,
    server: &OidcServer,
    now: Timestamp,
) -> Result<(), IdTokenRefused> {
    verify(
        clients,
        server,
        &server.id_token("product", now, json!({})),
        now,
    )
    .await
}

async fn verify(
    clients: &OidcClients,
    server: &OidcServer,
    token: &str,
    now: Timestamp,
) -> Result<(), IdTokenRefused> {
    let provider = OidcProvider {
        issuer: server.issuer().to_owned(),
        client_id: "product".to_owned(),
        has_client_secret: false,
        external_id_claim: None,
    };
    clients
        .verify(&provider, token, None, now)
        .await
        .map(|_| ())
}

const fn times(fetched: usize) -> Fetches {
    Fetches {
        discovery: fetched,
        keys: fetched,
    }
}

#[test]
fn documents_are_fetched_once_for_many_sign_ins() {
    let (clients, server) = (clients(&["127.0.0.1"]), OidcServer::start());
    block_on(async {
        let token = server.id_token("product", NOW, json!({}));
        let sign_ins = (0..20).map(|_| verify(&clients, &server, &token, NOW));
        for outcome in futures_util::future::join_all(sign_ins).await {
            outcome.unwrap();
        }
        assert_eq!(server.fetches(), times(1));
        sign_in(&clients, &server, NOW.plus(HOUR)).await.unwrap();
        assert_eq!(server.fetches(), times(2));
    });
}

#[test]
fn new_keys_of_a_provider_are_found() {
    let (clients, server) = (clients(&["127.0.0.1"]), OidcServer::start());
    block_on(async {
        let old = server.id_token("product", NOW, json!({}));
        verify(&clients, &server, &old, NOW).await.unwrap();
        server.rotate(KeyKind::EdDsa);
        sign_in(&clients, &server, NOW).await.unwrap();
        let refused = verify(&clients, &server, &old, NOW).await.unwrap_err();
        assert_eq!(refused, IdTokenRefused::KeyUnknown);
        assert_eq!(server.fetches(), times(2));
    });
}

#[test]
fn made_up_key_ids_do_not_make_us_ask_again_and_again() {
    let (clients, server) = (clients(&["127.0.0.1"]), OidcServer::start());
    block_on(async {
        sign_in(&clients, &server, NOW).await.unwrap();
        for number in 0..50 {
            let header = json!({ "kid": format!("made-up-{number}") });
            let token = server.sign(&server.claims("product", NOW, json!({})), header);
            let refused = verify(&clients, &server, &token, NOW).await.unwrap_err();
            assert_eq!(refused, IdTokenRefused::KeyUnknown);
        }
        assert_eq!(server.fetches(), times(2));
    });
}

#[test]
fn a_provider_that_is_down_stops_nobody_for_a_day() {
    let (clients, server) = (clients(&["127.0.0.1"]), OidcServer::start());
    block_on(async {
        sign_in(&clients, &server, NOW).await.unwrap();
        server.misbehave(Misbehaviour::Fails);
        sign_in(&clients, &server, NOW.plus(HOUR * 23))
            .await
            .unwrap();
        let day_after = NOW.plus(HOUR * 24);
        let refused = sign_in(&clients, &server, day_after).await.unwrap_err();
        assert_eq!(refused.code(), "sso_provider_unavailable");
        server.behave();
        let moment_after = day_after.plus(Duration::from_secs(5));
        sign_in(&clients, &server, moment_after).await.unwrap();
    });
}

#[test]
fn a_provider_that_fails_is_not_asked_again_at_once() {
    let (clients, server) = (clients(&["127.0.0.1"]), OidcServer::start());
    server.misbehave(Misbehaviour::Fails);
    block_on(async {
        for _ in 0..10 {
            sign_in(&clients, &server, NOW).await.unwrap_err();
        }
    });
    assert_eq!(
        server.fetches(),
        Fetches {
            discovery: 1,
            keys: 0
        }
    );
}

#[test]
fn what_is_wrong_with_a_provider_is_said_in_words() {
    let said = |misbehaviour| {
        let (clients, server) = (clients(&["127.0.0.1"]), OidcServer::start());
        server.misbehave(misbehaviour);
        block_on(sign_in(&clients, &server, NOW))
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(said(Misbehaviour::OtherIssuer), @"the keys of the provider cannot be had: its discovery document names another issuer: `https://login.example.net`");
    insta::assert_snapshot!(said(Misbehaviour::Fails), @"the keys of the provider cannot be had: its discovery document cannot be fetched: the host answered with status 500 instead of 200");
    insta::assert_snapshot!(said(Misbehaviour::Endless), @"the keys of the provider cannot be had: its discovery document cannot be fetched: the answer is longer than 65536 bytes");
    insta::assert_snapshot!(said(Misbehaviour::Silent), @"the keys of the provider cannot be had: its discovery document cannot be fetched: the host did not answer in time");
    insta::assert_snapshot!(said(Misbehaviour::RedirectsInside), @"the keys of the provider cannot be had: its discovery document cannot be fetched: the address leads into a private or reserved network, which the configuration does not allow (`outbound.allowed_private_networks`)");
    insta::assert_snapshot!(said(Misbehaviour::NotJson), @"the keys of the provider cannot be had: its discovery document is not one: it is no JSON object with `issuer` and `jwks_uri`");
    insta::assert_snapshot!(said(Misbehaviour::NoKeys), @"the keys of the provider cannot be had: none of the 0 keys that it publishes can verify a signature");
}

#[test]
fn a_provider_inside_is_not_asked_unless_its_network_is_allowed() {
    let (clients, server) = (clients(&["10.0.0.0/8"]), OidcServer::start());
    let refused = block_on(sign_in(&clients, &server, NOW)).unwrap_err();
    assert_eq!(refused.code(), "sso_provider_unavailable");
    assert_eq!(server.fetches(), Fetches::default());
}
