use super::{checked, refusal};

fn rewritten(text: &str) -> String {
    checked(text).expect(text).as_filter().to_string()
}

#[test]
fn names_get_the_spelling_of_the_schema() {
    assert_eq!(rewritten("USERNAME pr"), "userName pr");
    assert_eq!(rewritten("NAME.givenname pr"), "name.givenName pr");
    assert_eq!(rewritten("emails[TYPE pr]"), "emails[type pr]");
    assert_eq!(
        rewritten("URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER:username pr"),
        "userName pr"
    );
}

#[test]
fn extension_attributes_carry_their_urn() {
    assert_eq!(
        rewritten("employeeNumber pr"),
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber pr"
    );
}

#[test]
fn a_complex_attribute_is_compared_by_its_value() {
    assert_eq!(
        rewritten(r#"emails co "example.com""#),
        r#"emails.value co "example.com""#
    );
    assert_eq!(
        rewritten(r#"manager eq "26118915""#),
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26118915""#
    );
    assert_eq!(rewritten("emails pr"), "emails pr");
}

#[test]
fn booleans_may_be_written_as_text() {
    assert_eq!(rewritten(r#"active eq "False""#), "active eq false");
    assert_eq!(
        rewritten(r#"emails[primary eq "True"]"#),
        "emails[primary eq true]"
    );
}

#[test]
fn whole_numbers_may_stand_for_text() {
    assert_eq!(
        rewritten("externalId eq 701984"),
        r#"externalId eq "701984""#
    );
}

#[test]
fn every_operator_is_refused_on_a_type_it_does_not_fit() {
    let refusals = [
        "active gt true",
        "active co \"t\"",
        "active eq \"maybe\"",
        "active eq 1",
        "x509Certificates.value lt \"a\"",
        "meta.lastModified sw \"2026\"",
        "meta.created eq \"soon\"",
        "meta.created gt 5",
        "title gt null",
        "title eq true",
        "title eq 1.5",
        "title co 1",
        "name eq \"x\"",
        "shoeSize eq 42",
        "name.shoe pr",
        "emails[userName eq \"x\"]",
        "name[givenName pr]",
        "urn:x:Foo:bar pr",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq \"x\"",
        "password eq \"secret\"",
        "password pr",
    ]
    .map(|text| format!("{text} -> {}", refusal(text)))
    .join("\n");

    insta::assert_snapshot!(refusals, @r#"
    active gt true -> invalidFilter: `gt` cannot be used with `active`
    active co "t" -> invalidFilter: `co` cannot be used with `active`
    active eq "maybe" -> invalidFilter: `active` can be compared only with true or false
    active eq 1 -> invalidFilter: `active` can be compared only with true or false
    x509Certificates.value lt "a" -> invalidFilter: `lt` cannot be used with `x509Certificates.value`
    meta.lastModified sw "2026" -> invalidFilter: `sw` cannot be used with `meta.lastModified`
    meta.created eq "soon" -> invalidFilter: `meta.created` can be compared only with a date and time such as "2026-05-13T04:42:34Z"
    meta.created gt 5 -> invalidFilter: `meta.created` can be compared only with a date and time such as "2026-05-13T04:42:34Z"
    title gt null -> invalidFilter: `gt` cannot be used with null
    title eq true -> invalidFilter: `title` can be compared only with a text in double quotes
    title eq 1.5 -> invalidFilter: `title` can be compared only with a text in double quotes
    title co 1 -> invalidFilter: `title` can be compared only with a text in double quotes
    name eq "x" -> invalidFilter: `name` has several parts: name the one to compare
    shoeSize eq 42 -> invalidFilter: there is no attribute `shoeSize`
    name.shoe pr -> invalidFilter: there is no attribute `name.shoe`
    emails[userName eq "x"] -> invalidFilter: there is no attribute `userName`
    name[givenName pr] -> invalidFilter: `name` takes no brackets: it is not a multi-valued attribute
    urn:x:Foo:bar pr -> invalidFilter: there is no attribute `urn:x:Foo:bar`
    urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq "x" -> invalidFilter: `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User` has several parts: name the one to compare
    password eq "secret" -> sensitive: `password` cannot be filtered on
    password pr -> sensitive: `password` cannot be filtered on
    "#);
}
