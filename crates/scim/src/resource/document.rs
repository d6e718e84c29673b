//! A resource in canonical form.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::filter::search;
use crate::schema::{Attribute, ENTERPRISE_USER_URN, ResourceType, Uniqueness};

/// A validated resource in canonical form, as the crate's documentation describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    attributes: Map<String, Value>,
    /// What the client sent beside them and no schema knows.
    unmapped: Map<String, Value>,
}

impl Resource {
    /// Takes attributes that are canonical already.
    pub(crate) fn from_canonical(attributes: Map<String, Value>) -> Self {
        Self {
            attributes,
            unmapped: Map::new(),
        }
    }

    /// The same with what no schema knows.
    pub(crate) fn with_unmapped(self, unmapped: Map<String, Value>) -> Self {
        Self { unmapped, ..self }
    }

    /// Adds what [`unmapped_to_stored`](Self::unmapped_to_stored) wrote.
    ///
    /// # Errors
    ///
    /// The text is no JSON object: the stored row is corrupt.
    pub fn with_stored_unmapped(self, text: Option<&str>) -> Result<Self, serde_json::Error> {
        let unmapped = text.map(serde_json::from_str).transpose()?;
        Ok(self.with_unmapped(unmapped.unwrap_or_default()))
    }

    /// What no schema knows, as text to store beside the attributes; `None` if there is nothing.
    pub fn unmapped_to_stored(&self) -> Option<String> {
        let unmapped = &self.unmapped;
        (!unmapped.is_empty()).then(|| text_of(unmapped))
    }

    /// What the client sent and no schema of its connection knows, in the shape it was sent in. No
    /// SCIM answer holds it.
    pub fn unmapped(&self) -> &Map<String, Value> {
        &self.unmapped
    }

    /// Reads what [`to_stored`](Self::to_stored) wrote.
    ///
    /// # Errors
    ///
    /// The text is no JSON object: the stored row is corrupt.
    pub fn from_stored(text: &str) -> Result<Self, serde_json::Error> {
        Ok(Self {
            attributes: serde_json::from_str(text)?,
            unmapped: Map::new(),
        })
    }

    /// The text to store: JSON without white space, attributes in their order.
    pub fn to_stored(&self) -> String {
        text_of(&self.attributes)
    }

    /// The value of an attribute of the base schema, or the object of an extension, by its
    /// canonical name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)
    }

    /// Both maps, to be changed by whoever keeps them canonical.
    pub(crate) fn maps_mut(&mut self) -> (&mut Map<String, Value>, &mut Map<String, Value>) {
        (&mut self.attributes, &mut self.unmapped)
    }

    /// All attributes by canonical name; extensions by URN.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// How many attributes it has: its own, and in every value of a complex one its
    /// sub-attributes.
    pub fn count_attributes(&self) -> usize {
        fn count(value: &Value) -> usize {
            match value {
                Value::Array(values) => values.iter().map(count).sum(),
                Value::Object(members) => members.values().map(|value| 1 + count(value)).sum(),
                _ => 0,
            }
        }
        self.attributes.values().map(|value| 1 + count(value)).sum()
    }

    /// The value of an attribute if it is text.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// `userName`; present on every user.
    pub fn user_name(&self) -> Option<&str> {
        self.string("userName")
    }

    /// `displayName`; present on every group.
    pub fn display_name(&self) -> Option<&str> {
        self.string("displayName")
    }

    /// `externalId`, as the client gave it.
    pub fn external_id(&self) -> Option<&str> {
        self.string("externalId")
    }

    /// `manager.value` of the enterprise extension: the id of a user, or what the client had
    /// in its place.
    pub fn manager(&self) -> Option<&str> {
        self.get(ENTERPRISE_USER_URN)?
            .get("manager")?
            .get("value")?
            .as_str()
    }

    /// The same resource with nobody as its manager.
    #[must_use]
    pub fn without_manager(&self) -> Self {
        let mut attributes = self.attributes.clone();
        if let Some(Value::Object(enterprise)) = attributes.get_mut(ENTERPRISE_USER_URN) {
            enterprise.shift_remove("manager");
            if enterprise.is_empty() {
                attributes.shift_remove(ENTERPRISE_USER_URN);
            }
        }
        Self {
            attributes,
            ..self.clone()
        }
    }

    /// Whether the account may be used. Absent means yes: no identity provider creates
    /// people it wants locked out without saying so.
    pub fn active(&self) -> bool {
        self.get("active").and_then(Value::as_bool).unwrap_or(true)
    }

    /// The address of each element of `emails`, in order.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        let elements = self
            .get("emails")
            .and_then(Value::as_array)
            .map(Vec::as_slice);
        elements
            .unwrap_or_default()
            .iter()
            .filter_map(|email| email["value"].as_str())
    }

    /// What anybody but the identity provider may see: attributes that the resource type defines
    /// and that are not hidden (`returned: never`).
    pub fn shown(&self, kind: &ResourceType) -> Map<String, Value> {
        self.restricted_to(kind, Attribute::is_shown)
    }

    /// What followers of changes are told: what is [shown](Self::shown), and under `unmapped` what no
    /// schema knows.
    pub fn told(&self, kind: &ResourceType) -> Map<String, Value> {
        let mut told = self.shown(kind);
        if !self.unmapped.is_empty() {
            told.insert("unmapped".to_owned(), Value::Object(self.unmapped.clone()));
        }
        told
    }

    /// The resource without what the resource type does not define (any more), or does not keep.
    #[must_use]
    pub fn fitted(&self, kind: &ResourceType) -> Self {
        Self {
            attributes: self.restricted_to(kind, Attribute::is_kept),
            unmapped: self.unmapped.clone(),
        }
    }

    fn restricted_to(
        &self,
        kind: &ResourceType,
        keeps: fn(&Attribute) -> bool,
    ) -> Map<String, Value> {
        let mut found = Map::new();
        for (name, value) in &self.attributes {
            if let Some(extension) = kind.extension(name) {
                let Value::Object(held) = value else { continue };
                let held = held.iter().filter_map(|(name, value)| {
                    let value = kept_of(extension.attribute(name)?, value, keeps)?;
                    Some((name.clone(), value))
                });
                let held: Map<String, Value> = held.collect();
                if !held.is_empty() {
                    found.insert(name.clone(), Value::Object(held));
                }
            } else if let Some(attribute) = kind.base_attribute(name)
                && let Some(value) = kept_of(attribute, value, keeps)
            {
                found.insert(name.clone(), value);
            }
        }
        found
    }

    /// The values that must be unique among the resources of this type, beyond those of the base
    /// schema: for each the path of its attribute and the key that it is compared by.
    pub fn unique_values(&self, kind: &ResourceType) -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        for extension in &kind.extensions {
            let urn = &extension.schema.id;
            let Some(Value::Object(held)) = self.get(urn) else {
                continue;
            };
            for attribute in &extension.schema.attributes {
                let Some(value) = held.get(&attribute.name) else {
                    continue;
                };
                let path = format!("{urn}:{}", attribute.name);
                collect_unique(attribute, &path, value, &mut found);
            }
        }
        found
    }

    /// `schemas` to show: the base, extensions every resource has, and those with data.
    /// What the client listed does not matter.
    pub fn schemas<'a>(&self, kind: &'a ResourceType) -> Vec<&'a str> {
        let shown = kind.extensions.iter().filter_map(|extension| {
            let id = extension.schema.id.as_str();
            (extension.required || self.attributes.contains_key(id)).then_some(id)
        });
        std::iter::once(kind.schema.id.as_str())
            .chain(shown)
            .collect()
    }
}

/// What of a value is kept; `None` if nothing is.
fn kept_of(attribute: &Attribute, value: &Value, keeps: fn(&Attribute) -> bool) -> Option<Value> {
    if !keeps(attribute) {
        return None;
    }
    match value {
        Value::Object(parts) => {
            let parts = parts
                .iter()
                .filter(|(name, _)| attribute.sub(name).is_some_and(keeps));
            let parts: Map<String, Value> = parts
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            (!parts.is_empty()).then_some(Value::Object(parts))
        }
        Value::Array(elements) => {
            let elements = elements
                .iter()
                .filter_map(|it| kept_of(attribute, it, keeps));
            let elements: Vec<Value> = elements.collect();
            (!elements.is_empty()).then_some(Value::Array(elements))
        }
        plain => Some(plain.clone()),
    }
}

fn collect_unique(
    attribute: &Attribute,
    path: &str,
    value: &Value,
    found: &mut BTreeSet<(String, String)>,
) {
    if attribute.uniqueness != Uniqueness::None {
        let keys = search::unique_keys(attribute, value).into_iter();
        found.extend(keys.map(|key| (path.to_owned(), key)));
    }
    match value {
        Value::Array(elements) => elements
            .iter()
            .filter(|element| element.is_object())
            .for_each(|element| collect_unique(attribute, path, element, found)),
        Value::Object(parts) => {
            for sub in &attribute.sub_attributes {
                if let Some(value) = parts.get(&sub.name) {
                    collect_unique(sub, &format!("{path}.{}", sub.name), value, found);
                }
            }
        }
        _ => {}
    }
}

#[expect(
    clippy::expect_used,
    reason = "a map of JSON values has nothing that JSON could not write"
)]
fn text_of(members: &Map<String, Value>) -> String {
    serde_json::to_string(members).expect("a JSON object")
}
