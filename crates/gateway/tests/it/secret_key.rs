//! Another secret key in the place of the one that secrets were sealed with.

use rand::rngs::SysRng;
use rollcall_orgs::secret::{SealingKey, check_key, replace_key};
use rollcall_store::Resealed;
use rollcall_testkit::{TestApp, on_each_database};
use serde_json::json;

use crate::oauth::{access_token, client};

fn key() -> SealingKey {
    SealingKey::from_base64(&SealingKey::generate(&mut SysRng).unwrap()).unwrap()
}

/// An installation that has sealed something of each kind.
async fn world(app: &TestApp) {
    let acme = app.connect("Acme").await;
    let connections = format!("/v1/organizations/{}/sso-connections", acme.organization);
    let oidc =
        json!({ "issuer": "https://login.example.com", "client_id": "a", "client_secret": "shh" });
    let sso = json!({ "name": "Other", "protocol": "oidc", "oidc": oidc });
    let _ = app.api.post(&connections, sso).await.expect(201);
    for url in ["https://hooks.example.com/a", "https://hooks.example.com/b"] {
        let _ = app
            .api
            .post("/v1/webhook-endpoints", json!({ "url": url }))
            .await
            .expect(201);
    }
    // The first access token has a key made that signs it.
    let client = client(app, &acme, json!(["users:read"])).await;
    let _ = access_token(app, &client).await;
    let state = app.state();
    check_key(&state.store, &state.sealing_key).await.unwrap();
}

on_each_database! {
    async fn everything_opens_with_the_new_key_and_nothing_with_the_old_one(database: TestDatabase) {
        let app = TestApp::start(database).await;
        world(&app).await;
        let (store, old, new) = (&app.state().store, &app.state().sealing_key, key());
        let everything = Resealed { client_secrets: 1, webhook_secrets: 2, signing_keys: 1 };
        assert_eq!(replace_key(store, old, &new).await.unwrap(), everything);
        assert!(check_key(store, &new).await.is_ok() && check_key(store, old).await.is_err());
        // Whatever did not open would be an error.
        assert!(replace_key(store, old, &new).await.is_err());
        assert_eq!(replace_key(store, &new, old).await.unwrap(), everything);
    }

    async fn a_key_that_does_not_open_everything_changes_nothing(database: TestDatabase) {
        let app = TestApp::start(database).await;
        world(&app).await;
        let (store, old) = (&app.state().store, &app.state().sealing_key);
        let error = replace_key(store, &key(), &key()).await.unwrap_err().to_string();
        assert!(error.starts_with("the client secret of sso_"), "{error}");
        assert!(check_key(store, old).await.is_ok());
        assert!(replace_key(store, old, &key()).await.is_ok());
    }
}
