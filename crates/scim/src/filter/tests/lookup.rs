use super::checked;
use crate::filter::{Equality, IndexedAttribute};

fn equality(attribute: IndexedAttribute, value: &str) -> Equality {
    Equality {
        attribute,
        value: value.to_owned(),
    }
}

fn equalities(text: &str) -> Option<Vec<Equality>> {
    checked(text).expect(text).equalities()
}

#[test]
fn equalities_joined_by_and_are_found() {
    assert_eq!(
        equalities(r#"userName eq "a" and (externalId eq "b" and displayName eq "c")"#),
        Some(vec![
            equality(IndexedAttribute::UserName, "a"),
            equality(IndexedAttribute::ExternalId, "b"),
            equality(IndexedAttribute::DisplayName, "c"),
        ])
    );
}

#[test]
fn three_spellings_mean_an_address() {
    for text in [
        r#"emails eq "x""#,
        r#"emails.value eq "x""#,
        r#"emails[value eq "x"]"#,
    ] {
        assert_eq!(
            equalities(text),
            Some(vec![equality(IndexedAttribute::EmailsValue, "x")]),
            "{text}"
        );
    }
}

#[test]
fn anything_else_is_not_for_an_index_alone() {
    for text in [
        r#"userName eq "a" or externalId eq "b""#,
        r#"not (userName eq "a")"#,
        r#"userName co "a""#,
        "userName eq null",
        r#"title eq "a""#,
        r#"userName eq "a" and title pr"#,
        r#"emails[type eq "work" and value eq "x"]"#,
        r#"emails[value eq "x" and value eq "y"]"#,
    ] {
        assert_eq!(equalities(text), None, "{text}");
    }
}

#[test]
fn what_must_hold_narrows_a_search_that_an_index_cannot_answer() {
    let narrowing = |text: &str| checked(text).expect(text).narrowing();

    assert_eq!(
        narrowing(r#"id eq "a" and manager eq "b""#),
        [equality(IndexedAttribute::Id, "a")]
    );
    assert_eq!(
        narrowing(r#"emails[type eq "work"].value eq "x""#),
        [equality(IndexedAttribute::EmailsValue, "x")]
    );
    assert_eq!(narrowing(r#"userName eq "a" or title pr"#), []);
}
