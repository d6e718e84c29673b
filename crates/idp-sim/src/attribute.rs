//! The user attributes a provider maps, and where each lives in a SCIM user.
//!
//! Okta and Entra both work from a flat list of mappings. What differs is how a change is written:
//! one overlays the whole resource, the other names a path. Both come from the same table here.

use serde_json::{Map, Value, json};

use crate::profile::Scalar;

/// The enterprise extension (RFC 7643 §4.3).
pub(crate) const ENTERPRISE_USER: &str =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A user attribute with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    UserName,
    ExternalId,
    DisplayName,
    GivenName,
    FamilyName,
    Title,
    Locale,
    PreferredLanguage,
    WorkEmail,
    WorkPhone,
    MobilePhone,
    EmployeeNumber,
    Department,
    Active,
}

/// Where an attribute lives.
#[derive(Clone, Copy)]
enum Place {
    /// `title`
    Plain(&'static str),
    /// `name.givenName`
    Sub(&'static str, &'static str),
    /// `emails[type eq "work"].value`
    Typed(&'static str, &'static str),
    /// In the enterprise extension.
    Enterprise(&'static str),
}

impl Attribute {
    fn place(self) -> Place {
        match self {
            Self::UserName => Place::Plain("userName"),
            Self::ExternalId => Place::Plain("externalId"),
            Self::DisplayName => Place::Plain("displayName"),
            Self::GivenName => Place::Sub("name", "givenName"),
            Self::FamilyName => Place::Sub("name", "familyName"),
            Self::Title => Place::Plain("title"),
            Self::Locale => Place::Plain("locale"),
            Self::PreferredLanguage => Place::Plain("preferredLanguage"),
            Self::WorkEmail => Place::Typed("emails", "work"),
            Self::WorkPhone => Place::Typed("phoneNumbers", "work"),
            Self::MobilePhone => Place::Typed("phoneNumbers", "mobile"),
            Self::EmployeeNumber => Place::Enterprise("employeeNumber"),
            Self::Department => Place::Enterprise("department"),
            Self::Active => Place::Plain("active"),
        }
    }

    /// The path of a PATCH operation (RFC 7644 §3.5.2).
    pub(crate) fn path(self) -> String {
        match self.place() {
            Place::Plain(name) => name.to_owned(),
            Place::Sub(name, sub) => format!("{name}.{sub}"),
            Place::Typed(name, kind) => format!("{name}[type eq \"{kind}\"].value"),
            Place::Enterprise(name) => format!("{ENTERPRISE_USER}:{name}"),
        }
    }

    /// What a server's user has here; an empty text counts as nothing.
    pub(crate) fn read(self, user: &Value) -> Option<Scalar> {
        let value = match self.place() {
            Place::Plain(name) => user.get(name),
            Place::Sub(name, sub) => user.get(name)?.get(sub),
            Place::Typed(name, kind) => user
                .get(name)?
                .as_array()?
                .iter()
                .find(|element| is_of_type(element, kind))?
                .get("value"),
            Place::Enterprise(name) => user.get(ENTERPRISE_USER)?.get(name),
        }?;
        let scalar = Scalar::from_json(value)?;
        // Some servers answer booleans as text.
        Some(if self == Self::Active {
            scalar.into_flag()
        } else {
            scalar
        })
    }

    /// Puts a value into a user that is about to be sent, or takes it out.
    pub(crate) fn write(self, user: &mut Map<String, Value>, value: Option<&Scalar>) {
        let json = value.map(Scalar::to_json);
        match self.place() {
            Place::Plain(name) => put(user, name, json),
            Place::Sub(name, sub) => put_in(user, name, sub, json),
            Place::Enterprise(name) => put_in(user, ENTERPRISE_USER, name, json),
            Place::Typed(name, kind) => put_typed(user, name, kind, json),
        }
    }
}

fn is_of_type(element: &Value, kind: &str) -> bool {
    element
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|text| text.eq_ignore_ascii_case(kind))
}

fn put(user: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            user.insert(name.to_owned(), value);
        }
        None => {
            user.remove(name);
        }
    }
}

fn put_in(user: &mut Map<String, Value>, name: &str, sub: &str, value: Option<Value>) {
    if value.is_none() && !user.contains_key(name) {
        return;
    }
    let object = user.entry(name).or_insert_with(|| json!({}));
    if let Some(object) = object.as_object_mut() {
        put(object, sub, value);
    }
}

fn put_typed(user: &mut Map<String, Value>, name: &str, kind: &str, value: Option<Value>) {
    if value.is_none() && !user.contains_key(name) {
        return;
    }
    let list = user.entry(name).or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else {
        return;
    };
    let Some(value) = value else {
        list.retain(|element| !is_of_type(element, kind));
        return;
    };
    match list.iter_mut().find(|element| is_of_type(element, kind)) {
        Some(Value::Object(element)) => {
            element.insert("value".to_owned(), value);
        }
        _ if name == "emails" => {
            list.push(json!({ "type": kind, "value": value, "primary": true }));
        }
        _ => list.push(json!({ "type": kind, "value": value })),
    }
}
