//! Who is let in, and what is said to whoever is not (RFC 7644 §2, RFC 6750).

use std::time::Duration;

use rollcall_model::Stale;
use rollcall_testkit::{Client, Reply, on_each_database};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::fixture::{Fixture, USER, expect_error, expect_list, patch};

/// A well-formed token that nobody was given.
const UNKNOWN: &str = "rc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4ZsBqJ";

/// Sends a request with these bytes as its `Authorization`.
async fn with_header(f: &Fixture, path: &str, authorization: &[u8]) -> Reply {
    let request = f.scim().with_bearer(None).request("GET", path);
    Client::read(request.header("authorization", authorization)).await
}

/// The parameters of a challenge, after a look at its grammar (RFC 6750 §3).
#[track_caller]
fn challenge(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.headers.get_all("www-authenticate").iter().count(), 1);
    let parameters = reply.header("www-authenticate").strip_prefix("Bearer ");
    let parameters: Vec<(String, String)> = parameters
        .unwrap()
        .split(", ")
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap();
            let value = value
                .strip_prefix('"')
                .and_then(|value| value.strip_suffix('"'));
            assert!(!value.unwrap().contains(['"', '\\']), "{parameter}");
            (name.to_owned(), value.unwrap().to_owned())
        })
        .collect();
    let mut names: Vec<&String> = parameters.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), parameters.len(), "{parameters:?}");
    parameters
}

#[track_caller]
fn expect_challenge(reply: &Reply, status: u16, error: Option<&str>) {
    expect_error(reply, status, "");
    let parameters = challenge(reply);
    assert_eq!(parameters[0].0, "realm");
    let found = parameters.iter().find(|(name, _)| name == "error");
    assert_eq!(found.map(|(_, value)| value.as_str()), error);
}

/// Makes a token by the management API.
async fn token(f: &Fixture, body: Value) -> Reply {
    f.app
        .api
        .post(&format!("{}/tokens", f.tenant.path()), body)
        .await
}

on_each_database! {
    async fn a_request_without_credentials_is_told_the_scheme_and_no_error(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let nobody = f.scim().with_bearer(None);
        expect_challenge(&nobody.get("/Users").await, 401, None);
        expect_challenge(&nobody.post("/Users", json!({ "userName": "x" })).await, 401, None);
        for other in ["non-token", "Basic dXNlcjpwYXNz", "Digest username=\"x\""] {
            expect_challenge(&with_header(&f, "/Users", other.as_bytes()).await, 401, None);
        }
        expect_list(&f.users_where("userName eq \"x\"").await, 0);
        let config = f.scim().get("/ServiceProviderConfig").await.expect(200);
        let schemes = config.body["authenticationSchemes"].as_array().unwrap();
        let types: Vec<_> = schemes.iter().map(|scheme| &scheme["type"]).collect();
        assert_eq!(types, ["oauthbearertoken", "oauth2"]);
    }

    async fn the_word_bearer_is_read_in_any_case(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let line = format!("{scheme} {}", f.tenant.token);
            let _ = with_header(&f, "/Users", line.as_bytes()).await.expect(200);
        }
    }

    async fn what_is_no_token_is_a_bad_request_and_one_of_nobody_is_refused(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let no_tokens: [&[u8]; 5] = [b"Bearer", b"Bearer a b", b"Bearer \xe9", "Bearer é".as_bytes(), b"Bearer a,b"];
        for line in no_tokens {
            expect_challenge(&with_header(&f, "/Users", line).await, 400, Some("invalid_request"));
        }
        let unknown = format!("Bearer {UNKNOWN}");
        for line in ["Bearer nonsense", &unknown, "Bearer ~-._+/=="] {
            let refused = with_header(&f, "/Users", line.as_bytes()).await;
            expect_challenge(&refused, 401, Some("invalid_token"));
        }

        let short = token(&f, json!({ "name": "short", "expires_in_days": 1 })).await.expect(201);
        let short = f.scim().with_bearer(Some(&short.text("/secret")));
        let _ = short.get("/Users").await.expect(200);
        f.app.clock.advance(Duration::from_hours(24));
        expect_challenge(&short.get("/Users").await, 401, Some("invalid_token"));
        let path = format!("{}/tokens/{}", f.tenant.path(), f.tenant.token_id);
        let _ = f.app.api.delete(&path).await.expect(204);
        expect_challenge(&f.scim().get("/Users").await, 401, Some("invalid_token"));
    }

    async fn a_token_in_two_places_is_refused_and_one_in_another_place_not_read(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let (good, nobody) = (&f.tenant.token, f.scim().with_bearer(None));
        let in_query = format!("/Users?access_token={good}");
        expect_challenge(&f.scim().get(&in_query).await, 400, Some("invalid_request"));
        let twice = f.scim().request("GET", "/Users").header("authorization", format!("Bearer {good}"));
        expect_challenge(&Client::read(twice).await, 400, Some("invalid_request"));
        expect_challenge(&nobody.get(&in_query).await, 401, None);

        let form = |client: &Client| {
            let request = client.request("POST", "/Users");
            request.header("content-type", "application/x-www-form-urlencoded").body(format!("access_token={good}"))
        };
        expect_challenge(&Client::read(form(&nobody)).await, 401, None);
        expect_error(&Client::read(form(f.scim())).await, 415, "");

        f.app.flush().await;
        let log = f.app.api.get(&format!("{}/requests", f.tenant.path())).await.expect(200);
        assert!(log.body["data"].as_array().unwrap().iter().any(|line| line["status"] == 415));
        assert!(!log.body.to_string().contains(good), "{}", log.body);
    }

    async fn a_read_token_looks_and_changes_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let made = token(&f, json!({ "name": "report", "access": "read" })).await.expect(201);
        assert_eq!(made.body["access"], "read");
        let reader = f.scim().with_bearer(Some(&made.text("/secret")));
        let (u1, g1) = (format!("/Users/{}", f.u1), format!("/Groups/{}", f.g1));
        let before = (f.user(&f.u1).await, f.group(&f.g1).await, f.app.events(&f.tenant.organization).await);

        for path in ["/Users", "/Groups", "", &u1, &g1, "/Schemas", "/ServiceProviderConfig"] {
            let _ = reader.get(path).await.expect(200);
            let _ = reader.send("HEAD", path, None).await.expect(200);
        }
        for path in ["/Users/.search", "/Groups/.search", "/.search"] {
            let query = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 1 });
            let _ = reader.post(path, query).await.expect(200);
        }
        let change = || patch(json!([{ "op": "replace", "path": "displayName", "value": "x" }]));
        let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{ "method": "DELETE", "path": u1 }] });
        let writes = [
            ("POST", "/Users", json!({ "schemas": [USER], "userName": "new" })),
            ("POST", "/Users", json!("no body that anybody looks at")),
            ("PUT", &u1, json!({ "schemas": [USER], "userName": "new" })),
            ("PATCH", &u1, change()),
            ("DELETE", &u1, Value::Null),
            ("POST", "/Groups", json!({ "displayName": "new" })),
            ("PUT", &g1, json!({ "displayName": "new" })),
            ("PATCH", &g1, change()),
            ("DELETE", &g1, Value::Null),
            ("POST", "/Bulk", bulk),
            ("POST", "/Me", json!({ "userName": "new" })),
        ];
        for (method, path, body) in writes {
            let refused = reader.send(method, path, Some(body)).await;
            expect_challenge(&refused, 403, Some("insufficient_scope"));
            let scope = match path {
                _ if path.starts_with("/Groups") => "groups:write",
                "/Bulk" => "users:write groups:write",
                _ => "users:write",
            };
            assert!(challenge(&refused).contains(&("scope".to_owned(), scope.to_owned())));
        }

        let after = (f.user(&f.u1).await, f.group(&f.g1).await, f.app.events(&f.tenant.organization).await);
        assert_eq!(after, before);
        let event = after.2.iter().rfind(|event| event["type"] == "scim_token.created").unwrap();
        assert_eq!(event["data"]["scim_token"]["access"], "read");
        let list = f.app.api.get(&format!("{}/tokens", f.tenant.path())).await.expect(200);
        let tokens = list.body["data"].as_array().unwrap();
        let mut access: Vec<_> = tokens.iter().map(|token| token["access"].as_str().unwrap()).collect();
        access.sort_unstable();
        assert_eq!(access, ["read", "write"]);
    }

    async fn a_token_whose_access_nobody_knows_may_do_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let _ = token(&f, json!({ "name": "x", "access": "none" })).await.expect(422);
        // As a later release may store it.
        let raw = f.app.database.raw().await;
        raw.execute_unprepared("update scim_tokens set access = 'groups'").await.unwrap();
        raw.close().await.unwrap();
        f.app.state().store.forget(Stale::Everything);
        let (u1, g1) = (format!("/Users/{}", f.u1), format!("/Groups/{}", f.g1));
        for path in ["/Users", "/Groups", &u1, &g1, ""] {
            expect_challenge(&f.scim().get(path).await, 403, Some("insufficient_scope"));
        }
        expect_error(&f.scim().delete(&u1).await, 403, "");
    }

    async fn tokens_are_made_with_an_api_key_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("{}/tokens", f.tenant.path());
        for bearer in [None, Some(f.tenant.token.as_str()), Some("guess")] {
            let stranger = f.app.api.with_bearer(bearer);
            let _ = stranger.post(&path, json!({ "name": "mine" })).await.expect(401);
        }
        let list = f.app.api.get(&path).await.expect(200);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
    }
}
