//! A bare id where a complex value belongs: Entra ID sends the manager this way.
//!
//! ```json
//! {"op": "Add",
//!  "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
//!  "value": "2819c223-7f76-453a-919d-413861904646"}
//! ```
//!
//! The text is the `value` of the object. Empty text clears the attribute.

use serde_json::{Map, Value};

use crate::schema::Attribute;

/// The object that the text stands for, if the attribute has a `value`. Empty text gives
/// an empty object, which means "no value".
pub(crate) fn read(attribute: &Attribute, text: &str) -> Option<Map<String, Value>> {
    let value = attribute.sub("value")?;
    let mut object = Map::new();
    if !text.is_empty() {
        object.insert(value.name.clone(), Value::from(text));
    }
    Some(object)
}
