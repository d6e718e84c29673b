//! PATCH remove (RFC 7644 §3.5.2.2).

use rollcall_testkit::on_each_database;
use serde_json::json;

use crate::fixture::{ENTERPRISE, Fixture, USER, expect_list};
use crate::patch_probe::{op, remove};

on_each_database! {
    async fn remove_needs_a_path(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let bare = [
            json!([{ "op": "remove" }]),
            json!([{ "op": "remove", "value": { "title": "Tour Guide" } }]),
            json!([{ "op": "remove", "path": null }]),
        ];
        f.refuse_for_user(&f.u1, bare.clone().map(|it| (it, "noTarget")).into()).await;
        f.refuse_for_group(&f.g1, bare.map(|it| (it, "noTarget")).into()).await;
    }

    async fn what_is_removed_has_no_value_for_filters_either(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.changed_user(&f.u1, remove("title")).await;
        assert!(user.get("title").is_none());
        expect_list(&f.users_where("userName eq \"bjensen\" and title pr").await, 0);
        let group = f.changed_group(&f.g1, remove("members")).await;
        assert!(group.get("members").is_none());
        let groups = f.scim().get("/Groups?filter=members%20pr").await;
        expect_list(&groups, 0);
    }

    async fn only_values_that_match_go_and_with_the_last_the_attribute(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let work = remove("emails[type eq \"work\" and value ew \"example.com\"]");
        let user = f.changed_user(&f.u1, work).await;
        assert_eq!(user["emails"], json!([{ "value": "babs@jensen.org", "type": "home" }]));
        let user = f.changed_user(&f.u1, remove("emails[type eq \"home\"]")).await;
        assert!(user.get("emails").is_none());
        expect_list(&f.users_where("emails pr").await, 0);
    }

    async fn one_member_is_removed_by_its_id_and_who_is_none_does_not_matter(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.changed_group(&f.g1, op("add", "members", json!([{ "value": f.u2 }]))).await;
        f.changed_group(&f.g1, remove(&format!("members[value eq \"{}\"]", f.u1))).await;
        assert_eq!(f.member_ids(&f.g1).await, [f.u2.as_str()]);
        let strangers = || [f.u1.as_str(), f.u3.as_str(), "nobody"]
            .map(|id| remove(&format!("members[value eq \"{id}\"]")));
        f.keep_group(&f.g1, strangers().into()).await;
        f.choose(json!({ "profile": "strict" })).await;
        f.keep_group(&f.g1, strangers().into()).await;
    }

    async fn a_filter_that_matches_no_value_is_no_target_in_strict_and_nothing_in_compat(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let nothing = || [
            remove("emails[type eq \"spare\"]"),
            remove("emails[type eq \"spare\"].display"),
            remove("addresses[type eq \"work\"]"),
        ];
        f.keep_user(&f.u1, nothing().into()).await;
        f.choose(json!({ "profile": "strict" })).await;
        f.refuse_for_user(&f.u1, nothing().map(|it| (it, "noTarget")).into()).await;
    }

    async fn what_is_required_or_read_only_cannot_be_removed(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let refused = ["userName", "groups", "meta", "id", "meta.created"];
        f.refuse_for_user(&f.u1, refused.map(|path| (remove(path), "mutability")).into()).await;
        let refused = ["displayName", "meta", "id"];
        f.refuse_for_group(&f.g1, refused.map(|path| (remove(path), "mutability")).into()).await;
    }

    async fn a_part_goes_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.changed_user(&f.u1, json!([
            { "op": "add", "path": "name.middleName", "value": "Jane" },
            { "op": "add", "path": "emails[type eq \"work\"].display", "value": "W" },
        ])).await;
        let user = f.changed_user(&f.u1, json!([
            { "op": "remove", "path": "name.middleName" },
            { "op": "remove", "path": "emails[type eq \"work\"].display" },
        ])).await;
        assert_eq!(user["name"], json!({ "familyName": "Jensen", "givenName": "Barbara" }));
        let work = json!({ "value": "bjensen@example.com", "type": "work", "primary": true });
        assert_eq!(user["emails"][0], work);
        assert_eq!(user["emails"].as_array().unwrap().len(), 2);
    }

    async fn a_value_without_its_value_goes_if_nothing_but_its_kind_is_left(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.changed_user(&f.u1, op("add", "emails[type eq \"home\"].display", json!("H"))).await;
        let user = f.changed_user(&f.u1, remove("emails[type eq \"work\"].value")).await;
        let home = json!({ "value": "babs@jensen.org", "display": "H", "type": "home" });
        assert_eq!(user["emails"], json!([home]));
    }

    async fn removing_what_is_not_there_changes_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "profile": "strict" })).await;
        let department = format!("{ENTERPRISE}:department");
        let absent = ["title", "name.givenName", "emails", ENTERPRISE, &department];
        f.keep_user(&f.u3, absent.map(remove).into()).await;
        f.keep_group(&f.g2, vec![remove("members"), remove("externalId")]).await;
    }

    async fn a_removal_with_a_value_removes_what_the_value_names(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.changed_group(&f.g1, op("add", "members", json!([{ "value": f.u2 }]))).await;
        let u1 = json!([{ "$ref": null, "value": f.u1 }]);
        f.changed_group(&f.g1, op("remove", "members", u1.clone())).await;
        assert_eq!(f.member_ids(&f.g1).await, [f.u2.as_str()]);
        f.keep_group(&f.g1, vec![
            op("remove", "members", u1),
            op("remove", "members", json!([])),
        ]).await;

        f.keep_user(&f.u1, vec![
            op("remove", "emails", json!([])),
            op("remove", "emails", json!([{ "value": "nobody@x.example" }])),
        ]).await;
        let user = f.changed_user(&f.u1, op("remove", "emails", json!([{ "value": "babs@jensen.org" }]))).await;
        let work = json!({ "value": "bjensen@example.com", "type": "work", "primary": true });
        assert_eq!(user["emails"], json!([work]));
        let user = f.changed_user(&f.u1, op("remove", "title", json!("Another title"))).await;
        assert!(user.get("title").is_none());
    }

    async fn an_extension_that_is_left_empty_leaves_schemas(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.changed_user(&f.u1, remove(&format!("{ENTERPRISE}:employeeNumber"))).await;
        assert_eq!(user["schemas"], json!([USER, ENTERPRISE]));
        let user = f.changed_user(&f.u1, remove(&format!("{ENTERPRISE}:department"))).await;
        assert_eq!(user["schemas"], json!([USER]));
        assert!(user.get(ENTERPRISE).is_none());
    }
}
