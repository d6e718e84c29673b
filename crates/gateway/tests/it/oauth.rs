//! OAuth clients: how they are made, given access tokens, and let in by them.

use std::time::Duration;

use rollcall_replicas::RedisOptions;
use rollcall_testkit::servers::redis_url;
use rollcall_testkit::{
    BASE_DOMAIN, Client, Connection, Reply, TestApp, TestDatabase, block_on, eventually,
    on_each_database,
};
use serde_json::{Value, json};

use crate::oauth_access_tokens::part;

/// An OAuth client as its identity provider has it.
pub(crate) struct OauthClient {
    pub(crate) id: String,
    secret: String,
    /// Its path in the management API.
    path: String,
}

pub(crate) async fn client(app: &TestApp, of: &Connection, scopes: Value) -> OauthClient {
    let clients = format!("{}/oauth-clients", of.path());
    let body = json!({ "name": "Entra", "scopes": scopes });
    let made = app.api.post(&clients, body).await.expect(201);
    assert_eq!(made.text("/id"), made.text("/client_id"));
    OauthClient {
        path: format!("{clients}/{}", made.text("/id")),
        id: made.text("/id"),
        secret: made.text("/client_secret"),
    }
}

/// A client's id and secret for HTTP Basic.
type Basic<'c> = Option<(&'c str, &'c str)>;

pub(crate) fn everything() -> Value {
    json!(["users:write", "groups:write"])
}

/// Asks for a token with a form, and with HTTP Basic if credentials are given.
async fn ask(app: &TestApp, basic: Basic<'_>, form: &str) -> Reply {
    let request = app.api.with_bearer(None).request("POST", "/oauth/token");
    let request = match basic {
        Some((id, secret)) => request.basic_auth(id, Some(secret)),
        None => request,
    };
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.to_owned());
    Client::read(request).await
}

pub(crate) async fn access_token(app: &TestApp, client: &OauthClient) -> String {
    let basic = Some((client.id.as_str(), client.secret.as_str()));
    let given = ask(app, basic, "grant_type=client_credentials").await;
    given.expect(200).text("/access_token")
}

on_each_database! {
    async fn a_client_is_given_an_access_token_that_opens_its_connection_in_every_way(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entra = client(&app, &acme, everything()).await;
        let basic = Some((entra.id.as_str(), entra.secret.as_str()));
        let given = ask(&app, basic, "grant_type=client_credentials").await.expect(200);
        assert_eq!(given.header("cache-control"), "no-store");
        assert_eq!((&given.body["token_type"], &given.body["expires_in"]), (&json!("Bearer"), &json!(3600)));
        assert_eq!(given.text("/scope"), "users:read users:write groups:read groups:write");
        let in_form = format!("grant_type=client_credentials&client_id={}&client_secret={}", entra.id, entra.secret);
        let in_form = ask(&app, None, &in_form).await.expect(200).text("/access_token");

        for token in [given.text("/access_token"), in_form] {
            let _ = acme.scim.with_bearer(Some(&token)).get("/Users").await.expect(200);
            for path in ["/scim/v2", "/custom/scim"] {
                let _ = app.scim_at(path, Some(&token)).get("/Users").await.expect(200);
            }
            let by_host = app.scim_at("/scim/v2", Some(&token)).request("GET", "/Users");
            let by_host = by_host.header("host", format!("{}.{BASE_DOMAIN}", acme.slug));
            let _ = Client::read(by_host).await.expect(200);
            let user = json!({ "userName": fastrand::u64(..).to_string() });
            let _ = acme.scim.with_bearer(Some(&token)).post("/Users", user).await.expect(201);
        }
        app.flush().await;
        let list = app.api.get(&format!("{}/oauth-clients", acme.path())).await.expect(200);
        assert!(list.body["data"][0]["last_used_at"].is_string(), "{}", list.body);
        assert!(!list.body.to_string().contains(&entra.secret));
        let events = json!(app.events("acme").await).to_string();
        assert!(events.contains("oauth_client.created") && !events.contains(&entra.secret));
    }

    async fn a_client_may_ask_for_fewer_scopes_and_for_no_others(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entra = client(&app, &acme, json!(["users:write", "groups:read"])).await;
        let basic = Some((entra.id.as_str(), entra.secret.as_str()));
        let fewer = ask(&app, basic, "grant_type=client_credentials&scope=users%3Aread").await.expect(200);
        assert_eq!(fewer.text("/scope"), "users:read");
        let scim = acme.scim.with_bearer(Some(&fewer.text("/access_token")));
        let _ = scim.get("/Users").await.expect(200);
        let refused = scim.post("/Users", json!({ "userName": "x" })).await.expect(403);
        assert!(refused.text("/detail").contains("users:write"));
        let _ = scim.get("/Groups").await.expect(403);
        for scope in ["groups%3Awrite", "users%3Aread+groups%3Awrite", "openid", "+"] {
            let form = format!("grant_type=client_credentials&scope={scope}");
            let refused = ask(&app, basic, &form).await.expect(400);
            assert_eq!(refused.text("/error"), "invalid_scope", "{scope}");
        }
    }

    async fn what_is_wrong_with_a_request_is_told_in_the_words_of_the_rfc(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entra = client(&app, &acme, everything()).await;
        let other = client(&app, &acme, everything()).await;
        let right = Some((entra.id.as_str(), entra.secret.as_str()));
        let grant = "grant_type=client_credentials";
        let both = format!("{grant}&client_id={}&client_secret={}", entra.id, entra.secret);
        let unknown = "occ_00000000000000000000000000";
        let rows: [(Basic<'_>, &str, u16, &str); 10] = [
            (right, "", 400, "invalid_request"),
            (right, "grant_type=password", 400, "unsupported_grant_type"),
            (right, "grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request"),
            (right, &both, 400, "invalid_request"),
            (None, grant, 401, "invalid_client"),
            (Some((&entra.id, &other.secret)), grant, 401, "invalid_client"),
            (Some((unknown, &entra.secret)), grant, 401, "invalid_client"),
            (Some((&entra.id, "guess")), grant, 401, "invalid_client"),
            (Some((&acme.token_id, &acme.token)), grant, 401, "invalid_client"),
            (Some((&entra.id, &acme.token)), grant, 401, "invalid_client"),
        ];
        for (basic, form, status, word) in rows {
            let reply = ask(&app, basic, form).await;
            assert_eq!((reply.status, reply.text("/error").as_str()), (status, word), "{form}");
            assert_eq!(reply.header("cache-control"), "no-store");
            assert_eq!(reply.headers.contains_key("www-authenticate"), status == 401);
            assert!(!reply.body.to_string().contains(&entra.secret));
        }
        let get = app.api.with_bearer(None).get("/oauth/token").await.expect(405);
        assert_eq!(get.header("allow"), "POST");
        let json = app.api.with_bearer(None).post("/oauth/token", json!({})).await.expect(400);
        assert_eq!(json.text("/error"), "invalid_request");
        app.flush().await;
        let log = app.api.get(&format!("{}/requests", acme.path())).await.expect(200).body.to_string();
        assert!(log.contains("the secret is not that of the OAuth client"), "{log}");
        assert!(!log.contains(&other.secret));
    }

    async fn guesses_of_a_secret_are_slowed_and_the_right_one_is_not(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entra = client(&app, &acme, everything()).await;
        let guess = async || ask(&app, Some((&entra.id, "guess")), "grant_type=client_credentials").await;
        for _ in 0..20 {
            let _ = guess().await.expect(401);
        }
        let slowed = guess().await.expect(429);
        assert!(slowed.headers.contains_key("retry-after"));
        let token = access_token(&app, &entra).await;
        let _ = acme.scim.with_bearer(Some(&token)).get("/Users").await.expect(200);
    }

    async fn a_token_ends_with_its_hour_and_at_once_with_its_client(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entra = client(&app, &acme, everything()).await;
        let scim = acme.scim.with_bearer(Some(&access_token(&app, &entra).await));
        app.clock.advance(Duration::from_secs(3_599));
        let _ = scim.get("/Users").await.expect(200);
        app.clock.advance(Duration::from_secs(1));
        let expired = scim.get("/Users").await.expect(401);
        assert!(expired.header("www-authenticate").contains("invalid_token"));

        let scim = acme.scim.with_bearer(Some(&access_token(&app, &entra).await));
        let _ = scim.get("/Users").await.expect(200);
        let _ = app.api.delete(&entra.path).await.expect(204);
        let _ = app.api.delete(&entra.path).await.expect(204);
        let revoked = scim.get("/Users").await.expect(401);
        assert_eq!(revoked.body, expired.body);
        let basic = Some((entra.id.as_str(), entra.secret.as_str()));
        let refused = ask(&app, basic, "grant_type=client_credentials").await.expect(401);
        assert_eq!(refused.text("/error"), "invalid_client");
        let types = app.event_types("acme").await;
        assert_eq!(types.iter().filter(|kind| *kind == "oauth_client.revoked").count(), 1);
    }

    async fn a_disabled_connection_refuses_clients_and_their_tokens(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entra = client(&app, &acme, everything()).await;
        let scim = acme.scim.with_bearer(Some(&access_token(&app, &entra).await));
        let _ = scim.get("/Users").await.expect(200);
        let _ = app.api.patch(&acme.path(), json!({ "enabled": false })).await.expect(200);
        let _ = scim.get("/Users").await.expect(403);
        let basic = Some((entra.id.as_str(), entra.secret.as_str()));
        let refused = ask(&app, basic, "grant_type=client_credentials").await.expect(400);
        assert_eq!(refused.text("/error"), "unauthorized_client");
        let confirm = format!("{}?confirm=Acme%20directory", acme.path());
        let _ = app.api.delete(&confirm).await.expect(204);
        let _ = app.scim_at("/scim/v2", scim.bearer()).get("/Users").await.expect(401);
        let _ = ask(&app, basic, "grant_type=client_credentials").await.expect(401);
    }

    async fn a_connection_with_a_client_alone_needs_no_token(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let entra = client(&app, &acme, everything()).await;
        let _ = acme.scim.get("/Users").await.expect(200);
        let _ = app.api.delete(&format!("{}/tokens/{}", acme.path(), acme.token_id)).await.expect(204);
        let state = async || {
            let shown = app.api.get(&acme.path()).await.expect(200).body;
            (shown["state"].clone(), shown["live_tokens"].clone(), shown["live_oauth_clients"].clone())
        };
        assert_eq!(state().await, (json!("connected"), json!(0), json!(1)));
        let _ = app.api.delete(&entra.path).await.expect(204);
        assert_eq!(state().await, (json!("attention"), json!(0), json!(0)));
    }

    async fn a_token_of_another_tenant_is_answered_like_one_of_nobody(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        let theirs = access_token(&app, &client(&app, &globex, everything()).await).await;
        let unknown = "rc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4ZsBqJ";
        let refused = acme.scim.with_bearer(Some(&theirs)).get("/Users").await.expect(401);
        let nobody = acme.scim.with_bearer(Some(unknown)).get("/Users").await.expect(401);
        assert_eq!(refused.body, nobody.body);
        let by_host = app.scim_at("/scim/v2", Some(&theirs)).request("GET", "/Users");
        let by_host = by_host.header("host", format!("{}.{BASE_DOMAIN}", acme.slug));
        assert_eq!(Client::read(by_host).await.expect(401).body, nobody.body);
    }

    async fn a_client_of_another_connection_is_as_missing_as_none(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        let entra = client(&app, &acme, everything()).await;
        let theirs = format!("{}/oauth-clients", globex.path());
        let _ = app.api.delete(&format!("{theirs}/{}", entra.id)).await.expect(404);
        let listed = app.api.get(&theirs).await.expect(200);
        assert_eq!(listed.body["data"], json!([]));
        let _ = access_token(&app, &entra).await;
        let refused = app.api.post(&theirs, json!({ "name": "", "scopes": ["users:read"] })).await.expect(422);
        assert_eq!(refused.text("/field"), "name");
        let refused = app.api.post(&theirs, json!({ "name": "x", "scopes": ["admin"] })).await.expect(422);
        assert_eq!(refused.text("/field"), "scopes");
    }

}

#[test]
fn a_client_that_one_gateway_revokes_is_refused_by_the_other() {
    block_on(async {
        let redis = RedisOptions {
            url: redis_url().as_str().into(),
            key_prefix: format!("test:{:x}:", fastrand::u64(..)),
            connect_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(10),
        };
        let [one, two] = TestApp::start_two(TestDatabase::postgres().await, &redis, |settings| {
            "https://scim.example.com".clone_into(&mut settings.public_url);
        })
        .await;
        let acme = one.connect("Acme").await;
        let entra = client(&one, &acme, everything()).await;
        let path = format!("/scim/v2/{}", acme.id);
        // Each is given a token by one, and lets in what the other gave.
        let (of_one, of_two) = (
            access_token(&one, &entra).await,
            access_token(&two, &entra).await,
        );
        assert_eq!(part(&of_one, 0)["kid"], part(&of_two, 0)["kid"]);
        let there = two.scim_at(&path, Some(&of_one));
        let _ = there.get("/Users").await.expect(200);
        let here = one.scim_at(&path, Some(&of_two));
        let _ = here.get("/Users").await.expect(200);

        let _ = one.api.delete(&entra.path).await.expect(204);

        let _ = here.get("/Users").await.expect(401);
        eventually("the other gateway refuses it", async || {
            there.get("/Users").await.status == 401
        })
        .await;
    });
}
