//! Media types, encodings and the limits of JSON (RFC 7644 §3.8).

mod names;

use rollcall_testkit::{Client, Reply, TestApp, on_each_database};
use serde_json::json;

use crate::fixture::{Fixture, USER, expect_error, expect_list};

const SCIM: &str = "application/scim+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

async fn get(f: &Fixture, path: &str, accept: &str) -> Reply {
    Client::read(f.scim().request("GET", path).header("accept", accept)).await
}

async fn post(f: &Fixture, media_type: Option<&str>, body: impl Into<Vec<u8>>) -> Reply {
    let mut request = f.scim().request("POST", "/Users").body(body.into());
    if let Some(media_type) = media_type {
        request = request.header("content-type", media_type);
    }
    Client::read(request).await
}

on_each_database! {
    async fn bodies_are_taken_as_scim_or_json_in_utf_8_and_without_a_type(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let types = [
            Some("application/scim+json"), Some("application/scim+json; charset=utf-8"), Some("application/json"),
            Some("Application/JSON;charset=\"UTF-8\""), None,
        ];
        for (number, media_type) in types.into_iter().enumerate() {
            let body = json!({ "schemas": [USER], "userName": format!("u{number}"), "displayName": "Zoë \u{1f600}" });
            let made = post(&f, media_type, body.to_string()).await.expect(201);
            assert_eq!(made.header("content-type"), SCIM);
            // The client reads nothing but UTF-8.
            assert_eq!(made.body["displayName"], "Zoë \u{1f600}");
            assert_eq!(f.user(&made.text("/id")).await["displayName"], "Zoë \u{1f600}");
        }
    }

    async fn another_type_of_body_is_refused_with_those_that_are_taken(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let types = [
            "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
            "application/json; charset=iso-8859-1", "application/json-patch+json",
        ];
        for media_type in types {
            let refused = post(&f, Some(media_type), json!({ "userName": "typed" }).to_string()).await;
            expect_error(&refused, 415, "");
            assert_eq!(refused.header("accept"), "application/scim+json, application/json");
        }
        expect_list(&f.users_where("userName eq \"typed\"").await, 0);
    }

    async fn an_answer_has_the_type_that_was_asked_for(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let answers = [
            ("application/scim+json", SCIM),
            ("*/*", SCIM),
            ("application/json, application/scim+json", SCIM),
            ("application/json", JSON),
            ("application/json, text/plain, */*", JSON),
            // What cannot be met is answered all the same.
            ("text/html", SCIM),
            ("application/xml;q=1", SCIM),
        ];
        let user = format!("/Users/{}", f.u1);
        for (accept, media_type) in answers {
            for path in [user.as_str(), "/Users", "/ServiceProviderConfig"] {
                assert_eq!(get(&f, path, accept).await.expect(200).header("content-type"), media_type, "{accept}");
            }
            // Errors are SCIM's own.
            expect_error(&get(&f, "/Users/0", accept).await, 404, "");
        }
        let silent = f.scim().get(&user).await.expect(200);
        assert_eq!(silent.header("content-type"), SCIM);
    }

    async fn strict_refuses_an_accept_that_cannot_be_met(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "profile": "strict" })).await;
        for accept in ["text/html", "application/xml;q=1", "application/scim+json;q=0, text/*"] {
            expect_error(&get(&f, "/Users", accept).await, 406, "");
        }
        for accept in ["application/scim+json", "application/json", "text/html, */*;q=0.1", "application/*"] {
            let _ = get(&f, "/Users", accept).await.expect(200);
        }
        let refused = f.scim().request("POST", "/Users").header("accept", "text/html").header("content-type", "application/json");
        let body = json!({ "schemas": [USER], "userName": "unseen" }).to_string();
        expect_error(&Client::read(refused.body(body)).await, 406, "");
        expect_list(&f.users_where("userName eq \"unseen\"").await, 0);
    }

    async fn what_is_no_text_is_no_body(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let bodies: [(&[u8], &str); 6] = [
            (b"{\"userName\":\"a\xff\"}", "invalidSyntax"),
            (b"\xff\xfe{\x00", "invalidSyntax"),
            (b"{\"userName\":\"a\\ud800\"}", "invalidValue"),
            (b"{\"userName\":\"\\udc00b\"}", "invalidValue"),
            (b"{\"userName\":\"a\"} {}", "invalidSyntax"),
            (b"{\"userName\":\"a\\u0000\"}", "invalidValue"),
        ];
        for (body, scim_type) in bodies {
            expect_error(&post(&f, None, body).await, 400, scim_type);
        }
        expect_list(&f.scim().get("/Users").await, 3);
    }

    async fn depth_and_size_of_json_are_bounded(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.limits.max_body_bytes = 200_000).await;
        let f = Fixture::on(app).await;
        let nested = |open: &str, close: &str| format!("{{\"title\":{}{}}}", open.repeat(10_000), close.repeat(10_000));
        for body in [nested("[", "]"), nested("{\"a\":", "}"), "[".repeat(100_000)] {
            expect_error(&post(&f, None, body).await, 400, "invalidSyntax");
        }
        let large = post(&f, None, format!("{{\"userName\":\"{}\"}}", "x".repeat(200_000))).await;
        expect_error(&large, 413, "");
        assert_eq!(large.text("/detail"), "the body is larger than 200000 bytes");
        let _ = f.scim().get("/Users").await.expect(200);
    }
}
