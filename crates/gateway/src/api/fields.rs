//! Reads the members of a JSON object into a struct, and names the one that does not fit.
//!
//! serde names unknown and missing members, but not the one whose value is of a wrong type, and a
//! caller with ten fields wants to know which. So the members are handed to serde one by one,
//! and an error of a value is given the name it was found under. One level is enough: an object
//! inside an object is kept as it is and read by a second call, see [`FieldError::within`].

use std::fmt;
use std::str::FromStr;

use actix_web::http::StatusCode;
use serde::de::value::StringDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::{Map, Value};

use crate::api::problem::Problem;

/// The members of an object, not looked at yet.
pub(crate) type Members = Map<String, Value>;

/// A member that does not fit.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FieldError {
    /// The struct has no such member.
    #[error("`{field}` is not known here; known are {}", list(.known))]
    Unknown {
        field: String,
        known: &'static [&'static str],
    },
    /// A member that must be there is not.
    #[error("`{field}` is required")]
    Missing { field: String },
    /// A value that is of a wrong type, or not allowed.
    #[error("`{field}` is not valid: {reason}")]
    Invalid { field: String, reason: String },
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

impl FieldError {
    /// The same error of an object that is itself the member `outer`.
    pub(crate) fn within(self, outer: &str) -> Self {
        let inside = |field: String| format!("{outer}.{field}");
        match self {
            Self::Unknown { field, known } => Self::Unknown {
                field: inside(field),
                known,
            },
            Self::Missing { field } => Self::Missing {
                field: inside(field),
            },
            Self::Invalid { field, reason } => Self::Invalid {
                field: inside(field),
                reason,
            },
        }
    }
}

impl Error for FieldError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::Invalid {
            field: String::new(),
            reason: reason.to_string(),
        }
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::Unknown {
            field: field.to_owned(),
            known,
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing {
            field: field.to_owned(),
        }
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        let code = match error {
            FieldError::Unknown { .. } => "unknown_field",
            FieldError::Missing { .. } => "missing_field",
            FieldError::Invalid { .. } => "invalid_field",
        };
        let detail = error.to_string();
        let (FieldError::Unknown { field, .. }
        | FieldError::Missing { field }
        | FieldError::Invalid { field, .. }) = error;
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).at(field)
    }
}

/// Reads an object into a struct.
///
/// # Errors
///
/// The first member that does not fit.
pub(crate) fn read<T: DeserializeOwned>(members: Members) -> Result<T, FieldError> {
    T::deserialize(Unseen {
        rest: members.into_iter(),
        current: None,
    })
}

/// What serde has not seen yet of an object.
struct Unseen {
    rest: serde_json::map::IntoIter,
    current: Option<(String, Value)>,
}

impl<'de> Deserializer<'de> for Unseen {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Unseen {
    type Error = FieldError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, FieldError> {
        let Some((name, value)) = self.rest.next() else {
            return Ok(None);
        };
        let key = seed.deserialize(StringDeserializer::<FieldError>::new(name.clone()))?;
        self.current = Some((name, value));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, FieldError> {
        let (field, value) = self.current.take().unwrap_or_default();
        seed.deserialize(value)
            .map_err(|reason| FieldError::Invalid {
                field,
                reason: reason.to_string(),
            })
    }
}

/// A member that may be absent, but not `null`; or, as `Option<Option<T>>`, one that tells `null`
/// from absent. Needs `#[serde(default)]` beside it.
pub(crate) fn present<'de, T, D>(value: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(value).map(Some)
}

/// A number or a truth value out of a query string, where everything is text.
pub(crate) fn from_text<'de, T, D>(value: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(value)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Change {
        name: String,
        #[serde(default, deserialize_with = "present")]
        enabled: Option<bool>,
        #[serde(default, deserialize_with = "present")]
        external_id: Option<Option<String>>,
    }

    fn change(value: Value) -> Result<Change, FieldError> {
        match value {
            Value::Object(members) => read(members),
            _ => panic!("the test gives an object"),
        }
    }

    fn refusal(value: Value) -> String {
        change(value).unwrap_err().to_string()
    }

    #[test]
    fn null_is_told_from_absent() {
        let absent = change(json!({ "name": "a" })).unwrap();
        assert_eq!(absent.external_id, None);
        let null = change(json!({ "name": "a", "external_id": null })).unwrap();
        assert_eq!(null.external_id, Some(None));
    }

    #[test]
    fn a_value_of_a_wrong_type_is_named() {
        insta::assert_snapshot!(
            refusal(json!({ "name": "a", "enabled": "yes" })),
            @r#"`enabled` is not valid: invalid type: string "yes", expected a boolean"#
        );
        insta::assert_snapshot!(
            refusal(json!({ "name": "a", "enabled": null })),
            @"`enabled` is not valid: invalid type: null, expected a boolean"
        );
    }

    #[test]
    fn an_unknown_member_is_named_with_the_known_ones() {
        insta::assert_snapshot!(
            refusal(json!({ "name": "a", "nmae": "b" })),
            @"`nmae` is not known here; known are `name`, `enabled`, `external_id`"
        );
    }

    #[test]
    fn a_missing_member_is_named() {
        insta::assert_snapshot!(refusal(json!({})), @"`name` is required");
    }

    #[test]
    fn a_member_of_an_inner_object_is_named_with_the_outer_one() {
        let error = change(json!({})).unwrap_err().within("oidc");
        insta::assert_snapshot!(error, @"`oidc.name` is required");
    }
}
