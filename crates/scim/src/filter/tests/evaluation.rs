use std::sync::Arc;

use serde_json::json;

use super::{bjensen, group, matches, user};
use crate::filter::{check, parse};
use crate::schema::Extension;

#[test]
fn filters_that_match_the_user_of_the_rfc() {
    for text in [
        r#"userName eq "BJensen@example.com""#,
        r#"name.familyName co "ENS""#,
        r#"userName sw "bj""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "B""#,
        r#"userName ew "@EXAMPLE.com""#,
        r#"displayName co """#,
        "title pr",
        "name pr",
        "active pr",
        r#"meta.lastModified gt "2011-05-13T04:42:33Z""#,
        r#"meta.lastModified ge "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified eq "2011-05-13T06:42:34+02:00""#,
        r#"title pr and userType eq "employee""#,
        r#"title pr or userType eq "Intern""#,
        r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType ne "Intern" and not (emails co "example.net")"#,
        r#"emails[type eq "work" and value co "@example.com"]"#,
        r#"emails.type eq "home" and emails.value co "@example.com""#,
        r#"emails[type eq "work"].value eq "bjensen@example.com""#,
        r#"emails[primary eq "True"]"#,
        r#"emails[not (type eq "work")]"#,
        r#"emails[type ne "work"]"#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "701984""#,
        r#"manager eq "26118915-6090-4610-87e4-49d8ca9f808d""#,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        r#"id eq "2819c223-7f76-453a-919d-413861904646""#,
        r#"userName gt "a""#,
        r#"userName lt "C""#,
        "nickName eq null",
        "title ne null",
        r#"nickName ne "Babs""#,
        "meta.resourceType eq User",
    ] {
        assert!(matches(text, &bjensen()), "{text}");
    }
}

#[test]
fn filters_that_do_not_match_the_user_of_the_rfc() {
    for text in [
        r#"userName eq "jsmith""#,
        r#"userType ne "employee""#,
        r#"emails ne "babs@jensen.org""#,
        r#"emails[type eq "home" and value co "@example.com"]"#,
        r#"emails[type eq "home"].value eq "bjensen@example.com""#,
        "name.middleName pr",
        "nickName pr",
        r#"id eq "2819C223-7F76-453A-919D-413861904646""#,
        r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
        r#"displayName co "%""#,
        r#"displayName eq "' OR 1=1 --""#,
        "active eq false",
        "title eq null",
        "nickName ne null",
    ] {
        assert!(!matches(text, &bjensen()), "{text}");
    }
}

#[test]
fn text_that_ignores_case_is_compared_in_unicode() {
    let resource = json!({ "displayName": "E\u{301}COLE" });

    assert!(matches("displayName eq \"école\"", &resource));
}

#[test]
fn empty_text_and_empty_objects_are_no_value() {
    let resource = json!({ "title": "", "name": { "givenName": "" }, "emails": [] });

    for text in ["title pr", "name pr", "emails pr"] {
        assert!(!matches(text, &resource), "{text}");
    }
}

#[test]
fn a_membership_check_finds_the_member() {
    let kind = group();
    let resource = json!({ "id": "g1", "displayName": "Crew", "members": [
        { "value": "u1", "$ref": "https://example.com/v2/Users/u1" },
        { "value": "u2" }
    ]});

    for (text, expected) in [
        (r#"id eq "g1" and members eq "u1""#, true),
        (r#"members[value eq "u2"]"#, true),
        (r#"members[$ref co "Users/u2"]"#, false),
        ("members.$ref pr", true),
        (r#"members.value eq "u3""#, false),
    ] {
        let filter = check(&kind, parse(text, &kind).unwrap()).unwrap();
        assert_eq!(filter.matches(&kind, &resource), expected, "{text}");
    }
}

#[test]
fn values_compare_by_the_type_and_case_rule_of_their_attribute() {
    let schema = json!({ "id": "urn:example:custom:1.0:User", "attributes": [
        { "name": "tags", "type": "string", "multiValued": true },
        { "name": "level", "type": "integer" },
        { "name": "ratio", "type": "decimal" },
        { "name": "code", "type": "string", "caseExact": true }
    ]});
    let mut kind = user();
    kind.extensions.push(Extension {
        schema: Arc::new(serde_json::from_value(schema).unwrap()),
        required: false,
    });
    let resource = json!({ "urn:example:custom:1.0:User": {
        "tags": ["a", "b"], "level": 9, "ratio": 1.5, "code": "b"
    }});

    for (condition, expected) in [
        ("tags eq \"B\"", true),
        ("tags[value eq \"b\"]", true),
        ("tags[type eq \"b\"]", false),
        ("level lt 10", true),
        ("level eq \"9\"", true),
        ("ratio eq 1.50", true),
        ("ratio gt 1", true),
        ("code gt \"B\"", true),
        ("code eq \"B\"", false),
    ] {
        let text = format!("urn:example:custom:1.0:User:{condition}");
        let filter = parse(&text, &kind).and_then(|filter| check(&kind, filter));
        let holds = filter.is_ok_and(|filter| filter.matches(&kind, &resource));
        assert_eq!(holds, expected, "{condition}");
    }
}
