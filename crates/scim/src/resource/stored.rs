//! An answer made of stored text.
//!
//! A resource is stored in the order in which answers show it, so most answers need not read it:
//! what the server adds stands before and after the text. That goes for the core schemas. Where a
//! connection has schemas of its own, some of what is stored may be hidden, and
//! [`render`](super::render()) looks at each attribute.

use super::render::Meta;
use crate::schema::{ENTERPRISE_USER_URN, ResourceType};

/// Writes what [`render`](super::render()) writes, of what
/// [`Resource::to_stored`](super::Resource::to_stored) wrote, without reading it. `derived` are
/// attributes that the server computes, by name, as JSON; they stand before `meta`.
///
/// `None` if it has to be read: the resource type has schemas of a connection, or the text is not
/// that of a resource.
pub fn render_stored(
    kind: &ResourceType,
    stored: &str,
    id: &str,
    meta: &Meta,
    derived: &[(&str, String)],
) -> Option<String> {
    let core = |urn: &str| urn == ENTERPRISE_USER_URN;
    if !kind.extensions.iter().all(|it| core(&it.schema.id)) {
        return None;
    }
    let attributes = stored.strip_prefix('{')?.strip_suffix('}')?;
    let added: usize = derived
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    let mut answer = String::with_capacity(stored.len() + added + 512);
    answer.push_str("{\"schemas\":[\"");
    answer.push_str(&kind.schema.id);
    if holds_extension(attributes) {
        answer.push_str("\",\"");
        answer.push_str(ENTERPRISE_USER_URN);
    }
    answer.push_str("\"],\"id\":\"");
    answer.push_str(id);
    answer.push('"');
    if !attributes.is_empty() {
        answer.push(',');
        answer.push_str(attributes);
    }
    for (name, value) in derived {
        answer.push_str(",\"");
        answer.push_str(name);
        answer.push_str("\":");
        answer.push_str(value);
    }
    answer.push_str(",\"meta\":");
    answer.push_str(&meta.to_text());
    answer.push('}');
    Some(answer)
}

/// Whether a key is the URN of the extension. Inside a text the quote before it would be escaped,
/// and no attribute has that name.
fn holds_extension(attributes: &str) -> bool {
    const URN: &str = ENTERPRISE_USER_URN;
    attributes.match_indices(URN).any(|(at, _)| {
        let (before, after) = (&attributes[..at], &attributes[at + URN.len()..]);
        (before == "\"" || before.ends_with(",\"")) && after.starts_with("\":{")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Resource, render};
    use super::*;
    use crate::schema::Catalog;

    const ID: &str = "0190a000-0000-7000-8000-000000000001";

    fn meta() -> Meta {
        Meta {
            resource_type: "User".to_owned(),
            created: "2026-01-01T00:00:00.000Z".to_owned(),
            last_modified: "2026-01-02T00:00:00.000Z".to_owned(),
            version: Some("W/\"3\"".to_owned()),
            location: "https://scim.example.com/\"quoted\"/Users/1".to_owned(),
        }
    }

    /// Both ways to an answer, of one body.
    fn answers(body: Value, groups: Value) -> (Value, Value) {
        let catalog = Catalog::core();
        let kind = catalog.user();
        let resource = Resource::parse(kind, body).unwrap().resource;
        let read = render(
            kind,
            &resource,
            ID,
            meta(),
            vec![("groups", groups.clone())],
        );
        let some = groups.as_array().is_some_and(|groups| !groups.is_empty());
        let derived: Vec<_> = some
            .then(|| ("groups", groups.to_string()))
            .into_iter()
            .collect();
        let spliced = render_stored(kind, &resource.to_stored(), ID, &meta(), &derived);
        (read, serde_json::from_str(&spliced.unwrap()).unwrap())
    }

    #[test]
    fn it_says_what_reading_the_resource_says() {
        let (urn, core) = (
            ENTERPRISE_USER_URN,
            "urn:ietf:params:scim:schemas:core:2.0:User",
        );
        let groups = json!([{ "value": "7", "display": "\"G\"", "type": "direct" }]);
        let bodies = [
            json!({ "schemas": [core], "userName": "amy" }),
            json!({ "schemas": [core], "userName": "a\"m\\y", "externalId": "x",
                "emails": [{ "value": "amy@example.com", "type": "work" }] }),
            json!({ "schemas": [core, urn], "userName": "amy", urn: { "department": "Tours" } }),
            json!({ "schemas": [core], "userName": format!("amy\",\"{urn}\":{{"),
                "title": format!(",\"{urn}\":{{\"department\"") }),
            json!({ "schemas": [core], "userName": urn, "displayName": format!("\"{urn}\":{{") }),
        ];
        for body in bodies {
            for groups in [json!([]), groups.clone()] {
                let (read, spliced) = answers(body.clone(), groups);
                assert_eq!(read, spliced, "{body}");
            }
        }
    }

    #[test]
    fn what_may_be_hidden_is_not_passed_through() {
        let catalog = Catalog::core();
        for text in ["", "[]", "{", "}"] {
            assert_eq!(render_stored(catalog.user(), text, ID, &meta(), &[]), None);
        }
        let group = render_stored(catalog.group(), r#"{"displayName":"G"}"#, ID, &meta(), &[]);
        assert!(
            group
                .unwrap()
                .starts_with(r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"#)
        );
    }
}
