//! A resource as an answer shows it.

use serde_json::{Map, Value, json};

use super::Resource;
use crate::schema::ResourceType;

/// What the server knows about a resource (RFC 7643 §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Name of the resource type, such as `User`.
    pub resource_type: String,
    /// When it was made, as `xsd:dateTime`.
    pub created: String,
    /// When it last changed, as `xsd:dateTime`.
    pub last_modified: String,
    /// Entity tag, such as `W/"3"`; `None` if answers tell no versions.
    pub version: Option<String>,
    /// Absolute address.
    pub location: String,
}

/// Writes a resource in the order `schemas`, `id`, `externalId`, attributes of the base
/// schema, extensions, `meta`.
///
/// `derived` holds attributes of the base schema that the server computes, such as
/// `groups` and `members`, by canonical name; they stand in for what the resource holds,
/// and an empty array is left out like everything unassigned.
pub fn render(
    kind: &ResourceType,
    resource: &Resource,
    id: &str,
    meta: Meta,
    derived: Vec<(&str, Value)>,
) -> Value {
    let mut answer = Map::new();
    answer.insert("schemas".to_owned(), Value::from(resource.schemas(kind)));
    answer.insert("id".to_owned(), Value::from(id));
    if let Some(external_id) = resource.get("externalId") {
        answer.insert("externalId".to_owned(), external_id.clone());
    }
    let mut derived: Map<String, Value> = derived
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    derived.retain(|_, value| value.as_array().is_none_or(|elements| !elements.is_empty()));
    for attribute in &kind.schema.attributes {
        if !attribute.is_shown() {
            continue;
        }
        let value = derived.remove(&attribute.name);
        if let Some(value) = value.or_else(|| resource.get(&attribute.name).cloned()) {
            answer.insert(attribute.name.clone(), value);
        }
    }
    for extension in &kind.extensions {
        let Some(Value::Object(held)) = resource.get(&extension.schema.id) else {
            continue;
        };
        let shown: Map<String, Value> = extension
            .schema
            .attributes
            .iter()
            .filter(|attribute| attribute.is_shown())
            .filter_map(|attribute| {
                Some((attribute.name.clone(), held.get(&attribute.name)?.clone()))
            })
            .collect();
        if !shown.is_empty() {
            answer.insert(extension.schema.id.clone(), Value::Object(shown));
        }
    }
    answer.insert("meta".to_owned(), meta.into_json());
    Value::Object(answer)
}

impl Meta {
    fn into_json(self) -> Value {
        let mut meta = json!({
            "resourceType": self.resource_type,
            "created": self.created,
            "lastModified": self.last_modified,
        });
        if let Some(version) = self.version {
            meta["version"] = Value::from(version);
        }
        meta["location"] = Value::from(self.location);
        meta
    }

    /// The same as text.
    pub(super) fn to_text(&self) -> String {
        let version = self.version.as_ref().map_or_else(String::new, |version| {
            format!("\"version\":{},", quoted(version))
        });
        format!(
            "{{\"resourceType\":{},\"created\":{},\"lastModified\":{},{version}\"location\":{}}}",
            quoted(&self.resource_type),
            quoted(&self.created),
            quoted(&self.last_modified),
            quoted(&self.location),
        )
    }
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
