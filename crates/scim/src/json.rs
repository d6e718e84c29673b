//! Reading JSON strictly.
//!
//! A key that occurs twice, be it in other case, is refused: attribute names ignore case,
//! so two readers could take different values from one body (RFC 7643 §2.1, RFC 8259 §4).
//! Nesting stops at a limit; a deeper text is an error, not a stack overflow.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::ScimError;

/// How many arrays and objects may stand in each other, where nobody says otherwise.
pub const MAX_DEPTH: usize = 64;

/// The highest limit that [`parse_to_depth`] keeps. What reads JSON beneath it stops there by
/// itself.
pub const HIGHEST_DEPTH: usize = 120;

/// Reads a request body that is nested no deeper than [`MAX_DEPTH`].
///
/// # Errors
///
/// As [`parse_to_depth`].
pub fn parse(bytes: &[u8]) -> Result<Value, ScimError> {
    parse_to_depth(bytes, MAX_DEPTH)
}

/// Reads a request body in which at most `limit` arrays and objects stand in each other.
///
/// # Errors
///
/// `invalidSyntax` if the bytes are not UTF-8, not JSON, nested too deep, or repeat a key;
/// `invalidValue` for half of a surrogate pair, which is JSON but no text.
pub fn parse_to_depth(bytes: &[u8], limit: usize) -> Result<Value, ScimError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0, limit }
        .deserialize(&mut reader)
        .map_err(|error| refusal(&error))?;
    reader.end().map_err(|error| refusal(&error))?;
    Ok(value)
}

/// Refuses a body that holds a text, or the name of an attribute, of more than `limit` bytes.
///
/// # Errors
///
/// `invalidValue`, which names the attribute.
pub fn check_texts(body: &Value, limit: usize) -> Result<(), ScimError> {
    fn check(name: &str, value: &Value, limit: usize) -> Result<(), ScimError> {
        match value {
            Value::String(text) if text.len() > limit => Err(ScimError::invalid_value(format!(
                "`{name}` is longer than {limit} bytes"
            ))),
            Value::Array(values) => values
                .iter()
                .try_for_each(|value| check(name, value, limit)),
            Value::Object(members) => members.iter().try_for_each(|(name, value)| {
                if name.len() > limit {
                    return Err(ScimError::invalid_value(format!(
                        "the name of an attribute is longer than {limit} bytes"
                    )));
                }
                check(name, value, limit)
            }),
            _ => Ok(()),
        }
    }
    check("the body", body, limit)
}

fn refusal(error: &serde_json::Error) -> ScimError {
    let message = error.to_string();
    if message.contains("surrogate") || message.contains("unexpected end of hex escape") {
        return ScimError::invalid_value(format!("a string is no text: {message}"));
    }
    ScimError::invalid_syntax(format!("the body cannot be read as JSON: {message}"))
}

/// Builds a [`Value`] and watches keys and depth.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
    limit: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= self.limit {
            return Err(E::custom(format!("nested more than {} deep", self.limit)));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut seen = HashSet::new();
        let mut members = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if !seen.insert(key.to_ascii_lowercase()) {
                return Err(A::Error::custom(format!(
                    "`{key}` occurs twice in one object"
                )));
            }
            members.insert(key, access.next_value_seed(inner)?);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ScimType;

    fn refused(text: &[u8]) -> (&'static str, String) {
        let error = parse(text).unwrap_err();
        (
            error.scim_type.map_or("", |scim_type| scim_type.as_str()),
            error.detail,
        )
    }

    #[test]
    fn values_keep_their_types_and_objects_their_order() {
        let text = r#"{"b":[1,-2,3.5,null,true],"a":{"é":"\u00e9"}}"#;
        assert_eq!(
            parse(text.as_bytes()).unwrap().to_string(),
            text.replace("\\u00e9", "é")
        );
    }

    #[test]
    fn a_key_may_not_occur_twice_even_in_other_case() {
        let (scim_type, detail) = refused(br#"{"active":true,"Active":false}"#);
        assert_eq!(scim_type, "invalidSyntax");
        insta::assert_snapshot!(detail, @"the body cannot be read as JSON: `Active` occurs twice in one object at line 1 column 23");
    }

    #[test]
    fn nesting_stops_at_the_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(refused(nested(MAX_DEPTH + 1).as_bytes()).0, "invalidSyntax");
        for limit in [1, 3, HIGHEST_DEPTH] {
            assert!(parse_to_depth(nested(limit).as_bytes(), limit).is_ok());
            let error = parse_to_depth(nested(limit + 1).as_bytes(), limit).unwrap_err();
            assert!(
                error
                    .detail
                    .contains(&format!("nested more than {limit} deep"))
            );
        }
    }

    #[test]
    fn a_text_or_a_name_over_the_limit_is_refused_wherever_it_stands() {
        let refused = |body: Value| check_texts(&body, 4).map_err(|error| error.detail);
        assert_eq!(refused(json!({ "abcd": ["1234", { "x": 12345 }] })), Ok(()));
        let long = "`b` is longer than 4 bytes";
        for body in [
            json!({ "b": "12345" }),
            json!({ "a": [{ "b": ["1", "12345"] }] }),
            json!({ "b": "éé1" }),
        ] {
            assert_eq!(refused(body), Err(long.to_owned()));
        }
        let name = "the name of an attribute is longer than 4 bytes";
        assert_eq!(
            refused(json!({ "a": { "abcde": 1 } })),
            Err(name.to_owned())
        );
        assert_eq!(
            check_texts(&json!("12345"), 4).unwrap_err().scim_type,
            Some(ScimType::InvalidValue)
        );
    }

    #[test]
    fn what_is_no_json_or_more_than_one_value_is_refused() {
        for text in [
            b"".as_slice(),
            b"{",
            b"{} {}",
            b"\xff",
            b"\"\xff\"",
            b"{'a':1}",
            b"1e999",
        ] {
            assert_eq!(refused(text).0, "invalidSyntax", "{text:?}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_json_but_no_value() {
        assert_eq!(refused(br#""\ud800""#).0, "invalidValue");
        assert_eq!(refused(br#""\udc00x""#).0, "invalidValue");
    }
}
