//! The resource while operations run over it.

use serde_json::{Map, Value};

use super::Change;
use super::single::refuse_new_immutable;
use super::target::{Place, Target, locate};
use crate::error::ScimError;
use crate::filter;
use crate::message::{PatchOp, PatchVerb};
use crate::quirks::{Quirk, dotted_key, note, refuse_in_strict};
use crate::resource::Resource;
use crate::resource::unmapped::{Unmapped, unknown_parts};
use crate::resource::value::is_hollow;
use crate::schema::{Attribute, ResourceType, Schema};

/// Attributes that clients echo and the server alone writes: they are not in the document,
/// so there is nothing to compare them with.
const DERIVED: [&str; 4] = ["id", "meta", "schemas", "groups"];

/// A copy of the resource, changed operation by operation.
pub(super) struct Draft<'k> {
    pub(super) kind: &'k ResourceType,
    pub(super) attributes: Map<String, Value>,
    unmapped: Unmapped,
    pub(super) quirks: Vec<Quirk>,
}

impl<'k> Draft<'k> {
    pub(super) fn new(kind: &'k ResourceType, before: &Resource) -> Self {
        Self {
            kind,
            attributes: before.attributes().clone(),
            unmapped: Unmapped::of(before.unmapped()),
            quirks: Vec::new(),
        }
    }

    pub(super) fn apply(&mut self, op: &PatchOp) -> Result<(), ScimError> {
        self.run(op)?;
        refuse_in_strict(self.kind.profile, &self.quirks)
    }

    fn run(&mut self, op: &PatchOp) -> Result<(), ScimError> {
        match (&op.path, op.verb) {
            (Some(path), verb) => {
                let place = locate(self.kind, path)?;
                self.change(place, verb, op.value.clone())
            }
            (None, PatchVerb::Remove) => Err(ScimError::no_target("`remove` needs a path")),
            (None, verb) => match &op.value {
                Some(Value::Object(members)) => self.each_member(None, members, verb),
                _ => Err(ScimError::invalid_value(
                    "without a path, the value must be an object of attributes",
                )),
            },
        }
    }

    /// One target, one change. Mutability is judged before the value is looked at.
    fn change(
        &mut self,
        place: Place<'k>,
        verb: PatchVerb,
        value: Option<Value>,
    ) -> Result<(), ScimError> {
        let target = match place {
            Place::Extension(schema) => {
                return self.change_extension(schema, verb, Change::new(verb, value)?);
            }
            Place::Attribute(target) => target,
            Place::Unmapped(stray) => {
                let secret = self.kind.is_write_only_name(&stray.path.attribute.name);
                let kept = secret || self.unmapped.change(&stray, verb, value);
                self.note_unmapped(kept);
                return Ok(());
            }
        };
        if target.is_read_only() {
            return Err(ScimError::mutability(format!(
                "`{}` is read-only",
                target.name()
            )));
        }
        if target.is_write_only() {
            return Err(ScimError::mutability(format!(
                "`{}` cannot be changed here",
                target.name()
            )));
        }
        let change = Change::new(verb, value)?;
        self.settle_unmapped(&target, &change);
        if target.extension.is_none() && target.attribute.name == "schemas" {
            self.change_schemas(&target, change)
        } else if target.attribute.multi_valued {
            self.change_elements(&target, change)
        } else {
            self.change_single(&target, change)
        }
    }

    /// What a schema knows by now is unmapped no more, once it is written; unknown parts of what is
    /// written are.
    fn settle_unmapped(&mut self, target: &Target<'_>, change: &Change) {
        let name = &target.attribute.name;
        let urn = target.extension.map(|schema| schema.id.as_str());
        if urn.is_some() {
            self.unmapped.remove(urn, name);
            self.unmapped.remove(None, name);
        }
        let (Change::Add(value) | Change::Replace(value)) = change else {
            return;
        };
        if target.condition.is_none()
            && target.sub.is_none()
            && let Some(parts) = unknown_parts(target.attribute, value)
        {
            let kept = self.unmapped.put(urn, name, parts);
            self.note_unmapped(kept);
        }
    }

    fn note_unmapped(&mut self, kept: bool) {
        note(&mut self.quirks, Quirk::UnknownAttribute);
        if !kept {
            note(&mut self.quirks, Quirk::UnmappedDropped);
        }
    }

    fn change_extension(
        &mut self,
        schema: &'k Schema,
        verb: PatchVerb,
        change: Change,
    ) -> Result<(), ScimError> {
        match change {
            Change::Add(Value::Object(members)) | Change::Replace(Value::Object(members)) => {
                self.each_member(Some(schema), &members, verb)
            }
            Change::Add(_) | Change::Replace(_) => Err(ScimError::invalid_value(format!(
                "`{}` must be an object of attributes",
                schema.id
            ))),
            Change::Remove(_) => self.drop_extension(schema),
        }
    }

    /// Drops `name.formatted` if parts of the name changed and it did not: the two describe one
    /// name (RFC 7643 §4.1.1), and the server cannot tell how this one is put together.
    pub(super) fn drop_stale_name(&mut self, before: &Resource) {
        let Some(Value::Object(old)) = before.get("name") else {
            return;
        };
        let Some(Value::Object(new)) = self.attributes.get_mut("name") else {
            return;
        };
        let is_kept = old.contains_key("formatted") && old.get("formatted") == new.get("formatted");
        if is_kept && old != new {
            new.shift_remove("formatted");
            if new.is_empty() {
                self.attributes.shift_remove("name");
            }
        }
    }

    /// Drops all data of an extension.
    pub(super) fn drop_extension(&mut self, schema: &Schema) -> Result<(), ScimError> {
        let required = self
            .kind
            .extensions
            .iter()
            .any(|it| it.required && it.schema.id == schema.id);
        if required {
            return Err(ScimError::mutability(format!(
                "`{}` is required",
                schema.id
            )));
        }
        // What was set once stays, also if everything around it is to go.
        if let Some(held) = self.holder(Some(schema)) {
            for attribute in &schema.attributes {
                refuse_new_immutable(attribute, held.get(&attribute.name), None)?;
            }
        }
        self.attributes.shift_remove(&schema.id);
        Ok(())
    }

    /// An object of attributes instead of a path. Each member is an operation of its own,
    /// except that what clients merely echo is passed over.
    fn each_member(
        &mut self,
        extension: Option<&'k Schema>,
        members: &Map<String, Value>,
        verb: PatchVerb,
    ) -> Result<(), ScimError> {
        for (key, value) in members {
            if value.is_null() && verb == PatchVerb::Add {
                continue;
            }
            let is_base = extension.is_none() && key.eq_ignore_ascii_case(&self.kind.schema.id);
            if let (true, Value::Object(members)) = (is_base, value) {
                self.each_member(None, members, verb)?;
                continue;
            }
            match self.locate_key(extension, key)? {
                None => {
                    let urn = extension.map(|schema| schema.id.as_str());
                    let secret = self.kind.is_write_only_name(key);
                    let kept = secret || self.unmapped.put(urn, key, value.clone());
                    self.note_unmapped(kept);
                }
                Some(Place::Attribute(target)) if self.is_echo(&target, value)? => {}
                Some(place) => {
                    if matches!(place, Place::Attribute(_)) && dotted_key::is_path(key) {
                        note(&mut self.quirks, Quirk::DottedKey);
                    }
                    self.change(place, verb, Some(value.clone()))?;
                }
            }
        }
        Ok(())
    }

    /// What a key means. `None` if it is no path, or one that is to be refused; a malformed condition is an error
    /// still, since whoever writes brackets means a path.
    fn locate_key(
        &self,
        extension: Option<&'k Schema>,
        key: &str,
    ) -> Result<Option<Place<'k>>, ScimError> {
        let located = match extension {
            None => locate(self.kind, key),
            Some(schema) => locate(self.kind, &format!("{}:{key}", schema.id)),
        };
        match located {
            Ok(place) => Ok(Some(place)),
            Err(_unknown) if !key.contains('[') => Ok(None),
            Err(reason) => Err(reason),
        }
    }

    /// Whether a member repeats what the server wrote, or is a password, which is dropped
    /// unread. A read-only attribute with another value is an attempt to change it.
    fn is_echo(&self, target: &Target<'_>, value: &Value) -> Result<bool, ScimError> {
        if target.is_write_only() {
            return Ok(true);
        }
        if target.extension.is_none() && DERIVED.contains(&target.attribute.name.as_str()) {
            return Ok(true);
        }
        if !target.is_read_only() {
            return Ok(false);
        }
        let held = self
            .holder(target.extension)
            .and_then(|it| it.get(&target.attribute.name));
        let (leaf, held) = match target.sub {
            Some(sub) => (sub, held.and_then(|held| held.get(&sub.name))),
            None => (target.attribute, held),
        };
        match held {
            Some(held) if filter::equal(leaf, held, value) => Ok(true),
            None if value.is_null() => Ok(true),
            _ => Err(ScimError::mutability(format!(
                "`{}` is read-only",
                target.name()
            ))),
        }
    }

    /// The object that holds the attributes of an extension, or of the base schema.
    pub(super) fn holder(&self, extension: Option<&Schema>) -> Option<&Map<String, Value>> {
        match extension {
            None => Some(&self.attributes),
            Some(schema) => self.attributes.get(&schema.id)?.as_object(),
        }
    }

    /// The value of the target's attribute.
    pub(super) fn held(&self, target: &Target<'_>) -> Option<&Value> {
        self.holder(target.extension)?.get(&target.attribute.name)
    }

    /// The value of the target's attribute, leaving null until [`put`](Self::put) is called.
    pub(super) fn take(&mut self, target: &Target<'_>) -> Option<Value> {
        let holder = match target.extension {
            None => &mut self.attributes,
            Some(schema) => self.attributes.get_mut(&schema.id)?.as_object_mut()?,
        };
        holder.get_mut(&target.attribute.name).map(Value::take)
    }

    /// Sets or clears the target's attribute. An extension that is left without attributes
    /// goes too.
    pub(super) fn put(&mut self, target: &Target<'_>, value: Option<Value>) {
        let name = &target.attribute.name;
        match (target.extension, value) {
            (None, Some(value)) => {
                self.attributes.insert(name.clone(), value);
            }
            (None, None) => {
                self.attributes.shift_remove(name);
            }
            (Some(schema), value) => {
                let mut held = match self.attributes.get_mut(&schema.id).map(Value::take) {
                    Some(Value::Object(held)) => held,
                    _ => Map::new(),
                };
                match value {
                    Some(value) => held.insert(name.clone(), value),
                    None => held.shift_remove(name),
                };
                if held.is_empty() {
                    self.attributes.shift_remove(&schema.id);
                } else {
                    self.attributes
                        .insert(schema.id.clone(), Value::Object(held));
                }
            }
        }
    }

    /// The resource in canonical form: parts in the order of the schema, and no element
    /// that operations made but never gave a value.
    pub(super) fn finish(mut self) -> (Resource, Vec<Quirk>) {
        tidy(&self.kind.schema.attributes, &mut self.attributes);
        for extension in &self.kind.extensions {
            let schema = &extension.schema;
            if let Some(Value::Object(held)) = self.attributes.get_mut(&schema.id) {
                tidy(&schema.attributes, held);
                if held.is_empty() {
                    self.attributes.shift_remove(&schema.id);
                }
            }
        }
        let resource = Resource::from_canonical(self.attributes);
        (
            resource.with_unmapped(self.unmapped.into_values()),
            self.quirks,
        )
    }
}

fn tidy(attributes: &[Attribute], held: &mut Map<String, Value>) {
    for attribute in attributes.iter().filter(|attribute| !attribute.is_simple()) {
        let keep = match held.get_mut(&attribute.name) {
            Some(Value::Array(elements)) => {
                elements.retain(|element| !is_hollow(attribute, element));
                elements
                    .iter_mut()
                    .for_each(|element| sort_parts(attribute, element));
                !elements.is_empty()
            }
            Some(value) => {
                sort_parts(attribute, value);
                true
            }
            None => true,
        };
        if !keep {
            held.shift_remove(&attribute.name);
        }
    }
}

fn sort_parts(attribute: &Attribute, value: &mut Value) {
    let Value::Object(parts) = value else { return };
    let mut sorted = Map::with_capacity(parts.len());
    for sub in &attribute.sub_attributes {
        if let Some((name, value)) = parts.shift_remove_entry(&sub.name) {
            sorted.insert(name, value);
        }
    }
    sorted.append(parts);
    *parts = sorted;
}
