//! The case file, as types.

use std::{collections::BTreeMap, num::NonZeroU32};

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// One line of the case file: what one provider does in one situation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique name, beginning with the provider's: `entra-create-full`.
    pub id: String,
    /// The provider that sends this.
    pub idp: String,
    /// The situation, as a sentence.
    pub title: String,
    /// How binding the expected answers are.
    pub tier: Tier,
    /// Whether the case sends hundreds of requests.
    #[serde(default)]
    pub slow: bool,
    /// Requests, in the order in which they are sent.
    pub steps: Vec<Step>,
    /// Where the behaviour is written down.
    pub source: String,
}

/// How binding the expected answers of a case are.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// An RFC demands them.
    Rfc,
    /// A provider breaks without them; the RFC is silent or permits them.
    Interop,
    /// The RFC leaves it open; every defensible answer is listed.
    Decision,
}

/// One request, and what its answer must look like.
///
/// `${name}` stands for a saved value in paths, headers, bodies and expectations. There from the
/// start: `uniq` and `UNIQ` (a word of this run, in lower and upper case), `uuid` (names no
/// resource), `base` (the endpoint's URL) and `i` (see [`repeat`](Self::repeat)).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The HTTP method.
    pub method: String,
    /// Path and query below the endpoint's URL. Only what cannot stand in a URL is encoded.
    pub path: String,
    /// Headers in place of the usual ones. `null` leaves a header out.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// A JSON body.
    ///
    /// The object `{"$each": "list", "item": X, "from": 0, "to": 9}` becomes an array: `X` once
    /// for each value of a saved list, which `X` calls `${item}`. `from` and `to` are optional.
    #[serde(default, deserialize_with = "present")]
    pub body: Option<Value>,
    /// A body sent as it is, in place of `body`.
    pub raw_body: Option<String>,
    /// What to keep of the answer: a JSON pointer, or `@Name` of a header, by the name to save
    /// under. A name that ends in `[]` adds to a list.
    #[serde(default)]
    pub save: BTreeMap<String, String>,
    /// What the answer must look like.
    pub expect: Expectation,
    /// How often to send the request, with `${i}` counting from 0.
    pub repeat: Option<NonZeroU32>,
    /// Send the request only if the one before it was answered with one of these statuses.
    pub if_prev: Option<Vec<u16>>,
}

/// What an answer must look like.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The statuses allowed; all of them without a list.
    pub status: Option<Vec<u16>>,
    /// Matchers by JSON pointer. Not applied to an empty 204.
    #[serde(default)]
    pub json: Map<String, Value>,
    /// Matchers by header name.
    #[serde(default)]
    pub headers: Map<String, Value>,
}

/// Tells `"body": null`, which sends the text `null`, from a step without a body.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Every case of the case file, in its order.
///
/// # Panics
///
/// If the file does not fit the format. The message gives the line.
pub fn cases() -> Vec<Case> {
    include_str!("../../idp/cases.jsonl")
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| read_case(index + 1, line))
        .collect()
}

#[expect(
    clippy::panic,
    reason = "the file is part of this crate, and a test that cannot read it must fail"
)]
fn read_case(number: usize, line: &str) -> Case {
    match serde_json::from_str(line) {
        Ok(case) => case,
        Err(error) => panic!("line {number} of idp/cases.jsonl: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::replay::matcher::Matcher;

    #[test]
    fn every_case_has_a_name_of_its_own() {
        let cases = cases();

        let names: BTreeSet<_> = cases.iter().map(|case| &case.id).collect();

        assert!(!cases.is_empty());
        assert_eq!(names.len(), cases.len());
    }

    /// Zero in place of what a case saves only when it runs.
    fn with_stand_ins(written: &Value) -> Value {
        match written {
            Value::String(text) if text.starts_with("${") => 0.into(),
            Value::Array(items) => items.iter().map(with_stand_ins).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| (key.clone(), with_stand_ins(value)))
                .collect(),
            other => other.clone(),
        }
    }

    #[test]
    fn every_expectation_can_be_understood() {
        let mut wrong = Vec::new();
        for case in cases() {
            for (index, step) in case.steps.iter().enumerate() {
                let expected = step.expect.json.iter().chain(&step.expect.headers);
                for (place, matcher) in expected {
                    if let Err(error) = Matcher::parse(&with_stand_ins(matcher)) {
                        wrong.push(format!("{} step {} {place}: {error}", case.id, index + 1));
                    }
                }
            }
        }

        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn a_null_body_is_a_body() {
        let step = |text| serde_json::from_str::<Step>(text).unwrap();

        let with = step(r#"{"method":"POST","path":"/Users","body":null,"expect":{}}"#);
        let without = step(r#"{"method":"POST","path":"/Users","expect":{}}"#);

        assert_eq!(with.body, Some(Value::Null));
        assert_eq!(without.body, None);
    }
}
