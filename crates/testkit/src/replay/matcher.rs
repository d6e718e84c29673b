//! What an expected value may say about an answer.
//!
//! A literal means itself, to the type. An object whose keys are all names of conditions holds
//! if each of them does: `{"kind": "array", "len": 2}`. Any other object is a literal.

use serde_json::{Map, Value};

/// An expectation about one value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Matcher {
    /// The value is this one; numbers are compared by value, nothing else across types.
    Literal(Value),
    /// The value fulfils every condition.
    All(Vec<Condition>),
}

/// One condition, with the text it was read from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    /// `{name: argument}`, for the message.
    written: Value,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// `true`: there, and not null. `false`: as `Absent(true)`.
    Exists(bool),
    /// Not there, null, `[]` or `{}`: one state to RFC 7643 §2.5.
    Absent(bool),
    /// Not there at all.
    Missing(bool),
    Equal(Value),
    Length(usize),
    /// A part of a text; an element of an array; an object that has at least these members.
    Contains(Pattern),
    /// As many elements as the number fit the pattern.
    Count(Pattern, usize),
    Kind(Kind),
    AtLeast(f64),
    AtMost(f64),
    /// The same text, but for upper and lower case.
    SameLetters(String),
    Not(Matcher),
    AnyOf(Vec<Matcher>),
}

/// What `contains` looks for: unlike a literal, an object may have more members than these.
#[derive(Clone, Debug, PartialEq)]
enum Pattern {
    Matches(Matcher),
    AtLeast(Vec<(String, Pattern)>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    String,
    Integer,
    Array,
    Object,
    Boolean,
}

/// A condition whose argument it cannot have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{condition}` cannot have the argument {argument}")]
pub(super) struct MatcherError {
    condition: String,
    argument: Value,
}

const CONDITIONS: [&str; 13] = [
    "exists", "absent", "missing", "eq", "len", "contains", "countOf", "kind", "ge", "le", "ci",
    "not", "anyOf",
];

impl Matcher {
    /// Reads what the case file says of a value.
    pub(super) fn parse(written: &Value) -> Result<Self, MatcherError> {
        let Some(conditions) = conditions(written) else {
            return Ok(Self::Literal(written.clone()));
        };
        conditions
            .iter()
            .map(|(name, argument)| {
                let test = Test::parse(name, argument)?.ok_or_else(|| MatcherError {
                    condition: name.clone(),
                    argument: argument.clone(),
                })?;
                let written = Map::from_iter([(name.clone(), argument.clone())]).into();
                Ok(Condition { written, test })
            })
            .collect::<Result<_, _>>()
            .map(Self::All)
    }

    /// Compares with a value, or with `None` where the answer has none.
    ///
    /// The error says what was found and what was wanted.
    pub(super) fn check(&self, found: Option<&Value>) -> Result<(), String> {
        let unmet = match self {
            Self::Literal(wanted) => {
                (!found.is_some_and(|found| same(found, wanted))).then_some(wanted)
            }
            Self::All(conditions) => conditions
                .iter()
                .find(|condition| !condition.test.holds(found))
                .map(|condition| &condition.written),
        };
        match unmet {
            None => Ok(()),
            Some(wanted) => Err(format!("is {}, want {}", show(found), show(Some(wanted)))),
        }
    }

    fn fits(&self, found: Option<&Value>) -> bool {
        match self {
            Self::Literal(wanted) => found.is_some_and(|found| same(found, wanted)),
            Self::All(conditions) => conditions
                .iter()
                .all(|condition| condition.test.holds(found)),
        }
    }
}

/// The members of an object that is made of conditions.
fn conditions(written: &Value) -> Option<&Map<String, Value>> {
    written.as_object().filter(|object| {
        !object.is_empty() && object.keys().all(|key| CONDITIONS.contains(&key.as_str()))
    })
}

impl Test {
    /// `None` if the argument does not fit the condition.
    fn parse(name: &str, argument: &Value) -> Result<Option<Self>, MatcherError> {
        let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
        Ok(match name {
            "exists" => argument.as_bool().map(Self::Exists),
            "absent" => argument.as_bool().map(Self::Absent),
            "missing" => argument.as_bool().map(Self::Missing),
            "eq" => Some(Self::Equal(argument.clone())),
            "len" => number(argument).map(Self::Length),
            "contains" => Some(Self::Contains(Pattern::parse(argument)?)),
            "countOf" => match argument.as_array().map(Vec::as_slice) {
                Some([pattern, count]) => {
                    let pattern = Pattern::parse(pattern)?;
                    number(count).map(|count| Self::Count(pattern, count))
                }
                _ => None,
            },
            "kind" => argument.as_str().and_then(Kind::parse).map(Self::Kind),
            "ge" => argument.as_f64().map(Self::AtLeast),
            "le" => argument.as_f64().map(Self::AtMost),
            "ci" => argument
                .as_str()
                .map(|text| Self::SameLetters(fold_case(text))),
            "not" => Some(Self::Not(Matcher::parse(argument)?)),
            "anyOf" => match argument.as_array() {
                Some(choices) => Some(Self::AnyOf(
                    choices
                        .iter()
                        .map(Matcher::parse)
                        .collect::<Result<_, _>>()?,
                )),
                None => None,
            },
            _ => None,
        })
    }

    fn holds(&self, found: Option<&Value>) -> bool {
        match self {
            Self::Exists(true) => found.is_some_and(|value| !value.is_null()),
            Self::Exists(false) => is_unassigned(found),
            Self::Absent(wanted) => is_unassigned(found) == *wanted,
            Self::Missing(wanted) => found.is_none() == *wanted,
            Self::Equal(wanted) => found.is_some_and(|value| same(value, wanted)),
            Self::Length(wanted) => found.and_then(length) == Some(*wanted),
            Self::Contains(pattern) => match found {
                Some(Value::String(text)) => pattern.part_of(text),
                Some(Value::Array(items)) => items.iter().any(|item| pattern.fits(Some(item))),
                Some(Value::Object(_)) => pattern.fits(found),
                _ => false,
            },
            Self::Count(pattern, wanted) => {
                let items = found
                    .and_then(Value::as_array)
                    .map_or(&[][..], Vec::as_slice);
                let count = items.iter().filter(|item| pattern.fits(Some(item))).count();
                count == *wanted
            }
            Self::Kind(kind) => found.is_some_and(|value| kind.is_of(value)),
            Self::AtLeast(bound) => found.and_then(Value::as_f64).is_some_and(|n| n >= *bound),
            Self::AtMost(bound) => found.and_then(Value::as_f64).is_some_and(|n| n <= *bound),
            Self::SameLetters(folded) => found
                .and_then(Value::as_str)
                .is_some_and(|text| fold_case(text) == *folded),
            Self::Not(matcher) => !matcher.fits(found),
            Self::AnyOf(choices) => choices.iter().any(|choice| choice.fits(found)),
        }
    }
}

impl Pattern {
    fn parse(written: &Value) -> Result<Self, MatcherError> {
        match written {
            Value::Object(object) if conditions(written).is_none() => object
                .iter()
                .map(|(key, value)| Ok((key.clone(), Self::parse(value)?)))
                .collect::<Result<_, _>>()
                .map(Self::AtLeast),
            _ => Matcher::parse(written).map(Self::Matches),
        }
    }

    fn fits(&self, found: Option<&Value>) -> bool {
        match self {
            Self::Matches(matcher) => matcher.fits(found),
            Self::AtLeast(members) => found.and_then(Value::as_object).is_some_and(|object| {
                members
                    .iter()
                    .all(|(key, pattern)| pattern.fits(object.get(key)))
            }),
        }
    }

    fn part_of(&self, text: &str) -> bool {
        match self {
            Self::Matches(Matcher::Literal(Value::String(part))) => text.contains(part),
            _ => false,
        }
    }
}

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "integer" => Self::Integer,
            "array" => Self::Array,
            "object" => Self::Object,
            "boolean" => Self::Boolean,
            _ => return None,
        })
    }

    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
            Self::Boolean => value.is_boolean(),
        }
    }
}

/// Whether the attribute has no value (RFC 7643 §2.5).
fn is_unassigned(found: Option<&Value>) -> bool {
    match found {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        Some(_) => false,
    }
}

/// Elements, members or characters.
fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(members) => Some(members.len()),
        Value::String(text) => Some(text.chars().count()),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Equality in which `1` and `1.0` are one number. The order of members does not matter.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || (left.is_f64() != right.is_f64() && left.as_f64() == right.as_f64())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

/// Close to Unicode's case folding: going through upper case makes `ß` and `SS` equal.
fn fold_case(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

fn show(value: Option<&Value>) -> String {
    const LONGEST: usize = 160;
    let Some(value) = value else {
        return "<missing>".to_owned();
    };
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars()
        .take(LONGEST - 3)
        .chain("...".chars())
        .collect()
}

#[cfg(test)]
mod tests;
