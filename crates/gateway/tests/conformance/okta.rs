//! Okta's specification test and its documented requests. More of them are replayed in
//! `tests/it/idp_cases.rs`.

use rollcall_testkit::{Client, Reply, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{Fixture, GROUP, USER, create, expect_error, expect_list, query, user_names};
use crate::patch_probe::pathless;

/// The body that Okta creates a user with.
fn assignment() -> Value {
    json!({
        "schemas": [USER],
        "userName": "okta@example.com",
        "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "primary": true, "value": "okta@example.com", "type": "work" }],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

async fn post_as_plain_json(f: &Fixture, body: &Value) -> Reply {
    let request = f.scim().request("POST", "/Users");
    let request = request
        .header("content-type", "application/json")
        .body(body.to_string());
    Client::read(request).await
}

/// What the specification test asserts of a user.
fn expect_user(user: &Value) {
    for pointer in [
        "/id",
        "/userName",
        "/name/givenName",
        "/name/familyName",
        "/emails/0/value",
    ] {
        assert!(
            user.pointer(pointer).is_some_and(Value::is_string),
            "{pointer} of {user}"
        );
    }
    assert!(user["active"].is_boolean());
}

on_each_database! {
    async fn the_specification_test_of_okta_passes(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let page = f.scim().get("/Users?count=1&startIndex=1").await.expect(200);
        for name in ["itemsPerPage", "startIndex", "totalResults"] {
            assert!(page.body[name].is_u64(), "{name}");
        }
        assert_eq!(page.body["Resources"].as_array().unwrap().len(), 1);
        let path = format!("/Users/{}", f.u1);
        expect_user(&f.scim().get(&path).await.expect(200).body);

        expect_list(&f.users_where("userName eq \"abcdefgh@example.com\"").await, 0);
        expect_error(&f.scim().get("/Users/00919288221112222").await, 404, "");

        let made = post_as_plain_json(&f, &assignment()).await.expect(201);
        expect_user(&made.body);
        assert_eq!(made.body["active"], true);
        assert_eq!(made.body["userName"], "okta@example.com");
        assert!(made.body["schemas"].as_array().unwrap().contains(&json!(USER)));
        expect_error(&post_as_plain_json(&f, &assignment()).await, 409, "uniqueness");
        expect_list(&f.users_where("userName eq \"OKTA@EXAMPLE.COM\"").await, 1);
        let listed = f.users_where("userName eq \"okta@example.com\"").await;
        expect_user(&listed.body["Resources"][0]);

        let request = f.scim().with_bearer(None).request("GET", "/Users");
        let refused = Client::read(request.header("authorization", "non-token")).await;
        expect_error(&refused, 401, "");
        expect_list(&f.scim().get("/Groups").await, 2);
    }

    async fn a_user_is_assigned_with_what_the_documentation_shows(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let look_up = query(&[
            ("filter", "userName eq \"okta@example.com\""), ("startIndex", "1"), ("count", "100"),
        ]);
        expect_list(&f.scim().get(&format!("/Users?{look_up}")).await, 0);
        let made = f.scim().post("/Users", assignment()).await.expect(201);
        assert!(made.body.get("password").is_none() && made.body.get("groups").is_none());
        assert_eq!(made.body["externalId"], "00ujl29u0le5T6Aj10h7");
        assert_eq!(made.body, f.user(&made.text("/id")).await);
        let found = f.scim().get(&format!("/Users?{look_up}")).await;
        expect_list(&found, 1);
        assert_eq!(found.body["Resources"][0]["id"], made.body["id"]);
    }

    async fn a_profile_is_read_changed_and_sent_back_whole(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let path = format!("/Users/{}", f.u1);
        let mut body = f.user(&f.u1).await;
        assert_eq!(body["groups"][0]["value"], f.g1.as_str());
        body["title"] = json!("Chief");
        let put = f.scim().put(&path, body.clone()).await.expect(200);
        assert_eq!(put.body["title"], "Chief");
        assert_eq!(put.body, f.user(&f.u1).await);
        for name in ["id", "userName", "name", "emails", "groups", "externalId"] {
            assert_eq!(put.body[name], body[name], "{name}");
        }
    }

    async fn okta_deactivates_by_patch_and_by_put(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let off = f.changed_user(&f.u1, pathless("replace", json!({ "active": false }))).await;
        assert_eq!(off["active"], false);
        let on = f.changed_user(&f.u1, pathless("replace", json!({ "active": true }))).await;
        assert_eq!(on["active"], true);
        let mut body = on;
        body["active"] = json!(false);
        let put = f.scim().put(&format!("/Users/{}", f.u1), body).await.expect(200);
        assert_eq!(put.body["active"], false);
        // It never deletes, so who is inactive is found, read and in groups.
        assert_eq!(f.names_where("userName eq \"bjensen\"").await, ["bjensen"]);
        assert_eq!(f.member_ids(&f.g1).await, [f.u1.as_str()]);
    }

    async fn a_pushed_group_is_made_empty_renamed_and_given_members_in_each_form(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let body = json!({ "schemas": [GROUP], "displayName": "Pushed", "members": [] });
        let made = f.scim().post("/Groups", body).await.expect(201);
        assert!(made.body.get("members").is_none());
        let id = made.text("/id");
        f.changed_group(&id, pathless("replace", json!({ "id": id, "displayName": "Renamed" }))).await;
        for (name, total) in [("Renamed", 1), ("Pushed", 0)] {
            let filter = query(&[("filter", &format!("displayName eq \"{name}\""))]);
            expect_list(&f.scim().get(&format!("/Groups?{filter}")).await, total);
        }

        let set = json!([{ "op": "replace", "path": "members", "value": [{ "value": f.u1 }] }]);
        f.changed_group(&id, set).await;
        assert_eq!(f.member_ids(&id).await, [f.u1.as_str()]);
        f.changed_group(&id, json!([
            { "op": "remove", "path": format!("members[value eq \"{}\"]", f.u1) },
            { "op": "add", "path": "members", "value": [{ "value": f.u2, "display": "jsmith" }] },
        ])).await;
        assert_eq!(f.member_ids(&id).await, [f.u2.as_str()]);
        let mut whole = f.group(&id).await;
        whole["members"] = json!([{ "value": f.u3, "display": "Zoe" }]);
        let _ = f.scim().put(&format!("/Groups/{id}"), whole).await.expect(200);
        assert_eq!(f.member_ids(&id).await, [f.u3.as_str()]);

        let path = format!("/Groups/{id}");
        let less = f.scim().get(&format!("{path}?excludedAttributes=members")).await.expect(200);
        let put = f.scim().put(&format!("{path}?excludedAttributes=members"), f.group(&id).await).await.expect(200);
        for reply in [less, put] {
            assert!(reply.body.get("members").is_none());
            assert_eq!(reply.body["id"], id.as_str());
            assert_eq!(reply.body["displayName"], "Renamed");
            assert!(reply.body["meta"].is_object());
        }
    }

    async fn pages_are_cut_from_one_order_whatever_their_size(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for number in 0..5 {
            let person = json!({ "schemas": [USER], "userName": format!("person-{number}") });
            create(f.scim(), "/Users", person).await;
        }
        let page = async |start: usize, count: usize| -> Vec<String> {
            let path = format!("/Users?startIndex={start}&count={count}");
            user_names(&f.scim().get(&path).await.expect(200))
        };
        let all = page(1, 100).await;
        assert_eq!(all.len(), 8);
        for count in 1..=8 {
            let mut met = Vec::new();
            for start in (1..=8).step_by(count) {
                met.extend(page(start, count).await);
            }
            assert_eq!(met, all, "{count}");
        }
    }

    async fn a_tenant_has_addresses_without_an_underscore(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for name in ["Under_score", "a__b", "T_2"] {
            let made = f.app.api.post("/v1/organizations", json!({ "name": name })).await.expect(201);
            assert!(!made.text("/slug").contains('_'), "{}", made.body);
        }
        let asked = json!({ "name": "Other", "slug": "under_score" });
        assert_eq!(f.app.api.post("/v1/organizations", asked).await.status, 422);
        let by_token = f.app.scim_at("/scim/v2", Some(&f.tenant.token));
        assert!(!by_token.base().contains('_'));
        expect_list(&by_token.get("/Users").await, 3);
    }
}
