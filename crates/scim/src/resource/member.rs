//! Members of a group, as clients name them (RFC 7643 §4.2).

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::value::id_in_reference;
use crate::error::ScimError;
use crate::quirks::{Quirk, note, single_object};

/// One member. Members are rows and no part of the group's document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// Id of the user or group.
    pub value: String,
    /// `type` as sent; if it is, it must agree with what `value` names.
    pub kind: Option<String>,
}

impl Member {
    /// Reads the value of `members`: an array of objects, in compat also one object alone
    /// or bare ids. Repeated ids count once. `null` is read as no member.
    ///
    /// `display` and `$ref` are not kept, since both follow from the id; a `$ref` without
    /// `value` names the id by its last segment.
    ///
    /// # Errors
    ///
    /// `invalidValue` for a member without an id.
    pub fn read_all(value: Value, quirks: &mut Vec<Quirk>) -> Result<Vec<Self>, ScimError> {
        if value.is_null() {
            return Ok(Vec::new());
        }
        let (values, wrapped) = single_object::wrap(value);
        if wrapped {
            note(quirks, Quirk::SingleObject);
        }
        let mut seen = HashSet::new();
        let mut members = Vec::with_capacity(values.len());
        for value in values {
            let member = Self::read(value, quirks)?;
            if seen.insert(member.value.clone()) {
                members.push(member);
            }
        }
        Ok(members)
    }

    fn read(value: Value, quirks: &mut Vec<Quirk>) -> Result<Self, ScimError> {
        let (id, kind) = match &value {
            Value::Object(parts) => {
                let part = |name: &str| part(parts, name);
                let id = match part("value") {
                    Some(id) => Some(id.to_owned()),
                    None => part("$ref").and_then(id_in_reference),
                };
                (id, part("type").map(str::to_owned))
            }
            Value::String(id) => {
                note(quirks, Quirk::TextForComplex);
                (Some(id.clone()), None)
            }
            _ => (None, None),
        };
        match id {
            Some(value) if !value.trim().is_empty() && !value.contains('\0') => Ok(Self {
                value,
                kind: kind.filter(|kind| !kind.is_empty()),
            }),
            _ => Err(ScimError::invalid_value(
                "each of `members` needs an id as its `value`",
            )),
        }
    }
}

/// A text of an object by its name, ignoring case.
fn part<'a>(parts: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    parts
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))?
        .1
        .as_str()
}
