//! What an audit row says of a change: what was there before, and what is there now.

use serde_json::{Map, Value, json};

/// `{before, after}`, reduced to what differs.
pub(crate) fn changed(before: &Value, after: &Value) -> Value {
    let (before, after) = difference(before, after);
    json!({ "before": before, "after": after })
}

/// `{after}`, of what was made.
pub(crate) fn made(after: Value) -> Value {
    json!({ "after": subject(after) })
}

/// `{before}`, of what is gone.
pub(crate) fn gone(before: Value) -> Value {
    json!({ "before": subject(before) })
}

/// What an event tells stands under the name of its kind, which the action says already.
pub(crate) fn subject(told: Value) -> Value {
    match told {
        Value::Object(mut fields) if fields.len() == 1 => {
            let named = fields.keys().next().cloned().unwrap_or_default();
            match fields.shift_remove(&named) {
                Some(Value::Object(inner)) => Value::Object(inner),
                Some(other) => json!({ named: other }),
                None => Value::Null,
            }
        }
        other => other,
    }
}

/// The two sides without what is equal in both. Lists are compared as a whole.
fn difference(before: &Value, after: &Value) -> (Value, Value) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before.clone(), after.clone());
    };
    let (mut was, mut is) = (Map::new(), Map::new());
    let added = new.keys().filter(|name| !old.contains_key(*name));
    for name in old.keys().chain(added) {
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => {
                let (old, new) = difference(old, new);
                was.insert(name.clone(), old);
                is.insert(name.clone(), new);
            }
            (old, new) => {
                was.extend(old.map(|value| (name.clone(), value.clone())));
                is.extend(new.map(|value| (name.clone(), value.clone())));
            }
        }
    }
    (Value::Object(was), Value::Object(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_by_what_differs() {
        let side = |name: &str, settings: Value| json!({ "scim_connection": { "id": "scim_1", "name": name, "settings": settings } });
        let before = side("Okta", json!({ "profile": "compat", "tags": ["a", "b"] }));
        let after = side(
            "Okta",
            json!({ "profile": "strict", "tags": ["a"], "new": 1 }),
        );
        insta::assert_snapshot!(
            changed(&subject(before), &subject(after)),
            @r#"{"before":{"settings":{"profile":"compat","tags":["a","b"]}},"after":{"settings":{"profile":"strict","tags":["a"],"new":1}}}"#
        );
    }

    #[test]
    fn what_is_made_or_gone_is_told_without_the_name_of_its_kind() {
        let told = json!({ "organization": { "name": "Acme" } });
        insta::assert_snapshot!(made(told.clone()), @r#"{"after":{"name":"Acme"}}"#);
        insta::assert_snapshot!(gone(told), @r#"{"before":{"name":"Acme"}}"#);
    }
}
