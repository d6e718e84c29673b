//! What a provider wants to be true of a user, and how far a server is from it.

use serde_json::Value;

use crate::attribute::Attribute;
use crate::directory::Person;

/// A value of a mapped attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Text(String),
    Flag(bool),
}

impl Scalar {
    /// `None` for null, empty text and anything that is no single value.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Bool(flag) => Some(Self::Flag(*flag)),
            Value::Number(number) => Some(Self::Text(number.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// `"False"` as the boolean it means.
    pub(crate) fn into_flag(self) -> Self {
        match self {
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Self::Flag(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Self::Flag(false),
            other => other,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Flag(flag) => Value::from(*flag),
        }
    }
}

/// Attributes and the values they should have; `None` means "should have none".
///
/// An attribute that is not listed is left alone, so a single change is a short profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    wanted: Vec<(Attribute, Option<Scalar>)>,
}

/// One attribute in which a server differs from a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) attribute: Attribute,
    pub(crate) before: Option<Scalar>,
    pub(crate) after: Option<Scalar>,
}

impl Profile {
    /// Wants a text, or none.
    pub(crate) fn text(mut self, attribute: Attribute, value: Option<&str>) -> Self {
        let value = value.filter(|text| !text.is_empty());
        self.wanted
            .push((attribute, value.map(|text| Scalar::Text(text.to_owned()))));
        self
    }

    /// Wants a boolean.
    pub(crate) fn flag(mut self, attribute: Attribute, value: bool) -> Self {
        self.wanted.push((attribute, Some(Scalar::Flag(value))));
        self
    }

    /// What both providers map by default; each adds what is its own.
    pub(crate) fn of(person: &Person) -> Self {
        Self::default()
            .text(Attribute::UserName, Some(&person.user_name))
            .text(Attribute::GivenName, person.given_name.as_deref())
            .text(Attribute::FamilyName, person.family_name.as_deref())
            .text(Attribute::DisplayName, Some(&person.shown_name()))
            .text(Attribute::WorkEmail, person.work_email())
            .text(Attribute::WorkPhone, person.phone.as_deref())
            .text(Attribute::MobilePhone, person.mobile.as_deref())
            .text(Attribute::Title, person.title.as_deref())
            .text(Attribute::EmployeeNumber, person.employee_number.as_deref())
            .text(Attribute::Department, person.department.as_deref())
            .flag(Attribute::Active, person.active)
    }

    /// Attributes and values, in the order they were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Attribute, Option<&Scalar>)> {
        self.wanted
            .iter()
            .map(|(attribute, value)| (*attribute, value.as_ref()))
    }

    /// Whether an attribute of the enterprise extension is wanted.
    pub(crate) fn uses_enterprise(&self) -> bool {
        self.iter().any(|(attribute, value)| {
            value.is_some()
                && matches!(attribute, Attribute::EmployeeNumber | Attribute::Department)
        })
    }

    /// In what a server's user differs.
    pub(crate) fn differences(&self, stored: &Value) -> Vec<Difference> {
        self.iter()
            .filter_map(|(attribute, wanted)| {
                let mut before = attribute.read(stored);
                if attribute == Attribute::Active && before.is_none() {
                    // An absent `active` means nobody said otherwise.
                    before = Some(Scalar::Flag(true));
                }
                let after = wanted.cloned();
                (before != after).then_some(Difference {
                    attribute,
                    before,
                    after,
                })
            })
            .collect()
    }
}
