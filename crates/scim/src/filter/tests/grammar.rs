use super::{refusal, user};
use crate::filter::{Filter, MAX_COMPARISONS, MAX_DEPTH, MAX_LENGTH, parse};

/// The filter as the tree sees it: every group in parentheses.
fn tree(text: &str) -> String {
    fn show(filter: &Filter) -> String {
        match filter {
            Filter::And(left, right) => format!("({} and {})", show(left), show(right)),
            Filter::Or(left, right) => format!("({} or {})", show(left), show(right)),
            Filter::Not(inner) => format!("not {}", show(inner)),
            Filter::AnyElement { path, matching } => format!("{path}[{}]", show(matching)),
            Filter::Present(_) | Filter::Compare { .. } => filter.to_string(),
        }
    }
    show(&parse(text, &user()).expect(text))
}

#[test]
fn and_binds_before_or() {
    assert_eq!(
        tree("title pr or name pr and id pr"),
        "(title pr or (name pr and id pr))"
    );
}

#[test]
fn not_binds_before_and() {
    assert_eq!(tree("not (title pr) and id pr"), "(not title pr and id pr)");
}

#[test]
fn parentheses_regroup() {
    assert_eq!(
        tree("(title pr or name pr) and id pr"),
        "((title pr or name pr) and id pr)"
    );
}

#[test]
fn the_same_operator_groups_to_the_left() {
    assert_eq!(
        tree("id pr and title pr and name pr"),
        "((id pr and title pr) and name pr)"
    );
}

#[test]
fn operators_and_keywords_ignore_case_and_extra_space() {
    assert_eq!(
        tree("  USERNAME   Eq \"x\"AND NOT(title PR)  "),
        r#"(USERNAME eq "x" and not title pr)"#
    );
}

#[test]
fn a_quote_may_follow_the_operator_at_once() {
    assert_eq!(tree(r#"userName eq"bjensen""#), r#"userName eq "bjensen""#);
}

#[test]
fn literals_are_those_of_json() {
    assert_eq!(
        tree(r#"displayName eq "a\"b\u00e9]""#),
        r#"displayName eq "a\"bé]""#
    );
    assert_eq!(tree("active eq true"), "active eq true");
    assert_eq!(tree("title ne null"), "title ne null");
    assert_eq!(tree("title eq -1.5"), "title eq -1.5");
}

#[test]
fn a_word_without_quotes_is_text_for_eq_alone() {
    assert_eq!(tree("externalId eq jyoung"), r#"externalId eq "jyoung""#);
    assert_eq!(
        refusal("externalId sw jyoung"),
        "invalidFilter: the value after `sw` is no JSON literal: a text needs double quotes"
    );
    assert_eq!(
        refusal("externalId eq 'jyoung'"),
        "invalidFilter: the value after `eq` is no JSON literal: a text needs double quotes"
    );
}

#[test]
fn conditions_in_brackets_take_every_operator() {
    assert_eq!(
        tree(r#"emails[type eq "work" or not (value ew ".org") and primary pr]"#),
        r#"emails[(type eq "work" or (not value ew ".org" and primary pr))]"#
    );
}

#[test]
fn a_sub_attribute_after_brackets_is_one_more_condition_on_the_element() {
    assert_eq!(
        tree(r#"emails[type eq "work"].value eq "x" and title pr"#),
        r#"(emails[(type eq "work" and value eq "x")] and title pr)"#
    );
    assert_eq!(
        tree(r#"emails[type eq "work"].value pr"#),
        r#"emails[(type eq "work" and value pr)]"#
    );
}

#[test]
fn a_urn_may_stand_before_an_attribute() {
    let text = r#"urn:ietf:params:scim:schemas:core:2.0:User:name.givenName eq "Barbara""#;
    assert_eq!(tree(text), text);
}

#[test]
fn what_is_no_filter_is_refused_with_the_word_that_is_wrong() {
    let refusals = [
        "",
        " ",
        "userName",
        "userName eq",
        "userName regex \".*\"",
        "userName eq \"a\" foo",
        "userName eq \"a",
        "not title pr",
        "(title pr",
        "title pr)",
        "title pr and",
        "emails[type eq \"work\"",
        "emails[]",
        "emails[type eq \"work\" and emails[type pr]]",
        "emails[urn:x:type pr]",
        "emails[a.b pr]",
        "name.givenName[value pr]",
        "a.b.c pr",
        "userName eq (",
        "userName eq +1",
    ]
    .map(|text| format!("{text} -> {}", refusal(text)))
    .join("\n");

    insta::assert_snapshot!(refusals, @r#"
     -> invalidFilter: the filter ends where an attribute should stand
      -> invalidFilter: the filter ends where an attribute should stand
    userName -> invalidFilter: the filter ends where an operator after `userName` should stand
    userName eq -> invalidFilter: the filter ends where a value should stand
    userName regex ".*" -> invalidFilter: `regex` is no operator
    userName eq "a" foo -> invalidFilter: found `foo` where `and`, `or` or the end of the filter should stand
    userName eq "a -> invalidFilter: a text in double quotes does not end or is no JSON string
    not title pr -> invalidFilter: `not` needs parentheses, as in `not (title pr)`
    (title pr -> invalidFilter: the filter ends where `)` should stand
    title pr) -> invalidFilter: found `)` where `and`, `or` or the end of the filter should stand
    title pr and -> invalidFilter: the filter ends where an attribute should stand
    emails[type eq "work" -> invalidFilter: the filter ends where `]` should stand
    emails[] -> invalidFilter: found `]` where an attribute should stand
    emails[type eq "work" and emails[type pr]] -> invalidFilter: brackets cannot stand inside brackets
    emails[urn:x:type pr] -> invalidFilter: `urn:x:type` stands in brackets, where only sub-attributes can be named
    emails[a.b pr] -> invalidFilter: `a.b` stands in brackets, where only sub-attributes can be named
    name.givenName[value pr] -> invalidFilter: `name.givenName[` has brackets after a sub-attribute
    a.b.c pr -> invalidFilter: `a.b.c` is not an attribute path
    userName eq ( -> invalidFilter: found `(` where a value should stand
    userName eq +1 -> invalidFilter: the value after `eq` is no JSON literal: a text needs double quotes
    "#);
}

#[test]
fn nesting_stops_at_the_limit_and_does_not_overflow_the_stack() {
    let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));

    assert!(parse(&nested(MAX_DEPTH), &user()).is_ok());
    assert_eq!(
        refusal(&nested(MAX_DEPTH + 1)),
        "invalidFilter: the filter is nested more than 64 levels deep"
    );
    assert_eq!(
        refusal(&"not(".repeat(2000)),
        "invalidFilter: the filter is nested more than 64 levels deep"
    );
}

#[test]
fn length_and_number_of_comparisons_are_limited() {
    let terms = |count: usize| vec!["id pr"; count].join(" or ");

    assert!(parse(&terms(MAX_COMPARISONS), &user()).is_ok());
    assert_eq!(
        refusal(&terms(MAX_COMPARISONS + 1)),
        "invalidFilter: the filter has more than 100 comparisons"
    );
    assert_eq!(
        refusal(&" ".repeat(MAX_LENGTH + 1)),
        "invalidFilter: the filter is longer than 8192 bytes"
    );
}
