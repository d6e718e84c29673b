use serde_json::json;

use super::{ENTERPRISE, patch, patched, refusal};
use crate::quirks::Quirk;

#[test]
fn keys_may_be_paths() {
    let result = patch(
        json!({ "name": { "familyName": "Jensen" } }),
        json!([{ "op": "replace", "value": {
            "displayName": "B",
            "name.givenName": "K",
            "emails[type eq \"work\"].value": "k@x.org",
            format!("{ENTERPRISE}:employeeNumber"): "A",
            ENTERPRISE: { "division": "D" }
        }}]),
    )
    .unwrap();

    assert_eq!(
        serde_json::Value::Object(result.resource.attributes().clone()),
        json!({
            "userName": "babs",
            "name": { "familyName": "Jensen", "givenName": "K" },
            "displayName": "B",
            "emails": [{ "value": "k@x.org", "type": "work" }],
            ENTERPRISE: { "employeeNumber": "A", "division": "D" }
        })
    );
    assert_eq!(result.quirks, [Quirk::DottedKey, Quirk::CreatedElement]);
}

#[test]
fn later_keys_win() {
    let after = patched(
        json!({}),
        json!([{ "op": "add", "value": { "name": { "givenName": "A" }, "name.givenName": "B" } }]),
    );

    assert_eq!(after, json!({ "name": { "givenName": "B" } }));
}

#[test]
fn null_clears_on_replace_and_is_skipped_on_add() {
    let before = || json!({ "title": "Guide", ENTERPRISE: { "department": "Tours" } });
    let op = |op| json!([{ "op": op, "value": { "title": null, ENTERPRISE: null } }]);

    assert_eq!(patched(before(), op("replace")), json!({}));
    assert_eq!(patched(before(), op("add")), before());
}

#[test]
fn what_clients_echo_is_ignored() {
    let result = patch(
        json!({}),
        json!([{ "op": "replace", "value": {
            "id": "another",
            "schemas": ["urn:x"],
            "meta": { "version": "9" },
            "groups": [{ "value": "g" }],
            "password": "t1meMa$heen"
        }}]),
    )
    .unwrap();

    assert!(!result.changed);
    assert_eq!(result.quirks, []);
}

#[test]
fn what_no_schema_knows_is_dropped_and_counted() {
    let result = patch(
        json!({}),
        json!([{ "op": "replace", "value": {
            "favouriteTea": "oolong",
            "name.shoe": 1,
            "two words": 2,
            "urn:x:custom": { "a": 1 },
            ENTERPRISE: { "shoe": 3 },
            "title": "Guide"
        }}]),
    )
    .unwrap();

    assert_eq!(result.resource.attributes().len(), 2);
    assert_eq!(result.resource.string("title"), Some("Guide"));
    assert_eq!(result.quirks, [Quirk::UnknownAttribute]);
}

#[test]
fn a_key_that_means_a_condition_must_be_one() {
    insta::assert_snapshot!(
        refusal(json!({}), json!([{ "op": "add", "value": { "emails[type zz \"x\"]": 1 } }])),
        @"invalidFilter: operation 0: `zz` is no operator"
    );
}

#[test]
fn attributes_may_stand_under_the_urn_of_the_base_schema() {
    let after = patched(
        json!({}),
        json!([{ "op": "add", "value": {
            "urn:ietf:params:scim:schemas:core:2.0:User": { "title": "Guide" }
        }}]),
    );

    assert_eq!(after, json!({ "title": "Guide" }));
}
