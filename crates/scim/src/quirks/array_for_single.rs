//! An array of one where the schema wants one value: older clients built on SCIM-SDK wrap
//! every value.
//!
//! ```json
//! {"userName": ["bjensen"], "name": [{"familyName": "Jensen"}]}
//! ```
//!
//! An empty array means "unassigned". Two values are an error: nothing says which counts.

use serde_json::Value;

/// The value inside an array of at most one, and whether there was an array. `None` if
/// there are several.
pub(crate) fn unwrap(value: Value) -> (Option<Value>, bool) {
    match value {
        Value::Array(mut values) if values.len() < 2 => {
            (Some(values.pop().unwrap_or_default()), true)
        }
        Value::Array(_) => (None, true),
        single => (Some(single), false),
    }
}
