//! PATCH add (RFC 7644 §3.5.2.1).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{ENTERPRISE, Fixture, USER};
use crate::patch_probe::{op, pathless};

on_each_database! {
    async fn add_needs_a_value_that_fits(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.refuse_for_user(&f.u1, vec![
            (json!([{ "op": "add", "path": "title" }]), "invalidValue"),
            (op("add", "title", json!(null)), "invalidValue"),
            (json!([{ "op": "add" }]), "invalidValue"),
            (pathless("add", json!("x")), "invalidValue"),
            (pathless("add", json!(["x"])), "invalidValue"),
            (pathless("add", json!(null)), "invalidValue"),
        ]).await;
    }

    async fn without_a_path_each_attribute_of_the_value_is_added(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.changed_user(&f.u1, pathless("add", json!({
            "emails": [{ "value": "b@x.example", "type": "other" }],
            "nickname": "Babs",
        }))).await;
        assert_eq!(user["nickName"], "Babs");
        assert_eq!(user["title"], "Tour Guide");
        let emails = user["emails"].as_array().unwrap();
        assert_eq!(emails.len(), 3);
        assert_eq!(emails[2], json!({ "value": "b@x.example", "type": "other" }));
    }

    async fn a_key_without_a_path_may_be_a_path_itself(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "profile": "strict" })).await;
        let number = format!("{ENTERPRISE}:employeeNumber");
        let user = f.changed_user(&f.u3, pathless("add", json!({
            "name.givenName": "A",
            number: "1",
            ENTERPRISE: { "division": "d" },
            format!("{USER}:title"): "t",
            USER: { "nickName": "z" },
        }))).await;
        assert_eq!(user["name"], json!({ "givenName": "A" }));
        assert_eq!(user[ENTERPRISE], json!({ "employeeNumber": "1", "division": "d" }));
        assert_eq!(user["title"], "t");
        assert_eq!(user["nickName"], "z");
    }

    async fn what_has_no_value_is_made_and_a_single_value_is_replaced(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let user = f.changed_user(&f.u3, json!([
            { "op": "add", "path": "title", "value": "x" },
            { "op": "add", "path": "name.givenName", "value": "Z" },
        ])).await;
        assert_eq!(user["title"], "x");
        assert_eq!(user["name"], json!({ "givenName": "Z" }));
        assert_eq!(f.changed_user(&f.u1, op("add", "title", json!("new"))).await["title"], "new");
        let user = f.changed_user(&f.u1, op("add", "name", json!({ "middleName": "Jane" }))).await;
        assert_eq!(
            user["name"],
            json!({ "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane" })
        );
    }

    async fn values_are_appended_from_an_array_and_from_one_object(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "profile": "strict" })).await;
        let user = f.changed_user(&f.u1, json!([
            { "op": "add", "path": "emails", "value": [{ "value": "a@x.example" }, { "value": "b@x.example" }] },
            { "op": "add", "path": "emails", "value": { "value": "c@x.example" } },
        ])).await;
        let values: Vec<&Value> = user["emails"].as_array().unwrap().iter().map(|it| &it["value"]).collect();
        assert_eq!(
            values,
            ["bjensen@example.com", "babs@jensen.org", "a@x.example", "b@x.example", "c@x.example"]
        );
    }

    async fn adding_what_is_there_changes_nothing(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.keep_user(&f.u1, vec![
            op("add", "title", json!("Tour Guide")),
            op("add", "emails", json!([{ "value": "babs@jensen.org", "type": "home" }])),
            op("add", "emails", json!([{ "value": "BABS@jensen.org", "type": "home" }])),
            op("add", "emails", json!([])),
            op("add", "name", json!({ "givenName": "Barbara" })),
            pathless("add", json!({})),
            pathless("add", json!({ "active": true, "nickName": null })),
        ]).await;
        f.keep_group(&f.g1, vec![
            op("add", "members", json!([{ "value": f.u1 }])),
            op("add", "members", json!({ "value": f.u1, "display": "other" })),
            op("add", "members", json!([{ "value": f.u1, "type": "User", "$ref": null }])),
            op("add", "members", json!([])),
            pathless("add", json!({ "members": [] })),
        ]).await;
        assert_eq!(f.member_ids(&f.g1).await, [f.u1.as_str()]);
    }

    async fn a_known_value_can_become_primary_and_stays_one_value(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let home = json!({ "value": "babs@jensen.org", "type": "home", "primary": true });
        let user = f.changed_user(&f.u1, op("add", "emails", home.clone())).await;
        let work = json!({ "value": "bjensen@example.com", "type": "work", "primary": false });
        assert_eq!(user["emails"], json!([work, home]));
    }

    async fn values_that_match_a_filter_are_added_to(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let addresses = json!([
            { "type": "work", "locality": "A" }, { "type": "work", "locality": "B" }, { "type": "home" },
        ]);
        f.changed_user(&f.u1, op("add", "addresses", addresses)).await;
        let user = f.changed_user(&f.u1, json!([
            { "op": "add", "path": "emails[type eq \"work\"].display", "value": "W" },
            { "op": "add", "path": "addresses[type eq \"work\"]", "value": { "region": "CA" } },
        ])).await;
        assert_eq!(user["emails"][0]["display"], "W");
        assert!(user["emails"][1].get("display").is_none());
        assert_eq!(user["addresses"][0], json!({ "locality": "A", "region": "CA", "type": "work" }));
        assert_eq!(user["addresses"][1], json!({ "locality": "B", "region": "CA", "type": "work" }));
        assert_eq!(user["addresses"][2], json!({ "type": "home" }));
    }

    async fn a_filter_of_equalities_makes_the_value_it_does_not_find(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "profile": "strict" })).await;
        let user = f.changed_user(&f.u3, op("add", "emails[type eq \"work\"].value", json!("z@x.example"))).await;
        assert_eq!(user["emails"], json!([{ "value": "z@x.example", "type": "work" }]));
        f.refuse_for_user(&f.u3, vec![
            (op("add", "emails[value co \"q\"].type", json!("work")), "noTarget"),
            (op("add", "emails[type eq \"spare\"]", json!({ "value": "q@x.example" })), "noTarget"),
            (op("add", "emails[not (type eq \"work\")].value", json!("q@x.example")), "noTarget"),
        ]).await;
    }

    async fn a_part_without_a_filter_is_ambiguous_unless_there_is_one_value(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.refuse_for_user(&f.u1, vec![
            (op("add", "emails.type", json!("home")), "invalidPath"),
            (op("replace", "emails.value", json!("x@x.example")), "invalidPath"),
        ]).await;
        let user = f.changed_user(&f.u3, json!([
            { "op": "add", "path": "emails", "value": [{ "value": "z@x.example" }] },
            { "op": "add", "path": "emails.type", "value": "home" },
        ])).await;
        assert_eq!(user["emails"], json!([{ "value": "z@x.example", "type": "home" }]));
    }

    async fn a_member_is_added_by_its_id_alone(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.changed_group(&f.g2, op("add", "members", json!([{ "value": f.u2 }]))).await;
        let group = f.changed_group(&f.g2, op("add", "members", json!([{ "$ref": null, "value": f.u1 }]))).await;
        let members = group["members"].as_array().unwrap();
        assert_eq!(members.len(), 2);
        for member in members {
            let id = member["value"].as_str().unwrap();
            assert_eq!(member["type"], "User");
            assert_eq!(member["$ref"], format!("{}/Users/{id}", f.scim().base()));
            assert_eq!(member["display"], f.user(id).await["displayName"]);
        }
    }

    async fn an_unknown_member_is_refused_with_the_whole_request(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.choose(json!({ "unknown_references": "refuse" })).await;
        let nobody = "01890000-0000-7000-8000-000000000000";
        let members = json!([{ "value": f.u2 }, { "value": nobody }]);
        f.refuse_for_group(&f.g1, vec![
            (op("add", "members", members.clone()), "invalidValue"),
            (op("replace", "members", members.clone()), "invalidValue"),
            (pathless("add", json!({ "members": members })), "invalidValue"),
        ]).await;
        assert_eq!(f.member_ids(&f.g1).await, [f.u1.as_str()]);
    }
}
