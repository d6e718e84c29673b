//! Characteristics that the core schemas do not have, on a made-up extension.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{operations, stored, user};
use crate::error::ScimError;
use crate::patch::{PatchError, apply};
use crate::resource::Resource;
use crate::schema::{Extension, ResourceType};

const CUSTOM: &str = "urn:example:custom:1.0:User";

fn custom_user() -> ResourceType {
    let schema = json!({ "id": CUSTOM, "attributes": [
        { "name": "badge", "type": "string", "mutability": "immutable" },
        { "name": "score", "type": "integer", "mutability": "readOnly" },
        { "name": "tags", "type": "string", "multiValued": true },
        { "name": "level", "type": "integer" },
        { "name": "since", "type": "dateTime" }
    ]});
    let mut kind = user();
    kind.extensions.push(Extension {
        schema: Arc::new(serde_json::from_value(schema).unwrap()),
        required: false,
    });
    kind
}

/// The custom attributes after a PATCH; paths are named below the extension.
fn patched(before: Value, ops: Value) -> Result<Value, PatchError> {
    let kind = custom_user();
    let mut ops = operations(ops);
    for op in &mut ops {
        op.path = op.path.take().map(|path| format!("{CUSTOM}:{path}"));
    }
    let before = stored(&kind, json!({ CUSTOM: before }));
    let after = apply(&kind, &before, &ops)?.resource;
    Ok(after.get(CUSTOM).cloned().unwrap_or(json!({})))
}

#[test]
fn an_immutable_attribute_is_set_once() {
    let set = |verb, value| json!([{ "op": verb, "path": "badge", "value": value }]);

    assert_eq!(
        patched(json!({}), set("add", "a")),
        Ok(json!({ "badge": "a" }))
    );
    assert_eq!(
        patched(json!({ "badge": "a" }), set("replace", "a")),
        Ok(json!({ "badge": "a" }))
    );
    for ops in [
        set("replace", "b"),
        set("add", "b"),
        json!([{ "op": "remove", "path": "badge" }]),
        json!([{ "op": "add", "value": { CUSTOM: { "badge": "b" } } }]),
    ] {
        assert_eq!(
            patched(json!({ "badge": "a" }), ops)
                .unwrap_err()
                .to_string(),
            "operation 0: `badge` is immutable and has a value"
        );
    }
}

#[test]
fn an_extension_with_an_immutable_value_cannot_be_removed_as_a_whole() {
    let kind = custom_user();
    let before = stored(&kind, json!({ CUSTOM: { "badge": "a", "level": 1 } }));
    for op in [
        json!({ "op": "remove", "path": CUSTOM }),
        json!({ "op": "replace", "path": CUSTOM, "value": null }),
        json!({ "op": "remove", "path": format!("schemas[value eq \"{CUSTOM}\"]") }),
    ] {
        let err = apply(&kind, &before, &operations(json!([op]))).unwrap_err();
        let reason = ScimError::mutability("`badge` is immutable and has a value");
        assert_eq!(err.reason, reason, "{op}");
    }
    let free = stored(&kind, json!({ CUSTOM: { "level": 1 } }));
    let op = operations(json!([{ "op": "remove", "path": CUSTOM }]));
    assert_eq!(apply(&kind, &free, &op).unwrap().resource.get(CUSTOM), None);
}

#[test]
fn a_read_only_attribute_without_path_must_be_the_stored_one() {
    let ops = json!([{ "op": "replace", "value": { CUSTOM: { "score": 5 } } }]);

    assert_eq!(
        patched(json!({}), ops).unwrap_err().to_string(),
        "operation 0: `score` is read-only"
    );
}

#[test]
fn a_read_only_attribute_has_no_path_to_write_it() {
    for op in [
        json!({ "op": "replace", "path": "score", "value": 5 }),
        json!({ "op": "add", "path": "score", "value": 5 }),
        json!({ "op": "remove", "path": "score" }),
    ] {
        assert_eq!(
            patched(json!({}), json!([op])).unwrap_err().to_string(),
            "operation 0: `score` is read-only"
        );
    }
}

#[test]
fn a_read_only_attribute_without_path_may_repeat_what_is_stored() {
    let kind = custom_user();
    let mut attributes = stored(&kind, json!({})).attributes().clone();
    attributes.insert(CUSTOM.to_owned(), json!({ "score": 5 }));
    let before = Resource::from_canonical(attributes);
    let echo = operations(json!([{ "op": "replace", "value": { CUSTOM: { "score": 5 } } }]));
    let other = operations(json!([{ "op": "replace", "value": { CUSTOM: { "score": 6 } } }]));

    assert!(!apply(&kind, &before, &echo).unwrap().changed);
    assert_eq!(
        apply(&kind, &before, &other).unwrap_err().reason,
        ScimError::mutability("`score` is read-only")
    );
}

#[test]
fn plain_values_are_added_once_and_removed_by_value() {
    let after = |ops| patched(json!({ "tags": ["a", "b"] }), ops).unwrap()["tags"].clone();

    assert_eq!(
        after(json!([{ "op": "add", "path": "tags", "value": ["B", "c"] }])),
        json!(["a", "b", "c"])
    );
    assert_eq!(
        after(json!([{ "op": "add", "path": "tags", "value": "c" }])),
        json!(["a", "b", "c"])
    );
    assert_eq!(
        after(json!([{ "op": "remove", "path": "tags[value eq \"a\"]" }])),
        json!(["b"])
    );
    assert_eq!(
        after(json!([{ "op": "remove", "path": "tags eq \"a\"" }])),
        json!(["b"])
    );
    assert_eq!(
        after(json!([{ "op": "remove", "path": "tags", "value": "A" }])),
        json!(["b"])
    );
    assert_eq!(
        after(json!([{ "op": "replace", "path": "tags[value eq \"a\"]", "value": "z" }])),
        json!(["z", "b"])
    );
}

#[test]
fn numbers_and_moments_are_read_from_text() {
    let after = patched(
        json!({}),
        json!([
            { "op": "add", "path": "level", "value": "7" },
            { "op": "add", "path": "since", "value": "2026-05-13T06:42:34+02:00" }
        ]),
    );

    assert_eq!(
        after,
        Ok(json!({ "level": 7, "since": "2026-05-13T04:42:34.000Z" }))
    );
}

#[test]
fn an_attribute_has_a_bounded_number_of_values() {
    let many: Vec<String> = (0..1001).map(|number| number.to_string()).collect();

    for op in [
        json!({ "op": "add", "path": "tags", "value": many }),
        json!({ "op": "remove", "path": "tags", "value": many }),
    ] {
        assert_eq!(
            patched(json!({}), json!([op])).unwrap_err().to_string(),
            "operation 0: `tags` may have at most 1000 values"
        );
    }
}
