//! `/Me`, which is not offered: a token is a machine's, and no user is behind it (RFC 7644 §3.11).

use rollcall_testkit::on_each_database;
use serde_json::json;

use crate::fixture::{Fixture, USER, expect_error, expect_list};

on_each_database! {
    async fn me_is_not_offered_by_any_method(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let body = json!({ "schemas": [USER], "userName": "myself" });
            let refused = f.scim().send(method, "/Me", Some(body)).await;
            expect_error(&refused, 501, "");
            assert!(refused.headers.get("location").is_none(), "{method}");
        }
        let _ = f.scim().send("HEAD", "/Me", None).await.expect(501);
        expect_list(&f.users_where("userName eq \"myself\"").await, 0);
        expect_error(&f.scim().with_bearer(None).get("/Me").await, 401, "");
    }
}
