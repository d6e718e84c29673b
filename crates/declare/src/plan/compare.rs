//! Which fields differ.

use serde_json::Value;

use super::FieldChange;
use crate::named::Fields;

/// Those of the wanted fields that are not as they are held. A field that is not wanted is not looked
/// at; one of an object is looked at for itself.
pub(super) fn changes(wanted: &Fields, held: &Fields) -> Vec<FieldChange> {
    let mut found = Vec::new();
    compare("", wanted, held, &mut found);
    found
}

fn compare(outer: &str, wanted: &Fields, held: &Fields, found: &mut Vec<FieldChange>) {
    for (name, after) in wanted {
        let field = format!("{outer}{name}");
        let before = held.get(name).unwrap_or(&Value::Null);
        match (after, before) {
            (Value::Object(after), Value::Object(before)) => {
                compare(&format!("{field}."), after, before, found);
            }
            _ if after == before => {}
            _ => found.push(FieldChange {
                field,
                before: before.clone(),
                after: after.clone(),
            }),
        }
    }
}

/// The fields of something new. What is `null` is so anyway.
pub(super) fn of_new(wanted: &Fields) -> Vec<FieldChange> {
    let mut found = Vec::new();
    flatten("", wanted, &mut found);
    found
}

fn flatten(outer: &str, wanted: &Fields, found: &mut Vec<FieldChange>) {
    for (name, after) in wanted {
        let field = format!("{outer}{name}");
        match after {
            Value::Null => {}
            Value::Object(inner) => flatten(&format!("{field}."), inner, found),
            _ => found.push(FieldChange {
                field,
                before: Value::Null,
                after: after.clone(),
            }),
        }
    }
}

/// The held fields with the wanted ones over them.
pub(super) fn merged(held: &Fields, wanted: &Fields) -> Fields {
    let mut merged = held.clone();
    for (name, value) in wanted {
        let value = match (value, merged.get(name)) {
            (Value::Object(inner), Some(Value::Object(held))) => {
                Value::Object(self::merged(held, inner))
            }
            _ => value.clone(),
        };
        merged.insert(name.clone(), value);
    }
    merged
}

/// Those of the wanted fields that a change is about, as a body that names nothing else.
pub(super) fn only_changed(wanted: &Fields, held: &Fields) -> Fields {
    let mut body = Fields::new();
    for (name, after) in wanted {
        let before = held.get(name).unwrap_or(&Value::Null);
        match (after, before) {
            (Value::Object(after), Value::Object(before)) => {
                let inner = only_changed(after, before);
                if !inner.is_empty() {
                    body.insert(name.clone(), Value::Object(inner));
                }
            }
            _ if after == before => {}
            _ => {
                body.insert(name.clone(), after.clone());
            }
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn only_what_is_wanted_and_differs_is_a_change() {
        let held = fields(json!({
            "name": "a", "idp": "okta",
            "settings": { "profile": "compat", "features": { "bulk": true, "sort": true } },
        }));
        let wanted = fields(json!({
            "name": "a", "idp": null,
            "settings": { "features": { "bulk": false, "sort": true } },
        }));
        let told: Vec<_> = changes(&wanted, &held)
            .into_iter()
            .map(|it| format!("{}: {} -> {}", it.field, it.before, it.after))
            .collect();
        assert_eq!(
            told,
            [
                "idp: \"okta\" -> null",
                "settings.features.bulk: true -> false"
            ]
        );
        assert_eq!(
            Value::Object(only_changed(&wanted, &held)),
            json!({ "idp": null, "settings": { "features": { "bulk": false } } })
        );
        let merged = Value::Object(merged(&held, &wanted));
        assert_eq!(
            merged["settings"]["features"],
            json!({ "bulk": false, "sort": true })
        );
        assert_eq!(changes(&held, &held), []);
    }
}
