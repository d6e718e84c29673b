use serde_json::json;

use super::*;

/// The expectations of a list that the value does not meet.
fn unmet<const N: usize>(found: Option<Value>, wanted: [Value; N]) -> Vec<Value> {
    wanted
        .into_iter()
        .filter(|wanted| {
            Matcher::parse(wanted)
                .unwrap()
                .check(found.as_ref())
                .is_err()
        })
        .collect()
}

fn none_unmet() -> Vec<Value> {
    Vec::new()
}

#[test]
fn a_literal_is_equal_to_the_type() {
    let same_number = [json!(1), json!(1.0)];
    let others = [json!("1"), json!(true), json!([1]), json!(null), json!(2)];

    assert_eq!(unmet(Some(json!(1)), same_number), none_unmet());
    assert_eq!(unmet(Some(json!(1)), others.clone()), others);
}

#[test]
fn a_literal_object_may_have_its_members_in_any_order_and_no_others() {
    let found = json!({ "a": 1, "b": [true] });

    assert_eq!(
        unmet(Some(found.clone()), [json!({ "b": [true], "a": 1.0 })]),
        none_unmet()
    );
    let others = [json!({ "a": 1 }), json!({ "a": 1, "b": [1] }), json!({})];
    assert_eq!(unmet(Some(found), others.clone()), others);
}

#[test]
fn an_object_with_a_key_that_is_no_condition_is_a_literal() {
    let found = json!({ "len": 1, "value": "x" });

    assert_eq!(
        unmet(Some(found), [json!({ "len": 1, "value": "x" })]),
        none_unmet()
    );
}

#[test]
fn null_and_empty_collections_count_as_absent_but_not_as_missing() {
    let absent = [
        json!({ "absent": true }),
        json!({ "exists": false }),
        json!({ "not": { "absent": false } }),
    ];
    for empty in [json!(null), json!([]), json!({})] {
        assert_eq!(unmet(Some(empty.clone()), absent.clone()), none_unmet());
        assert_eq!(
            unmet(Some(empty), [json!({ "missing": false })]),
            none_unmet()
        );
    }
    assert_eq!(unmet(None, absent.clone()), none_unmet());
    assert_eq!(unmet(None, [json!({ "missing": true })]), none_unmet());
    assert_eq!(unmet(Some(json!(false)), absent.clone()), absent);
    assert_eq!(unmet(Some(json!("")), absent.clone()), absent);
}

#[test]
fn an_empty_list_exists_and_null_does_not() {
    let exists = [json!({ "exists": true })];

    assert_eq!(unmet(Some(json!([])), exists.clone()), none_unmet());
    assert_eq!(unmet(Some(json!(null)), exists.clone()), exists);
    assert_eq!(unmet(None, exists.clone()), exists);
}

#[test]
fn a_list_contains_an_element_with_at_least_the_members_wanted() {
    let found = json!([
        { "type": "work", "value": "a@b", "more": { "x": 1, "y": 2 } },
        { "type": "home" },
    ]);
    let held = [
        json!({ "contains": { "type": "work" } }),
        json!({ "contains": { "more": { "y": 2 } } }),
        json!({ "contains": { "type": "home", "value": { "missing": true } } }),
        json!({ "contains": { "value": { "contains": "@" } } }),
        json!({ "countOf": [{ "type": { "kind": "string" } }, 2] }),
        json!({ "countOf": [{ "value": "x" }, 0], "len": 2 }),
    ];
    let not_held = [
        json!({ "contains": { "type": "home", "value": "a@b" } }),
        json!({ "contains": "work" }),
        json!({ "countOf": [{ "type": "work" }, 2] }),
        json!({ "kind": "array", "len": 3 }),
    ];

    assert_eq!(unmet(Some(found.clone()), held), none_unmet());
    assert_eq!(unmet(Some(found), not_held.clone()), not_held);
}

#[test]
fn a_text_contains_a_part_and_an_object_contains_members() {
    let part = [json!({ "contains": "lo w" })];
    let members = [json!({ "contains": { "a": 1 } })];

    assert_eq!(
        unmet(Some(json!("hello world")), part.clone()),
        none_unmet()
    );
    assert_eq!(
        unmet(Some(json!({ "a": 1, "b": 2 })), members.clone()),
        none_unmet()
    );
    assert_eq!(unmet(Some(json!("hello")), part.clone()), part);
    assert_eq!(unmet(Some(json!("hello")), members.clone()), members);
    assert_eq!(unmet(Some(json!(7)), part.clone()), part);
    assert_eq!(unmet(None, part.clone()), part);
}

#[test]
fn kinds_lengths_and_bounds_look_at_the_type() {
    let integer = [
        json!({ "kind": "integer" }),
        json!({ "ge": 5, "le": 5.5 }),
        json!({ "anyOf": [4, 5] }),
        json!({ "not": 6 }),
        json!({ "eq": 5 }),
    ];
    let others = [
        json!({ "kind": "boolean" }),
        json!({ "kind": "string" }),
        json!({ "ge": 6 }),
        json!({ "le": 4 }),
        json!({ "len": 1 }),
        json!({ "anyOf": [] }),
    ];

    assert_eq!(unmet(Some(json!(5)), integer.clone()), none_unmet());
    assert_eq!(unmet(Some(json!(5)), others.clone()), others);
    assert_eq!(
        unmet(Some(json!("äöü")), [json!({ "len": 3 })]),
        none_unmet()
    );
    assert_eq!(
        unmet(
            Some(json!(true)),
            [json!({ "ge": 0 }), json!({ "kind": "integer" })]
        )
        .len(),
        2
    );
}

#[test]
fn letters_are_the_same_but_for_case() {
    let wanted = [json!({ "ci": "Straße" })];

    assert_eq!(unmet(Some(json!("STRASSE")), wanted.clone()), none_unmet());
    assert_eq!(unmet(Some(json!("strase")), wanted.clone()), wanted);
}

#[test]
fn the_message_says_what_was_found_and_which_condition_failed() {
    let matcher = Matcher::parse(&json!({ "kind": "array", "len": 2 })).unwrap();
    let long = Matcher::parse(&json!("x".repeat(200))).unwrap();

    insta::assert_snapshot!(
        matcher.check(Some(&json!([1]))).unwrap_err(),
        @r#"is [1], want {"len":2}"#
    );
    insta::assert_snapshot!(
        matcher.check(None).unwrap_err(),
        @r#"is <missing>, want {"kind":"array"}"#
    );
    assert_eq!(
        long.check(None).unwrap_err().len(),
        "is <missing>, want ".len() + 160
    );
}

#[test]
fn an_argument_of_the_wrong_type_is_refused() {
    let errors = [
        json!({ "len": "2" }),
        json!({ "kind": "number" }),
        json!({ "not": { "countOf": [1] } }),
        json!({ "contains": { "a": { "exists": "yes" } } }),
    ]
    .map(|wrong| Matcher::parse(&wrong).unwrap_err().to_string());

    insta::assert_snapshot!(errors.join("\n"), @r#"
    `len` cannot have the argument "2"
    `kind` cannot have the argument "number"
    `countOf` cannot have the argument [1]
    `exists` cannot have the argument "yes"
    "#);
}
