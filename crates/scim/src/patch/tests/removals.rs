use serde_json::json;

use super::{ENTERPRISE, patch, patched};
use crate::quirks::Quirk;

#[test]
fn attributes_parts_and_extensions_go() {
    let after = patched(
        json!({
            "title": "Guide",
            "name": { "givenName": "Barbara", "middleName": "Jane" },
            "emails": [{ "value": "a@example.com", "type": "work", "display": "A" }],
            ENTERPRISE: { "department": "Tours" }
        }),
        json!([
            { "op": "remove", "path": "title" },
            { "op": "remove", "path": "name.middleName" },
            { "op": "remove", "path": "emails[type eq \"work\"].display" },
            { "op": "remove", "path": ENTERPRISE }
        ]),
    );

    assert_eq!(
        after,
        json!({
            "name": { "givenName": "Barbara" },
            "emails": [{ "value": "a@example.com", "type": "work" }]
        })
    );
}

#[test]
fn what_is_left_empty_goes_too() {
    let after = patched(
        json!({
            "name": { "givenName": "Barbara" },
            "emails": [{ "value": "a@example.com", "type": "work", "primary": true }],
            ENTERPRISE: { "department": "Tours", "employeeNumber": "1" }
        }),
        json!([
            { "op": "remove", "path": "name.givenName" },
            { "op": "remove", "path": "emails[type eq \"work\"].value" },
            { "op": "remove", "path": format!("{ENTERPRISE}:department") },
            { "op": "remove", "path": format!("{ENTERPRISE}:employeeNumber") }
        ]),
    );

    assert_eq!(after, json!({}));
}

#[test]
fn removing_what_is_not_there_succeeds_without_a_change() {
    for path in [
        "title",
        "name.middleName",
        "emails",
        "emails.display",
        "emails[type eq \"spare\"]",
        "emails[type eq \"spare\"].value",
        ENTERPRISE,
    ] {
        let result = patch(json!({}), json!([{ "op": "remove", "path": path }])).unwrap();

        assert!(!result.changed, "{path}");
    }
}

#[test]
fn a_value_selects_which_elements_go() {
    let before = || {
        json!({ "emails": [
            { "value": "a@example.com", "type": "work", "primary": true },
            { "value": "b@example.com", "type": "home" }
        ]})
    };
    let left = |value| {
        let op = json!([{ "op": "remove", "path": "emails", "value": value }]);
        patched(before(), op)["emails"].clone()
    };

    assert_eq!(
        left(json!([{ "value": "A@example.com" }])),
        json!([before()["emails"][1]])
    );
    assert_eq!(
        left(json!({ "type": "home" })),
        json!([before()["emails"][0]])
    );
    assert_eq!(left(json!("b@example.com")), json!([before()["emails"][0]]));
    for selects_nothing in [
        json!([]),
        json!([{}]),
        json!({ "shoe": 1 }),
        json!([{ "value": "c@example.com" }]),
        json!([{ "value": "a@example.com", "type": "home" }]),
    ] {
        assert_eq!(
            left(selects_nothing.clone()),
            before()["emails"],
            "{selects_nothing}"
        );
    }
}

#[test]
fn a_selecting_value_is_a_quirk_and_null_is_none() {
    let quirks = |value| {
        let op = json!([{ "op": "remove", "path": "emails", "value": value }]);
        patch(json!({}), op).unwrap().quirks
    };

    assert_eq!(
        quirks(json!([{ "value": "a@example.com" }])),
        [Quirk::RemoveWithValue]
    );
    assert_eq!(quirks(json!(null)), []);
}

#[test]
fn the_value_is_ignored_where_the_path_is_exact() {
    let after = patched(
        json!({ "title": "Guide", "emails": [{ "value": "a@x.org", "type": "work" }] }),
        json!([
            { "op": "remove", "path": "title", "value": "Another" },
            { "op": "remove", "path": "emails[type eq \"work\"].value", "value": "other" }
        ]),
    );

    assert_eq!(after, json!({}));
}

#[test]
fn taking_an_extension_out_of_schemas_drops_its_data() {
    for op in [
        json!({ "op": "remove", "path": format!("schemas[value eq \"{ENTERPRISE}\"]") }),
        json!({ "op": "remove", "path": "schemas", "value": [ENTERPRISE] }),
        json!({
            "op": "replace",
            "path": "schemas",
            "value": ["urn:ietf:params:scim:schemas:core:2.0:User"]
        }),
    ] {
        let before = json!({ "title": "Guide", ENTERPRISE: { "department": "Tours" } });

        assert_eq!(
            patched(before, json!([op])),
            json!({ "title": "Guide" }),
            "{op}"
        );
    }
}
