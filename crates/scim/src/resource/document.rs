//! A resource in canonical form.

use serde_json::{Map, Value};

use crate::schema::ResourceType;

/// A validated resource in canonical form, as the crate's documentation describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    attributes: Map<String, Value>,
}

impl Resource {
    /// Takes attributes that are canonical already.
    pub(crate) fn from_canonical(attributes: Map<String, Value>) -> Self {
        Self { attributes }
    }

    /// Reads what [`to_stored`](Self::to_stored) wrote.
    ///
    /// # Errors
    ///
    /// The text is no JSON object: the stored row is corrupt.
    pub fn from_stored(text: &str) -> Result<Self, serde_json::Error> {
        Ok(Self {
            attributes: serde_json::from_str(text)?,
        })
    }

    /// The text to store: JSON without white space, attributes in their order.
    pub fn to_stored(&self) -> String {
        // `Value` writes itself; serializing a map could fail, so it has no such method.
        Value::Object(self.attributes.clone()).to_string()
    }

    /// The value of an attribute of the base schema, or the object of an extension, by its
    /// canonical name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)
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
