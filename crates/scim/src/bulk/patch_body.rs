//! References to other operations in a PATCH body: in values, and in the filters of paths.

use serde_json::Value;

use super::references::{Visit, in_attribute, in_text, types_of};
use super::request::member;
use crate::error::ScimError;
use crate::filter::{Filter, Literal};
use crate::patch::{Place, locate, parse_path};
use crate::schema::{Attribute, ResourceType};

/// Goes through every reference in a PATCH body. What is no PATCH body has none, and is
/// refused where it is read.
pub(super) fn visit(
    kind: &ResourceType,
    body: &mut Value,
    visit: &mut Visit<'_>,
) -> Result<(), ScimError> {
    let Value::Object(members) = body else {
        return Ok(());
    };
    let Some(Value::Array(operations)) = member(members, "Operations") else {
        return Ok(());
    };
    for operation in operations {
        let Value::Object(parts) = operation else {
            continue;
        };
        let path = match member(parts, "path") {
            Some(Value::String(path)) if !path.trim().is_empty() => {
                in_path(kind, path, visit)?;
                Some(path.clone())
            }
            _ => None,
        };
        match (path, member(parts, "value")) {
            (Some(path), Some(value)) => at(kind, &path, value, visit)?,
            (None, Some(Value::Object(values))) => {
                for (path, value) in values {
                    at(kind, path, value, visit)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The value of what a path names.
fn at(
    kind: &ResourceType,
    path: &str,
    value: &mut Value,
    visit: &mut Visit<'_>,
) -> Result<(), ScimError> {
    match locate(kind, path) {
        Ok(Place::Extension(schema)) => match value {
            Value::Object(parts) => {
                for (name, value) in parts {
                    at(kind, &format!("{}:{name}", schema.id), value, visit)?;
                }
                Ok(())
            }
            _ => Ok(()),
        },
        Ok(Place::Attribute(target)) if target.attribute.is_read_only() => Ok(()),
        Ok(Place::Attribute(target)) => match (target.sub, value) {
            (None, value) => in_attribute(target.attribute, value, visit).map(drop),
            (Some(sub), Value::String(text)) => in_sub(target.attribute, sub, text, visit),
            (Some(_), _) => Ok(()),
        },
        // Kept as it is, or refused when the PATCH is applied.
        Ok(Place::Unmapped(..)) | Err(_) => Ok(()),
    }
}

/// The text of `manager.value` or `manager.$ref`.
fn in_sub(
    attribute: &Attribute,
    sub: &Attribute,
    text: &mut String,
    visit: &mut Visit<'_>,
) -> Result<(), ScimError> {
    let is_address = sub.refers_to_resource();
    match types_of(attribute) {
        Some(types) if is_address || sub.name == "value" => {
            in_text(text, &attribute.name, types, is_address, visit).map(drop)
        }
        _ => Ok(()),
    }
}

/// The filter of a path, as in `members[value eq "bulkId:amy"]`.
fn in_path(kind: &ResourceType, text: &mut String, visit: &mut Visit<'_>) -> Result<(), ScimError> {
    if !text.contains(super::PREFIX) {
        return Ok(());
    }
    // A malformed path is refused when the PATCH is applied.
    let Ok(mut path) = parse_path(text.trim(), kind) else {
        return Ok(());
    };
    let resolved = kind.resolve(&path.attribute);
    let attribute = resolved.and_then(|resolved| resolved.attribute);
    if let (Some(attribute), Some(condition)) = (attribute, &mut path.condition)
        && types_of(attribute).is_some()
    {
        in_filter(attribute, condition, visit)?;
        *text = path.to_string();
    }
    Ok(())
}

fn in_filter(
    attribute: &Attribute,
    filter: &mut Filter,
    visit: &mut Visit<'_>,
) -> Result<(), ScimError> {
    match filter {
        Filter::And(left, right) | Filter::Or(left, right) => {
            in_filter(attribute, left, visit)?;
            in_filter(attribute, right, visit)
        }
        Filter::Not(inner) => in_filter(attribute, inner, visit),
        Filter::Compare {
            path,
            value: Literal::Text(text),
            ..
        } => match attribute.sub(&path.name) {
            Some(sub) => in_sub(attribute, sub, text, visit),
            None => Ok(()),
        },
        Filter::Compare { .. } | Filter::Present(_) | Filter::AnyElement { .. } => Ok(()),
    }
}
