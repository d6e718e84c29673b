use serde_json::json;

use super::*;
use crate::schema::{Catalog, ENTERPRISE_USER_URN};

/// A user reduced to what a client that sends these parameters sees.
fn shown(attributes: Option<&str>, excluded: Option<&str>) -> String {
    let catalog = Catalog::core();
    let projection = Projection::parse(catalog.user(), attributes, excluded).unwrap();
    let mut answer = json!({
        "schemas": ["s"],
        "id": "1",
        "userName": "bjensen",
        "name": { "givenName": "Barbara", "familyName": "Jensen" },
        "emails": [{ "value": "b@example.com", "type": "work" }, { "type": "home" }],
        ENTERPRISE_USER_URN: { "department": "Tours", "manager": { "value": "2" } },
        "meta": { "resourceType": "User" },
    });
    projection.apply(catalog.user(), &mut answer);
    answer.to_string().replace(ENTERPRISE_USER_URN, "ENT")
}

#[test]
fn without_parameters_everything_is_shown() {
    insta::assert_snapshot!(shown(None, None), @r#"{"schemas":["s"],"id":"1","userName":"bjensen","name":{"givenName":"Barbara","familyName":"Jensen"},"emails":[{"value":"b@example.com","type":"work"},{"type":"home"}],"ENT":{"department":"Tours","manager":{"value":"2"}},"meta":{"resourceType":"User"}}"#);
    assert_eq!(shown(Some(""), Some(" ,")), shown(None, None));
}

#[test]
fn attributes_show_what_they_name_and_what_is_always_shown() {
    insta::assert_snapshot!(shown(Some("USERNAME, meta"), None), @r#"{"schemas":["s"],"id":"1","userName":"bjensen","meta":{"resourceType":"User"}}"#);
    insta::assert_snapshot!(shown(Some("id"), None), @r#"{"schemas":["s"],"id":"1"}"#);
}

#[test]
fn a_sub_attribute_is_shown_inside_its_parent() {
    insta::assert_snapshot!(shown(Some("name.familyName,emails.value"), None), @r#"{"schemas":["s"],"id":"1","name":{"familyName":"Jensen"},"emails":[{"value":"b@example.com"}]}"#);
}

#[test]
fn naming_an_attribute_and_its_part_shows_the_attribute() {
    assert_eq!(
        shown(Some("name,name.familyName"), None),
        shown(Some("name"), None)
    );
}

#[test]
fn an_extension_is_named_by_its_urn_and_its_attributes_behind_it() {
    insta::assert_snapshot!(shown(Some(ENTERPRISE_USER_URN), None), @r#"{"schemas":["s"],"id":"1","ENT":{"department":"Tours","manager":{"value":"2"}}}"#);
    let manager = format!("{ENTERPRISE_USER_URN}:manager.value");
    insta::assert_snapshot!(shown(Some(&manager), None), @r#"{"schemas":["s"],"id":"1","ENT":{"manager":{"value":"2"}}}"#);
}

#[test]
fn excluded_attributes_go_but_never_what_is_always_shown() {
    insta::assert_snapshot!(shown(None, Some("id,schemas,emails,meta,name.givenName")), @r#"{"schemas":["s"],"id":"1","userName":"bjensen","name":{"familyName":"Jensen"},"ENT":{"department":"Tours","manager":{"value":"2"}}}"#);
    insta::assert_snapshot!(shown(None, Some(ENTERPRISE_USER_URN)), @r#"{"schemas":["s"],"id":"1","userName":"bjensen","name":{"givenName":"Barbara","familyName":"Jensen"},"emails":[{"value":"b@example.com","type":"work"},{"type":"home"}],"meta":{"resourceType":"User"}}"#);
}

#[test]
fn a_parent_that_has_lost_all_its_parts_goes_too() {
    let excluded =
        format!("name.givenName,name.familyName,emails,{ENTERPRISE_USER_URN}:department");
    insta::assert_snapshot!(shown(None, Some(&excluded)), @r#"{"schemas":["s"],"id":"1","userName":"bjensen","ENT":{"manager":{"value":"2"}},"meta":{"resourceType":"User"}}"#);
}

#[test]
fn unknown_names_are_ignored() {
    assert_eq!(
        shown(None, Some("tea,urn:example:User:badge")),
        shown(None, None)
    );
    assert_eq!(shown(Some("tea"), None), shown(Some("id"), None));
}

#[test]
fn malformed_names_and_both_parameters_at_once_are_refused() {
    let catalog = Catalog::core();
    let error = Projection::parse(catalog.user(), Some("a b"), None).unwrap_err();
    assert_eq!(
        error,
        ScimError::invalid_value("`a b` is not an attribute path")
    );
    let error = Projection::parse(catalog.user(), Some("id"), Some("name")).unwrap_err();
    insta::assert_snapshot!(error, @"`attributes` and `excludedAttributes` exclude each other");
}

#[test]
fn the_server_is_told_whether_members_are_wanted() {
    let catalog = Catalog::core();
    let wants = |attributes, excluded| {
        Projection::parse(catalog.group(), attributes, excluded)
            .unwrap()
            .wants("members")
    };
    assert!(wants(None, None));
    assert!(wants(Some("members.value"), None));
    assert!(wants(None, Some("members.display")));
    assert!(!wants(Some("displayName"), None));
    assert!(!wants(None, Some("Members")));
}

/// An extension whose complex attribute has a part of every kind.
fn of_custom(attributes: Option<&str>, excluded: Option<&str>) -> String {
    const CUSTOM: &str = "urn:example:custom:1.0:User";
    let sub = |name: &str| json!({ "name": name, "type": "string", "returned": name });
    let schema = json!({ "id": CUSTOM, "attributes": [
        { "name": "badge", "type": "complex", "multiValued": true, "subAttributes": [
            sub("always"), sub("default"), sub("request"), sub("never") ] },
        { "name": "rank", "type": "string", "returned": "always" },
    ]});
    let mut kind = Catalog::core().user().clone();
    kind.extensions.push(crate::schema::Extension {
        schema: Arc::new(serde_json::from_value(schema).unwrap()),
        required: false,
    });
    let named = |names: &str| names.replace("X:", &format!("{CUSTOM}:"));
    let (attributes, excluded) = (attributes.map(named), excluded.map(named));
    let projection = Projection::parse(&kind, attributes.as_deref(), excluded.as_deref()).unwrap();
    let mut answer = json!({ "id": "1", "userName": "a", CUSTOM: {
        "badge": [{ "always": 1, "default": 2, "request": 3, "never": 4 }], "rank": "r" } });
    projection.apply(&kind, &mut answer);
    answer.to_string().replace(CUSTOM, "X")
}

#[test]
fn a_part_that_is_always_shown_comes_with_its_sibling() {
    insta::assert_snapshot!(of_custom(Some("X:badge.default"), None), @r#"{"id":"1","X":{"badge":[{"always":1,"default":2}],"rank":"r"}}"#);
    insta::assert_snapshot!(of_custom(None, Some("X:badge.default,X:badge.always,X:rank")), @r#"{"id":"1","userName":"a","X":{"badge":[{"always":1}],"rank":"r"}}"#);
    insta::assert_snapshot!(of_custom(Some("userName"), None), @r#"{"id":"1","userName":"a","X":{"rank":"r"}}"#);
}

#[test]
fn a_part_that_is_shown_on_request_comes_when_it_is_named_itself() {
    insta::assert_snapshot!(of_custom(None, None), @r#"{"id":"1","userName":"a","X":{"badge":[{"always":1,"default":2}],"rank":"r"}}"#);
    insta::assert_snapshot!(of_custom(Some("X:badge"), None), @r#"{"id":"1","X":{"badge":[{"always":1,"default":2}],"rank":"r"}}"#);
    insta::assert_snapshot!(of_custom(Some("X:badge.request"), None), @r#"{"id":"1","X":{"badge":[{"always":1,"request":3}],"rank":"r"}}"#);
    insta::assert_snapshot!(of_custom(Some("X:badge,X:badge.request"), None), @r#"{"id":"1","X":{"badge":[{"always":1,"default":2,"request":3}],"rank":"r"}}"#);
    insta::assert_snapshot!(of_custom(None, Some("X:badge.default")), @r#"{"id":"1","userName":"a","X":{"badge":[{"always":1}],"rank":"r"}}"#);
}
