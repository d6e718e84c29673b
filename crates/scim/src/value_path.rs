//! Reading what a path leads to in a resource: any attribute of any schema, with or without a
//! condition, and what no schema knows.
//!
//! Paths are those of a PATCH (RFC 7644 §3.5.2). Where several values are meant, the primary one is
//! read, else the first: whoever asks wants one value and not a list.

use serde_json::{Map, Value};

use crate::error::ScimError;
use crate::filter;
use crate::patch::{Place, Stray, locate};
use crate::resource::Resource;
use crate::schema::ResourceType;

/// Refuses a path that can lead nowhere in resources of a type.
///
/// # Errors
///
/// `invalidPath` if it is malformed, names an extension as a whole or an attribute that nobody may
/// read; `invalidFilter` if its condition does not fit the attribute.
pub fn check(kind: &ResourceType, path: &str) -> Result<(), ScimError> {
    match locate(kind, path)? {
        Place::Extension(_) => Err(ScimError::invalid_path(format!(
            "`{path}` names a schema and no attribute"
        ))),
        Place::Attribute(target) if !target.attribute.is_shown() => Err(ScimError::invalid_path(
            format!("`{path}` is never shown to anybody"),
        )),
        Place::Attribute(_) | Place::Unmapped(_) => Ok(()),
    }
}

/// The value that a path leads to; `None` if there is none, or if the path leads nowhere.
pub fn read<'r>(kind: &ResourceType, resource: &'r Resource, path: &str) -> Option<&'r Value> {
    match locate(kind, path).ok()? {
        Place::Extension(_) => None,
        Place::Unmapped(stray) => read_unmapped(resource.unmapped(), &stray),
        Place::Attribute(target) => {
            if !target.attribute.is_shown() {
                return None;
            }
            let holder = match target.extension {
                None => resource.attributes(),
                Some(schema) => resource.get(&schema.id)?.as_object()?,
            };
            let value = holder.get(&target.attribute.name)?;
            let matches = |element: &&Value| {
                let condition = target.condition.as_ref();
                condition.is_none_or(|it| filter::element_matches(target.attribute, it, element))
            };
            let value = chosen(value, matches)?;
            match target.sub {
                None => Some(value),
                Some(sub) if sub.is_shown() => chosen(value.get(&sub.name)?, |_| true),
                Some(_) => None,
            }
        }
    }
}

/// The primary one of those values that fit, else the first; a single value is chosen as it is.
fn chosen(value: &Value, fits: impl Fn(&&Value) -> bool) -> Option<&Value> {
    let Value::Array(elements) = value else {
        return fits(&value).then_some(value);
    };
    let is_primary = |element: &&Value| element["primary"] == true && fits(element);
    let primary = elements.iter().find(is_primary);
    primary.or_else(|| elements.iter().find(fits))
}

fn read_unmapped<'r>(unmapped: &'r Map<String, Value>, stray: &Stray) -> Option<&'r Value> {
    let path = &stray.path;
    if path.condition.is_some() {
        // It was kept under its text, since nothing says what it selects.
        return find(unmapped, &stray.text);
    }
    let holder = match &path.attribute.schema {
        None => unmapped,
        Some(urn) => match find(unmapped, urn) {
            Some(parts) => parts.as_object()?,
            // Nothing says where a URN ends: all of the text may be one name.
            None => return chosen(find(unmapped, &stray.text)?, |_| true),
        },
    };
    let value = chosen(find(holder, &path.attribute.name)?, |_| true)?;
    match &path.sub {
        None => Some(value),
        Some(sub) => chosen(find(value.as_object()?, sub)?, |_| true),
    }
}

/// The value under a name, ignoring case.
fn find<'r>(values: &'r Map<String, Value>, name: &str) -> Option<&'r Value> {
    let mut values = values.iter();
    let found = values.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Catalog;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn amy() -> Resource {
        let body = json!({
            "userName": "amy",
            "name": { "givenName": "Amy" },
            "emails": [
                { "value": "amy@home.example", "type": "home" },
                { "value": "amy@work.example", "type": "work", "primary": true },
            ],
            ENTERPRISE: { "department": "Tours" },
            "badge": 7,
            "Desk": { "floor": 3 },
            "urn:acme:2.0:User": { "costCentre": "4711" },
        });
        Resource::parse(Catalog::core().user(), body)
            .unwrap()
            .resource
    }

    #[test]
    fn every_kind_of_path_is_followed() {
        let (catalog, amy) = (Catalog::core(), amy());
        for (path, expected) in [
            ("userName", json!("amy")),
            ("NAME.givenname", json!("Amy")),
            ("emails.value", json!("amy@work.example")),
            (r#"emails[type eq "home"].value"#, json!("amy@home.example")),
            (&format!("{ENTERPRISE}:department"), json!("Tours")),
            ("badge", json!(7)),
            ("desk.floor", json!(3)),
            ("urn:acme:2.0:User:costcentre", json!("4711")),
        ] {
            assert_eq!(read(catalog.user(), &amy, path), Some(&expected), "{path}");
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_has_no_value() {
        let (catalog, amy) = (Catalog::core(), amy());
        for path in [
            "nickName",
            "name.familyName",
            r#"emails[type eq "other"].value"#,
            "desk.chair",
            "urn:acme:2.0:User:shoe",
            ENTERPRISE,
            "a b",
        ] {
            assert_eq!(read(catalog.user(), &amy, path), None, "{path}");
        }
    }

    #[test]
    fn what_nobody_may_see_and_what_is_no_path_is_refused() {
        let catalog = Catalog::core();
        for path in ["password", ENTERPRISE, "a b", "emails[", "name[a eq 1]"] {
            assert!(check(catalog.user(), path).is_err(), "{path}");
        }
        for path in ["userName", "badge", r#"emails[type eq "work"].value"#] {
            assert!(check(catalog.user(), path).is_ok(), "{path}");
        }
    }
}
