//! Errors: their form, their words, and what they must not tell (RFC 7644 §3.12).

use std::time::Duration;

use rollcall_testkit::{Client, Reply, TestApp, on_each_database};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATCH_OP, USER, expect_error, patch};
use crate::raw::{exchange, head};

/// The statuses that no keyword goes with.
const WITHOUT_WORD: [u16; 12] = [401, 404, 405, 406, 408, 412, 413, 415, 428, 429, 500, 501];

async fn failing(f: &Fixture, method: &str, path: &str, header: (&str, &str), body: &str) -> Reply {
    let request = f.scim().request(method, path).header(header.0, header.1);
    Client::read(request.body(body.to_owned())).await
}

/// Method, path, a header, the body, and the status and `scimType` that answer them.
type Refused<'a> = (&'a str, &'a str, (&'a str, &'a str), &'a str, u16, &'a str);

on_each_database! {
    async fn every_refusal_has_a_whole_error_body(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.limits.max_body_bytes = 3_000).await;
        let f = Fixture::on(app).await;
        let (u1, u2) = (format!("/Users/{}", f.u1), format!("/Users/{}", f.u2));
        let json = ("content-type", "application/scim+json");
        let change = |op: &str, path: &str, value: Value| {
            patch(json!([{ "op": op, "path": path, "value": value }])).to_string()
        };
        let taken = json!({ "schemas": [USER], "userName": "BJENSEN" }).to_string();
        let large = "x".repeat(4_000);
        let empty = json!({ "schemas": [PATCH_OP], "Operations": [] }).to_string();
        let refusals: Vec<Refused<'_>> = vec![
            ("GET", "/Users?filter=userName%20zz%201", json, "", 400, "invalidFilter"),
            ("GET", "/Users?filter=nothing%20eq%201", json, "", 400, "invalidFilter"),
            ("GET", "/Users?startIndex=x", json, "", 400, "invalidValue"),
            ("POST", "/Users", json, "{", 400, "invalidSyntax"),
            ("POST", "/Users", json, "[]", 400, "invalidSyntax"),
            ("POST", "/Users", json, "{}", 400, "invalidValue"),
            ("PUT", &u2, json, "[]", 400, "invalidSyntax"),
            ("POST", "/Users/.search", json, "[]", 400, "invalidSyntax"),
            ("POST", "/Bulk", json, "{}", 400, "invalidSyntax"),
            ("PATCH", &u2, json, &empty, 400, "invalidSyntax"),
            ("POST", "/Users", json, &taken, 409, "uniqueness"),
            ("GET", "/Users", ("authorization", "non-token"), "", 400, ""),
            ("GET", "/Users/0", json, "", 404, ""),
            ("GET", "/Nope", json, "", 404, ""),
            ("PATCH", "/Users", json, "{}", 405, ""),
            ("PUT", &u1, ("if-match", "W/\"77\""), "{\"userName\":\"bjensen\"}", 412, ""),
            ("DELETE", &u1, ("if-match", "W/\"77\""), "", 412, ""),
            ("POST", "/Users", json, &large, 413, ""),
            ("POST", "/Users", ("content-type", "text/plain"), "{}", 415, ""),
            ("GET", "/Me", json, "", 501, ""),
        ];
        for (method, path, header, body, status, scim_type) in refusals {
            let refused = failing(&f, method, path, header, body).await;
            expect_error(&refused, status, scim_type);
            assert!(scim_type.is_empty() || !WITHOUT_WORD.contains(&status));
            assert!(refused.header("x-request-id").starts_with("req_"));
        }
        let patches = [
            (change("replace", "title[", json!("x")), "invalidPath"),
            (change("replace", "emails[type eq \"none\"]", json!({ "value": "a@b.example" })), "noTarget"),
            (change("replace", "id", json!("7")), "mutability"),
            (change("replace", "active", json!({ "a": 1 })), "invalidValue"),
            (change("replace", "emails[type zz 1]", json!("x")), "invalidFilter"),
            (change("replace", "userName", json!("bjensen")), "uniqueness"),
        ];
        let before = f.user(&f.u2).await;
        for (body, scim_type) in patches {
            let status = if scim_type == "uniqueness" { 409 } else { 400 };
            expect_error(&failing(&f, "PATCH", &u2, json, &body).await, status, scim_type);
        }
        assert_eq!(f.user(&f.u2).await, before);
        expect_error(&f.scim().with_bearer(None).get("/Users").await, 401, "");
        expect_error(&f.scim().with_bearer(Some("non-token")).get("/Users").await, 401, "");
    }

    async fn a_failure_of_ours_is_told_by_the_id_of_its_request_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let raw = f.app.database.raw().await;
        raw.execute_unprepared("alter table users rename to users_elsewhere").await.unwrap();
        raw.close().await.unwrap();
        let requests = [
            ("GET", "/Users".to_owned(), Value::Null),
            ("GET", format!("/Users/{}", f.u1), Value::Null),
            ("POST", "/Users".to_owned(), json!({ "userName": "new" })),
            ("PATCH", format!("/Users/{}", f.u1), patch(json!([{ "op": "replace", "path": "title", "value": "x" }]))),
            ("DELETE", format!("/Users/{}", f.u1), Value::Null),
        ];
        for (method, path, body) in requests {
            let failed = f.scim().send(method, &path, Some(body)).await;
            expect_error(&failed, 500, "");
            assert!(failed.header("x-request-id").starts_with("req_"));
            assert_eq!(failed.text("/detail"), "something failed on our side; the request id finds it in the log");
        }
    }

    async fn what_the_server_refuses_by_itself_is_a_scim_error_too(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            settings.limits.request_body_timeout = Duration::from_millis(50);
        }).await;
        let f = Fixture::on(app).await;
        let post = head(&f.app, &f.tenant, "POST", "/Users");
        let broken = [
            // A body that does not come.
            (format!("{post}content-length: 100\r\n\r\n{{"), "408"),
            (format!("{}\r\n", head(&f.app, &f.tenant, "BREW", "/Users")), "405"),
            (format!("{}\r\n", head(&f.app, &f.tenant, "GET", "/Users/%ff")), "404"),
            (format!("{}\r\n", head(&f.app, &f.tenant, "GET", "/Users/%00")), "404"),
            (format!("{}\r\n", head(&f.app, &f.tenant, "GET", "/../../../etc/passwd")), "404"),
            (format!("{}\r\n", head(&f.app, &f.tenant, "GET", "/Schemas/%zz")), "404"),
        ];
        for (bytes, status) in broken {
            let answer = exchange(&f.app, bytes.as_bytes()).await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{bytes}\n{answer}");
            assert!(head.contains("content-type: application/scim+json"), "{bytes}\n{answer}");
            let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
            assert_eq!(body["schemas"], json!([crate::fixture::ERROR]));
            assert_eq!(body["status"], status);
        }
    }

    async fn no_answer_is_a_redirect(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for path in ["/Users/", "//Users", "/Me", "/Me/", "", "/", "/Nope/"] {
            let request = format!("{}\r\n", head(&f.app, &f.tenant, "GET", path));
            let answer = exchange(&f.app, request.as_bytes()).await;
            assert!(!answer.starts_with("HTTP/1.1 3"), "{path}: {answer}");
        }
    }

    async fn details_repeat_no_password_no_token_and_nothing_of_others(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let other = f.app.connect("T2").await;
        let canary = "pass-canary-77";
        let theirs = json!({ "userName": "other-canary", "externalId": "other-canary-id", "displayName": "other-canary" });
        let theirs = other.scim.post("/Users", theirs).await.expect(201).text("/id");
        let u1 = format!("/Users/{}", f.u1);
        let secret = json!({ "value": canary });
        let attempts = [
            ("POST", "/Users", json!({ "userName": "bjensen", "password": canary }), 409),
            ("POST", "/Users", json!({ "password": canary }), 400),
            ("POST", "/Users", json!({ "userName": "p", "password": [canary], "active": "maybe" }), 400),
            ("POST", "/Users", json!({ "userName": "p", "password": secret, "emails": 7 }), 400),
            ("PUT", &u1, json!({ "password": canary }), 400),
            ("PATCH", &u1, patch(json!([{ "op": "replace", "path": "password", "value": canary }])), 400),
            ("PATCH", &u1, patch(json!([{ "op": "replace", "path": "title[", "value": { "password": canary } }])), 400),
            ("PATCH", &u1, patch(json!([{ "op": "zap", "path": "password", "value": canary }])), 400),
            ("POST", "/Bulk", json!({ "Operations": [{ "method": "POST", "path": "/Users", "data": { "password": canary } }] }), 400),
            ("GET", &format!("/Users/{theirs}"), Value::Null, 404),
            ("PUT", &format!("/Users/{theirs}"), json!({ "userName": "mine" }), 404),
            ("DELETE", &format!("/Users/{theirs}"), Value::Null, 404),
        ];
        for (method, path, body, status) in attempts {
            let refused = f.scim().send(method, path, Some(body)).await.expect(status);
            let text = format!("{:?} {}", refused.headers, refused.body);
            for canary in [canary, "other-canary", &f.tenant.token, &other.token, "T2"] {
                assert!(!text.contains(canary), "{method} {path}: {text}");
            }
        }
        // A body that breaks off in the middle of a secret, and one that names it twice.
        for body in [format!("{{\"password\":\"{canary}"), format!("{{\"password\":\"{canary}\",\"Password\":\"{canary}\"}}")] {
            let refused = failing(&f, "POST", "/Users", ("content-type", "application/json"), &body).await;
            expect_error(&refused, 400, "invalidSyntax");
            assert!(!refused.body.to_string().contains(canary), "{}", refused.body);
        }
        // The token of another tenant, here and cut off.
        for token in [other.token.as_str(), &other.token[..40]] {
            let refused = f.scim().with_bearer(Some(token)).get("/Users").await.expect(401);
            let text = format!("{:?} {}", refused.headers, refused.body);
            assert!(!text.contains(&other.token[..20]), "{text}");
        }
    }
}
