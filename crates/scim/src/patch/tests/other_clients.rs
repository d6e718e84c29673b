//! What Okta, JumpCloud and Keycloak send. Groups are in `group_members`.

use serde_json::json;

use super::{patch, patched};
use crate::quirks::Quirk;

#[test]
fn okta_deactivates_without_a_path() {
    let after = patched(
        json!({ "displayName": "Nora", "active": true }),
        json!([{ "op": "replace", "value": { "active": false } }]),
    );

    assert_eq!(after, json!({ "displayName": "Nora", "active": false }));
}

#[test]
fn okta_sends_passwords_that_are_never_kept() {
    let result = patch(
        json!({}),
        json!([{ "op": "replace", "value": { "password": "Bw8?Yy" } }]),
    )
    .unwrap();

    assert!(!result.changed);
}

#[test]
fn okta_replaces_the_primary_email() {
    let after = patched(
        json!({ "emails": [{ "value": "a@x.org", "type": "work", "primary": true }] }),
        json!([{ "op": "replace", "path": "emails[primary eq true].value", "value": "b@x.org" }]),
    );

    assert_eq!(
        after,
        json!({ "emails": [{ "value": "b@x.org", "type": "work", "primary": true }] })
    );
}

#[test]
fn numbers_stand_for_postal_codes() {
    let result = patch(
        json!({}),
        json!([{
            "op": "replace",
            "path": "addresses[type eq \"work\"].postalCode",
            "value": 91608
        }]),
    )
    .unwrap();

    assert_eq!(
        result.resource.get("addresses"),
        Some(&json!([{ "postalCode": "91608", "type": "work" }]))
    );
    assert_eq!(result.quirks, [Quirk::CreatedElement, Quirk::NumberText]);
}

#[test]
fn older_keycloak_clients_wrap_a_single_value() {
    let after = patched(
        json!({}),
        json!([{ "op": "replace", "path": "displayName", "value": ["Nora R"] }]),
    );

    assert_eq!(after, json!({ "displayName": "Nora R" }));
}

#[test]
fn a_value_is_found_by_two_conditions() {
    let after = patched(
        json!({ "emails": [
            { "value": "1@x.org", "type": "work" }, { "value": "2@x.org", "type": "work" }
        ]}),
        json!([{
            "op": "replace",
            "path": "emails[type eq \"work\" and value eq \"2@x.org\"].value",
            "value": "3@x.org"
        }]),
    );

    assert_eq!(
        after,
        json!({ "emails": [
            { "value": "1@x.org", "type": "work" }, { "value": "3@x.org", "type": "work" }
        ]})
    );
}
