//! The management API over HTTP.

use rollcall_testkit::{Client, TestApp, on_each_database};
use serde_json::{Value, json};

on_each_database! {
    async fn bad_input_is_answered_with_the_field(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let sso = format!("/v1/organizations/{}/sso-connections", acme.organization);
        let scim = format!("/v1/organizations/{}/scim-connections", acme.organization);
        let tokens = format!("{}/tokens", acme.path());
        let oidc = |issuer: &str| json!({ "name": "x", "protocol": "oidc",
            "oidc": { "issuer": issuer, "client_id": "x" } });
        let cases = [
            ("/v1/organizations", json!({}), 422, "name"),
            ("/v1/organizations", json!({ "name": "  " }), 422, "name"),
            ("/v1/organizations", json!({ "name": "x", "slug": "No Slug" }), 422, "slug"),
            ("/v1/organizations", json!({ "name": "株式会社" }), 422, "slug"),
            ("/v1/organizations", json!({ "name": "Acme" }), 409, "slug"),
            ("/v1/organizations", json!({ "name": "x", "colour": "red" }), 422, "colour"),
            ("/v1/organizations", json!({ "name": 7 }), 422, "name"),
            (&sso, oidc("http://login.example.com"), 422, "oidc.issuer"),
            (&sso, oidc("login"), 422, "oidc.issuer"),
            (&scim, json!({ "name": "x", "sso_connection_id": acme.id }), 422, "sso_connection_id"),
            (&scim, json!({ "name": "x", "sso_connection_id": acme.sso, "idp": "nobody" }), 422, "idp"),
            (&tokens, json!({ "name": "x", "expires_in_days": 366 }), 422, "expires_in_days"),
            (&tokens, json!({ "name": "x", "revoke_previous": { "after_seconds": 99_999_999 } }), 422, "revoke_previous.after_seconds"),
        ];
        for (path, body, status, field) in cases {
            let refused = app.api.post(path, body.clone()).await;
            let told = format!("{path} {body}: {}", refused.body);
            assert_eq!(refused.status, status, "{told}");
            assert_eq!(refused.body["field"], json!(field), "{told}");
            assert_eq!(refused.header("content-type"), "application/problem+json", "{told}");
        }
        let malformed = app.api.request("POST", "/v1/organizations")
            .header("content-type", "application/json").body("{");
        let _ = Client::read(malformed).await.expect(400);
    }

    async fn only_an_attribute_that_there_is_can_be_made_sensitive(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let choose = async |names: Value| {
            let change = json!({ "settings": { "sensitive_attributes": names } });
            app.api.patch(&acme.path(), change).await
        };
        let _ = choose(json!(["emails.value", "members.value"])).await.expect(200);
        let refused = choose(json!(["emails.value", "emial"])).await.expect(422);
        assert_eq!(refused.body["field"], "settings.sensitive_attributes");
        assert!(refused.text("/detail").contains("`emial`"), "{}", refused.body);
        let shown = app.api.get(&acme.path()).await.expect(200);
        let kept = &shown.body["settings"]["sensitive_attributes"];
        assert_eq!(kept, &json!(["emails.value", "members.value"]));
    }

    async fn deleting_needs_the_name(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let org = "/v1/organizations/acme";

        let refused = app.api.delete(org).await.expect(400);
        assert_eq!(refused.text("/detail"), "to confirm, send `confirm=acme`");
        let _ = app.api.delete(&format!("{}?confirm=acme", acme.path())).await.expect(400);
        let _ = app.api.delete(&format!("{}?confirm=Acme%20directory", acme.path())).await.expect(204);
        let _ = acme.scim.get("/Users").await.expect(401);
        let _ = app.api.delete(&format!("{org}?confirm=acme")).await.expect(204);
        let _ = app.api.get(org).await.expect(404);

        let reply = app.api.get("/v1/events?limit=500").await.expect(200);
        let types: Vec<&str> = reply.body["data"].as_array().unwrap().iter()
            .map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(types[types.len() - 2..], ["scim_connection.deleted", "organization.deleted"]);
    }

    async fn an_organization_with_everything_in_it_can_be_deleted(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let user = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let body = json!({ "displayName": "g", "members": [{ "value": user.text("/id") }] });
        let _ = acme.scim.post("/Groups", body).await.expect(201);
        app.flush().await;
        let _ = app.api.delete("/v1/organizations/acme?confirm=acme").await.expect(204);
        let again = app.connect("Acme").await;
        let list = again.scim.get("/Users").await.expect(200);
        assert_eq!(list.body["totalResults"], json!(0));
    }

    async fn a_linked_sso_connection_cannot_be_deleted(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/acme/sso-connections/{}", acme.sso);
        let refused = app.api.delete(&path).await.expect(409);
        let expected = format!(
            "SCIM connections are linked to it: `Acme directory` ({}). Say with \
             `move_scim_connections_to` which SSO connection takes them over, or delete them first",
            acme.id,
        );
        assert_eq!(refused.text("/detail"), expected);
    }

    async fn a_client_secret_is_never_shown_again(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}/sso-connections", acme.organization);
        let created = app.api.post(&path, json!({ "name": "x", "protocol": "oidc", "oidc": {
            "issuer": "https://login.example.com", "client_id": "x", "client_secret": "hush-hush" } })).await.expect(201);
        assert_eq!(created.body["oidc"]["has_client_secret"], json!(true));
        let path = format!("{path}/{}", created.text("/id"));
        let renamed = app.api.patch(&path, json!({ "name": "y" })).await.expect(200);
        assert_eq!(renamed.body["oidc"]["has_client_secret"], json!(true));
        let told = format!("{} {} {:?}", created.body, renamed.body, app.events("acme").await);
        assert!(!told.contains("hush-hush"), "{told}");
    }

    async fn a_client_secret_does_not_follow_to_another_issuer(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}/sso-connections", acme.organization);
        let oidc = |issuer: &str, secret: Option<&str>| {
            let mut oidc = json!({ "issuer": issuer, "client_id": "x" });
            if let Some(secret) = secret {
                oidc["client_secret"] = json!(secret);
            }
            json!({ "name": "x", "protocol": "oidc", "oidc": oidc })
        };
        let ours = oidc("https://login.example.com", Some("hush-hush"));
        let created = app.api.post(&path, ours).await.expect(201);
        let path = format!("{path}/{}", created.text("/id"));
        let same = app.api.patch(&path, oidc("https://login.example.com", None)).await.expect(200);
        assert_eq!(same.body["oidc"]["has_client_secret"], json!(true));
        let other = app.api.patch(&path, oidc("https://evil.example.com", None)).await.expect(200);
        assert_eq!(other.body["oidc"]["has_client_secret"], json!(false));
    }

    async fn saml_metadata_is_read_into_fields(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/organizations/{}/sso-connections", acme.organization);
        let refused = app.api.post(&path, json!({ "name": "x", "protocol": "saml",
            "saml": { "metadata_xml": "<nothing/>" } })).await.expect(422);
        assert_eq!(refused.body["field"], "saml.metadata_xml");
    }

    async fn a_repeated_post_with_a_key_is_not_done_twice(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("{}/tokens", acme.path());
        let post = |key: &'static str, name: &'static str| {
            let request = app.api.request("POST", &path)
                .header("content-type", "application/json")
                .header("idempotency-key", key)
                .body(json!({ "name": name }).to_string());
            Client::read(request)
        };
        let first = post("k1", "one").await.expect(201);
        let again = post("k1", "one").await.expect(201);
        let other = post("k1", "two").await.expect(422);

        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.body["id"], first.body["id"]);
        assert_eq!(again.body["secret"], Value::Null);
        assert_eq!(other.body["code"], "idempotency_key_reused");
        let tokens = app.api.get(&path).await.expect(200);
        assert_eq!(tokens.body["data"].as_array().unwrap().len(), 2);
    }

    async fn lists_are_read_page_by_page(database: TestDatabase) {
        let app = TestApp::start(database).await;
        for number in 0..5 {
            let body = json!({ "name": format!("Org {number}") });
            let _ = app.api.post("/v1/organizations", body).await.expect(201);
            app.clock.advance_millis(1);
        }
        let mut names = Vec::new();
        let mut after = String::new();
        loop {
            let page = app.api.get(&format!("/v1/organizations?limit=2{after}")).await.expect(200);
            for item in page.body["data"].as_array().unwrap() {
                names.push(item["name"].as_str().unwrap().to_owned());
            }
            match page.body["next_cursor"].as_str() {
                Some(cursor) => after = format!("&after={cursor}"),
                None => break,
            }
        }
        assert_eq!(names, ["Org 0", "Org 1", "Org 2", "Org 3", "Org 4"]);
        let refused = app.api.get("/v1/organizations?limit=0").await.expect(422);
        assert_eq!(refused.body["field"], "limit");
        let refused = app.api.get("/v1/organizations?after=x").await.expect(422);
        assert_eq!(refused.body["field"], "after");
    }

    async fn the_feed_goes_on_from_its_cursor(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let first = app.api.get("/v1/events?limit=500").await.expect(200);
        let cursor = first.text("/next_cursor");
        let nothing = app.api.get(&format!("/v1/events?after={cursor}")).await.expect(200);
        assert_eq!((&nothing.body["data"], &nothing.body["next_cursor"]), (&json!([]), &json!(cursor)));

        let _ = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201);
        let more = app.api.get(&format!("/v1/events?after={cursor}&types=user.created")).await.expect(200);
        assert_eq!(more.body["data"][0]["data"]["user"]["userName"], "amy");
        let beyond = app.api.get("/v1/events?after=99999").await.expect(422);
        assert_eq!(beyond.body["field"], "after");
        let refused = app.api.get("/v1/events?types=nonsense").await.expect(422);
        assert_eq!(refused.body["field"], "types");
    }

    async fn an_api_key_works_until_it_is_deleted(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let key = app.api.post("/v1/api-keys", json!({ "name": "second" })).await.expect(201);
        let second = app.api.with_bearer(Some(&key.text("/secret")));
        let _ = second.get("/v1/organizations").await.expect(200);
        app.flush().await;
        let path = format!("/v1/api-keys/{}", key.text("/id"));
        let shown = app.api.get(&path).await.expect(200);
        assert_eq!(shown.body["last_used_at"], "2026-11-22T00:00:00.000Z");
        assert_eq!(shown.body.get("secret"), None);
        let _ = app.api.delete(&path).await.expect(204);
        let _ = second.get("/v1/organizations").await.expect(401);
    }
}
