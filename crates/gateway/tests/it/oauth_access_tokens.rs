//! Access tokens: what they say, who signs them, and what does not pass for one.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_testkit::{TestApp, on_each_database};
use serde_json::{Value, json};

use crate::oauth::{access_token, client, everything};

/// A part of a token, the header or the claims.
pub(crate) fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

on_each_database! {
    async fn an_access_token_says_whose_it_is_and_can_be_checked_with_the_published_keys(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entra = client(&app, &acme, json!(["users:read"])).await;
        let token = access_token(&app, &entra).await;
        let (header, claims) = (part(&token, 0), part(&token, 1));
        assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("at+jwt")));
        let url = app.api.base();
        let expected = json!([url, format!("{url}/scim/v2/{}", acme.id), entra.id, entra.id, acme.id, acme.organization, "users:read"]);
        let told = ["iss", "aud", "sub", "client_id", "scim_connection_id", "org_id", "scope"].map(|name| claims[name].clone());
        assert_eq!(json!(told), expected);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);
        assert!(claims["jti"].is_string());

        let keys = app.api.with_bearer(None).get("/oauth/jwks").await.expect(200);
        let key = &keys.body["keys"][0];
        assert_eq!((&key["kid"], &key["crv"], &key["kty"]), (&header["kid"], &json!("P-256"), &json!("EC")));
        assert!(key.get("d").is_none());
        let metadata = app.api.with_bearer(None).get("/.well-known/oauth-authorization-server").await.expect(200);
        assert_eq!(metadata.text("/token_endpoint"), format!("{url}/oauth/token"));
        assert_eq!(metadata.text("/jwks_uri"), format!("{url}/oauth/jwks"));
        assert_eq!(metadata.text("/issuer"), url);
    }

    async fn nothing_passes_for_a_token_but_what_our_key_signed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entra = client(&app, &acme, json!(["users:read"])).await;
        let token = access_token(&app, &entra).await;
        let (header, claims) = (part(&token, 0), part(&token, 1));
        let signature = token.rsplit('.').next().unwrap();
        let with = |mut of: Value, name: &str, value: Value| {
            of[name] = value;
            of
        };
        let more = with(claims.clone(), "scope", json!("users:write groups:write"));
        let later = with(claims.clone(), "exp", json!(9_999_999_999_i64));
        let none = with(header.clone(), "alg", json!("none"));
        let symmetric = with(header.clone(), "alg", json!("HS256"));
        let keys = app.api.get("/oauth/jwks").await.expect(200);
        let point = ["x", "y"].map(|name| URL_SAFE_NO_PAD.decode(keys.text(&format!("/keys/0/{name}"))).unwrap());
        let point = [&[4][..], &point[0], &point[1]].concat();
        let signed_with = |header: &Value, key: &jsonwebtoken::EncodingKey, algorithm| {
            let message = format!("{}.{}", encoded(header), encoded(&claims));
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
            format!("{message}.{signature}")
        };
        let public_as_secret = jsonwebtoken::EncodingKey::from_secret(&point);
        let strangers = {
            let algorithm = &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
            let rng = aws_lc_rs::rand::SystemRandom::new();
            let key = aws_lc_rs::signature::EcdsaKeyPair::generate_pkcs8(algorithm, &rng).unwrap();
            jsonwebtoken::EncodingKey::from_ec_der(key.as_ref())
        };
        let forged = [
            format!("{}.{}.{signature}", encoded(&header), encoded(&more)),
            format!("{}.{}.{signature}", encoded(&header), encoded(&later)),
            format!("{}.{}.", encoded(&none), encoded(&claims)),
            format!("{}.{}.{signature}", encoded(&none), encoded(&claims)),
            signed_with(&symmetric, &public_as_secret, jsonwebtoken::Algorithm::HS256),
            signed_with(&header, &strangers, jsonwebtoken::Algorithm::ES256),
            format!("{token}A"),
        ];
        let _ = acme.scim.with_bearer(Some(&token)).get("/Users").await.expect(200);
        for (number, token) in forged.iter().enumerate() {
            let refused = acme.scim.with_bearer(Some(token)).get("/Users").await;
            assert_eq!(refused.status, 401, "{number}");
            assert!(refused.header("www-authenticate").contains("invalid_token"), "{number}");
        }
    }

    async fn a_new_key_signs_and_the_old_one_checks_what_it_signed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entra = client(&app, &acme, everything()).await;
        let first = access_token(&app, &entra).await;
        app.clock.advance(Duration::from_hours(24 * 90) - Duration::from_mins(30));
        let last = access_token(&app, &entra).await;
        app.clock.advance(Duration::from_mins(30));
        let next = access_token(&app, &entra).await;
        let kid = |token: &str| part(token, 0)["kid"].clone();
        assert_eq!(kid(&first), kid(&last));
        assert_ne!(kid(&last), kid(&next));
        for token in [&last, &next] {
            let _ = acme.scim.with_bearer(Some(token)).get("/Users").await.expect(200);
        }
        let published = async || {
            let keys = app.api.get("/oauth/jwks").await.expect(200).body;
            keys["keys"].as_array().unwrap().len()
        };
        assert_eq!(published().await, 2);
        app.clock.advance(Duration::from_hours(2));
        assert_eq!(published().await, 1);
    }

    async fn a_token_of_another_public_url_is_none_and_a_restart_keeps_the_key(database: TestDatabase) {
        let url = "https://scim.example.com";
        let fixed = |settings: &mut rollcall_gateway::Settings| url.clone_into(&mut settings.public_url);
        let app = TestApp::start_with(database, fixed).await;
        let made = app.connect("Acme").await;
        let entra = client(&app, &made, everything()).await;
        let token = access_token(&app, &entra).await;
        let path = format!("/scim/v2/{}", made.id);
        let _ = app.scim_at(&path, Some(&token)).get("/Users").await.expect(200);
        // At another public URL: whatever was issued by the old one is not of this one.
        let app = app.restart().await;
        let _ = app.scim_at(&path, Some(&token)).get("/Users").await.expect(401);
        let token = access_token(&app, &entra).await;
        let _ = app.scim_at(&path, Some(&token)).get("/Users").await.expect(200);
        let keys = app.api.get("/oauth/jwks").await.expect(200);
        assert_eq!(keys.body["keys"].as_array().unwrap().len(), 1);
    }

    async fn a_public_url_with_a_path_has_everything_below_it_too(database: TestDatabase) {
        let below = |settings: &mut rollcall_gateway::Settings| {
            "https://vendor.example.com/scim-gate".clone_into(&mut settings.public_url);
        };
        let app = TestApp::start_with(database, below).await;
        let open = app.api.with_bearer(None);
        for path in ["/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/scim-gate"] {
            let metadata = open.get(path).await.expect(200);
            assert_eq!(metadata.text("/token_endpoint"), "https://vendor.example.com/scim-gate/oauth/token");
        }
        for path in ["/oauth/jwks", "/scim-gate/oauth/jwks"] {
            assert_eq!(open.get(path).await.expect(200).body, json!({ "keys": [] }));
        }
        let _ = open.get("/scim-gate/oauth/token").await.expect(405);
    }
}
