//! What differs between two states of something that events tell.
//!
//! Each difference stands under the path of what differs: names joined by dots, and by a colon
//! behind the URN of an extension, as SCIM writes the path of an attribute (RFC 7644 §3.10). Lists
//! are compared as a whole: their elements have no names by which a follower could find them again.

use serde_json::{Map, Value, json};

/// The differences by path, each as `{before, after}`; `null` stands for what is not there.
///
/// Both sides are objects that hold what may be shown, and nothing else.
pub(crate) fn changes(before: &Value, after: &Value) -> Value {
    let mut found = Map::new();
    compare("", before, after, &mut found);
    Value::Object(found)
}

fn compare(prefix: &str, before: &Value, after: &Value, found: &mut Map<String, Value>) {
    for name in names(before, after) {
        let was = before.get(name).unwrap_or(&Value::Null);
        let is = after.get(name).unwrap_or(&Value::Null);
        if was == is {
            continue;
        }
        let path = format!("{prefix}{name}");
        if have_parts(was, is) {
            let separator = if name.contains(':') { ':' } else { '.' };
            compare(&format!("{path}{separator}"), was, is, found);
        } else {
            found.insert(path, json!({ "before": was, "after": is }));
        }
    }
}

/// The names of both sides, those of the first one first.
fn names<'v>(before: &'v Value, after: &'v Value) -> impl Iterator<Item = &'v String> {
    let of = |value: &'v Value| value.as_object().into_iter().flat_map(Map::keys);
    of(before).chain(of(after).filter(|name| before.get(name.as_str()).is_none()))
}

/// Whether both sides are told by their parts: named ones on one side, and named ones or nothing on
/// the other.
fn have_parts(was: &Value, is: &Value) -> bool {
    match (was, is) {
        (Value::Object(_), Value::Object(_)) => true,
        (Value::Object(parts), Value::Null) | (Value::Null, Value::Object(parts)) => {
            !parts.is_empty()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    #[test]
    fn differences_stand_under_the_paths_of_scim() {
        let before = json!({
            "userName": "amy", "name": { "givenName": "Amy", "familyName": "Ash" },
            "emails": [{ "value": "amy@acme.com" }], EXTENSION: { "department": "Sales" },
        });
        let after = json!({
            "userName": "amy", "name": { "givenName": "Amy", "familyName": "Birch" },
            "emails": [], EXTENSION: { "manager": { "value": "26" } }, "title": "Dr",
        });
        insta::assert_json_snapshot!(changes(&before, &after), @r#"
        {
          "name.familyName": {
            "before": "Ash",
            "after": "Birch"
          },
          "emails": {
            "before": [
              {
                "value": "amy@acme.com"
              }
            ],
            "after": []
          },
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": {
            "before": "Sales",
            "after": null
          },
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value": {
            "before": null,
            "after": "26"
          },
          "title": {
            "before": null,
            "after": "Dr"
          }
        }
        "#);
    }

    /// Values as they are told: attributes, some with parts, some in an extension.
    fn told() -> impl Strategy<Value = Value> {
        let simple = prop_oneof![
            any::<bool>().prop_map(Value::from),
            "[a-c]{1,2}".prop_map(Value::from),
            prop::collection::vec("[a-c]".prop_map(Value::from), 0..3).prop_map(Value::from),
        ];
        let parts = prop::collection::btree_map("[x-z]", simple.clone(), 1..3);
        let complex = parts.prop_map(|parts| Value::Object(parts.into_iter().collect()));
        let extension = prop::collection::btree_map(
            "[p-r]",
            prop_oneof![simple.clone(), complex.clone()],
            1..3,
        )
        .prop_map(|held| Value::Object(held.into_iter().collect()));
        let attributes = prop::collection::btree_map("[a-d]", prop_oneof![simple, complex], 0..4);
        (attributes, prop::option::of(extension)).prop_map(|(attributes, extension)| {
            let mut all: Map<String, Value> = attributes.into_iter().collect();
            all.extend(extension.map(|held| (EXTENSION.to_owned(), held)));
            Value::Object(all)
        })
    }

    /// What a follower does with a change, who knows the state before.
    fn apply(state: &mut Value, path: &str, after: &Value) {
        let (names, rest) = match path.strip_prefix(EXTENSION) {
            Some(rest) => (Some(EXTENSION), &rest[1..]),
            None => (None, path),
        };
        let mut at = state;
        for name in names.into_iter().chain(rest.split('.')) {
            at = &mut at[name];
        }
        *at = after.clone();
    }

    /// Without what is `null`, and what has no parts left.
    fn tidy(value: &Value) -> Value {
        let Value::Object(fields) = value else {
            return value.clone();
        };
        let fields = fields
            .iter()
            .map(|(name, value)| (name.clone(), tidy(value)));
        let fields: std::collections::BTreeMap<_, _> =
            fields.filter(|(_, value)| !value.is_null()).collect();
        match fields.is_empty() {
            true => Value::Null,
            false => Value::Object(fields.into_iter().collect()),
        }
    }

    proptest! {
        #[test]
        fn whoever_applies_the_changes_has_the_state_after(before in told(), after in told()) {
            let changes = changes(&before, &after);
            let mut state = before.clone();
            for (path, change) in changes.as_object().unwrap() {
                prop_assert_ne!(&change["before"], &change["after"]);
                apply(&mut state, path, &change["after"]);
            }
            prop_assert_eq!(tidy(&state), tidy(&after));
        }

        #[test]
        fn what_is_equal_has_no_changes(told in told()) {
            prop_assert_eq!(changes(&told, &told), json!({}));
        }
    }
}
