use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ENTERPRISE, group, stored, user};
use crate::message::{PatchOp, PatchVerb};
use crate::patch::{apply, split_members};
use crate::resource::Resource;

fn verb() -> impl Strategy<Value = PatchVerb> {
    prop::sample::select(vec![PatchVerb::Add, PatchVerb::Remove, PatchVerb::Replace])
}

fn path() -> impl Strategy<Value = String> {
    let known = [
        "title",
        "userName",
        "active",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        "emails[value pr].primary",
        "emails[primary eq \"True\"].display",
        "addresses[not (type eq \"work\")].locality",
        "schemas",
        "schemas[value co \"enterprise\"]",
        "id",
        "members",
        "members[value eq \"a\"]",
        "members[display co \"a\"]",
    ]
    .map(str::to_owned);
    let extension = [
        "",
        ":department",
        ":manager",
        ":manager.value",
        ":manager.$ref",
    ]
    .map(|rest| format!("{ENTERPRISE}{rest}"));
    prop_oneof![
        8 => prop::sample::select([&known[..], &extension[..]].concat()),
        1 => "[a-z.\\[\\] \"]{0,20}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec!["", "a", "True", "work", "x@example.com"]).prop_map(Value::from),
    ];
    let names = vec![
        "value",
        "type",
        "primary",
        "display",
        "givenName",
        "title",
        "emails",
        "name",
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let key = prop_oneof![
            prop::sample::select(names.clone()).prop_map(str::to_owned),
            path(),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn ops() -> impl Strategy<Value = Vec<PatchOp>> {
    let op = (verb(), prop::option::of(path()), prop::option::of(value()))
        .prop_map(|(verb, path, value)| PatchOp { verb, path, value });
    prop::collection::vec(op, 1..5)
}

fn bjensen() -> Resource {
    stored(
        &user(),
        json!({
            "title": "Guide",
            "name": { "givenName": "Barbara" },
            "emails": [
                { "value": "a", "type": "work", "primary": true },
                { "value": "b", "type": "home" }
            ],
            ENTERPRISE: { "department": "Tours", "manager": { "value": "m1" } }
        }),
    )
}

proptest! {
    #[test]
    fn no_operations_make_the_engine_panic_and_the_result_is_canonical(ops in ops()) {
        let kind = user();
        if let Ok(patched) = apply(&kind, &bjensen(), &ops) {
            let body = Value::Object(patched.resource.attributes().clone());
            let again = Resource::parse(&kind, body).map(|parsed| parsed.resource);
            // What is unmapped is no part of the body.
            prop_assert_eq!(
                again.map(|it| it.attributes().clone()).map_err(|err| err.detail),
                Ok(patched.resource.attributes().clone())
            );
        }
    }

    #[test]
    fn replacing_by_the_same_values_twice_changes_nothing_the_second_time(
        path in path(),
        value in value(),
    ) {
        let kind = user();
        let op = [PatchOp { verb: PatchVerb::Replace, path: Some(path), value: Some(value) }];
        if let Ok(first) = apply(&kind, &bjensen(), &op)
            && let Ok(second) = apply(&kind, &first.resource, &op)
        {
            prop_assert!(!second.changed, "{:?}", second.resource);
        }
    }

    #[test]
    fn no_operations_make_the_split_panic_or_leave_members_behind(ops in ops()) {
        let kind = group();
        if let Ok(split) = split_members(&kind, ops)
            && let Ok(patched) = split.apply(&kind, &stored(&kind, json!({})))
        {
            prop_assert_eq!(patched.resource.get("members"), None);
        }
    }
}
