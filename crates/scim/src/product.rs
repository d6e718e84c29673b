//! Product attributes: what a product calls a value that identity providers send, wherever they do.
//!
//! A mapping names a path and a type. What stands at the path is read as that type or not at all: a
//! product that is promised a number never gets a text. What cannot be read is told with its reason,
//! and refuses nothing, since the product's wishes are no mistake of the identity provider.

use std::fmt;

use serde_json::Value;

use crate::date_time;
use crate::resource::Resource;
use crate::schema::ResourceType;
use crate::value_path;

/// The type of a product attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductType {
    /// Text; numbers and booleans are written out.
    String,
    /// A whole number, or text of one.
    Integer,
    /// A number, or text of one.
    Decimal,
    /// `true` or `false`, or text of one in any letter case.
    Boolean,
    /// A moment (RFC 7643 §2.3.5), brought into UTC.
    DateTime,
}

impl ProductType {
    /// Every type.
    pub const ALL: [Self; 5] = [
        Self::String,
        Self::Integer,
        Self::Decimal,
        Self::Boolean,
        Self::DateTime,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::DateTime => "date_time",
        }
    }

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    fn read(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (_, Value::Object(parts)) => self.read(parts.get("value")?),
            (Self::String, Value::String(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::Decimal, Value::Number(_)) => Some(value.clone()),
            (Self::String, Value::Bool(_) | Value::Number(_)) => Some(value.to_string().into()),
            (Self::Integer, Value::Number(number)) => number.as_i64().map(Value::from),
            (Self::Integer, Value::String(text)) => {
                text.trim().parse::<i64>().ok().map(Value::from)
            }
            (Self::Decimal, Value::String(text)) => {
                let number: Value = serde_json::from_str(text.trim()).ok()?;
                number.is_number().then_some(number)
            }
            (Self::Boolean, Value::String(text)) => {
                let text = text.trim().to_ascii_lowercase();
                text.parse::<bool>().ok().map(Value::from)
            }
            (Self::DateTime, Value::String(text)) => {
                date_time::canonical(text.trim()).map(Value::from)
            }
            _ => None,
        }
    }
}

/// A named value of a product, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductAttribute {
    /// What the product calls it.
    pub name: String,
    /// Where it stands in a user, in the notation of PATCH.
    pub path: String,
    /// What it must be.
    pub kind: ProductType,
    /// Whether every user should have it.
    pub required: bool,
    /// Whether identity providers may not set what stands at the path.
    pub system: bool,
}

/// What a mapping gives for one user.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A value of the type.
    Value(Value),
    /// Nothing stands at the path.
    Missing,
    /// What stands there cannot be read as the type.
    Mistyped,
}

impl Given {
    /// Whether it is something that somebody should look at.
    pub fn is_problem(&self, required: bool) -> bool {
        match self {
            Self::Value(_) => false,
            Self::Missing => required,
            Self::Mistyped => true,
        }
    }
}

impl ProductAttribute {
    /// What it gives for a user.
    pub fn of(&self, kind: &ResourceType, user: &Resource) -> Given {
        match value_path::read(kind, user, &self.path) {
            None => Given::Missing,
            Some(value) => self.kind.read(value).map_or(Given::Mistyped, Given::Value),
        }
    }

    /// Why it gives nothing, as a sentence; `None` if it gives a value.
    pub fn problem(&self, given: &Given) -> Option<String> {
        let Self { path, kind, .. } = self;
        match given {
            Given::Value(_) => None,
            Given::Missing => Some(format!("the user has no value at `{path}`")),
            Given::Mistyped => Some(format!("what stands at `{path}` is no {kind}")),
        }
    }
}

impl fmt::Display for ProductType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Catalog;

    fn given(kind: ProductType, value: &Value) -> Given {
        let body = json!({ "userName": "amy", "level": value });
        let catalog = Catalog::core();
        let user = Resource::parse(catalog.user(), body).unwrap().resource;
        let attribute = ProductAttribute {
            name: "level".to_owned(),
            path: "level".to_owned(),
            kind,
            required: true,
            system: false,
        };
        attribute.of(catalog.user(), &user)
    }

    #[test]
    fn a_value_is_of_its_type_or_is_none() {
        use ProductType::{Boolean, DateTime, Decimal, Integer, String};
        for (kind, value, expected) in [
            (String, json!("x"), Some(json!("x"))),
            (String, json!(7), Some(json!("7"))),
            (Integer, json!("7"), Some(json!(7))),
            (Integer, json!(7.5), None),
            (Integer, json!("seven"), None),
            (Decimal, json!("7.5"), Some(json!(7.5))),
            (Decimal, json!("true"), None),
            (Boolean, json!("True"), Some(json!(true))),
            (Boolean, json!(1), None),
            (
                DateTime,
                json!("2026-01-31T08:30:00+01:00"),
                Some(json!("2026-01-31T07:30:00.000Z")),
            ),
            (DateTime, json!("yesterday"), None),
            (
                Integer,
                json!([{ "value": 1 }, { "value": 2, "primary": true }]),
                Some(json!(2)),
            ),
        ] {
            let expected = expected.map_or(Given::Mistyped, Given::Value);
            assert_eq!(given(kind, &value), expected, "{kind} {value}");
        }
        assert_eq!(given(String, &Value::Null), Given::Missing);
    }
}
