//! What a PATCH is answered with (RFC 7644 §3.5.2), and what `Prefer` makes of it.

use rollcall_testkit::{Client, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{Fixture, GROUP, USER, expect_error, patch};
use crate::patch_probe::{op, pathless, remove};

const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

/// A request with a preference.
async fn preferring(f: &Fixture, preference: &str, method: &str, path: &str, body: Value) -> Reply {
    let request = f.scim().request(method, path);
    let request = request
        .header("prefer", preference)
        .header("content-type", "application/scim+json")
        .body(body.to_string());
    Client::read(request).await
}

on_each_database! {
    async fn a_user_is_answered_whole_and_a_group_without_a_body(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.patch_user(&f.u1, op("replace", "title", json!("x"))).await.expect(200);
        assert_eq!(user.body, f.user(&f.u1).await);
        assert_eq!(user.header("etag"), user.text("/meta/version"));
        let group = f.patch_group(&f.g1, op("replace", "displayName", json!("x"))).await.expect(204);
        assert_eq!(group.body, Value::Null);
        let stored = f.group(&f.g1).await;
        assert_eq!(stored["meta"]["version"], group.header("etag"));
        assert_eq!(stored["meta"]["location"], group.header("location"));
    }

    async fn asking_for_attributes_brings_them_with_200(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Groups/{}", f.g1);
        let change = |name: &str| patch(op("replace", "displayName", json!(name)));
        let named = f.scim().patch(&format!("{path}?attributes=displayName"), change("a")).await.expect(200);
        assert_eq!(named.body, json!({ "schemas": [GROUP], "id": f.g1, "displayName": "a" }));
        let less = f.scim().patch(&format!("{path}?excludedAttributes=members"), change("b")).await.expect(200);
        assert!(less.body.get("members").is_none());
        assert_eq!(less.body["displayName"], "b");
        assert_eq!(less.body["meta"], f.group(&f.g1).await["meta"]);
        assert_eq!(less.header("etag"), less.text("/meta/version"));

        let path = format!("/Users/{}?attributes=title", f.u1);
        let user = f.scim().patch(&path, patch(op("replace", "title", json!("x")))).await.expect(200);
        assert_eq!(user.body, json!({ "schemas": user.body["schemas"], "id": f.u1, "title": "x" }));
    }

    async fn nobody_is_404(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = op("replace", "title", json!("x"));
        for id in [NOBODY, f.g1.as_str(), "no-id-at-all"] {
            expect_error(&f.patch_user(id, user.clone()).await, 404, "");
        }
        let group = op("replace", "displayName", json!("x"));
        for id in [NOBODY, f.u1.as_str(), "no-id-at-all"] {
            expect_error(&f.patch_group(id, group.clone()).await, 404, "");
        }
    }

    async fn a_name_that_is_taken_is_409(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let before = f.user(&f.u2).await;
        for name in ["bjensen", "BJensen"] {
            let taken = [
                op("replace", "userName", json!(name)),
                op("add", "userName", json!(name)),
                pathless("replace", json!({ "userName": name })),
            ];
            for operations in taken {
                expect_error(&f.patch_user(&f.u2, operations).await, 409, "uniqueness");
            }
        }
        assert_eq!(f.user(&f.u2).await, before);
        let other_case = f.changed_user(&f.u1, op("replace", "userName", json!("BJensen"))).await;
        assert_eq!(other_case["userName"], "BJensen");
    }

    async fn more_operations_than_the_limit_are_413(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            settings.limits.max_patch_operations = 10_000;
        }).await;
        let f = Fixture::on(app).await;
        let before = f.user(&f.u1).await;
        let operation = json!({ "op": "replace", "path": "title", "value": "x" });
        let many = |count| Value::from(vec![operation.clone(); count]);
        expect_error(&f.patch_user(&f.u1, many(10_001)).await, 413, "");
        expect_error(&f.patch_group(&f.g1, many(10_001)).await, 413, "");
        assert_eq!(f.user(&f.u1).await, before);
        let long = op("replace", "title", json!("x".repeat(1_100_000)));
        expect_error(&f.patch_user(&f.u1, long).await, 413, "");
        assert_eq!(f.changed_user(&f.u1, many(10_000)).await["title"], "x");
    }

    async fn a_client_may_prefer_an_answer_with_or_without_the_resource(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let (user, group) = (format!("/Users/{}", f.u1), format!("/Groups/{}", f.g1));
        let titled = patch(op("replace", "title", json!("x")));
        let minimal = preferring(&f, "return=minimal", "PATCH", &user, titled.clone()).await.expect(204);
        assert_eq!(minimal.body, Value::Null);
        let stored = f.user(&f.u1).await;
        assert_eq!(stored["title"], "x");
        assert_eq!(stored["meta"]["version"], minimal.header("etag"));

        let renamed = patch(op("replace", "displayName", json!("x")));
        let whole = preferring(&f, "return=representation", "PATCH", &group, renamed).await.expect(200);
        assert_eq!(whole.body, f.group(&f.g1).await);
        let asked = format!("{user}?attributes=title");
        let asked = preferring(&f, "return=minimal", "PATCH", &asked, titled).await.expect(200);
        assert_eq!(asked.body["title"], "x");

        let mut body = f.user(&f.u1).await;
        body["title"] = json!("y");
        let put = preferring(&f, "return=minimal", "PUT", &user, body).await.expect(204);
        assert_eq!(put.body, Value::Null);
        assert_eq!(f.user(&f.u1).await["title"], "y");
        let body = f.group(&f.g1).await;
        let _ = preferring(&f, "return=minimal", "PUT", &group, body).await.expect(204);
        assert_eq!(f.member_ids(&f.g1).await, [f.u1.as_str()]);

        let person = json!({ "schemas": [USER], "userName": "new" });
        let made = preferring(&f, "respond-async, return=minimal", "POST", "/Users", person).await.expect(201);
        assert_eq!(made.body, Value::Null);
        let id = made.header("location").rsplit('/').next().unwrap();
        assert_eq!(f.user(id).await["userName"], "new");
        let crew = json!({ "schemas": [GROUP], "displayName": "Crew", "members": [{ "value": f.u1 }] });
        let made = preferring(&f, "return=minimal", "POST", "/Groups", crew).await.expect(201);
        assert_eq!(made.body, Value::Null);
        let id = made.header("location").rsplit('/').next().unwrap();
        assert_eq!(f.member_ids(id).await, [f.u1.as_str()]);
    }

    async fn a_refusal_is_an_error_whatever_is_preferred(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u1);
        let refused = preferring(&f, "return=minimal", "PATCH", &path, patch(remove("userName"))).await;
        expect_error(&refused, 400, "mutability");
    }
}
