//! Deleting resources (RFC 7644 §3.6).

use rollcall_testkit::{Client, on_each_database};
use serde_json::json;

use crate::fixture::{Fixture, GROUP, USER, create, expect_error, expect_list, patch, query};

on_each_database! {
    async fn what_is_deleted_is_gone_from_everywhere(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let body = json!({ "schemas": [USER], "userName": "Zoe" });
        let rename = || patch(json!([{ "op": "replace", "path": "displayName", "value": "x" }]));
        for (endpoint, id, body) in [
            ("/Users", &f.u3, body),
            ("/Groups", &f.g2, json!({ "schemas": [GROUP], "displayName": "Empty" })),
        ] {
            let path = format!("{endpoint}/{id}");
            let total = f.scim().get(endpoint).await.body["totalResults"].as_u64().unwrap();

            let gone = f.scim().delete(&path).await.expect(204);
            assert!(gone.body.is_null());
            assert!(["", "0"].contains(&gone.header("content-length")));

            expect_error(&f.scim().get(&path).await, 404, "");
            expect_error(&f.scim().put(&path, body).await, 404, "");
            expect_error(&f.scim().patch(&path, rename()).await, 404, "");
            expect_error(&f.scim().delete(&path).await, 404, "");

            expect_list(&f.scim().get(endpoint).await, total - 1);
            let by_id = format!("id eq \"{id}\"");
            for base in [endpoint, "/"] {
                let list = f.scim().get(&format!("{base}?{}", query(&[("filter", &by_id)]))).await;
                expect_list(&list, 0);
            }
            for base in [format!("{endpoint}/.search"), "/.search".to_owned()] {
                let search = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                    "filter": by_id,
                });
                expect_list(&f.scim().post(&base, search).await, 0);
            }
        }
        expect_list(&f.scim().get("/").await, 3);
    }

    async fn a_deletion_is_no_deactivation(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let _ = f.scim().delete(&format!("/Users/{}", f.u1)).await.expect(204);
        expect_error(&f.scim().get(&format!("/Users/{}", f.u1)).await, 404, "");
        assert_eq!(f.names_where("active eq false").await, ["jsmith"]);
        let types = f.app.event_types(&f.tenant.organization).await;
        assert_eq!(types.last().unwrap(), "user.deleted");
        assert!(!types.contains(&"user.deactivated".to_owned()));
    }

    async fn what_was_deleted_is_in_nobodys_way(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let _ = f.scim().delete(&format!("/Users/{}", f.u1)).await.expect(204);
        let again = json!({ "schemas": [USER], "userName": "bjensen", "externalId": "E-701984" });
        let made = create(f.scim(), "/Users", again).await;
        assert_ne!(made, f.u1);
        expect_error(&f.scim().get(&format!("/Users/{}", f.u1)).await, 404, "");
        // A user that is there may take the name as well.
        let _ = f.scim().delete(&format!("/Users/{made}")).await.expect(204);
        let renamed = patch(json!([{ "op": "replace", "path": "userName", "value": "bjensen" }]));
        let _ = f.scim().patch(&format!("/Users/{}", f.u3), renamed).await.expect(200);
    }

    async fn a_group_that_is_deleted_leaves_its_members(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let before = f.user(&f.u1).await["meta"].clone();
        let _ = f.scim().delete(&format!("/Groups/{}", f.g1)).await.expect(204);
        let user = f.user(&f.u1).await;
        assert!(user.get("groups").is_none());
        assert_eq!(user["meta"], before);
    }

    async fn a_deletion_heeds_if_match(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for path in [format!("/Users/{}", f.u1), format!("/Groups/{}", f.g2)] {
            let delete = |tag: &str| {
                Client::read(f.scim().request("DELETE", &path).header("if-match", tag))
            };
            let read = f.scim().get(&path).await.expect(200);
            expect_error(&delete("W/\"99\"").await, 412, "");
            assert_eq!(f.scim().get(&path).await.expect(200).body, read.body);
            let _ = delete(read.header("etag")).await.expect(204);
            let _ = f.scim().get(&path).await.expect(404);
        }
    }

    async fn a_body_of_a_deletion_is_ignored(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let body = json!({ "schemas": [USER], "userName": "other" });
        let _ = f.scim().send("DELETE", &format!("/Users/{}", f.u3), Some(body)).await.expect(204);
        let request = f.scim().request("DELETE", &format!("/Groups/{}", f.g2));
        let _ = Client::read(request.header("content-type", "text/plain").body("{")).await.expect(204);
        expect_list(&f.users_where("userName eq \"other\"").await, 0);
    }
}
