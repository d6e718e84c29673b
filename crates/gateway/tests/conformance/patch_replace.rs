//! PATCH replace (RFC 7644 §3.5.2.3).

use rollcall_testkit::on_each_database;
use serde_json::json;

use crate::fixture::{ENTERPRISE, Fixture};
use crate::patch_probe::{op, pathless};

on_each_database! {
    async fn without_a_path_the_attributes_of_the_value_are_replaced(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let only = json!([{ "value": "only@x.example", "type": "work" }]);
        let user = f.changed_user(&f.u1, pathless("replace", json!({
            "emails": only, "nickname": "Babs",
        }))).await;
        assert_eq!(user["emails"], only);
        assert_eq!(user["nickName"], "Babs");
        assert_eq!(user["title"], "Tour Guide");
    }

    async fn dotted_and_qualified_keys_without_a_path_are_paths(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.changed_user(&f.u1, pathless("replace", json!({
            "displayName": "B",
            "name.givenName": "K",
            format!("{ENTERPRISE}:employeeNumber"): "A",
        }))).await;
        assert_eq!(user["displayName"], "B");
        assert_eq!(user["name"], json!({ "familyName": "Jensen", "givenName": "K" }));
        assert_eq!(user[ENTERPRISE], json!({ "employeeNumber": "A", "department": "Tour Operations" }));
    }

    async fn one_value_is_replaced_and_a_missing_one_made(database: TestDatabase) {
        let f = Fixture::start(database).await;
        assert_eq!(f.changed_user(&f.u1, op("replace", "title", json!("new"))).await["title"], "new");
        let user = f.changed_user(&f.u3, json!([
            { "op": "replace", "path": "title", "value": "x" },
            { "op": "replace", "path": "name.familyName", "value": "Y" },
            { "op": "replace", "path": "emails", "value": [{ "value": "z@x.example" }] },
        ])).await;
        assert_eq!(user["title"], "x");
        assert_eq!(user["name"], json!({ "familyName": "Y" }));
        assert_eq!(user["emails"], json!([{ "value": "z@x.example" }]));
    }

    async fn all_values_are_replaced_where_no_filter_says_which(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.changed_group(&f.g1, op("replace", "members", json!([{ "value": f.u2 }]))).await;
        assert_eq!(f.member_ids(&f.g1).await, [f.u2.as_str()]);
        let only = json!([{ "value": "only@x.example" }]);
        let user = f.changed_user(&f.u1, op("replace", "emails", only.clone())).await;
        assert_eq!(user["emails"], only);
    }

    async fn parts_that_are_not_sent_stay(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.changed_user(&f.u1, op("replace", "name", json!({ "familyName": "N" }))).await;
        assert_eq!(user["name"], json!({ "familyName": "N", "givenName": "Barbara" }));
    }

    async fn every_value_that_matches_becomes_the_one_sent(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let addresses = json!([
            { "type": "work", "locality": "A", "region": "CA" },
            { "type": "home", "locality": "B" },
            { "type": "work", "locality": "C" },
        ]);
        f.changed_user(&f.u1, op("replace", "addresses", addresses)).await;
        let user = f.changed_user(&f.u1, op(
            "replace", "addresses[type eq \"work\"].streetAddress", json!("1010 Broadway Ave"),
        )).await;
        let streets: Vec<bool> = user["addresses"].as_array().unwrap().iter()
            .map(|it| it["streetAddress"] == "1010 Broadway Ave")
            .collect();
        assert_eq!(streets, [true, false, true]);
        let user = f.changed_user(&f.u1, op(
            "replace", "addresses[type eq \"work\"]", json!({ "locality": "Z" }),
        )).await;
        // What the filter says of a value stays true of it.
        let sent = json!({ "locality": "Z", "type": "work" });
        assert_eq!(user["addresses"], json!([sent, { "locality": "B", "type": "home" }, sent]));
    }

    async fn a_filter_that_matches_nothing_is_no_target(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let spare = json!({ "value": "s@x.example" });
        let never = || vec![
            (op("replace", "emails[type eq \"spare\"]", spare.clone()), "noTarget"),
            (op("replace", "emails[value co \"q\"].type", json!("work")), "noTarget"),
        ];
        f.refuse_for_user(&f.u1, never()).await;
        let made = op("replace", "emails[type eq \"spare\"].value", json!("s@x.example"));
        let user = f.changed_user(&f.u1, made.clone()).await;
        assert_eq!(user["emails"][2], json!({ "value": "s@x.example", "type": "spare" }));
        f.choose(json!({ "profile": "strict" })).await;
        f.refuse_for_user(&f.u2, never()).await;
        f.refuse_for_user(&f.u2, vec![(made, "noTarget")]).await;
    }

    async fn nothing_in_place_of_a_value_removes_it_and_no_value_at_all_is_a_mistake(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.changed_user(&f.u1, json!([
            { "op": "replace", "path": "title", "value": null },
            { "op": "replace", "path": "emails", "value": [] },
        ])).await;
        assert!(user.get("title").is_none() && user.get("emails").is_none());
        let group = f.changed_group(&f.g1, op("replace", "members", json!([]))).await;
        assert!(group.get("members").is_none());
        f.refuse_for_user(&f.u1, vec![
            (op("replace", "userName", json!(null)), "mutability"),
            (op("replace", "userName", json!([])), "mutability"),
            (op("replace", "id", json!(null)), "mutability"),
            (json!([{ "op": "replace", "path": "title" }]), "invalidValue"),
            (json!([{ "op": "replace", "path": "userName" }]), "invalidValue"),
        ]).await;
        f.refuse_for_group(&f.g1, vec![
            (op("replace", "displayName", json!(null)), "mutability"),
            (json!([{ "op": "replace", "path": "members" }]), "invalidValue"),
        ]).await;
    }

    async fn the_same_values_change_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.user(&f.u1).await;
        f.keep_user(&f.u1, vec![
            op("replace", "title", json!("Tour Guide")),
            op("replace", "active", json!(true)),
            op("replace", "emails", user["emails"].clone()),
            op("replace", "name", json!({ "familyName": "Jensen" })),
            op("replace", "emails[type eq \"home\"].value", json!("babs@jensen.org")),
            pathless("replace", json!({ "title": "Tour Guide", "nickName": null })),
            json!([
                { "op": "replace", "path": "title", "value": "Another" },
                { "op": "replace", "path": "title", "value": "Tour Guide" },
            ]),
        ]).await;
        f.keep_group(&f.g1, vec![
            op("replace", "displayName", json!("Tour Guides")),
            op("replace", "members", json!([{ "value": f.u1 }])),
            json!([
                { "op": "remove", "path": "members" },
                { "op": "add", "path": "members", "value": [{ "value": f.u1 }] },
            ]),
        ]).await;
    }

    async fn text_for_a_boolean_is_taken_by_compat_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let disable = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        let enable = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
        assert_eq!(f.changed_user(&f.u1, disable.clone()).await["active"], json!(false));
        assert_eq!(f.changed_user(&f.u1, enable).await["active"], json!(true));
        f.choose(json!({ "profile": "strict" })).await;
        f.refuse_for_user(&f.u1, vec![(disable, "invalidValue")]).await;
    }

    async fn text_for_the_manager_is_its_id(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let manager = format!("{ENTERPRISE}:manager");
        let set = json!([{ "op": "Add", "path": manager, "value": f.u2 }]);
        let user = f.changed_user(&f.u1, set.clone()).await;
        assert_eq!(user[ENTERPRISE]["manager"]["value"], f.u2.as_str());
        let user = f.changed_user(&f.u1, op("replace", &manager, json!(""))).await;
        assert!(user[ENTERPRISE].get("manager").is_none());
        assert_eq!(user[ENTERPRISE]["department"], "Tour Operations");
        f.choose(json!({ "profile": "strict" })).await;
        f.refuse_for_user(&f.u1, vec![(set, "invalidValue")]).await;
    }

    async fn a_user_is_deactivated_in_each_documented_form_and_stays_readable(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let forms = [
            pathless("replace", json!({ "active": false })),
            json!([{ "op": "Replace", "path": "active", "value": false }]),
            json!([{ "op": "Replace", "path": "active", "value": "False" }]),
        ];
        for form in forms {
            assert_eq!(f.changed_user(&f.u1, form).await["active"], false);
            assert_eq!(f.names_where("userName eq \"bjensen\" and active eq false").await, ["bjensen"]);
            assert_eq!(f.changed_user(&f.u1, op("replace", "active", json!(true))).await["active"], true);
        }
        let mut body = f.user(&f.u1).await;
        body["active"] = json!(false);
        let path = format!("/Users/{}", f.u1);
        assert_eq!(f.scim().put(&path, body).await.expect(200).body["active"], false);
        assert_eq!(f.user(&f.u1).await["active"], false);
        let mut switches = f.app.event_types(&f.tenant.organization).await;
        switches.retain(|kind| kind.starts_with("user.") && kind.ends_with("activated"));
        let (off, on) = ("user.deactivated", "user.reactivated");
        assert_eq!(switches, [off, on, off, on, off, on, off]);
    }

    async fn one_object_in_place_of_an_array_is_taken_by_compat_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let one = op("replace", "emails", json!({ "value": "one@x.example" }));
        let user = f.changed_user(&f.u1, one.clone()).await;
        assert_eq!(user["emails"], json!([{ "value": "one@x.example" }]));
        f.choose(json!({ "profile": "strict" })).await;
        f.refuse_for_user(&f.u2, vec![(one, "invalidValue")]).await;
    }

    async fn a_large_membership_is_replaced_by_its_difference(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let mut ids = Vec::new();
        for number in 0..60 {
            let person = json!({ "schemas": [crate::fixture::USER], "userName": format!("person-{number}") });
            ids.push(crate::fixture::create(f.scim(), "/Users", person).await);
        }
        ids.sort();
        let members = |ids: &[String]| -> serde_json::Value {
            ids.iter().map(|id| json!({ "value": id })).collect()
        };
        f.changed_group(&f.g2, op("replace", "members", members(&ids[..59]))).await;
        let (before, told) = (f.group(&f.g2).await, f.app.event_types(&f.tenant.organization).await.len());
        f.changed_group(&f.g2, op("replace", "members", members(&ids[1..]))).await;
        assert_eq!(f.member_ids(&f.g2).await, &ids[1..]);
        assert_eq!(before["meta"]["version"], "W/\"2\"");
        assert_eq!(f.group(&f.g2).await["meta"]["version"], "W/\"3\"");
        let events = f.app.event_types(&f.tenant.organization).await;
        assert_eq!(&events[told..], ["group.member_removed", "group.member_added"]);
    }
}
