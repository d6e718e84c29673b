//! What Entra ID sends, with and without `aadOptscim062020`.

use serde_json::{Value, json};

use super::{ENTERPRISE, patch, patched};
use crate::quirks::Quirk;

fn nora() -> Value {
    json!({
        "displayName": "Nora Quill",
        "name": { "givenName": "Nora", "familyName": "Quill" },
        "emails": [{ "value": "nora@example.com", "type": "work", "primary": true }],
        "active": true
    })
}

#[test]
fn an_update_cycle_is_many_paths_in_one_request() {
    let after = patched(
        nora(),
        json!([
            { "op": "Replace", "path": "displayName", "value": "Nora Reed" },
            { "op": "Replace", "path": "name.givenName", "value": "Eleanor" },
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "n@example.com" },
            { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 555 0101" },
            { "op": "Replace", "path": "externalId", "value": "z" },
            { "op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Maps" }
        ]),
    );

    assert_eq!(
        after,
        json!({
            "externalId": "z",
            "displayName": "Nora Reed",
            "name": { "familyName": "Quill", "givenName": "Eleanor" },
            "emails": [{ "value": "n@example.com", "type": "work", "primary": true }],
            "phoneNumbers": [{ "value": "+1 555 0101", "type": "mobile" }],
            "active": true,
            ENTERPRISE: { "department": "Maps" }
        })
    );
}

#[test]
fn people_are_disabled_and_enabled_with_words() {
    for (word, active) in [("False", false), ("false", false), ("True", true)] {
        let result = patch(
            nora(),
            json!([{ "op": "Replace", "path": "active", "value": word }]),
        )
        .unwrap();

        assert_eq!(result.resource.active(), active, "{word}");
        assert_eq!(result.quirks, [Quirk::BooleanText], "{word}");
    }
}

#[test]
fn parts_of_an_address_become_one_address() {
    let part = |name: &str, value: &str| json!({ "op": "Add", "path": format!("addresses[type eq \"work\"].{name}"), "value": value });
    let after = patched(
        json!({}),
        json!([
            part("streetAddress", "4 Quay St"),
            part("locality", "Porto"),
            part("country", "PT")
        ]),
    );

    assert_eq!(
        after,
        json!({ "addresses": [
            { "streetAddress": "4 Quay St", "locality": "Porto", "country": "PT", "type": "work" }
        ]})
    );
}

#[test]
fn the_value_may_come_after_the_type_of_a_new_email() {
    let after = patched(
        json!({}),
        json!([
            { "op": "Add", "path": "emails[type eq \"work\"].type", "value": "work" },
            { "op": "Add", "path": "emails[type eq \"work\"].primary", "value": "true" },
            { "op": "Add", "path": "emails[type eq \"work\"].value", "value": "n@example.com" }
        ]),
    );

    assert_eq!(
        after,
        json!({ "emails": [{ "value": "n@example.com", "type": "work", "primary": true }] })
    );
}

#[test]
fn roles_are_found_by_a_primary_flag_that_is_text() {
    let after = patched(
        json!({}),
        json!([
            { "op": "Add", "path": "roles[primary eq \"True\"].display", "value": "Curator" },
            { "op": "Add", "path": "roles[primary eq \"True\"].value", "value": "curator" },
            { "op": "Add", "path": "roles[primary eq \"True\"].type", "value": "AppRole" },
            { "op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "keeper" }
        ]),
    );

    assert_eq!(
        after,
        json!({ "roles": [
            { "value": "keeper", "display": "Curator", "type": "AppRole", "primary": true }
        ]})
    );
}

#[test]
fn a_role_that_is_json_text_stays_as_it_is() {
    let role = r#"{"id":"18d1","displayName":"Curator \u00e9"}"#;
    let after = patched(
        json!({}),
        json!([{ "op": "Add", "path": "roles", "value": [{ "value": role }] }]),
    );

    assert_eq!(after, json!({ "roles": [{ "value": role }] }));
}

#[test]
fn the_manager_is_a_bare_id_and_empty_text_clears_it() {
    let path = format!("{ENTERPRISE}:manager");
    let set = json!({ "op": "Add", "path": path, "value": "m1" });
    let change = json!({ "op": "Replace", "path": path, "value": "m2" });
    let clear = json!({ "op": "Replace", "path": path, "value": "" });
    let remove = json!({ "op": "Remove", "path": path });

    assert_eq!(
        patched(json!({}), json!([set, change])),
        json!({ ENTERPRISE: { "manager": { "value": "m2" } } })
    );
    assert_eq!(patched(json!({}), json!([set, clear])), json!({}));
    assert_eq!(patched(json!({}), json!([set, remove])), json!({}));
}

#[test]
fn the_manager_of_the_documentation_is_an_array_without_urn() {
    let after = patched(
        json!({}),
        json!([{ "op": "Add", "path": "manager", "value": [
            { "$ref": "https://example.com/v2/Users/m1", "value": "m1" }
        ]}]),
    );

    assert_eq!(
        after,
        json!({ ENTERPRISE: { "manager": { "value": "m1" } } })
    );
}

#[test]
fn an_unknown_path_does_not_leave_a_leaver_enabled() {
    let after = patch(
        nora(),
        json!([
            { "op": "Replace", "path": "active", "value": "False" },
            { "op": "Replace", "path": "favouriteTea", "value": "oolong" }
        ]),
    )
    .unwrap();

    assert!(!after.resource.active());
    assert_eq!(
        Value::Object(after.resource.unmapped().clone()),
        json!({ "favouriteTea": "oolong" })
    );
}

#[test]
fn the_flag_brings_dotted_keys_and_urns_in_one_value() {
    let after = patched(
        nora(),
        json!([{ "op": "add", "value": {
            "displayName": "Nora Q",
            "name.honorificPrefix": "Dr",
            format!("{ENTERPRISE}:costCenter"): "C-12",
            format!("{ENTERPRISE}:manager"): "m1"
        }}]),
    );

    assert_eq!(
        after,
        json!({
            "displayName": "Nora Q",
            "name": { "familyName": "Quill", "givenName": "Nora", "honorificPrefix": "Dr" },
            "emails": [{ "value": "nora@example.com", "type": "work", "primary": true }],
            "active": true,
            ENTERPRISE: { "costCenter": "C-12", "manager": { "value": "m1" } }
        })
    );
}
