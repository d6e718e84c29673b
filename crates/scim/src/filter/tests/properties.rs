use proptest::prelude::*;
use serde_json::{Number, Value, json};

use super::user;
use crate::attr::AttrPath;
use crate::filter::{CompareOp, Filter, Literal, check, parse};

fn path(inside: bool) -> BoxedStrategy<AttrPath> {
    let names = if inside {
        vec!["type", "value", "primary", "display"]
    } else {
        vec![
            "userName",
            "name.givenName",
            "emails",
            "emails.type",
            "active",
            "meta.created",
            "shoeSize",
            "urn:ietf:params:scim:schemas:core:2.0:User:title",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
        ]
    };
    prop::sample::select(names)
        .prop_map(|name| AttrPath::parse(name, &user().urns()).unwrap())
        .boxed()
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(|number| Literal::Number(number.into())),
        // Eighths are exact in both notations; `serde_json` may read others off by a bit.
        any::<i32>()
            .prop_filter_map("JSON has no such number", |n| Number::from_f64(
                f64::from(n) / 8.0
            ))
            .prop_map(Literal::Number),
        any::<String>().prop_map(Literal::Text),
    ]
}

fn filter(inside: bool) -> BoxedStrategy<Filter> {
    let leaf = prop_oneof![
        path(inside).prop_map(Filter::Present),
        (
            path(inside),
            prop::sample::select(CompareOp::ALL.to_vec()),
            literal()
        )
            .prop_map(|(path, op, value)| Filter::Compare { path, op, value }),
    ];
    leaf.prop_recursive(4, 16, 2, move |inner| {
        let grouped = prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Filter::And(a.into(), b.into())),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Filter::Or(a.into(), b.into())),
            inner.prop_map(|a| Filter::Not(a.into())),
        ];
        if inside {
            grouped.boxed()
        } else {
            let whole =
                path(false).prop_filter("brackets follow an attribute", |path| path.sub.is_none());
            prop_oneof![
                3 => grouped,
                1 => (whole, filter(true)).prop_map(|(path, matching)| Filter::AnyElement {
                    path,
                    matching: matching.into(),
                }),
            ]
            .boxed()
        }
    })
    .boxed()
}

/// Users with values of every type, right and wrong, where filters look.
fn resource() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!([null, 1, "x", {"value": "y"}])),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    prop::collection::vec(value, 6).prop_map(|values| {
        json!({
            "userName": values[0],
            "name": { "givenName": values[1] },
            "emails": [{ "type": values[2], "value": values[3], "primary": values[4] }, values[5]],
            "active": values[1],
            "meta": { "created": values[0] },
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": values[4],
        })
    })
}

proptest! {
    #[test]
    fn a_printed_filter_parses_to_the_same_tree(filter in filter(false)) {
        let text = filter.to_string();
        prop_assume!(text.len() <= crate::filter::MAX_LENGTH);
        prop_assert_eq!(parse(&text, &user()).map_err(|err| format!("{text}: {err}")), Ok(filter));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-z.\\[\\]()\" \\\\]{0,60}|.{0,60}") {
        let _ = parse(&text, &user());
    }

    #[test]
    fn no_filter_and_no_resource_make_the_evaluator_panic(
        filter in filter(false),
        resource in resource(),
    ) {
        if let Ok(filter) = check(&user(), filter) {
            filter.matches(&user(), &resource);
        }
    }

    #[test]
    fn ne_is_the_negation_of_eq(filter in filter(false), resource in resource()) {
        let kind = user();
        if let Filter::Compare { path, value, .. } = filter {
            let with = |op| check(&kind, Filter::Compare { path: path.clone(), op, value: value.clone() });
            if let (Ok(eq), Ok(ne)) = (with(CompareOp::Eq), with(CompareOp::Ne)) {
                prop_assert_ne!(eq.matches(&kind, &resource), ne.matches(&kind, &resource));
            }
        }
    }
}
