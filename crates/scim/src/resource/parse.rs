//! Bodies of POST and PUT (RFC 7644 §3.3 and §3.5.1).
//!
//! What a resource type does not know is kept beside the resource and not refused: identity
//! providers send attributes that only another server defines, and would stop syncing the whole
//! person.
//! What the server writes itself is dropped too, since clients echo what they have read.
//! A password is dropped unread: nothing here can check it, so nothing here may hold it.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::unmapped::{Unmapped, unknown_parts};
use super::{Member, Resource, syntax, value};
use crate::attr::AttrPath;
use crate::error::ScimError;
use crate::message::MESSAGE_PREFIX;
use crate::quirks::{Quirk, note, refuse_in_strict};
use crate::schema::{Attribute, Mutability, Profile, ResourceType, Schema, common_attributes};

/// A body, read. The `members` of a group come apart: they are rows, not part of the
/// document.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The attributes.
    pub resource: Resource,
    /// Members of a group; `None` if none were sent or they were `null`.
    pub members: Option<Vec<Member>>,
    /// Tolerances the body needed, each once.
    pub quirks: Vec<Quirk>,
}

impl Resource {
    /// Reads the body of a POST.
    ///
    /// # Errors
    ///
    /// `invalidSyntax` if the body is no object or is a message and no resource;
    /// `invalidValue` for a value of the wrong form and for a missing required attribute.
    pub fn parse(kind: &ResourceType, body: Value) -> Result<Parsed, ScimError> {
        let parsed = Body::read(kind, body)?.finish(kind)?;
        syntax::check(kind, None, parsed.resource.attributes())?;
        Ok(parsed)
    }

    /// Reads the body of a PUT over what is stored. Attributes that are not sent are
    /// cleared, but immutable ones stay: RFC 7644 §3.5.1 does not say that leaving one
    /// out is an attempt to change it.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse); `mutability` if the body names another `id`, which
    /// nearly always means that the client aims at the wrong resource, or changes an
    /// immutable attribute.
    pub fn replace(
        kind: &ResourceType,
        id: &str,
        before: &Resource,
        body: Value,
    ) -> Result<Parsed, ScimError> {
        let sent_id = match &body {
            Value::Object(members) => by_name(members, "id").cloned(),
            _ => None,
        };
        let mut body = Body::read(kind, body)?;
        if sent_id.is_some_and(|sent| !sent.is_null() && sent != *id) {
            return Err(ScimError::mutability(
                "`id` is read-only and differs from the resource",
            ));
        }
        keep_immutable(&kind.schema.attributes, before.attributes(), &mut body.base)?;
        for extension in &kind.extensions {
            let urn = &extension.schema.id;
            if let Some(Value::Object(held)) = before.get(urn) {
                let mut sent = body.extensions.remove(urn).unwrap_or_default();
                keep_immutable(&extension.schema.attributes, held, &mut sent)?;
                body.extensions.insert(urn.clone(), sent);
            }
        }
        let parsed = body.finish(kind)?;
        syntax::check(
            kind,
            Some(before.attributes()),
            parsed.resource.attributes(),
        )?;
        Ok(parsed)
    }
}

/// Values by canonical name. `None` was sent and means "unassigned".
type Sent = HashMap<String, Option<Value>>;

/// What a body holds, not yet in order.
struct Body {
    base: Sent,
    /// By canonical URN.
    extensions: HashMap<String, Sent>,
    members: Option<Vec<Member>>,
    unmapped: Unmapped,
    quirks: Vec<Quirk>,
}

impl Body {
    fn read(kind: &ResourceType, body: Value) -> Result<Self, ScimError> {
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax("the body must be a JSON object"));
        };
        let mut read = Self {
            base: Sent::new(),
            extensions: HashMap::new(),
            members: None,
            unmapped: Unmapped::default(),
            quirks: Vec::new(),
        };
        if !by_name(&body, "schemas").is_some_and(|schemas| names_base(kind, schemas)) {
            note(&mut read.quirks, Quirk::MissingSchemas);
        }
        let mut bare = Vec::new();
        for (key, value) in body {
            match bare_extension_attribute(kind, &key) {
                Some(place) => bare.push((place, value)),
                None => read.read_attribute(kind, &key, value)?,
            }
        }
        for ((schema, attribute), value) in bare {
            read.read_bare(kind, schema, attribute, value);
        }
        Ok(read)
    }

    fn read_attribute(
        &mut self,
        kind: &ResourceType,
        key: &str,
        value: Value,
    ) -> Result<(), ScimError> {
        if key.eq_ignore_ascii_case("schemas") {
            return check_schemas(kind, &value, &mut self.quirks);
        }
        if let Some(schema) = kind.extension(key) {
            self.extensions.entry(schema.id.clone()).or_default();
            return match value {
                Value::Null => Ok(()),
                Value::Object(parts) => {
                    for (key, value) in parts {
                        match schema.attribute(&key) {
                            Some(attribute) => self.read_known(Some(schema), attribute, value)?,
                            None => self.keep(kind, Some(schema), &key, value),
                        }
                    }
                    Ok(())
                }
                _ => Err(ScimError::invalid_value(format!(
                    "`{}` must be an object",
                    schema.id
                ))),
            };
        }
        let Some(attribute) = kind.base_attribute(key) else {
            self.keep(kind, None, key, value);
            return Ok(());
        };
        if kind.is_members(attribute) {
            if !value.is_null() {
                self.members = Some(Member::read_all(value, &mut self.quirks)?);
            }
            return Ok(());
        }
        self.read_known(None, attribute, value)
    }

    /// Reads a value that belongs to an attribute, unless the client may not write it or it
    /// must not be kept.
    fn read_known(
        &mut self,
        extension: Option<&Schema>,
        attribute: &Attribute,
        value: Value,
    ) -> Result<(), ScimError> {
        if attribute.is_read_only() || !attribute.is_kept() {
            return Ok(());
        }
        let urn = extension.map(|schema| schema.id.as_str());
        if let Some(parts) = unknown_parts(attribute, &value)
            && !self.unmapped.put(urn, &attribute.name, parts)
        {
            note(&mut self.quirks, Quirk::UnmappedDropped);
        }
        let value = value::read(attribute, value, &mut self.quirks)?;
        let sent = match urn {
            None => &mut self.base,
            Some(urn) => self.extensions.entry(urn.to_owned()).or_default(),
        };
        sent.insert(attribute.name.clone(), value);
        Ok(())
    }

    /// Reads an attribute of an extension that stands at the top, where it does not belong. What
    /// the extension itself says goes before it; a value that does not fit may be about something
    /// else, and is kept aside.
    fn read_bare(
        &mut self,
        kind: &ResourceType,
        schema: &Schema,
        attribute: &Attribute,
        value: Value,
    ) {
        let sent = self.extensions.get(&schema.id);
        if sent.is_some_and(|sent| sent.contains_key(&attribute.name)) {
            return;
        }
        match self.read_known(Some(schema), attribute, value.clone()) {
            Ok(()) => note(&mut self.quirks, Quirk::BareExtensionName),
            Err(_does_not_fit) => self.keep(kind, None, &attribute.name, value),
        }
    }

    /// Keeps what nobody defines beside the resource.
    fn keep(&mut self, kind: &ResourceType, holder: Option<&Schema>, name: &str, value: Value) {
        note(&mut self.quirks, Quirk::UnknownAttribute);
        if kind.is_write_only_name(name) {
            return;
        }
        let kept = match holder {
            Some(schema) => self.unmapped.put(Some(&schema.id), name, value),
            None => self.unmapped.keep(name, value),
        };
        if !kept {
            note(&mut self.quirks, Quirk::UnmappedDropped);
        }
    }

    /// Puts everything in the order of the schemas and asks for what is required.
    fn finish(mut self, kind: &ResourceType) -> Result<Parsed, ScimError> {
        refuse_in_strict(kind.profile, &self.quirks)?;
        let mut attributes = Map::new();
        let base = common_attributes().iter().chain(&kind.schema.attributes);
        in_order(base, &mut self.base, &mut attributes)?;
        for extension in &kind.extensions {
            let sent = self.extensions.remove(&extension.schema.id);
            let mut sent = sent.unwrap_or_default();
            if !extension.required && sent.values().all(Option::is_none) {
                continue;
            }
            let mut object = Map::new();
            in_order(extension.schema.attributes.iter(), &mut sent, &mut object)?;
            if object.is_empty() && extension.required {
                return Err(ScimError::invalid_value(format!(
                    "`{}` is required",
                    extension.schema.id
                )));
            }
            if !object.is_empty() {
                attributes.insert(extension.schema.id.clone(), Value::Object(object));
            }
        }
        Ok(Parsed {
            resource: Resource::from_canonical(attributes)
                .with_unmapped(self.unmapped.into_values()),
            members: self.members,
            quirks: self.quirks,
        })
    }
}

/// The attribute of an extension that a name at the top means where only `compat` takes it: no
/// attribute of the base schema has that name, and exactly one extension does. PATCH paths and
/// filters find it in the same way.
fn bare_extension_attribute<'k>(
    kind: &'k ResourceType,
    name: &str,
) -> Option<(&'k Schema, &'k Attribute)> {
    if kind.profile == Profile::Strict || name.contains(':') {
        return None;
    }
    let path = AttrPath {
        schema: None,
        name: name.to_owned(),
        sub: None,
    };
    let found = kind.resolve(&path)?;
    Some((found.extension?, found.attribute?))
}

/// Whether `schemas` holds the base schema of the type.
fn names_base(kind: &ResourceType, schemas: &Value) -> bool {
    let is_base = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(&kind.schema.id))
    };
    match schemas {
        Value::Array(urns) => urns.iter().any(is_base),
        single => is_base(single),
    }
}

/// Moves values in the order of their definitions.
fn in_order<'a>(
    attributes: impl Iterator<Item = &'a Attribute>,
    sent: &mut Sent,
    ordered: &mut Map<String, Value>,
) -> Result<(), ScimError> {
    for attribute in attributes {
        let value = sent.remove(&attribute.name).flatten();
        let wanted = attribute.required && !attribute.is_read_only() && attribute.is_kept();
        // The server writes `schemas` itself.
        if wanted && attribute.name != "schemas" && value.as_ref().is_none_or(value::is_blank) {
            return Err(ScimError::invalid_value(format!(
                "`{}` is required",
                attribute.name
            )));
        }
        if let Some(value) = value {
            ordered.insert(attribute.name.clone(), value);
        }
    }
    Ok(())
}

/// `schemas` tells nothing that the body does not show: unknown URNs and a missing list
/// are taken. A message in place of a resource is refused, since it was meant for another
/// endpoint.
fn check_schemas(
    kind: &ResourceType,
    schemas: &Value,
    quirks: &mut Vec<Quirk>,
) -> Result<(), ScimError> {
    let urns = match schemas {
        Value::Null => return Ok(()),
        Value::Array(urns) => urns.as_slice(),
        single => std::slice::from_ref(single),
    };
    let known = kind.urns();
    for urn in urns {
        let Some(urn) = urn.as_str() else {
            return Err(ScimError::invalid_syntax(
                "`schemas` must be an array of strings",
            ));
        };
        if urn.to_ascii_lowercase().starts_with(MESSAGE_PREFIX) {
            return Err(ScimError::invalid_syntax(format!(
                "`{urn}` is no schema of a resource"
            )));
        }
        if !known.iter().any(|known| known.eq_ignore_ascii_case(urn)) {
            note(quirks, Quirk::UnknownSchema);
        }
    }
    Ok(())
}

/// Carries immutable values over, and refuses to change them.
fn keep_immutable(
    attributes: &[Attribute],
    before: &Map<String, Value>,
    sent: &mut Sent,
) -> Result<(), ScimError> {
    let immutable = attributes
        .iter()
        .filter(|a| a.mutability == Mutability::Immutable);
    for attribute in immutable {
        let Some(held) = before.get(&attribute.name) else {
            continue;
        };
        match sent.get(&attribute.name) {
            None => {
                sent.insert(attribute.name.clone(), Some(held.clone()));
            }
            Some(Some(value)) if value == held => {}
            Some(_) => {
                let detail = format!("`{}` cannot be changed once it is set", attribute.name);
                return Err(ScimError::mutability(detail));
            }
        }
    }
    Ok(())
}

/// A member of an object by its name, ignoring case.
fn by_name<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}
