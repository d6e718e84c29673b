//! Operations on attributes with one value (RFC 7644 §3.5.2.1 to §3.5.2.3).

use serde_json::{Map, Value};

use super::Change;
use super::draft::Draft;
use super::target::Target;
use crate::error::ScimError;
use crate::filter;
use crate::quirks::Quirk;
use crate::resource::value::{self, id_in_reference, is_blank, is_hollow};
use crate::schema::{Attribute, Mutability};

impl Draft<'_> {
    pub(super) fn change_single(
        &mut self,
        target: &Target<'_>,
        change: Change,
    ) -> Result<(), ScimError> {
        let held = self.held(target).cloned();
        let changed = match (target.sub, change) {
            (None, Change::Remove(_)) => None,
            (None, Change::Add(value)) => self.new_value(target, held.as_ref(), value, false)?,
            (None, Change::Replace(value)) => self.new_value(target, held.as_ref(), value, true)?,
            (Some(sub), change) => {
                let mut parts = match &held {
                    Some(Value::Object(parts)) => parts.clone(),
                    _ => Map::new(),
                };
                change_part(target.attribute, sub, &mut parts, change, &mut self.quirks)?;
                let changed = Value::Object(parts);
                (!is_hollow(target.attribute, &changed)).then_some(changed)
            }
        };
        let changed = changed.filter(|value| !filter::is_empty(value) || value.is_string());
        if target.attribute.required {
            refuse_missing(target.attribute, changed.as_ref())?;
        }
        refuse_new_immutable(target.attribute, held.as_ref(), changed.as_ref())?;
        self.put(target, changed);
        Ok(())
    }

    /// What the attribute will hold. Parts of a complex value that were not sent stay
    /// (RFC 7644 §3.5.2.3), since identity providers send the ones that changed.
    fn new_value(
        &mut self,
        target: &Target<'_>,
        held: Option<&Value>,
        sent: Value,
        clear_null_parts: bool,
    ) -> Result<Option<Value>, ScimError> {
        let Value::Object(sent) = sent else {
            return value::read_one(target.attribute, sent, &mut self.quirks);
        };
        if target.attribute.is_simple() {
            return value::read_one(target.attribute, Value::Object(sent), &mut self.quirks);
        }
        let mut parts = match held {
            Some(Value::Object(parts)) => parts.clone(),
            _ => Map::new(),
        };
        if clear_null_parts {
            for (name, _) in sent.iter().filter(|(_, value)| value.is_null()) {
                let Some(sub) = target.attribute.sub(name) else {
                    continue;
                };
                if !sub.is_read_only() && !sub.refers_to_resource() {
                    remove_part(sub, &mut parts)?;
                }
            }
        }
        let sent = value::read_one(target.attribute, Value::Object(sent), &mut self.quirks)?;
        merge(target.attribute, &mut parts, sent)?;
        Ok(Some(Value::Object(parts)))
    }
}

/// Puts the parts of a canonical object over those that are there.
pub(super) fn merge(
    attribute: &Attribute,
    parts: &mut Map<String, Value>,
    sent: Option<Value>,
) -> Result<(), ScimError> {
    let Some(Value::Object(sent)) = sent else {
        return Ok(());
    };
    for (name, value) in sent {
        if let Some(sub) = attribute.sub(&name) {
            refuse_new_immutable(sub, parts.get(&name), Some(&value))?;
        }
        parts.insert(name, value);
    }
    Ok(())
}

/// Sets or removes one part of a complex value.
pub(super) fn change_part(
    attribute: &Attribute,
    sub: &Attribute,
    parts: &mut Map<String, Value>,
    change: Change,
    quirks: &mut Vec<Quirk>,
) -> Result<(), ScimError> {
    let sent = match change {
        Change::Remove(_) => return remove_part(sub, parts),
        Change::Add(sent) | Change::Replace(sent) => sent,
    };
    // A reference is never stored: it names the id, and the id is what is kept.
    if sub.refers_to_resource()
        && let Some(value) = attribute.sub("value")
    {
        let id = sent.as_str().and_then(id_in_reference).ok_or_else(|| {
            ScimError::invalid_value(format!(
                "`{}.{}` must be an address",
                attribute.name, sub.name
            ))
        })?;
        refuse_new_immutable(value, parts.get("value"), Some(&Value::from(id.as_str())))?;
        parts.insert(value.name.clone(), Value::from(id));
        return Ok(());
    }
    match value::read(sub, sent, quirks)? {
        None => remove_part(sub, parts),
        Some(sent) => {
            if sub.required && is_blank(&sent) {
                return Err(required(sub));
            }
            refuse_new_immutable(sub, parts.get(&sub.name), Some(&sent))?;
            parts.insert(sub.name.clone(), sent);
            Ok(())
        }
    }
}

fn remove_part(sub: &Attribute, parts: &mut Map<String, Value>) -> Result<(), ScimError> {
    if sub.required {
        return Err(ScimError::mutability(format!("`{}` is required", sub.name)));
    }
    refuse_new_immutable(sub, parts.get(&sub.name), None)?;
    parts.shift_remove(&sub.name);
    Ok(())
}

/// Immutable means: set once, then neither changed nor removed (RFC 7643 §7).
pub(super) fn refuse_new_immutable(
    attribute: &Attribute,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Result<(), ScimError> {
    let Some(before) = before else { return Ok(()) };
    let same = after.is_some_and(|after| filter::equal(attribute, before, after));
    if attribute.mutability == Mutability::Immutable && !same {
        return Err(ScimError::mutability(format!(
            "`{}` is immutable and has a value",
            attribute.name
        )));
    }
    Ok(())
}

/// A required attribute cannot be removed, which RFC 7644 §3.5.2.2 calls a question of
/// mutability; nor can it be blank.
pub(super) fn refuse_missing(
    attribute: &Attribute,
    value: Option<&Value>,
) -> Result<(), ScimError> {
    match value {
        None => Err(ScimError::mutability(format!(
            "`{}` is required",
            attribute.name
        ))),
        Some(value) if is_blank(value) => Err(required(attribute)),
        Some(_) => Ok(()),
    }
}

fn required(attribute: &Attribute) -> ScimError {
    ScimError::invalid_value(format!("`{}` must not be empty", attribute.name))
}
