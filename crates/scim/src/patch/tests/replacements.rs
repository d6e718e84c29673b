use serde_json::json;

use super::{ENTERPRISE, patch, patched};
use crate::quirks::Quirk;

#[test]
fn parts_of_a_complex_attribute_that_are_not_sent_stay() {
    let after = patched(
        json!({ "name": { "givenName": "Barbara", "familyName": "Jensen", "middleName": "J" } }),
        json!([{
            "op": "replace",
            "path": "name",
            "value": { "familyName": "Smith", "middleName": null }
        }]),
    );

    assert_eq!(
        after,
        json!({ "name": { "familyName": "Smith", "givenName": "Barbara" } })
    );
}

#[test]
fn null_and_an_empty_array_unassign() {
    for value in [json!(null), json!([])] {
        let after = patched(
            json!({
                "title": "Guide",
                "name": { "givenName": "B" },
                "emails": [{ "value": "a@x.org", "type": "work" }],
                ENTERPRISE: { "department": "Tours" }
            }),
            json!([
                { "op": "replace", "path": "title", "value": value },
                { "op": "replace", "path": "name.givenName", "value": value },
                { "op": "replace", "path": "emails[type eq \"work\"]", "value": value },
                { "op": "replace", "path": ENTERPRISE, "value": value }
            ]),
        );

        assert_eq!(after, json!({}), "{value}");
    }
}

#[test]
fn a_replaced_element_keeps_what_its_condition_says() {
    let after = patched(
        json!({ "emails": [{ "value": "a@x.org", "type": "work", "display": "A" }] }),
        json!([{
            "op": "replace",
            "path": "emails[type eq \"work\"]",
            "value": { "value": "b@x.org" }
        }]),
    );

    assert_eq!(
        after,
        json!({ "emails": [{ "value": "b@x.org", "type": "work" }] })
    );
}

#[test]
fn a_missing_element_is_made_and_that_is_a_quirk() {
    let result = patch(
        json!({}),
        json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "b@x.org" }]),
    )
    .unwrap();

    assert_eq!(
        result.resource.get("emails"),
        Some(&json!([{ "value": "b@x.org", "type": "work" }]))
    );
    assert_eq!(result.quirks, [Quirk::CreatedElement]);
}

#[test]
fn a_part_needs_no_condition_if_there_is_one_element() {
    let after = patched(
        json!({ "emails": [{ "value": "a@x.org", "type": "work" }] }),
        json!([{ "op": "replace", "path": "emails.value", "value": "b@x.org" }]),
    );

    assert_eq!(
        after,
        json!({ "emails": [{ "value": "b@x.org", "type": "work" }] })
    );
}

#[test]
fn the_same_values_change_nothing() {
    let before = json!({
        "title": "Guide",
        "active": true,
        "emails": [{ "value": "a@x.org", "type": "work", "primary": true }]
    });
    let result = patch(
        before,
        json!([
            { "op": "replace", "path": "title", "value": "Guide" },
            { "op": "replace", "path": "active", "value": "True" },
            { "op": "replace", "path": "emails", "value": [
                { "primary": true, "type": "work", "value": "a@x.org" }
            ]}
        ]),
    )
    .unwrap();

    assert!(!result.changed);
}

#[test]
fn operations_see_what_those_before_them_did() {
    let after = patched(
        json!({ "title": "Zero" }),
        json!([
            { "op": "remove", "path": "title" },
            { "op": "add", "path": "title", "value": "One" },
            { "op": "replace", "path": "title", "value": "Two" }
        ]),
    );

    assert_eq!(after, json!({ "title": "Two" }));
}

#[test]
fn a_manager_may_be_named_by_address() {
    let path = format!("{ENTERPRISE}:manager.$ref");
    let after = patched(
        json!({ ENTERPRISE: { "manager": { "value": "m1" } } }),
        json!([{ "op": "replace", "path": path, "value": "https://example.com/v2/Users/m2" }]),
    );

    assert_eq!(
        after,
        json!({ ENTERPRISE: { "manager": { "value": "m2" } } })
    );
}
