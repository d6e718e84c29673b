//! What a database needs to answer a filter as [`CheckedFilter::matches`] would.
//!
//! A database folds case and orders text in its own way, and not as RFC 7643 §2.2 wants it. So
//! values are brought into a form in which plain comparison is right, once when a resource is
//! stored ([`document`]) and once for each literal ([`SearchKey::of`]): caseless text is folded,
//! a moment is a number, and what says nothing is left out.
//!
//! [`CheckedFilter::matches`]: super::CheckedFilter::matches

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::Literal;
use super::compare::{Family, compare_numbers, is_empty};
use crate::date_time;
use crate::resource::Resource;
use crate::schema::{Attribute, ResourceType, common_attribute};

/// A literal in the form that values have in a search document.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchKey {
    /// Compared byte by byte, which is code point by code point.
    Text(String),
    /// Compared by value; moments are nanoseconds since 1970.
    Number(Number),
    /// Equal or not.
    Boolean(bool),
}

impl SearchKey {
    /// The key of a literal of a checked filter; `None` for null, and for a moment so far away
    /// that no stored one can be compared with it.
    pub fn of(attribute: &Attribute, literal: &Literal) -> Option<Self> {
        match literal {
            Literal::Null => None,
            Literal::Boolean(value) => Some(Self::Boolean(*value)),
            Literal::Number(number) => Some(Self::Number(number.clone())),
            Literal::Text(text) => match key(attribute, text)? {
                Value::Number(nanos) => Some(Self::Number(nanos)),
                Value::String(text) => Some(Self::Text(text)),
                _ => None,
            },
        }
    }

    /// Which of two keys comes first. Keys of different kinds have no order of their own, and are
    /// put numbers first.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => {
                compare_numbers(left, right).unwrap_or(Ordering::Equal)
            }
            (Self::Boolean(left), Self::Boolean(right)) => left.cmp(right),
            _ => matches!(self, Self::Text(_)).cmp(&matches!(other, Self::Text(_))),
        }
    }
}

/// The attributes of a resource in the form that filters are answered from: canonical names,
/// extensions under their URN, each value as its key. Multi-valued attributes are arrays.
pub fn document(kind: &ResourceType, resource: &Resource) -> Value {
    let mut document = Map::new();
    let core = kind.schema.attributes.iter();
    let external_id = common_attribute("externalId");
    for attribute in core.chain(external_id) {
        put(&mut document, attribute, resource.get(&attribute.name));
    }
    for extension in &kind.extensions {
        let Some(Value::Object(held)) = resource.get(&extension.schema.id) else {
            continue;
        };
        let mut inner = Map::new();
        for attribute in &extension.schema.attributes {
            put(&mut inner, attribute, held.get(&attribute.name));
        }
        if !inner.is_empty() {
            document.insert(extension.schema.id.clone(), Value::Object(inner));
        }
    }
    Value::Object(document)
}

fn put(document: &mut Map<String, Value>, attribute: &Attribute, value: Option<&Value>) {
    if let Some(value) = value.and_then(|value| searchable(attribute, value)) {
        document.insert(attribute.name.clone(), value);
    }
}

/// The keys under which the values of an attribute are unique, each as text: none for what says
/// nothing.
pub(crate) fn unique_keys(attribute: &Attribute, value: &Value) -> Vec<String> {
    match searchable(attribute, value) {
        Some(Value::Array(keys)) => keys.iter().map(as_text).collect(),
        Some(key) => vec![as_text(&key)],
        None => Vec::new(),
    }
}

fn as_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value with everything in it as its key; `None` if nothing is left.
fn searchable(attribute: &Attribute, value: &Value) -> Option<Value> {
    let found = match value {
        Value::Array(elements) => elements
            .iter()
            .filter_map(|element| searchable(attribute, element))
            .collect(),
        Value::Object(parts) => {
            let mut found = Map::new();
            for sub in &attribute.sub_attributes {
                put(&mut found, sub, parts.get(&sub.name));
            }
            Value::Object(found)
        }
        Value::String(text) => key(attribute, text)?,
        Value::Bool(_) | Value::Number(_) | Value::Null => value.clone(),
    };
    (!is_empty(&found)).then_some(found)
}

/// The key of a text.
fn key(attribute: &Attribute, text: &str) -> Option<Value> {
    if Family::of(attribute) == Family::Instant {
        let nanos = date_time::parse(text)?.unix_timestamp_nanos();
        return i64::try_from(nanos).ok().map(Value::from);
    }
    Some(Value::from(attribute.text_key(text)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Catalog;

    #[test]
    fn a_document_holds_keys_and_leaves_out_what_says_nothing() {
        let catalog = Catalog::core();
        let body = json!({
            "userName": "Amy@Example.com",
            "externalId": "Ext-1",
            "active": true,
            "title": "",
            "name": { "givenName": "Élodie" },
            "emails": [{ "value": "Amy@Work.example", "type": "Work", "primary": true }],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
                "department": "Sales", "manager": { "value": "Mgr-1" },
            },
        });
        let resource = Resource::parse(catalog.user(), body).unwrap().resource;

        assert_eq!(
            document(catalog.user(), &resource),
            json!({
                "userName": "amy@example.com",
                "externalId": "Ext-1",
                "active": true,
                "name": { "givenName": "élodie" },
                "emails": [{ "value": "amy@work.example", "type": "work", "primary": true }],
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
                    "department": "sales", "manager": { "value": "Mgr-1" },
                },
            })
        );
    }
}
