use serde_json::json;

use super::{ENTERPRISE, patch, patched};
use crate::quirks::Quirk;

#[test]
fn a_missing_attribute_is_made_with_the_object_around_it() {
    let after = patched(
        json!({}),
        json!([
            { "op": "add", "path": "title", "value": "Guide" },
            { "op": "add", "path": "name.givenName", "value": "Babs" },
            { "op": "add", "path": format!("{ENTERPRISE}:division"), "value": "Theme Park" }
        ]),
    );

    assert_eq!(
        after,
        json!({
            "title": "Guide",
            "name": { "givenName": "Babs" },
            ENTERPRISE: { "division": "Theme Park" }
        })
    );
}

#[test]
fn an_object_is_merged_into_a_complex_attribute() {
    let after = patched(
        json!({ "name": { "givenName": "Barbara", "familyName": "Jensen" } }),
        json!([{
            "op": "add",
            "path": "name",
            "value": { "middleName": "Jane", "familyName": null }
        }]),
    );

    assert_eq!(
        after,
        json!({ "name": {
            "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"
        }})
    );
}

#[test]
fn one_object_may_stand_for_an_array_of_one() {
    let result = patch(
        json!({ "emails": [{ "value": "a@example.com" }] }),
        json!([{ "op": "add", "path": "emails", "value": { "value": "b@example.com" } }]),
    )
    .unwrap();

    assert_eq!(
        result.resource.get("emails"),
        Some(&json!([{ "value": "a@example.com" }, { "value": "b@example.com" }]))
    );
    assert_eq!(result.quirks, []);
}

#[test]
fn a_value_that_is_there_is_not_added_again() {
    let before = json!({ "emails": [{ "value": "a@example.com", "type": "work" }] });

    let result = patch(
        before,
        json!([{ "op": "add", "path": "emails", "value": [
            { "value": "A@EXAMPLE.COM", "type": "Work" }
        ]}]),
    )
    .unwrap();

    assert!(!result.changed);
}

#[test]
fn the_same_value_of_another_type_is_another_value() {
    let after = patched(
        json!({ "emails": [{ "value": "a@example.com", "type": "work" }] }),
        json!([{ "op": "add", "path": "emails", "value": { "value": "a@example.com" } }]),
    );

    assert_eq!(
        after,
        json!({ "emails": [
            { "value": "a@example.com", "type": "work" },
            { "value": "a@example.com" }
        ]})
    );
}

#[test]
fn values_without_a_value_are_the_same_if_all_their_parts_are() {
    let after = patched(
        json!({ "addresses": [{ "locality": "Porto", "type": "work" }] }),
        json!([{ "op": "add", "path": "addresses", "value": [
            { "locality": "porto", "type": "work", "primary": true },
            { "locality": "Porto", "type": "home" }
        ]}]),
    );

    assert_eq!(
        after,
        json!({ "addresses": [
            { "locality": "Porto", "type": "work", "primary": true },
            { "locality": "Porto", "type": "home" }
        ]})
    );
}

#[test]
fn adding_to_a_matching_element_merges_into_it() {
    let after = patched(
        json!({ "addresses": [{ "locality": "Hollywood", "type": "work" }] }),
        json!([{
            "op": "add",
            "path": "addresses[type eq \"work\"]",
            "value": { "region": "CA" }
        }]),
    );

    assert_eq!(
        after,
        json!({ "addresses": [{ "locality": "Hollywood", "region": "CA", "type": "work" }] })
    );
}

#[test]
fn equalities_that_match_nothing_make_an_element() {
    let result = patch(
        json!({}),
        json!([{ "op": "add", "path": "emails[type eq \"work\"].value", "value": "z@x.org" }]),
    )
    .unwrap();

    assert_eq!(
        result.resource.get("emails"),
        Some(&json!([{ "value": "z@x.org", "type": "work" }]))
    );
    assert_eq!(result.quirks, []);
}

#[test]
fn a_made_element_that_never_gets_a_value_is_dropped() {
    let result = patch(
        json!({}),
        json!([{ "op": "add", "path": "emails[type eq \"work\"].display", "value": "W" }]),
    )
    .unwrap();

    assert!(!result.changed);
}

#[test]
fn adding_what_is_there_or_nothing_changes_nothing() {
    for op in [
        json!({ "op": "add", "path": "title", "value": "Guide" }),
        json!({ "op": "add", "path": "emails", "value": [] }),
        json!({ "op": "add", "value": {} }),
        json!({ "op": "add", "value": { "title": null } }),
        json!({ "op": "add", "path": "schemas", "value": [ENTERPRISE] }),
    ] {
        let result = patch(json!({ "title": "Guide" }), json!([op])).unwrap();

        assert!(!result.changed, "{op}");
    }
}

#[test]
fn an_email_may_be_plain_text() {
    let result = patch(
        json!({}),
        json!([{ "op": "add", "path": "emails", "value": "a@example.com" }]),
    )
    .unwrap();

    assert_eq!(
        result.resource.get("emails"),
        Some(&json!([{ "value": "a@example.com" }]))
    );
    assert_eq!(result.quirks, [Quirk::TextForComplex]);
}
