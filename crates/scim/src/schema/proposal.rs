//! A schema for what was seen and no schema knows.
//!
//! Types are guessed from values, so somebody should read the proposal before it is added. A guess
//! takes every value it was made from: what is a number here and text there is text.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::custom::CustomSchema;
use super::definition::{MAX_ATTRIBUTES, MAX_SUB_ATTRIBUTES, is_name};
use super::resource_type::ResourceType;
use super::{AttributeType, common_attribute};
use crate::date_time;

/// What is proposed for one resource type.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// A schema that [`CustomSchema::read`] takes.
    pub document: Value,
    /// Other URNs under which something was seen, to be asked for by name.
    pub also_seen: Vec<String>,
}

impl Proposal {
    /// Makes a schema of the unmapped values of some resources: of those under the URN that is
    /// wanted, else of those under the URN that most resources have. Plain names go under a URN of
    /// our own, which the operator may change. `None` if there is nothing to propose.
    pub fn new(
        kind: &ResourceType,
        unmapped: &[Map<String, Value>],
        wanted: Option<&str>,
    ) -> Option<Self> {
        let mut seen: Vec<Bucket> = Vec::new();
        let own = format!(
            "urn:rollcall:scim:schemas:extension:unmapped:2.0:{}",
            kind.id
        );
        for values in unmapped {
            let mut plain = Map::new();
            for (name, value) in values {
                match value {
                    Value::Object(parts) if is_unknown(kind, name) => {
                        observe(&mut seen, name, parts);
                    }
                    Value::Object(_) if name.contains(':') => {}
                    value if kind.base_attribute(name).is_none() => {
                        plain.insert(name.clone(), value.clone());
                    }
                    _ => {}
                }
            }
            if !plain.is_empty() {
                observe(&mut seen, &own, &plain);
            }
        }
        let mut proposals: Vec<(usize, String, Value)> = seen
            .into_iter()
            .filter_map(|bucket| Some((bucket.resources, bucket.urn.clone(), bucket.document()?)))
            .collect();
        // Stable: of two URNs that as many resources have, the one that was seen first.
        proposals.sort_by_key(|(resources, _, _)| std::cmp::Reverse(*resources));
        let at = match wanted {
            Some(wanted) => proposals
                .iter()
                .position(|(_, urn, _)| urn.eq_ignore_ascii_case(wanted))?,
            None => 0,
        };
        if proposals.is_empty() {
            return None;
        }
        let (_, _, document) = proposals.remove(at);
        Some(Self {
            document,
            also_seen: proposals.into_iter().map(|(_, urn, _)| urn).collect(),
        })
    }
}

/// What was seen under one URN.
struct Bucket {
    urn: String,
    /// How many resources have something there.
    resources: usize,
    attributes: Vec<Guess>,
}

/// Whether a key is the URN of a schema that the type does not have.
fn is_unknown(kind: &ResourceType, key: &str) -> bool {
    key.contains(':') && !kind.urns().iter().any(|urn| urn.eq_ignore_ascii_case(key))
}

fn observe(seen: &mut Vec<Bucket>, urn: &str, values: &Map<String, Value>) {
    let known = seen.iter().position(|it| it.urn.eq_ignore_ascii_case(urn));
    let at = known.unwrap_or_else(|| {
        seen.push(Bucket {
            urn: urn.to_owned(),
            resources: 0,
            attributes: Vec::new(),
        });
        seen.len() - 1
    });
    let bucket = &mut seen[at];
    bucket.resources += 1;
    for (name, value) in values {
        observe_value(&mut bucket.attributes, name, value, MAX_ATTRIBUTES);
    }
}

fn observe_value(guesses: &mut Vec<Guess>, name: &str, value: &Value, limit: usize) {
    if !is_name(name) || common_attribute(name).is_some() {
        return;
    }
    let known = guesses
        .iter()
        .position(|it| it.name.eq_ignore_ascii_case(name));
    if known.is_none() && guesses.len() >= limit {
        return;
    }
    let at = known.unwrap_or_else(|| {
        guesses.push(Guess::new(name));
        guesses.len() - 1
    });
    guesses[at].observe(value);
}

/// What an attribute seems to be.
struct Guess {
    name: String,
    multi_valued: bool,
    /// The types of its values, by their keywords.
    types: BTreeSet<&'static str>,
    parts: Vec<Guess>,
}

impl Guess {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            multi_valued: false,
            types: BTreeSet::new(),
            parts: Vec::new(),
        }
    }

    fn observe(&mut self, value: &Value) {
        let found = match value {
            Value::Null => return,
            Value::Array(values) => {
                self.multi_valued = true;
                values.iter().for_each(|value| self.observe(value));
                return;
            }
            Value::Object(parts) => {
                for (name, value) in parts {
                    // A part is neither an object nor an array.
                    if !value.is_object() && !value.is_array() {
                        observe_value(&mut self.parts, name, value, MAX_SUB_ATTRIBUTES);
                    }
                }
                AttributeType::Complex
            }
            Value::Bool(_) => AttributeType::Boolean,
            Value::Number(number) if number.is_f64() => AttributeType::Decimal,
            Value::Number(_) => AttributeType::Integer,
            Value::String(text) if date_time::parse(text).is_some() => AttributeType::DateTime,
            Value::String(_) => AttributeType::String,
        };
        self.types.insert(found.as_str());
    }

    fn kind(&self) -> AttributeType {
        let types: Vec<&str> = self.types.iter().copied().collect();
        match types.as_slice() {
            [one] => AttributeType::from_keyword(one).unwrap_or_default(),
            ["decimal", "integer"] => AttributeType::Decimal,
            several if several.contains(&"complex") => AttributeType::Complex,
            _ => AttributeType::String,
        }
    }

    /// The definition; `None` for objects in which nothing can be named.
    fn definition(mut self) -> Option<Value> {
        let kind = self.kind();
        let mut definition = json!({
            "name": self.name,
            "type": kind.as_str(),
            "multiValued": self.multi_valued,
        });
        if kind == AttributeType::Complex {
            // What came as plain text once is the `value` of the object.
            if self.types.len() > 1 {
                observe_value(&mut self.parts, "value", &json!(""), MAX_SUB_ATTRIBUTES);
            }
            let parts: Vec<Value> = self
                .parts
                .into_iter()
                .filter_map(Self::definition)
                .collect();
            if parts.is_empty() {
                return None;
            }
            definition["subAttributes"] = Value::from(parts);
        }
        Some(definition)
    }
}

impl Bucket {
    /// The schema; `None` if no attribute has a name that a schema can hold.
    fn document(self) -> Option<Value> {
        let attributes = self.attributes.into_iter().filter_map(Guess::definition);
        let attributes: Vec<Value> = attributes.collect();
        let document = json!({
            "id": self.urn,
            "name": "Unmapped attributes",
            "description": "Proposed from values that no schema of the connection knew.",
            "attributes": attributes,
        });
        let read = CustomSchema::read(&document, super::Extends::default(), false).ok()?;
        let mut document = read.document();
        document.as_object_mut()?.shift_remove("meta");
        Some(document)
    }
}
