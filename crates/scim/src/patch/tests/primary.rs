//! At most one element is primary (RFC 7643 §2.4).

use serde_json::{Value, json};

use super::{patched, refusal};

fn two_addresses() -> Value {
    json!({ "emails": [
        { "value": "work@x.org", "type": "work", "primary": true },
        { "value": "home@x.org", "type": "home" }
    ]})
}

#[test]
fn a_new_primary_element_takes_the_mark_from_the_old() {
    let after = patched(
        two_addresses(),
        json!([{ "op": "add", "path": "emails", "value": { "value": "n@x.org", "primary": true } }]),
    );

    assert_eq!(
        after,
        json!({ "emails": [
            { "value": "work@x.org", "type": "work", "primary": false },
            { "value": "home@x.org", "type": "home" },
            { "value": "n@x.org", "primary": true }
        ]})
    );
}

#[test]
fn a_known_value_sent_as_primary_gets_the_mark_and_is_not_repeated() {
    let after = patched(
        two_addresses(),
        json!([{ "op": "add", "path": "emails", "value": [
            { "value": "home@x.org", "type": "home", "primary": true }
        ]}]),
    );

    assert_eq!(
        after,
        json!({ "emails": [
            { "value": "work@x.org", "type": "work", "primary": false },
            { "value": "home@x.org", "type": "home", "primary": true }
        ]})
    );
}

#[test]
fn the_mark_can_be_set_by_path() {
    let after = patched(
        two_addresses(),
        json!([{ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": true }]),
    );

    assert_eq!(after["emails"][0]["primary"], json!(false));
    assert_eq!(after["emails"][1]["primary"], json!(true));
}

#[test]
fn the_last_of_several_operations_wins() {
    let after = patched(
        json!({}),
        json!([
            { "op": "add", "path": "emails", "value": { "value": "a@x.org", "primary": true } },
            { "op": "add", "path": "emails", "value": { "value": "b@x.org", "primary": true } }
        ]),
    );

    assert_eq!(
        after,
        json!({ "emails": [
            { "value": "a@x.org", "primary": false },
            { "value": "b@x.org", "primary": true }
        ]})
    );
}

#[test]
fn removing_the_primary_element_promotes_nobody() {
    let after = patched(
        two_addresses(),
        json!([{ "op": "remove", "path": "emails[primary eq true]" }]),
    );

    assert_eq!(
        after,
        json!({ "emails": [{ "value": "home@x.org", "type": "home" }] })
    );
}

#[test]
fn one_operation_cannot_mark_two() {
    for op in [
        json!({ "op": "replace", "path": "emails", "value": [
            { "value": "a@x.org", "primary": true }, { "value": "b@x.org", "primary": true }
        ]}),
        json!({ "op": "replace", "path": "emails[value pr].primary", "value": true }),
    ] {
        assert_eq!(
            refusal(two_addresses(), json!([op])),
            "invalidValue: operation 0: `emails` may have one primary value only",
            "{op}"
        );
    }
}
