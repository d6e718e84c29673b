//! Replacing resources with PUT (RFC 7644 §3.5.1).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{
    ENTERPRISE, Fixture, GROUP, PROBE, USER, bjensen, create, expect_error, expect_list, probe_user,
};

/// `U1` again, without some of its attributes.
fn bjensen_without(names: &[&str]) -> Value {
    let mut body = bjensen();
    for name in names {
        body.as_object_mut().unwrap().remove(*name);
    }
    body
}

/// The attributes of an answer, in the order of the alphabet.
fn names(answer: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = answer
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

on_each_database! {
    async fn a_replacement_is_answered_whole_with_its_address_and_version(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u1);
        let mut body = bjensen();
        body["title"] = json!("Chief");
        let replaced = f.scim().put(&path, body).await.expect(200);
        assert_eq!(replaced.body, f.user(&f.u1).await);
        assert_eq!(replaced.body["title"], "Chief");
        assert_eq!(replaced.body["groups"][0]["value"], f.g1.as_str());
        assert_eq!(replaced.header("etag"), replaced.text("/meta/version"));
        assert_eq!(replaced.header("location"), format!("{}{path}", f.scim().base()));
    }

    async fn values_that_are_sent_replace_those_there_as_a_whole(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mut body = bjensen();
        body["emails"] = json!([{ "value": "new@example.com", "type": "other" }]);
        body["name"] = json!({ "familyName": "Jensen-Smith" });
        body["password"] = json!("never kept");
        let replaced = f.scim().put(&format!("/Users/{}", f.u1), body).await.expect(200);
        assert_eq!(replaced.body["emails"], json!([{ "value": "new@example.com", "type": "other" }]));
        assert_eq!(replaced.body["name"], json!({ "familyName": "Jensen-Smith" }));
        assert!(replaced.body.get("password").is_none());
        assert_eq!(f.names_where("emails.value eq \"bjensen@example.com\"").await, [""; 0]);
        assert_eq!(f.names_where("emails.value eq \"new@example.com\"").await, ["bjensen"]);
    }

    async fn what_is_left_out_or_null_or_empty_is_cleared(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u1);
        let left_out = bjensen_without(&["title", "emails", ENTERPRISE]);
        let mut empty = bjensen();
        empty["title"] = json!(null);
        empty["emails"] = json!([]);
        empty[ENTERPRISE] = json!({ "employeeNumber": null, "department": null });
        for body in [left_out, empty] {
            let _ = f.scim().put(&path, body).await.expect(200);
            let user = f.user(&f.u1).await;
            for cleared in ["title", "emails", ENTERPRISE] {
                assert!(user.get(cleared).is_none(), "{cleared}: {user}");
            }
            assert_eq!(user["schemas"], json!([USER]));
            assert_eq!(user["displayName"], "Babs Jensen");
            let _ = f.scim().put(&path, bjensen()).await.expect(200);
            assert_eq!(f.user(&f.u1).await["title"], "Tour Guide");
        }
    }

    async fn an_extension_that_is_dropped_takes_its_urn_along(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u1);
        assert_eq!(f.user(&f.u1).await["schemas"], json!([USER, ENTERPRISE]));
        let mut body = bjensen_without(&[ENTERPRISE]);
        body["schemas"] = json!([USER]);
        let replaced = f.scim().put(&path, body.clone()).await.expect(200);
        assert_eq!(replaced.body["schemas"], json!([USER]));
        assert!(replaced.body.get(ENTERPRISE).is_none());
        expect_list(&f.users_where(&format!("{ENTERPRISE}:department pr")).await, 0);
        // A URN without data is no data.
        body["schemas"] = json!([USER, ENTERPRISE]);
        let again = f.scim().put(&path, body).await.expect(200);
        assert_eq!(again.body, replaced.body);
    }

    async fn what_the_server_writes_itself_stays_as_it_is(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let before = f.user(&f.u1).await;
        let mut body = bjensen();
        body["meta"] = json!({ "created": "1999-01-01T00:00:00Z", "resourceType": "Group" });
        body["groups"] = json!([{ "value": f.g2 }]);
        body["title"] = json!("Chief");
        body[PROBE] = json!({ "roStr": "mine", "exactStr": "kept" });
        let replaced = f.scim().put(&format!("/Users/{}", f.u1), body).await.expect(200);
        assert_eq!(replaced.body["meta"]["created"], before["meta"]["created"]);
        assert_eq!(replaced.body["meta"]["resourceType"], "User");
        assert_eq!(replaced.body["groups"], before["groups"]);
        assert_eq!(replaced.body[PROBE], json!({ "exactStr": "kept" }));
        assert!(f.group(&f.g2).await.get("members").is_none());
    }

    async fn another_id_in_the_body_is_refused_and_the_same_or_none_is_fine(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u1);
        let before = f.user(&f.u1).await;
        for other in [json!("other"), json!(f.u2), json!(7)] {
            let mut body = bjensen();
            body["id"] = other;
            body["title"] = json!("Chief");
            expect_error(&f.scim().put(&path, body).await, 400, "mutability");
        }
        assert_eq!(f.user(&f.u1).await, before);
        let mut body = bjensen();
        let _ = f.scim().put(&path, body.clone()).await.expect(200);
        for same in [json!(f.u1), json!(null)] {
            body["id"] = same;
            let _ = f.scim().put(&path, body.clone()).await.expect(200);
        }
        let body = json!({ "schemas": [GROUP], "id": f.g1, "displayName": "Empty" });
        expect_error(&f.scim().put(&format!("/Groups/{}", f.g2), body).await, 400, "mutability");
    }

    async fn an_unknown_id_is_not_found_and_never_made(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for id in ["01890000-0000-7000-8000-000000000000", "nobody", f.g1.as_str()] {
            let body = json!({ "schemas": [USER], "userName": "ghost" });
            expect_error(&f.scim().put(&format!("/Users/{id}"), body).await, 404, "");
        }
        expect_list(&f.users_where("userName eq \"ghost\"").await, 0);
    }

    async fn a_replacement_that_fails_changes_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u1);
        let before = f.user(&f.u1).await;
        let events = f.app.events(&f.tenant.organization).await.len();
        let with = |name: &str, value: Value| {
            let mut body = bjensen();
            body["title"] = json!("Chief");
            body[name] = value;
            body
        };
        let refused = [
            (bjensen_without(&["userName"]), 400, "invalidValue"),
            (with("userName", json!(null)), 400, "invalidValue"),
            (with("emails", json!([{ "value": { "at": "home" } }])), 400, "invalidValue"),
            (with("emails", json!([null])), 400, "invalidValue"),
            (with("userName", json!("JSmith")), 409, "uniqueness"),
            (json!([bjensen()]), 400, "invalidSyntax"),
        ];
        for (body, status, scim_type) in refused {
            expect_error(&f.scim().put(&path, body).await, status, scim_type);
            assert_eq!(f.user(&f.u1).await, before);
        }
        assert_eq!(f.app.events(&f.tenant.organization).await.len(), events);
    }

    async fn a_name_that_is_taken_is_a_conflict(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let before = f.user(&f.u2).await;
        for name in ["bjensen", "BJENSEN"] {
            let body = json!({ "schemas": [USER], "userName": name });
            let refused = f.scim().put(&format!("/Users/{}", f.u2), body).await;
            expect_error(&refused, 409, "uniqueness");
        }
        assert_eq!(f.user(&f.u2).await, before);
    }

    async fn what_was_read_can_be_put_back_and_changes_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let events = f.app.events(&f.tenant.organization).await.len();
        f.app.clock.advance_millis(60_000);
        for path in [format!("/Users/{}", f.u1), format!("/Groups/{}", f.g1)] {
            let read = f.scim().get(&path).await.expect(200);
            for _ in 0..2 {
                let put = f.scim().put(&path, read.body.clone()).await.expect(200);
                assert_eq!(put.body, read.body);
                assert_eq!(put.header("etag"), read.header("etag"));
            }
        }
        assert_eq!(f.app.events(&f.tenant.organization).await.len(), events);
    }

    async fn a_projection_shapes_the_answer_to_a_replacement(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}?attributes=userName", f.u1);
        let short = f.scim().put(&path, bjensen()).await.expect(200);
        assert_eq!(names(&short.body), ["id", "schemas", "userName"]);
        assert_eq!(f.user(&f.u1).await["title"], "Tour Guide");
    }

    async fn a_group_that_is_replaced_has_the_members_sent_and_no_others(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Groups/{}", f.g1);
        let body = json!({ "schemas": [GROUP], "displayName": "Tour Guides", "members": [{ "value": f.u2 }] });
        let replaced = f.scim().put(&path, body).await.expect(200);
        assert_eq!(replaced.body["members"][0]["value"], f.u2.as_str());
        assert_eq!(replaced.body["members"].as_array().unwrap().len(), 1);
        assert!(f.user(&f.u1).await.get("groups").is_none());
        assert_eq!(f.user(&f.u2).await["groups"][0]["value"], f.g1.as_str());
        assert_eq!(replaced.body["meta"]["version"], "W/\"2\"");
        let third = create(f.scim(), "/Users", json!({ "schemas": [USER], "userName": "third" })).await;
        assert!(f.user(&third).await.get("groups").is_none());
    }

    async fn what_is_set_once_may_be_sent_again_and_nothing_else(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let id = f.probe_user("set", json!({ "tags": ["x"] })).await;
        let path = format!("/Users/{id}");
        let with = |value: &str| probe_user("set", json!({ "immStr": value }));
        let first = f.scim().put(&path, with("a")).await.expect(200);
        assert_eq!(first.body[PROBE], json!({ "immStr": "a" }));
        let again = f.scim().put(&path, with("a")).await.expect(200);
        assert_eq!(again.body, first.body);
        expect_error(&f.scim().put(&path, with("b")).await, 400, "mutability");
        assert_eq!(f.user(&id).await, first.body);
        let without = json!({ "schemas": [USER], "userName": "set" });
        let without = f.scim().put(&path, without).await.expect(200);
        assert_eq!(without.body, first.body);
    }

    async fn an_extension_that_is_required_cannot_be_dropped(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let urn = "urn:example:scim:schemas:extension:badge:2.0:User";
        f.add_schema(json!({ "id": urn, "required": true, "attributes": [{ "name": "badge" }] })).await;
        let user = json!({ "schemas": [USER, urn], "userName": "badged", urn: { "badge": "7" } });
        let id = create(f.scim(), "/Users", user).await;
        let before = f.user(&id).await;
        assert_eq!(before[urn]["badge"], "7");
        for without in [
            json!({ "schemas": [USER], "userName": "badged" }),
            json!({ "schemas": [USER, urn], "userName": "badged", urn: {} }),
        ] {
            let refused = f.scim().put(&format!("/Users/{id}"), without.clone()).await;
            expect_error(&refused, 400, "invalidValue");
            assert!(refused.text("/detail").contains(urn), "{}", refused.body);
            let mut other = without;
            other["userName"] = json!("other");
            expect_error(&f.scim().post("/Users", other).await, 400, "invalidValue");
        }
        assert_eq!(f.user(&id).await, before);
    }
}
