//! Bringing one value into canonical form: the type its schema says, or an error.
//!
//! This is where the tolerances for values sit, so that a whole user and a PATCH accept
//! the same forms. Whether the client may write the attribute at all is asked elsewhere;
//! of a complex value, read-only parts are left out, since clients echo them.

use serde_json::{Map, Value};

use crate::date_time;
use crate::error::ScimError;
use crate::filter;
use crate::patch::is_same;
use crate::quirks::{
    Quirk, array_for_single, boolean_text, note, number_text, single_object, text_for_complex,
};
use crate::schema::{Attribute, AttributeType};
use crate::user_name;

/// The most values that a request may give one attribute. They are compared with each other, so
/// without a bound a small request could cost a lot of time.
pub(crate) const MAX_ELEMENTS: usize = 1_000;

/// Parts of an element that describe it and say nothing without a `value`.
const DESCRIBING: [&str; 3] = ["type", "primary", "display"];

/// Reads the value of a whole attribute: an array if it is multi-valued. `None` means
/// unassigned (RFC 7643 §2.5).
///
/// # Errors
///
/// `invalidValue` if the value cannot be read as the type of the attribute, or if several
/// elements are primary.
pub(crate) fn read(
    attribute: &Attribute,
    value: Value,
    quirks: &mut Vec<Quirk>,
) -> Result<Option<Value>, ScimError> {
    if value.is_null() {
        return Ok(None);
    }
    if !attribute.multi_valued {
        return read_one(attribute, value, quirks);
    }
    let (values, wrapped) = single_object::wrap(value);
    if wrapped {
        note(quirks, Quirk::SingleObject);
    }
    if values.len() > MAX_ELEMENTS {
        let what = format!("may have at most {MAX_ELEMENTS} values");
        return Err(wrong(&attribute.name, &what));
    }
    let objects = values.iter().filter(|value| value.is_object()).count();
    if objects > 0 && objects < values.iter().filter(|value| !value.is_null()).count() {
        let what = "must hold objects or plain values, and not both";
        return Err(wrong(&attribute.name, what));
    }
    let mut elements = Vec::with_capacity(values.len());
    for value in values {
        if value.is_null() {
            return Err(wrong(&attribute.name, "must not hold null"));
        }
        let element = read_one(attribute, value, quirks)?;
        if let Some(element) = element.filter(|element| !is_hollow(attribute, element)) {
            add_once(attribute, &mut elements, element);
        }
    }
    let is_primary = |element: &&Value| element["primary"] == true;
    if elements.iter().filter(is_primary).count() > 1 {
        return Err(wrong(&attribute.name, "may have one primary value only"));
    }
    Ok((!elements.is_empty()).then_some(Value::Array(elements)))
}

/// Appends an element unless it is there: no pair of type and value comes twice (RFC 7643 §2.4).
/// The one that stays is primary if either is.
fn add_once(attribute: &Attribute, elements: &mut Vec<Value>, element: Value) {
    match elements
        .iter_mut()
        .find(|held| is_same(attribute, held, &element))
    {
        Some(held) if element["primary"] == true => held["primary"] = Value::Bool(true),
        Some(_) => {}
        None => elements.push(element),
    }
}

/// Reads one value: that of a single-valued attribute, or one element of an array.
///
/// # Errors
///
/// `invalidValue` if the value cannot be read as the type of the attribute.
pub(crate) fn read_one(
    attribute: &Attribute,
    value: Value,
    quirks: &mut Vec<Quirk>,
) -> Result<Option<Value>, ScimError> {
    read_named(attribute, &attribute.name, value, quirks)
}

/// Whether an element describes a value it does not have, such as `{"type": "work"}`.
pub(crate) fn is_hollow(attribute: &Attribute, element: &Value) -> bool {
    let Value::Object(parts) = element else {
        return false;
    };
    attribute.sub("value").is_some() && parts.keys().all(|name| DESCRIBING.contains(&name.as_str()))
}

/// Whether a value does not count as one where the schema wants one: blank text does not.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// `name` is what errors call the attribute: `name`, or `name.givenName`.
fn read_named(
    attribute: &Attribute,
    name: &str,
    value: Value,
    quirks: &mut Vec<Quirk>,
) -> Result<Option<Value>, ScimError> {
    let value = if attribute.multi_valued {
        value
    } else {
        unwrap(name, value, quirks)?
    };
    if value.is_null() {
        return Ok(None);
    }
    match attribute.kind {
        AttributeType::Complex => read_complex(attribute, name, value, quirks),
        AttributeType::String => {
            let text = read_text(name, value, quirks)?;
            if attribute.is_user_name {
                check_user_name(name, &text, quirks)?;
            }
            check_suggested(attribute, name, &text)?;
            Ok(Some(text))
        }
        AttributeType::Binary => match value {
            Value::String(text) if is_base64(&text) => Ok(Some(Value::from(text))),
            _ => Err(wrong(name, "must be base64 (RFC 4648 §4)")),
        },
        AttributeType::Reference => match value {
            Value::String(text) => check_text(name, text).map(Some),
            _ => Err(wrong(name, "must be a string")),
        },
        AttributeType::Boolean => read_boolean(name, value, quirks).map(Some),
        AttributeType::Integer => read_number(name, value, quirks, false).map(Some),
        AttributeType::Decimal => read_number(name, value, quirks, true).map(Some),
        AttributeType::DateTime => value
            .as_str()
            .and_then(date_time::canonical)
            .map(|text| Some(Value::from(text)))
            .ok_or_else(|| wrong(name, "must be a date and time such as 2026-01-31T08:30:00Z")),
    }
}

/// The one value of an array of one.
fn unwrap(name: &str, value: Value, quirks: &mut Vec<Quirk>) -> Result<Value, ScimError> {
    let (value, unwrapped) = array_for_single::unwrap(value);
    if unwrapped {
        note(quirks, Quirk::ArrayForSingle);
    }
    value.ok_or_else(|| wrong(name, "takes one value"))
}

fn read_complex(
    attribute: &Attribute,
    name: &str,
    value: Value,
    quirks: &mut Vec<Quirk>,
) -> Result<Option<Value>, ScimError> {
    let parts = match value {
        Value::Object(parts) => Some(parts),
        Value::String(text) => {
            note(quirks, Quirk::TextForComplex);
            text_for_complex::read(attribute, &text)
        }
        _ => None,
    };
    let parts = parts.ok_or_else(|| wrong(name, "must be an object"))?;
    let mut found = Map::new();
    let mut reference = None;
    for (key, value) in parts {
        let Some(sub) = attribute.sub(&key) else {
            note(quirks, Quirk::UnknownAttribute);
            continue;
        };
        if sub.refers_to_resource() && attribute.sub("value").is_some() {
            reference = value.as_str().and_then(id_in_reference);
        } else if !sub.is_read_only() {
            let path = format!("{name}.{}", sub.name);
            let value = if sub.multi_valued {
                read(sub, value, quirks)?
            } else {
                read_named(sub, &path, value, quirks)?
            };
            found.extend(value.map(|value| (sub.name.clone(), value)));
        }
    }
    if let Some(id) = reference
        && !found.contains_key("value")
    {
        found.insert("value".to_owned(), Value::from(id));
    }
    let canonical: Map<String, Value> = attribute
        .sub_attributes
        .iter()
        .filter_map(|sub| {
            found
                .remove(&sub.name)
                .map(|value| (sub.name.clone(), value))
        })
        .collect();
    if canonical.is_empty() {
        return Ok(None);
    }
    for sub in attribute.sub_attributes.iter().filter(|sub| sub.required) {
        if canonical.get(&sub.name).is_none_or(is_blank) {
            return Err(wrong(&format!("{name}.{}", sub.name), "is required"));
        }
    }
    Ok(Some(Value::Object(canonical)))
}

/// The id at the end of `…/Users/2819c223`. References are otherwise never trusted: they
/// follow from the id and from the address under which the client came.
pub(crate) fn id_in_reference(reference: &str) -> Option<String> {
    let id = reference.trim_end_matches('/').rsplit('/').next()?;
    (!id.is_empty()).then(|| id.to_owned())
}

fn read_text(name: &str, value: Value, quirks: &mut Vec<Quirk>) -> Result<Value, ScimError> {
    let digits = match value {
        Value::String(text) => return check_text(name, text),
        Value::Number(number) => number_text::digits(&number),
        _ => None,
    };
    let digits = digits.ok_or_else(|| wrong(name, "must be a string"))?;
    note(quirks, Quirk::NumberText);
    Ok(Value::from(digits))
}

/// A name must show something; that it keeps the other rules is wanted by `strict` alone, since
/// people have had their odd names for long.
fn check_user_name(name: &str, text: &Value, quirks: &mut Vec<Quirk>) -> Result<(), ScimError> {
    let text = text.as_str().unwrap_or_default();
    if text.trim().is_empty() {
        // A required attribute; whoever asks for those says so.
        return Ok(());
    }
    if user_name::is_invisible(text) {
        return Err(wrong(name, "must not be empty"));
    }
    if !user_name::fits(text) {
        note(quirks, Quirk::UnusualUserName);
    }
    Ok(())
}

/// Refuses what is not suggested, if the tenant wants that (RFC 7643 §7).
fn check_suggested(attribute: &Attribute, name: &str, text: &Value) -> Result<(), ScimError> {
    let is_it = |suggested: &String| {
        let suggested = Value::from(suggested.as_str());
        filter::equal(attribute, &suggested, text)
    };
    if !attribute.restricted || attribute.canonical_values.iter().any(is_it) {
        return Ok(());
    }
    let suggested = attribute.canonical_values.join(", ");
    Err(wrong(name, &format!("must be one of {suggested}")))
}

/// Base64 of the plain alphabet, padded or not (RFC 7643 §2.3.6). Empty text is no bytes.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let padded_right = match padding {
        0 => digits.len() % 4 != 1,
        1 | 2 => text.len().is_multiple_of(4),
        _ => false,
    };
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    padded_right && digits.bytes().all(is_digit)
}

/// PostgreSQL cannot store U+0000, and nobody means it.
fn check_text(name: &str, text: String) -> Result<Value, ScimError> {
    if text.contains('\0') {
        return Err(wrong(name, "must not hold the character U+0000"));
    }
    Ok(Value::from(text))
}

fn read_boolean(name: &str, value: Value, quirks: &mut Vec<Quirk>) -> Result<Value, ScimError> {
    let read = match value {
        Value::Bool(_) => return Ok(value),
        Value::String(text) => boolean_text::read(&text),
        _ => None,
    };
    let read = read.ok_or_else(|| wrong(name, "must be true or false"))?;
    note(quirks, Quirk::BooleanText);
    Ok(Value::from(read))
}

fn read_number(
    name: &str,
    value: Value,
    quirks: &mut Vec<Quirk>,
    fraction: bool,
) -> Result<Value, ScimError> {
    let (number, coerced) = match value {
        Value::Number(number) => (Some(number), false),
        Value::String(text) => (number_text::read(&text), true),
        _ => (None, false),
    };
    let number = number.filter(|number| fraction || !number.is_f64());
    let wanted = if fraction {
        "must be a number"
    } else {
        "must be a whole number"
    };
    let number = number.ok_or_else(|| wrong(name, wanted))?;
    if coerced {
        note(quirks, Quirk::NumberText);
    }
    // A decimal is written with a digit on both sides of the point (RFC 7643 §2.3.3).
    let written = match number.as_f64() {
        Some(decimal) if fraction => Value::from(decimal),
        _ => Value::Number(number),
    };
    Ok(written)
}

fn wrong(name: &str, what: &str) -> ScimError {
    ScimError::invalid_value(format!("`{name}` {what}"))
}
