//! Where an operation may refer to another: found through the schema, so that a name that
//! happens to begin with `bulkId:` stays a name.

use serde_json::{Map, Value};

use super::PREFIX;
use crate::error::ScimError;
use crate::schema::{Attribute, ResourceType};

/// A reference to another operation.
pub(super) struct Reference<'a> {
    /// The `bulkId` of the other operation.
    pub(super) bulk_id: &'a str,
    /// The attribute that holds it.
    pub(super) attribute: &'a str,
    /// Ids of the resource types that the attribute may refer to; empty in a path, where
    /// another type is simply not found.
    pub(super) types: &'a [String],
}

/// What is to be done with a reference.
pub(super) enum Verdict {
    /// It stays.
    Keep,
    /// This id takes its place.
    Id(String),
    /// It goes, and with it the value whose point it is.
    LeaveOut,
}

/// What decides about references.
pub(super) type Visit<'v> = dyn FnMut(&Reference<'_>) -> Result<Verdict, ScimError> + 'v;

/// The id of a path.
pub(super) fn in_path(
    kind: &ResourceType,
    id: &mut String,
    visit: &mut Visit<'_>,
) -> Result<(), ScimError> {
    in_text(id, &kind.id, &[], false, visit).map(drop)
}

/// The body of a POST or PUT.
pub(super) fn in_resource(
    kind: &ResourceType,
    body: &mut Value,
    visit: &mut Visit<'_>,
) -> Result<(), ScimError> {
    let Value::Object(members) = body else {
        return Ok(());
    };
    for (urn, value) in members.iter_mut() {
        if let (Some(extension), Value::Object(parts)) = (kind.extension(urn), value) {
            in_attributes(parts, |name| extension.attribute(name), visit)?;
        }
    }
    in_attributes(members, |name| kind.base_attribute(name), visit)
}

/// Values by the names of their attributes. What clients echo although the server alone writes
/// it, such as the `groups` of a user, asks for nothing.
fn in_attributes<'k>(
    values: &mut Map<String, Value>,
    find: impl Fn(&str) -> Option<&'k Attribute>,
    visit: &mut Visit<'_>,
) -> Result<(), ScimError> {
    let mut left_out = Vec::new();
    for (name, value) in values.iter_mut() {
        if let Some(attribute) = find(name).filter(|attribute| !attribute.is_read_only())
            && !in_attribute(attribute, value, visit)?
        {
            left_out.push(name.clone());
        }
    }
    for name in left_out {
        values.shift_remove(&name);
    }
    Ok(())
}

/// The value of one attribute. Whether anything is left of it.
pub(super) fn in_attribute(
    attribute: &Attribute,
    value: &mut Value,
    visit: &mut Visit<'_>,
) -> Result<bool, ScimError> {
    let Value::Array(elements) = value else {
        return in_one(attribute, value, visit);
    };
    let some_before = !elements.is_empty();
    let mut kept = Vec::with_capacity(elements.len());
    for mut element in std::mem::take(elements) {
        if in_one(attribute, &mut element, visit)? {
            kept.push(element);
        }
    }
    *elements = kept;
    Ok(!(some_before && elements.is_empty()))
}

fn in_one(
    attribute: &Attribute,
    value: &mut Value,
    visit: &mut Visit<'_>,
) -> Result<bool, ScimError> {
    match (value, types_of(attribute)) {
        (Value::Object(parts), types) => in_parts(attribute, types, parts, visit),
        (Value::String(text), Some(types)) => {
            // A bare id in place of `{"value": id}` is no address.
            let is_address = attribute.is_simple();
            in_text(text, &attribute.name, types, is_address, visit)
        }
        _ => Ok(true),
    }
}

/// An element of a complex attribute. If it identifies a resource, it stands or falls with its
/// reference.
fn in_parts(
    attribute: &Attribute,
    types: Option<&[String]>,
    parts: &mut Map<String, Value>,
    visit: &mut Visit<'_>,
) -> Result<bool, ScimError> {
    let mut left_out = Vec::new();
    for (name, value) in parts.iter_mut() {
        let Some(sub) = attribute.sub(name) else {
            continue;
        };
        let stays = match (types, value) {
            (Some(types), Value::String(id)) if sub.name == "value" => {
                in_text(id, &attribute.name, types, false, visit)?
            }
            (_, value) => in_attribute(sub, value, visit)?,
        };
        if !stays && types.is_some() {
            return Ok(false);
        }
        if !stays {
            left_out.push(name.clone());
        }
    }
    for name in left_out {
        parts.shift_remove(&name);
    }
    Ok(true)
}

/// The types that an attribute refers to, be it an address or an object with an id in its
/// `value`. `None` if it refers to nothing of this server.
pub(super) fn types_of(attribute: &Attribute) -> Option<&[String]> {
    if attribute.refers_to_resource() {
        return Some(&attribute.reference_types);
    }
    attribute.sub("value")?;
    let mut subs = attribute.sub_attributes.iter();
    let address = subs.find(|sub| sub.refers_to_resource())?;
    Some(&address.reference_types)
}

/// A text that may be a reference; an address also ends in one, as in `Users/bulkId:amy`.
pub(super) fn in_text(
    text: &mut String,
    attribute: &str,
    types: &[String],
    is_address: bool,
    visit: &mut Visit<'_>,
) -> Result<bool, ScimError> {
    let start = match text.rfind('/') {
        Some(slash) if is_address => slash + 1,
        _ => 0,
    };
    let Some(bulk_id) = text[start..].strip_prefix(PREFIX) else {
        return Ok(true);
    };
    let reference = Reference {
        bulk_id,
        attribute,
        types,
    };
    match visit(&reference)? {
        Verdict::Keep => Ok(true),
        Verdict::Id(id) => {
            text.replace_range(start.., &id);
            Ok(true)
        }
        Verdict::LeaveOut => Ok(false),
    }
}
