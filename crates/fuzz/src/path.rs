//! The paths of PATCH operations.

use rollcall_scim::message::{PatchOp, PatchVerb};
use rollcall_scim::patch::{apply, parse_path};
use serde_json::{Value, json};

use crate::{patch, samples};

/// Reads a path, prints and reads it again, and aims operations at it.
///
/// # Panics
///
/// If a path is not read back as the same, or an operation breaks what [`patch`](crate::patch())
/// promises.
pub fn path(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    for catalog in samples::catalogs() {
        for kind in [catalog.user(), catalog.group()] {
            if let Ok(path) = parse_path(text, kind) {
                let printed = path.to_string();
                // Printing may add brackets, and so pass a limit.
                if let Ok(again) = parse_path(&printed, kind) {
                    assert_eq!(again, path, "{printed}");
                }
            }
        }
        let before = samples::user();
        for (verb, value) in operations() {
            let op = PatchOp {
                verb,
                path: Some(text.to_owned()),
                value,
            };
            if let Ok(patched) = apply(catalog.user(), &before, &[op]) {
                patch::check(catalog.user(), &before, &patched);
            }
        }
    }
}

/// Every verb, with values of each type.
fn operations() -> Vec<(PatchVerb, Option<Value>)> {
    let values = [
        json!("work"),
        json!(true),
        json!({ "value": "x@example.com", "type": "work", "primary": true }),
        json!([{ "value": "a" }, { "value": "b", "primary": true }]),
    ];
    let mut operations = vec![
        (PatchVerb::Remove, None),
        (PatchVerb::Replace, Some(Value::Null)),
    ];
    for value in values {
        operations.push((PatchVerb::Add, Some(value.clone())));
        operations.push((PatchVerb::Replace, Some(value)));
    }
    operations
}
