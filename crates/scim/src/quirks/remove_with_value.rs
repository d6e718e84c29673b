//! `remove` with a value: how Entra ID and others take people out of a group.
//!
//! ```json
//! {"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "2819c223…"}]}
//! ```
//!
//! RFC 7644 §3.5.2.2 gives `remove` no value, and read by the letter the request empties
//! the group. The value is taken as a list of what to remove; an empty list removes nothing.

use serde_json::Value;

use crate::filter;
use crate::schema::Attribute;

/// Whether `selector`, one element of the value in canonical form, means `element`. An
/// element that is a reference is known by its id, others by every part that was sent.
pub(crate) fn selects(attribute: &Attribute, selector: &Value, element: &Value) -> bool {
    let (Value::Object(wanted), Value::Object(held)) = (selector, element) else {
        return filter::equal(attribute, selector, element);
    };
    if attribute.identifies_resource()
        && let (Some(wanted), Some(held)) = (wanted.get("value"), held.get("value"))
    {
        return wanted == held;
    }
    !wanted.is_empty()
        && wanted.iter().all(
            |(name, wanted)| match (attribute.sub(name), held.get(name)) {
                (Some(sub), Some(held)) => filter::equal(sub, wanted, held),
                // A flag that is not there is not set.
                (_, None) => *wanted == Value::Bool(false),
                (None, Some(_)) => false,
            },
        )
}
