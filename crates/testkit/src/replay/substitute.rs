//! Saved values in the place of `${name}`.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::percent::{encode_target, encode_value};

/// The values that a case has saved so far, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    values: HashMap<String, Value>,
}

/// Why a `${name}` or `$each` has no value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum SubstituteError {
    /// Nothing was saved under this name.
    #[error("no saved value ${{{0}}}")]
    Unknown(String),
    /// The name stands for a single value where a list is needed.
    #[error("the saved value {0} is not a list")]
    NotAList(String),
    /// An `$each` object that is not `{"$each", "item", "from"?, "to"?}`.
    #[error("malformed $each: {0}")]
    MalformedEach(Value),
}

impl Variables {
    /// Saves a value in place of an earlier one of this name.
    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// Adds a value to the list of this name, and begins the list if there is none.
    pub(super) fn push(&mut self, name: &str, value: Value) -> Result<(), SubstituteError> {
        let list = self
            .values
            .entry(name.to_owned())
            .or_insert_with(|| Value::Array(Vec::new()));
        match list {
            Value::Array(items) => items.push(value),
            _ => return Err(SubstituteError::NotAList(name.to_owned())),
        }
        Ok(())
    }

    /// The request target for a path of the case file.
    pub(super) fn target(&self, path: &str) -> Result<String, SubstituteError> {
        let filled = self.scope().fill(path, encode_value)?;
        Ok(encode_target(&filled))
    }

    /// A text with every `${name}` filled in.
    pub(super) fn text(&self, text: &str) -> Result<String, SubstituteError> {
        self.scope().fill(text, str::to_owned)
    }

    /// A JSON value with every `${name}` filled in, and every `$each` written out.
    ///
    /// A string that is a name and nothing else becomes the saved value with its type.
    pub(super) fn value(&self, value: &Value) -> Result<Value, SubstituteError> {
        self.scope().value(value)
    }

    /// The keys and values of a JSON object, filled in alike.
    pub(super) fn object(
        &self,
        object: &Map<String, Value>,
    ) -> Result<Map<String, Value>, SubstituteError> {
        self.scope().object(object)
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            variables: self,
            item: None,
        }
    }
}

/// The names that are visible at one place: the saved ones, and `item` inside of `$each`.
#[derive(Clone, Copy)]
struct Scope<'a> {
    variables: &'a Variables,
    item: Option<&'a Value>,
}

impl<'a> Scope<'a> {
    fn get(self, name: &str) -> Result<&'a Value, SubstituteError> {
        match self.item {
            Some(item) if name == "item" => Some(item),
            _ => self.variables.values.get(name),
        }
        .ok_or_else(|| SubstituteError::Unknown(name.to_owned()))
    }

    fn fill(self, text: &str, encode: fn(&str) -> String) -> Result<String, SubstituteError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, name, after)) = next_name(rest) {
            filled.push_str(before);
            match self.get(name)? {
                Value::String(value) => filled.push_str(&encode(value)),
                other => filled.push_str(&encode(&other.to_string())),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(self, value: &Value) -> Result<Value, SubstituteError> {
        match value {
            Value::String(text) => match next_name(text) {
                Some(("", name, "")) => self.get(name).cloned(),
                _ => self.fill(text, str::to_owned).map(Value::String),
            },
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(object) if object.contains_key("$each") => self.each(object),
            Value::Object(object) => self.object(object).map(Value::Object),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
        }
    }

    fn object(self, object: &Map<String, Value>) -> Result<Map<String, Value>, SubstituteError> {
        object
            .iter()
            .map(|(key, value)| Ok((self.fill(key, str::to_owned)?, self.value(value)?)))
            .collect()
    }

    fn each(self, object: &Map<String, Value>) -> Result<Value, SubstituteError> {
        let Each {
            name,
            template,
            from,
            to,
        } = Each::read(object)
            .ok_or_else(|| SubstituteError::MalformedEach(Value::Object(object.clone())))?;
        let Value::Array(items) = self.get(name)? else {
            return Err(SubstituteError::NotAList(name.to_owned()));
        };
        items
            .iter()
            .take(to.unwrap_or(items.len()))
            .skip(from)
            .map(|item| {
                let inner = Scope {
                    item: Some(item),
                    ..self
                };
                inner.value(template)
            })
            .collect()
    }
}

/// `{"$each": name, "item": template, "from": 0, "to": 9}`
struct Each<'a> {
    name: &'a str,
    template: &'a Value,
    from: usize,
    to: Option<usize>,
}

impl<'a> Each<'a> {
    fn read(object: &'a Map<String, Value>) -> Option<Self> {
        let index = |key| match object.get(key) {
            None => Some(None),
            Some(value) => Some(Some(usize::try_from(value.as_u64()?).ok()?)),
        };
        Some(Self {
            name: object.get("$each")?.as_str()?,
            template: object.get("item")?,
            from: index("from")?.unwrap_or(0),
            to: index("to")?,
        })
    }
}

/// The first `${name}` of a text: what is before it, the name, and what is behind it.
///
/// A `${` without a proper name behind it is text like any other.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let mut start = 0;
    while let Some(found) = text[start..].find("${") {
        let open = start + found;
        let inside = &text[open + 2..];
        if let Some(length) = inside.find('}')
            && is_name(&inside[..length])
        {
            return Some((&text[..open], &inside[..length], &inside[length + 1..]));
        }
        start = open + 2;
    }
    None
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || each == '_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn saved() -> Variables {
        let mut variables = Variables::default();
        variables.set("id", "a b/c");
        variables.set("count", 3);
        variables.set("ids", json!(["x", "y", "z"]));
        variables
    }

    #[test]
    fn a_path_takes_saved_values_encoded_and_keeps_its_own_text() {
        let target = saved().target("/Users/${id}?filter=x eq \"${count}\"&a=+%22");

        assert_eq!(
            target.unwrap(),
            "/Users/a%20b%2Fc?filter=x%20eq%20%223%22&a=+%22"
        );
    }

    #[test]
    fn a_body_takes_saved_values_as_they_are() {
        let body = saved().value(&json!({
            "key-${count}": "${count}",
            "text": "<${id}> and ${ids}",
            "deep": [{ "list": "${ids}" }, true, null, "${ not a name"],
        }));

        assert_eq!(
            body.unwrap(),
            json!({
                "key-3": 3,
                "text": "<a b/c> and [\"x\",\"y\",\"z\"]",
                "deep": [{ "list": ["x", "y", "z"] }, true, null, "${ not a name"],
            })
        );
    }

    #[test]
    fn each_is_written_out_for_the_values_in_its_range() {
        let member = json!({ "value": "${item}", "of": "${count}" });
        let all = json!({ "$each": "ids", "item": member });
        let some = json!({ "$each": "ids", "item": "${item}!", "from": 1, "to": 2 });

        assert_eq!(
            saved().value(&all).unwrap(),
            json!([
                { "value": "x", "of": 3 },
                { "value": "y", "of": 3 },
                { "value": "z", "of": 3 },
            ])
        );
        assert_eq!(saved().value(&some).unwrap(), json!(["y!"]));
    }

    #[test]
    fn a_list_grows_by_what_is_pushed() {
        let mut variables = Variables::default();
        variables.push("new", json!(1)).unwrap();
        variables.push("new", json!(2)).unwrap();

        assert_eq!(variables.value(&json!("${new}")).unwrap(), json!([1, 2]));
    }

    #[test]
    fn the_error_names_what_was_never_saved() {
        let errors = [
            saved().text("${nobody}").unwrap_err(),
            saved().value(&json!("${item}")).unwrap_err(),
            saved()
                .value(&json!({ "$each": "id", "item": 1 }))
                .unwrap_err(),
            saved()
                .value(&json!({ "$each": "ids", "item": 1, "from": -1 }))
                .unwrap_err(),
        ];

        insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"), @r#"
        no saved value ${nobody}
        no saved value ${item}
        the saved value id is not a list
        malformed $each: {"$each":"ids","item":1,"from":-1}
        "#);
    }
}
