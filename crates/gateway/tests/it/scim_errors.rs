//! What an identity provider is told when something is wrong.

use std::time::Duration;

use rollcall_testkit::{Client, TestApp, on_each_database};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

on_each_database! {
    async fn every_refusal_is_a_scim_error(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.limits.max_body_bytes = 4_000).await;
        let acme = app.connect("Acme").await;
        let too_large = format!("{{\"userName\": \"{}\"}}", "x".repeat(5_000));
        let typed = "application/scim+json";
        let cases = [
            ("GET", "/Users/0", typed, "", 404, None),
            ("GET", "/Nothing", typed, "", 404, None),
            ("DELETE", "/Users", typed, "", 405, None),
            ("POST", "/Users", typed, "{", 400, Some("invalidSyntax")),
            ("POST", "/Users", typed, "", 400, Some("invalidSyntax")),
            ("POST", "/Users", typed, "{\"userName\":\"a\",\"USERNAME\":\"b\"}", 400, Some("invalidSyntax")),
            ("POST", "/Users", typed, "{}", 400, Some("invalidValue")),
            ("POST", "/Users", "text/plain", "{\"userName\":\"a\"}", 415, None),
            ("POST", "/Users", typed, &too_large, 413, None),
            ("POST", "/Bulk", typed, "{}", 400, Some("invalidSyntax")),
            ("GET", "/Bulk", typed, "", 405, None),
            ("GET", "/Me", typed, "", 501, None),
            ("GET", "/Users?startIndex=x", typed, "", 400, Some("invalidValue")),
            ("GET", "/Schemas?filter=id%20pr", typed, "", 403, None),
            ("GET", "/Schemas/urn:nothing", typed, "", 404, None),
            ("GET", "/Users?attributes=id&excludedAttributes=name", typed, "", 400, Some("invalidValue")),
        ];
        for (method, path, media_type, body, status, scim_type) in cases {
            let request = acme.scim.request(method, path).header("content-type", media_type);
            let answer = Client::read(request.body(body.to_owned())).await;
            let shown = format!("{method} {path}: {}", answer.body);
            assert_eq!(answer.status, status, "{shown}");
            assert_eq!(answer.header("content-type"), "application/scim+json; charset=utf-8", "{shown}");
            assert_eq!(answer.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
            assert_eq!(answer.body["status"], json!(status.to_string()), "{shown}");
            assert_eq!(answer.body.get("scimType").and_then(|kind| kind.as_str()), scim_type, "{shown}");
            assert!(!answer.text("/detail").is_empty(), "{shown}");
            assert!(answer.header("x-request-id").starts_with("req_"), "{shown}");
        }
    }

    async fn a_wrong_method_is_told_which_ones_are_right(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let refused = acme.scim.delete("/Users").await.expect(405);
        assert_eq!(refused.header("allow"), "GET, HEAD, POST");
        let options = acme.scim.send("OPTIONS", "/Users/1", None).await.expect(204);
        assert_eq!(options.header("allow"), "GET, HEAD, PUT, PATCH, DELETE");
    }

    async fn a_token_cut_off_while_copying_is_told_apart_from_a_wrong_one(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let cut = &acme.token[..acme.token.len() - 3];
        let refused = acme.scim.with_bearer(Some(cut)).get("/Users").await.expect(401);
        assert_eq!(
            refused.text("/detail"),
            "the bearer token is cut off: 49 characters instead of 52; copy the whole SCIM token again",
        );
        let missing = acme.scim.with_bearer(None).get("/Users").await.expect(401);
        assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"scim\"");
    }

    async fn more_members_or_operations_than_allowed_are_413_with_the_limit(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            settings.limits.max_members_per_request = 2;
            settings.limits.max_patch_operations = 2;
        }).await;
        let acme = app.connect("Acme").await;
        let members: Vec<_> = (0..3).map(|n| json!({ "value": n.to_string() })).collect();
        let body = json!({ "displayName": "g", "members": members });
        let refused = acme.scim.post("/Groups", body).await.expect(413);
        assert_eq!(refused.text("/detail"), "more than 2 members in one request");

        let operations: Vec<_> = (0..3)
            .map(|_| json!({ "op": "add", "path": "title", "value": "x" }))
            .collect();
        let refused = acme.scim.patch("/Users/1", json!({ "Operations": operations })).await;
        assert_eq!(refused.expect(413).text("/detail"), "more than 2 operations in one request");
    }

    async fn texts_and_nesting_over_the_limit_are_400_in_every_body(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            settings.limits.max_nesting = 5;
            settings.limits.max_string_bytes = 100;
        }).await;
        let acme = app.connect("Acme").await;
        let user = acme.scim.post("/Users", json!({ "userName": "a" })).await.expect(201);
        let path = format!("/Users/{}", user.text("/id"));
        let long = "x".repeat(101);
        let with = |value: &serde_json::Value| [
            ("POST", "/Users", json!({ "userName": "b", "title": value })),
            ("PUT", path.as_str(), json!({ "userName": "a", "title": value })),
            ("PATCH", path.as_str(), json!({ "Operations": [{ "op": "add", "path": "title", "value": value }] })),
            ("POST", "/Users/.search", json!({ "filter": value })),
            ("POST", "/Bulk", json!({ "Operations": [{ "method": "POST", "path": "/Users", "bulkId": "1", "data": value }] })),
        ];
        for (method, path, body) in with(&json!(long)) {
            let refused = acme.scim.send(method, path, Some(body)).await.expect(400);
            assert_eq!(refused.body["scimType"], "invalidValue", "{method} {path}");
            assert!(refused.text("/detail").ends_with("is longer than 100 bytes"), "{method} {path}");
        }
        for (method, path, body) in with(&json!([[[[[1]]]]])) {
            let refused = acme.scim.send(method, path, Some(body)).await.expect(400);
            assert_eq!(refused.body["scimType"], "invalidSyntax", "{method} {path}");
            assert!(refused.text("/detail").contains("nested more than 5 deep"), "{method} {path}");
        }
        let exactly = json!({ "userName": "c", "title": "x".repeat(100) });
        let _ = acme.scim.post("/Users", exactly).await.expect(201);
        let same = acme.scim.get(&path).await.expect(200);
        assert_eq!(same.body["meta"]["version"], user.body["meta"]["version"]);
    }

    async fn a_resource_does_not_grow_over_its_limit_and_one_that_is_over_it_can_be_deactivated(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let emails: Vec<_> = (0..10).map(|n| json!({ "value": format!("{n}@x.example") })).collect();
        let body = json!({ "userName": "large", "active": true, "emails": emails });
        let large = acme.scim.post("/Users", body.clone()).await.expect(201);
        let large = format!("/Users/{}", large.text("/id"));
        let database = app.stop().await;

        let app = TestApp::start_with(database, |settings| settings.limits.max_attributes = 5).await;
        let scim = app.scim_at(&format!("/scim/v2/{}", acme.id), Some(&acme.token));
        let patch = |path: &str, value: serde_json::Value| json!({ "Operations": [{ "op": "replace", "path": path, "value": value }] });
        let five = json!({ "userName": "a", "title": "t", "emails": [{ "value": "a@x.example", "type": "work" }] });
        let small = scim.post("/Users", five).await.expect(201);
        let small = format!("/Users/{}", small.text("/id"));
        let two = json!([{ "value": "a@x.example", "type": "work" }, { "value": "b@x.example" }]);
        let six = json!({ "userName": "b", "title": "t", "emails": two });
        let group = json!({ "displayName": "g" });
        let refused = [
            scim.post("/Users", six.clone()).await,
            scim.put(&small, six).await,
            scim.patch(&small, patch("emails", two)).await,
            scim.patch(&large, patch("title", json!("more"))).await,
        ];
        for refused in refused {
            let refused = refused.expect(400);
            assert_eq!(refused.body["scimType"], "invalidValue");
            assert!(refused.text("/detail").contains("at most 5 are kept"), "{}", refused.body);
        }
        let _ = scim.post("/Groups", group).await.expect(201);
        let left = scim.patch(&large, patch("active", json!(false))).await.expect(200);
        assert_eq!(left.body["active"], false);
        assert_eq!(left.body["emails"].as_array().map(Vec::len), Some(10));
    }

    async fn values_that_no_index_takes_are_refused_with_the_attribute(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let long = "x".repeat(3_000);
        let many: Vec<_> = (0..1_500).map(|n| json!({ "value": format!("{n}@x.example") })).collect();
        let cases = [
            ("/Users", json!({ "userName": long }), "`userName` is longer than 1024 bytes"),
            ("/Users", json!({ "userName": "a", "externalId": long }), "`externalId` is longer than 1024 bytes"),
            ("/Users", json!({ "userName": "a", "emails": [{ "value": long }] }), "`emails.value` is longer than 1024 bytes"),
            ("/Users", json!({ "userName": "a", "emails": many }), "`emails` may have at most 1000 values"),
            ("/Groups", json!({ "displayName": long }), "`displayName` is longer than 1024 bytes"),
        ];
        for (path, body, detail) in cases {
            let refused = acme.scim.post(path, body).await.expect(400);
            assert_eq!(refused.body["scimType"], "invalidValue");
            assert_eq!(refused.text("/detail"), detail);
        }
        let nul = acme.scim.get("/Users?filter=userName%20eq%20%22a%5Cu0000%22").await.expect(400);
        assert_eq!(nul.body["scimType"], "invalidFilter");
    }

    async fn a_body_that_does_not_come_is_not_waited_for(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            settings.limits.request_body_timeout = Duration::from_millis(50);
        }).await;
        let acme = app.connect("Acme").await;
        let address = app.api.base().trim_start_matches("http://");
        let path = acme.scim.base().trim_start_matches(app.api.base());
        let head = format!(
            "POST {path}/Users HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
             content-length: 100\r\n\r\n{{",
            acme.token
        );
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), "HTTP/1.1 408");
    }
}
