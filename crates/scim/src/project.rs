//! `attributes` and `excludedAttributes`: which part of a resource an answer shows
//! (RFC 7644 §3.9).
//!
//! `id` and `schemas` stand in every answer. The server asks [`Projection::wants`] before
//! it loads what is dear, so that leaving `members` out costs nothing per member.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::attr::AttrPath;
use crate::error::ScimError;
use crate::schema::{Attribute, ResourceType, Returned, Schema, common_attribute};

/// What a client wants to see of resources of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    schema: Arc<Schema>,
    mode: Mode,
    named: Vec<Place>,
    /// What the request itself supplied of that which answers hold on request only.
    supplied: Vec<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Nothing was asked for.
    Default,
    /// `attributes`.
    Only,
    /// `excludedAttributes`.
    Without,
}

/// An extension, an attribute or a sub-attribute by its canonical names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    extension: Option<String>,
    /// `None` means the whole extension.
    attribute: Option<String>,
    sub: Option<String>,
}

impl Place {
    /// Whether a sub-attribute of that attribute is meant.
    fn is_part_of(&self, extension: Option<&str>, attribute: &Attribute) -> bool {
        self.extension.as_deref() == extension
            && self.attribute.as_ref() == Some(&attribute.name)
            && self.sub.is_some()
    }
}

/// How much of an attribute an answer holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    No,
    /// Some sub-attributes; [`Projection::shows_sub`] tells which.
    Parts,
    Whole,
}

impl Projection {
    /// Reads the two parameters, of which one may be given. Names that the resource type
    /// does not know are ignored.
    ///
    /// # Errors
    ///
    /// `invalidValue` if both are given, or if a name is malformed.
    pub fn parse(
        kind: &ResourceType,
        attributes: Option<&str>,
        excluded: Option<&str>,
    ) -> Result<Self, ScimError> {
        let (mode, list) = match (names(attributes), names(excluded)) {
            (None, None) => (Mode::Default, ""),
            (Some(list), None) => (Mode::Only, list),
            (None, Some(list)) => (Mode::Without, list),
            (Some(_), Some(_)) => {
                let detail = "`attributes` and `excludedAttributes` exclude each other";
                return Err(ScimError::invalid_value(detail));
            }
        };
        let mut named = Vec::new();
        for name in list
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let path = AttrPath::parse(name, &kind.urns())
                .map_err(|error| ScimError::invalid_value(error.detail))?;
            let Some(found) = kind.resolve(&path) else {
                continue;
            };
            let place = Place {
                extension: found.extension.map(|schema| schema.id.clone()),
                attribute: found.attribute.map(|attribute| attribute.name.clone()),
                sub: found.sub.map(|sub| sub.name.clone()),
            };
            if !named.contains(&place) {
                named.push(place);
            }
        }
        Ok(Self {
            schema: kind.schema.clone(),
            mode,
            named,
            supplied: Vec::new(),
        })
    }

    /// Lets the answer to a POST or PUT show what its body supplied, though it is returned on
    /// request only (RFC 7643 §7).
    pub fn show_supplied(&mut self, kind: &ResourceType, body: &Value) {
        let Value::Object(members) = body else { return };
        if !kind.returns_on_request() {
            return;
        }
        for (key, value) in members {
            match (kind.extension(key), value) {
                (Some(extension), Value::Object(parts)) => {
                    for name in parts.keys() {
                        self.supply(Some(&extension.id), extension.attribute(name));
                    }
                }
                _ => self.show_supplied_at(kind, key),
            }
        }
    }

    /// The same for the operations of a PATCH.
    pub fn show_supplied_by_patch(&mut self, kind: &ResourceType, body: &Value) {
        if !kind.returns_on_request() {
            return;
        }
        let operations = member(body, "operations").and_then(Value::as_array);
        for operation in operations.into_iter().flatten() {
            match (member(operation, "path"), member(operation, "value")) {
                (Some(Value::String(path)), Some(value)) => match kind.extension(path) {
                    Some(_) => self.show_supplied(kind, &json!({ path: value })),
                    None => self.show_supplied_at(kind, path),
                },
                (None | Some(Value::Null), Some(value)) => self.show_supplied(kind, value),
                _ => {}
            }
        }
    }

    /// What a path leads to, brackets left out.
    fn show_supplied_at(&mut self, kind: &ResourceType, path: &str) {
        let path = path.split('[').next().unwrap_or_default();
        let Ok(path) = AttrPath::parse(path, &kind.urns()) else {
            return;
        };
        if let Some(found) = kind.resolve(&path) {
            let extension = found.extension.map(|schema| schema.id.as_str());
            self.supply(extension, found.attribute);
        }
    }

    fn supply(&mut self, extension: Option<&str>, attribute: Option<&Attribute>) {
        if let Some(attribute) = attribute.filter(|it| it.returned == Returned::Request) {
            self.supplied.push(Place {
                extension: extension.map(str::to_owned),
                attribute: Some(attribute.name.clone()),
                sub: None,
            });
        }
    }

    /// Whether nothing was asked for, so that answers hold what they hold by default.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.mode == Mode::Default
    }

    /// Whether answers hold an attribute of the base schema, or a part of it. What they do
    /// not hold need not be loaded.
    pub fn wants(&self, name: &str) -> bool {
        let attribute = self
            .schema
            .attribute(name)
            .or_else(|| common_attribute(name));
        attribute.is_some_and(|attribute| self.shown(None, attribute) != Shown::No)
    }

    /// Takes out of a whole answer what the client does not want.
    pub fn apply(&self, kind: &ResourceType, answer: &mut Value) {
        let Value::Object(answer) = answer else {
            return;
        };
        answer.retain(|key, value| match kind.extension(key) {
            Some(extension) => self.keep_extension(extension, value),
            None => match kind.base_attribute(key) {
                Some(attribute) => self.keep(None, attribute, value),
                None => false,
            },
        });
    }

    fn keep_extension(&self, extension: &Schema, value: &mut Value) -> bool {
        let Value::Object(members) = value else {
            return false;
        };
        members.retain(|key, value| match extension.attribute(key) {
            Some(attribute) => self.keep(Some(&extension.id), attribute, value),
            None => false,
        });
        !members.is_empty()
    }

    /// Cuts a value down to what is shown, and tells whether anything is.
    fn keep(&self, extension: Option<&str>, attribute: &Attribute, value: &mut Value) -> bool {
        match self.shown(extension, attribute) {
            Shown::No => false,
            Shown::Whole => {
                self.hide_parts(extension, attribute, value);
                true
            }
            Shown::Parts => match value {
                Value::Array(elements) => {
                    elements.retain_mut(|element| self.keep_parts(extension, attribute, element));
                    !elements.is_empty()
                }
                element => self.keep_parts(extension, attribute, element),
            },
        }
    }

    /// Takes out of a value those parts that are not shown with their attribute.
    fn hide_parts(&self, extension: Option<&str>, attribute: &Attribute, value: &mut Value) {
        match value {
            Value::Array(elements) => {
                for element in elements {
                    self.hide_parts(extension, attribute, element);
                }
            }
            Value::Object(parts) => parts.retain(|name, _| match attribute.sub(name) {
                Some(sub) => match sub.returned {
                    Returned::Always | Returned::Default => true,
                    Returned::Request => self.shows_sub(extension, attribute, sub),
                    Returned::Never => false,
                },
                None => true,
            }),
            _ => {}
        }
    }

    fn keep_parts(
        &self,
        extension: Option<&str>,
        attribute: &Attribute,
        value: &mut Value,
    ) -> bool {
        let Value::Object(parts) = value else {
            return false;
        };
        parts.retain(|name, _| {
            attribute
                .sub(name)
                .is_some_and(|sub| self.shows_sub(extension, attribute, sub))
        });
        !parts.is_empty()
    }

    fn shown(&self, extension: Option<&str>, attribute: &Attribute) -> Shown {
        let whole = self.named.iter().any(|place| {
            place.extension.as_deref() == extension
                && place.sub.is_none()
                && match &place.attribute {
                    Some(name) => *name == attribute.name,
                    // An extension brings what it shows by default (RFC 7643 §2.4).
                    None => self.mode == Mode::Without || attribute.returned != Returned::Request,
                }
        });
        let parts = self
            .named
            .iter()
            .any(|place| place.is_part_of(extension, attribute));
        match (self.mode, attribute.returned) {
            (_, Returned::Never) => Shown::No,
            (_, Returned::Always) => Shown::Whole,
            (Mode::Only, _) if whole => Shown::Whole,
            (Mode::Only, _) if parts => Shown::Parts,
            (Mode::Default | Mode::Without, Returned::Request)
                if self.was_supplied(extension, attribute) =>
            {
                Shown::Whole
            }
            (Mode::Only, _) | (Mode::Default | Mode::Without, Returned::Request) => Shown::No,
            (Mode::Without, Returned::Default) if whole => Shown::No,
            (Mode::Default | Mode::Without, Returned::Default) if parts => Shown::Parts,
            (Mode::Default | Mode::Without, Returned::Default) => Shown::Whole,
        }
    }

    /// A sub-attribute follows its attribute unless it is named itself.
    fn shows_sub(&self, extension: Option<&str>, attribute: &Attribute, sub: &Attribute) -> bool {
        let named = self.named.iter().any(|place| {
            place.is_part_of(extension, attribute) && place.sub.as_ref() == Some(&sub.name)
        });
        match sub.returned {
            Returned::Always => true,
            Returned::Never => false,
            Returned::Default => named == (self.mode == Mode::Only),
            Returned::Request => named && self.mode == Mode::Only,
        }
    }

    fn was_supplied(&self, extension: Option<&str>, attribute: &Attribute) -> bool {
        self.supplied.iter().any(|place| {
            place.extension.as_deref() == extension
                && place.attribute.as_ref() == Some(&attribute.name)
        })
    }
}

/// A member of an object by its name, ignoring case.
fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let members = object.as_object()?;
    let found = members
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// The list, if it names anything.
fn names(list: Option<&str>) -> Option<&str> {
    list.filter(|list| !list.trim_matches([' ', ',']).is_empty())
}

#[cfg(test)]
mod tests;
