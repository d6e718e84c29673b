//! What holds for every body, however odd.

use proptest::prelude::*;
use rollcall_scim::schema::ENTERPRISE_USER_URN;
use rollcall_scim::{Catalog, Resource, json};
use serde_json::{Map, Value};

/// Names that mean something, so that odd values reach the code behind them.
const NAMES: [&str; 20] = [
    "userName",
    "USERNAME",
    "displayName",
    "active",
    "name",
    "givenName",
    "emails",
    "value",
    "type",
    "primary",
    "$ref",
    "members",
    "manager",
    "schemas",
    "id",
    "meta",
    "addresses",
    "password",
    ENTERPRISE_USER_URN,
    "tea",
];

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec!["", " ", "True", "false", "7", "work", "a/b/"])
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        let name = prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn body() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
    prop::collection::vec((name, json_value()), 0..8).prop_map(|members| {
        let mut body: Map<String, Value> = members.into_iter().collect();
        // Without these two every body would end at the first check.
        body.remove("schemas");
        body.insert("userName".to_owned(), Value::from("bjensen"));
        body.insert("displayName".to_owned(), Value::from("Babs"));
        Value::Object(body)
    })
}

proptest! {
    #[test]
    fn no_body_makes_the_reader_panic(body in json_value()) {
        let catalog = Catalog::core();
        for kind in catalog.resource_types() {
            let _ = Resource::parse(kind, body.clone());
            let _ = Resource::replace(kind, "1", &Resource::default(), body.clone());
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = json::parse(&bytes);
    }

    #[test]
    fn strict_reading_agrees_with_plain_reading(value in json_value()) {
        // Some keys occur twice in different case; those are refused.
        if let Ok(read) = json::parse(value.to_string().as_bytes()) {
            let plain: Value = serde_json::from_str(&value.to_string()).unwrap();
            prop_assert_eq!(read, plain);
        }
    }

    #[test]
    fn what_was_read_and_stored_reads_the_same_again(body in body()) {
        let catalog = Catalog::core();
        for kind in catalog.resource_types() {
            let Ok(first) = Resource::parse(kind, body.clone()) else { continue };
            let stored = first.resource.to_stored();
            let loaded = Resource::from_stored(&stored).unwrap();
            // What no schema knows is stored apart.
            prop_assert_eq!(loaded.attributes(), first.resource.attributes());
            let mut again: Value = serde_json::from_str(&stored).unwrap();
            again["schemas"] = Value::from(kind.urns());
            let second = Resource::parse(kind, again).unwrap();
            prop_assert_eq!(second.resource.to_stored(), stored);
            prop_assert_eq!(second.quirks, vec![]);
        }
    }
}
