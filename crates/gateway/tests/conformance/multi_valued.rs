//! Attributes with many values (RFC 7643 §2.4).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PROBE, USER, create, expect_error, expect_list};

fn user(name: &str, attribute: &str, value: Value) -> Value {
    json!({ "schemas": [USER], "userName": name, attribute: value })
}

/// What the `value`s of an attribute are, in their order.
fn values<'a>(answer: &'a Value, attribute: &str) -> Vec<&'a str> {
    let elements = answer[attribute].as_array().unwrap();
    elements
        .iter()
        .map(|element| element["value"].as_str().unwrap())
        .collect()
}

on_each_database! {
    async fn at_most_one_value_is_primary(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let two = json!([
            { "value": "a@example.com", "primary": true },
            { "value": "b@example.com", "primary": true } ]);
        expect_error(&f.scim().post("/Users", user("two", "emails", two)).await, 400, "invalidValue");
        expect_list(&f.users_where("userName eq \"two\"").await, 0);
    }

    async fn a_value_that_does_not_say_so_is_not_primary(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let cases = [
            ("emails[type eq \"home\" and primary eq false]", true),
            ("emails[type eq \"home\" and primary ne true]", true),
            ("emails[type eq \"home\" and primary ne false]", false),
            ("emails[type eq \"work\" and primary eq false]", false),
            ("emails[type eq \"work\" and primary eq true]", true),
            ("emails.primary eq false", true),
            ("emails.primary ne false", false),
            ("emails[type eq \"home\" and primary pr]", false),
        ];
        for (filter, matches) in cases {
            let found = f.names_where(filter).await;
            let expected: &[&str] = match (matches, filter) {
                // Those without any address have none that would be false.
                (false, "emails.primary ne false") => &["jsmith", "Zoe"],
                (true, _) => &["bjensen"],
                (false, _) => &[],
            };
            assert_eq!(found, expected, "{filter}");
        }
        let path = "emails[type eq \"home\" and primary eq false].display";
        let change = json!([{ "op": "replace", "path": path, "value": "At home" }]);
        let patched = f.patch_user(&f.u1, change).await.expect(200).body;
        assert_eq!(patched["emails"][1]["display"], "At home");
    }

    async fn the_parts_that_all_share_mean_the_same_everywhere(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let schemas = f.scim().get("/Schemas").await.expect(200).body;
        let mut seen = 0;
        for schema in schemas["Resources"].as_array().unwrap() {
            for attribute in schema["attributes"].as_array().unwrap() {
                let subs = attribute["subAttributes"].as_array();
                // The schema of schemas has a `type` of its own, which is no kind of value.
                if attribute["multiValued"] != true || schema["name"] == "Schema" {
                    continue;
                }
                for sub in subs.into_iter().flatten() {
                    let expected: &[&str] = match sub["name"].as_str().unwrap() {
                        "type" | "display" => &["string"],
                        "primary" => &["boolean"],
                        "$ref" => &["reference"],
                        "value" => &["string", "reference", "binary"],
                        _ => continue,
                    };
                    seen += 1;
                    assert!(expected.contains(&sub["type"].as_str().unwrap()), "{attribute}");
                    assert_eq!(sub["multiValued"], false, "{attribute}");
                }
            }
        }
        assert!(seen > 20, "{seen}");
        let path = format!("{}/schemas", f.tenant.path());
        for sub in [json!({ "name": "primary" }), json!({ "name": "$ref" }),
            json!({ "name": "type", "type": "integer" })] {
            let schema = json!({ "id": "urn:example:other:User", "attributes": [
                { "name": "cars", "type": "complex", "multiValued": true, "subAttributes": [sub] } ] });
            let refused = f.app.api.post(&path, schema).await.expect(422);
            assert_eq!(refused.body["field"], "attributes[0].subAttributes[0].type");
        }
    }

    async fn a_reference_names_one_resource_whatever_its_address_looks_like(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for base in ["https://h/t1/scim", "https://h/t1/scim/v2", "/scim/v1"] {
            let member = json!({ "value": f.u2, "$ref": format!("{base}/Users/{}", f.u2) });
            let add = json!([{ "op": "add", "path": "members", "value": [member] }]);
            assert!(matches!(f.patch_group(&f.g2, add).await.status, 200 | 204));
        }
        let group = f.group(&f.g2).await;
        assert_eq!(values(&group, "members"), [f.u2.as_str()]);
    }

    async fn values_are_kept_as_they_were_sent(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let phones = json!([{ "value": "555-1234", "type": "work" }]);
        let id = create(f.scim(), "/Users", user("phones", "phoneNumbers", phones.clone())).await;
        assert_eq!(f.user(&id).await["phoneNumbers"], phones);
        let mails = json!([{ "value": "Mixed@Example.COM" }]);
        let id = create(f.scim(), "/Users", user("mails", "emails", mails.clone())).await;
        assert_eq!(f.user(&id).await["emails"], mails);
    }

    async fn one_value_may_have_several_types_and_a_pair_comes_once(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let both = json!([
            { "value": "a@example.com", "type": "work" }, { "value": "a@example.com", "type": "home" } ]);
        let id = create(f.scim(), "/Users", user("both", "emails", both.clone())).await;
        assert_eq!(f.user(&id).await["emails"], both);

        let twice = json!([
            { "value": "b@example.com", "type": "work" },
            { "value": "c@example.com", "type": "work" },
            { "type": "work", "value": "b@example.com" },
            { "value": "B@example.com", "type": "Work", "display": "B" } ]);
        let expected = ["b@example.com", "c@example.com"];
        let made = f.scim().post("/Users", user("twice", "emails", twice.clone())).await.expect(201);
        assert_eq!(values(&made.body, "emails"), expected);
        let replace = json!([{ "op": "replace", "path": "emails", "value": twice }]);
        let patched = f.patch_user(&f.u3, replace).await.expect(200);
        assert_eq!(values(&patched.body, "emails"), expected);
    }

    async fn an_array_holds_values_or_objects_and_no_mix(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        for body in [
            user("mix", "emails", json!(["a@example.com", { "value": "b@example.com" }])),
            user("mix", PROBE, json!({ "tags": ["a", {}] })),
            user("mix", PROBE, json!({ "tags": ["a", ["b"]] })),
        ] {
            expect_error(&f.scim().post("/Users", body).await, 400, "invalidValue");
        }
        let add = json!([{ "op": "add", "path": "emails", "value": ["a@example.com", { "value": "b@example.com" }] }]);
        expect_error(&f.patch_user(&f.u3, add).await, 400, "invalidValue");
    }

    async fn values_stay_in_their_order_and_new_ones_come_last(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let three = json!([
            { "value": "z@example.com", "type": "other" },
            { "value": "a@example.com", "type": "work" },
            { "value": "m@example.com", "type": "home" } ]);
        let id = create(f.scim(), "/Users", user("ordered", "emails", three)).await;
        let in_order = ["z@example.com", "a@example.com", "m@example.com"];
        assert_eq!(values(&f.user(&id).await, "emails"), in_order);
        let add = json!([{ "op": "add", "path": "emails", "value": [{ "value": "b@example.com", "type": "x" }] }]);
        let patched = f.patch_user(&id, add).await.expect(200).body;
        assert_eq!(values(&patched, "emails"), [&in_order[..], &["b@example.com"]].concat());
    }
}
