//! Settings and rules of which a file names some: each is checked where it stands.
//!
//! What is not named must stay as it is, so a section cannot be read into the type that has a default
//! for everything. It is kept as the members that are there. Each of them is put alone before that type
//! while the file is read, so that what does not fit is told with its line.

use std::fmt;
use std::marker::PhantomData;

use rollcall_model::{Policy, ScimSettings, ScimSettingsChange};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Members of an object, by name.
pub(crate) type Fields = Map<String, Value>;

/// A type with a default for each of its members.
pub(crate) trait Section {
    /// What it is called in errors.
    const WHAT: &'static str;

    /// Every member with the value it has if these are named, as the API would show them.
    ///
    /// # Errors
    ///
    /// One of them is not known, or has another type.
    fn complete(named: &Fields) -> Result<Fields, String>;
}

fn members(whole: &impl Serialize) -> Result<Fields, String> {
    match serde_json::to_value(whole).map_err(|error| error.to_string())? {
        Value::Object(members) => Ok(members),
        _ => Err("is no object".to_owned()),
    }
}

impl Section for ScimSettings {
    const WHAT: &'static str = "settings";

    fn complete(named: &Fields) -> Result<Fields, String> {
        let change = ScimSettingsChange::try_from(named.clone());
        let change = change.map_err(|error| error.to_string())?;
        members(&change.apply(&Self::default()))
    }
}

/// The name of the rule that speaks of users. In a file they have names; it is read apart.
pub(crate) const PROTECTED_USERS: &str = "protected_users";

/// A user, as a file names one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserName {
    /// The name of the SCIM connection that it belongs to.
    pub(crate) scim_connection: String,
    /// Its `userName`.
    pub(crate) user_name: String,
}

impl Section for Policy {
    const WHAT: &'static str = "rules";

    fn complete(named: &Fields) -> Result<Fields, String> {
        let mut rules = named.clone();
        let users = rules.shift_remove(PROTECTED_USERS);
        rules.retain(|_, value| !value.is_null());
        let policy: Self =
            serde_json::from_value(Value::Object(rules)).map_err(|error| error.to_string())?;
        let mut whole = members(&policy)?;
        let users: Vec<UserName> = match users {
            None => Vec::new(),
            Some(users) => serde_json::from_value(users)
                .map_err(|error| format!("{PROTECTED_USERS}: {error}"))?,
        };
        whole.insert(PROTECTED_USERS.to_owned(), in_order(users));
        Ok(whole)
    }
}

/// Users, each once, in an order that does not depend on who wrote them down.
pub(crate) fn in_order(mut users: Vec<UserName>) -> Value {
    users.sort();
    users.dedup();
    let users = users.into_iter().map(|user| {
        let members = [
            (
                "scim_connection".to_owned(),
                Value::from(user.scim_connection),
            ),
            ("user_name".to_owned(), Value::from(user.user_name)),
        ];
        Value::Object(Map::from_iter(members))
    });
    users.collect()
}

/// Those members of a section that a file names, as the API shows them.
#[derive(Clone, Debug)]
pub(crate) struct Named<S> {
    pub(crate) fields: Fields,
    section: PhantomData<S>,
}

impl<'de, S: Section> Deserialize<'de> for Named<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

struct Reader<S>(PhantomData<S>);

impl<'de, S: Section> Visitor<'de> for Reader<S> {
    type Value = Named<S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a table of {}", S::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<S>, A::Error> {
        let mut fields = Fields::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(One::<S> {
                name: &name,
                section: PhantomData,
            })?;
            fields.insert(name, value);
        }
        Ok(Named {
            fields,
            section: PhantomData,
        })
    }
}

/// One member, checked alone.
struct One<'a, S> {
    name: &'a str,
    section: PhantomData<S>,
}

impl<'de, S: Section> DeserializeSeed<'de> for One<'_, S> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        none_for_empty(&mut value);
        let alone = Map::from_iter([(self.name.to_owned(), value.clone())]);
        let whole = S::complete(&alone).map_err(D::Error::custom)?;
        let shown = whole.get(self.name).unwrap_or(&Value::Null);
        Ok(picked(&value, shown))
    }
}

/// TOML has no null: an empty text stands for it.
pub(crate) fn none_for_empty(value: &mut Value) {
    match value {
        Value::String(text) if text.is_empty() => *value = Value::Null,
        Value::Object(members) => members.values_mut().for_each(none_for_empty),
        _ => {}
    }
}

/// Those parts of `whole` that `named` has too.
fn picked(named: &Value, whole: &Value) -> Value {
    match (named, whole) {
        (Value::Object(named), Value::Object(whole)) => {
            let members = named.iter().filter_map(|(name, value)| {
                let shown = whole.get(name)?;
                Some((name.clone(), picked(value, shown)))
            });
            Value::Object(members.collect())
        }
        _ => whole.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<Fields, String> {
        let read: Result<Named<ScimSettings>, _> = toml::from_str(text);
        read.map(|named| named.fields)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn what_is_not_named_is_not_there() {
        let fields = settings("profile = 'strict'\n[features]\nbulk = false").unwrap();
        insta::assert_snapshot!(Value::Object(fields), @r#"{"features":{"bulk":false},"profile":"strict"}"#);
    }

    #[test]
    fn values_are_as_the_api_shows_them() {
        let fields = settings("allowed_source_addresses = ['203.0.113.7']").unwrap();
        insta::assert_snapshot!(Value::Object(fields), @r#"{"allowed_source_addresses":["203.0.113.7/32"]}"#);
    }

    #[test]
    fn an_empty_text_is_none() {
        let fields = settings("[rate_limits]\nreads_per_second = ''").unwrap();
        insta::assert_snapshot!(Value::Object(fields), @r#"{"rate_limits":{"reads_per_second":null}}"#);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let known = settings("profil = 'strict'").unwrap_err();
        assert!(
            known.starts_with("unknown field `profil`, expected one of `profile`"),
            "{known}"
        );
        insta::assert_snapshot!(settings("profile = 'lax'").unwrap_err(), @"unknown variant `lax`, expected `compat` or `strict`");
    }
}
