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

/// Refuses a path whose value cannot be kept from being written: one that selects among several, or
/// that no user can be without.
///
/// # Errors
///
/// As [`check`], and `invalidPath` for those.
pub fn check_keepable(kind: &ResourceType, path: &str) -> Result<(), ScimError> {
    check(kind, path)?;
    let refused = match locate(kind, path)? {
        Place::Extension(_) => true,
        Place::Unmapped(stray) => stray.path.condition.is_some() || stray.path.sub.is_some(),
        Place::Attribute(target) => {
            let required = target.extension.is_none() && target.attribute.required;
            target.condition.is_some()
                || required
                || (target.attribute.multi_valued && target.sub.is_some())
        }
    };
    if refused {
        let detail =
            format!("`{path}` cannot be kept as it is: name a whole attribute that may be absent");
        return Err(ScimError::invalid_path(detail));
    }
    Ok(())
}

/// Gives a changed resource the value at a path that it had before, whatever was written. Whether
/// another value was there.
pub fn keep(
    kind: &ResourceType,
    before: Option<&Resource>,
    after: &mut Resource,
    path: &str,
) -> bool {
    let old = before.and_then(|before| held(kind, before, path)).cloned();
    let new = held(kind, after, path).cloned();
    if old == new {
        return false;
    }
    let Ok(place) = locate(kind, path) else {
        return false;
    };
    let (attributes, unmapped) = after.maps_mut();
    match place {
        Place::Extension(_) => return false,
        Place::Unmapped(stray) => match &stray.path.attribute.schema {
            None => put(unmapped, &stray.path.attribute.name, None, old),
            Some(urn) => put(unmapped, urn, Some(&stray.path.attribute.name), old),
        },
        Place::Attribute(target) => {
            let name = &target.attribute.name;
            let sub = target.sub.map(|sub| sub.name.as_str());
            match (target.extension, sub) {
                (None, None) => put(attributes, name, None, old),
                (None, Some(sub)) => put(attributes, name, Some(sub), old),
                (Some(schema), None) => put(attributes, &schema.id, Some(name), old),
                (Some(schema), Some(sub)) => {
                    let urn = schema.id.clone();
                    let held = attributes.get(&urn).and_then(Value::as_object);
                    let mut held = held.cloned().unwrap_or_default();
                    put(&mut held, name, Some(sub), old);
                    let held = (!held.is_empty()).then_some(Value::Object(held));
                    put(attributes, &urn, None, held);
                }
            }
        }
    }
    new.is_some()
}

/// What [`keep`] keeps: all of an attribute, where [`read`] would choose one value of several.
fn held<'r>(kind: &ResourceType, resource: &'r Resource, path: &str) -> Option<&'r Value> {
    match locate(kind, path).ok()? {
        Place::Extension(_) => None,
        Place::Unmapped(stray) => {
            let named = &stray.path.attribute;
            let holder = match &named.schema {
                None => resource.unmapped(),
                Some(urn) => find(resource.unmapped(), urn)?.as_object()?,
            };
            find(holder, &named.name)
        }
        Place::Attribute(target) => {
            let holder = match target.extension {
                None => resource.attributes(),
                Some(schema) => resource.get(&schema.id)?.as_object()?,
            };
            let value = holder.get(&target.attribute.name)?;
            target.sub.map_or(Some(value), |sub| value.get(&sub.name))
        }
    }
}

/// Writes a value under a name, or a part of the object there; an object of which nothing is left
/// goes.
fn put(values: &mut Map<String, Value>, name: &str, part: Option<&str>, value: Option<Value>) {
    let spelled = values.keys().find(|key| key.eq_ignore_ascii_case(name));
    let key = spelled.cloned().unwrap_or_else(|| name.to_owned());
    let value = match part {
        None => value,
        Some(part) => {
            let held = values.get(&key).and_then(Value::as_object);
            let mut held = held.cloned().unwrap_or_default();
            put(&mut held, part, None, value);
            (!held.is_empty()).then_some(Value::Object(held))
        }
    };
    match value {
        Some(value) => values.insert(key, value),
        None => values.shift_remove(&key),
    };
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
    fn what_is_kept_is_as_it_was_whatever_was_written() {
        let (catalog, before) = (Catalog::core(), amy());
        let kind = catalog.user();
        let written = json!({
            "userName": "amy", "name": { "givenName": "Mallory" }, "emails": [{ "value": "m@x.example" }],
            ENTERPRISE: { "department": "Board" }, "badge": 1,
        });
        let written = Resource::parse(kind, written).unwrap().resource;
        let department = format!("{ENTERPRISE}:department");
        for path in ["name.givenName", "emails", "badge", &department] {
            assert!(check_keepable(kind, path).is_ok(), "{path}");
            let mut after = written.clone();
            assert!(keep(kind, Some(&before), &mut after, path), "{path}");
            assert_eq!(
                read(kind, &after, path),
                read(kind, &before, path),
                "{path}"
            );
            let mut new = written.clone();
            assert!(keep(kind, None, &mut new, path), "{path}");
            assert_eq!(held(kind, &new, path), None, "{path}");
            assert!(!keep(kind, Some(&before), &mut before.clone(), path));
        }
        for path in [
            "userName",
            "emails.value",
            r#"emails[type eq "work"]"#,
            "desk.floor",
        ] {
            assert!(check_keepable(kind, path).is_err(), "{path}");
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
