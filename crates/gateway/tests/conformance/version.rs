//! The version of the protocol in the address (RFC 7644 §3.13).

use rollcall_testkit::on_each_database;
use serde_json::json;

use crate::fixture::{Fixture, expect_error};

on_each_database! {
    async fn the_version_stands_before_or_after_the_connection_or_is_left_out(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let id = &f.tenant.id;
        let forms = [
            format!("/scim/v2/{id}"), format!("/scim/{id}/v2"), format!("/scim/{id}"),
            "/scim/v2".to_owned(), "/scim".to_owned(), "/api/scim/v2".to_owned(), "/api/scim".to_owned(),
        ];
        for (number, form) in forms.iter().enumerate() {
            let scim = f.app.scim_at(form, Some(&f.tenant.token));
            let _ = scim.get("/Users").await.expect(200);
            let _ = scim.get("").await.expect(200);
            let made = scim.post("/Users", json!({ "userName": format!("by-form-{number}") })).await.expect(201);
            // Whatever the form of the request, locations have the configured one.
            let location = format!("{}/Users/{}", f.scim().base(), made.text("/id"));
            assert_eq!((made.header("location"), made.text("/meta/location")), (location.as_str(), location.clone()));
            let group = scim.get(&format!("/Groups/{}", f.g1)).await.expect(200);
            assert_eq!(group.text("/members/0/$ref"), format!("{}/Users/{}", f.scim().base(), f.u1));
        }
    }

    async fn another_version_is_refused_and_never_served_as_this_one(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let id = &f.tenant.id;
        let others = [
            format!("/scim/v1/{id}"), format!("/scim/v3/{id}"), format!("/scim/{id}/v1"),
            "/scim/v1".to_owned(), "/scim/v3".to_owned(), "/api/scim/v1".to_owned(), "/scim/v22".to_owned(),
        ];
        for other in others {
            let scim = f.app.scim_at(&other, Some(&f.tenant.token));
            for path in ["", "/Users", "/Users/1", "/Nope"] {
                expect_error(&scim.get(path).await, 400, "invalidVers");
            }
            expect_error(&scim.post("/Users", json!({ "userName": "x" })).await, 400, "invalidVers");
            expect_error(&scim.with_bearer(None).get("/Users").await, 401, "");
        }
        for nothing in ["/scim/v2x", "/scim/V2", "/scim/latest", "/scim/v2.0"] {
            let scim = f.app.scim_at(nothing, Some(&f.tenant.token));
            expect_error(&scim.get("/Users").await, 404, "");
        }
    }
}
