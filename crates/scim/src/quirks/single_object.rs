//! One value where the schema wants an array.
//!
//! ```json
//! {"op": "replace", "path": "emails", "value": {"value": "bjensen@example.com"}}
//! ```
//!
//! RFC 7644 §3.5.2.1 allows it for `add`; OneLogin writes e-mails so in whole users too.

use serde_json::Value;

/// The values of an array, or the one value that stands for an array of one.
pub(crate) fn wrap(value: Value) -> (Vec<Value>, bool) {
    match value {
        Value::Array(values) => (values, false),
        single => (vec![single], true),
    }
}
