use serde_json::json;

use super::{ENTERPRISE, patch, refusal};
use crate::error::ScimError;

#[test]
fn the_error_names_the_operation_that_failed() {
    let err = patch(
        json!({}),
        json!([
            { "op": "replace", "path": "title", "value": "Prof" },
            { "op": "replace", "path": "id", "value": "2" }
        ]),
    )
    .unwrap_err();

    let answer = ScimError::from(err);
    assert_eq!(
        answer,
        ScimError::mutability("operation 1: `id` is read-only")
    );
}

#[test]
fn each_rule_is_refused_with_its_keyword() {
    let two = json!([{ "value": "a@x.org" }, { "value": "b@x.org" }]);
    let refusals = [
        json!({ "op": "add", "path": "title" }),
        json!({ "op": "add", "path": "title", "value": null }),
        json!({ "op": "add", "path": "title", "value": 1.5 }),
        json!({ "op": "replace", "path": "title" }),
        json!({ "op": "replace", "path": "active", "value": "maybe" }),
        json!({ "op": "replace", "path": "name", "value": "x" }),
        json!({ "op": "add", "path": "emails", "value": [null] }),
        json!({ "op": "add", "value": "x" }),
        json!({ "op": "add", "value": ["x"] }),
        json!({ "op": "add" }),
        json!({ "op": "add", "path": ENTERPRISE, "value": "x" }),
        json!({ "op": "remove" }),
        json!({ "op": "remove", "path": "userName" }),
        json!({ "op": "replace", "path": "userName", "value": null }),
        json!({ "op": "replace", "path": "userName", "value": " " }),
        json!({ "op": "replace", "value": { "userName": [] } }),
        json!({ "op": "add", "path": "groups", "value": [{ "value": "g" }] }),
        json!({ "op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z" }),
        json!({ "op": "remove", "path": "id" }),
        json!({ "op": "replace", "path": format!("{ENTERPRISE}:manager.displayName"), "value": "x" }),
        json!({ "op": "replace", "path": "password", "value": "x" }),
        json!({ "op": "remove", "path": "schemas" }),
        json!({ "op": "replace", "path": "schemas", "value": [ENTERPRISE] }),
        json!({ "op": "replace", "path": "emails.type", "value": "home" }),
        json!({ "op": "replace", "path": "emails[type eq \"spare\"]", "value": { "value": "x" } }),
        json!({ "op": "add", "path": "emails[type eq \"spare\"]", "value": { "value": "x" } }),
        json!({ "op": "add", "path": "emails[value co \"q\"].type", "value": "work" }),
        json!({ "op": "add", "path": "emails[type eq \"a\" and type eq \"b\"].value", "value": "x" }),
        json!({ "op": "replace", "path": "emails[value eq \"gone\"].value", "value": "new" }),
    ]
    .map(|op| {
        let reason = refusal(json!({ "emails": two }), json!([op]));
        format!("{op} -> {}", reason.replace("operation 0: ", ""))
    })
    .join("\n");

    insta::assert_snapshot!(refusals, @r#"
    {"op":"add","path":"title"} -> invalidValue: `add` needs a value
    {"op":"add","path":"title","value":null} -> invalidValue: `add` needs a value
    {"op":"add","path":"title","value":1.5} -> invalidValue: `title` must be a string
    {"op":"replace","path":"title"} -> invalidValue: `replace` needs a value
    {"op":"replace","path":"active","value":"maybe"} -> invalidValue: `active` must be true or false
    {"op":"replace","path":"name","value":"x"} -> invalidValue: `name` must be an object
    {"op":"add","path":"emails","value":[null]} -> invalidValue: `emails` must not hold null
    {"op":"add","value":"x"} -> invalidValue: without a path, the value must be an object of attributes
    {"op":"add","value":["x"]} -> invalidValue: without a path, the value must be an object of attributes
    {"op":"add"} -> invalidValue: without a path, the value must be an object of attributes
    {"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","value":"x"} -> invalidValue: `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User` must be an object of attributes
    {"op":"remove"} -> noTarget: `remove` needs a path
    {"op":"remove","path":"userName"} -> mutability: `userName` is required
    {"op":"replace","path":"userName","value":null} -> mutability: `userName` is required
    {"op":"replace","path":"userName","value":" "} -> invalidValue: `userName` must not be empty
    {"op":"replace","value":{"userName":[]}} -> mutability: `userName` is required
    {"op":"add","path":"groups","value":[{"value":"g"}]} -> mutability: `groups` is read-only
    {"op":"replace","path":"meta.created","value":"2020-01-01T00:00:00Z"} -> mutability: `meta.created` is read-only
    {"op":"remove","path":"id"} -> mutability: `id` is read-only
    {"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName","value":"x"} -> mutability: `manager.displayName` is read-only
    {"op":"replace","path":"password","value":"x"} -> mutability: `password` cannot be changed here
    {"op":"remove","path":"schemas"} -> mutability: `urn:ietf:params:scim:schemas:core:2.0:User` cannot be taken out of `schemas`
    {"op":"replace","path":"schemas","value":["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]} -> mutability: `urn:ietf:params:scim:schemas:core:2.0:User` cannot be taken out of `schemas`
    {"op":"replace","path":"emails.type","value":"home"} -> invalidPath: `emails.type` does not say which of `emails` is meant
    {"op":"replace","path":"emails[type eq \"spare\"]","value":{"value":"x"}} -> noTarget: no value of `emails` matches the path
    {"op":"add","path":"emails[type eq \"spare\"]","value":{"value":"x"}} -> noTarget: no value of `emails` matches the path
    {"op":"add","path":"emails[value co \"q\"].type","value":"work"} -> noTarget: no value of `emails` matches the path
    {"op":"add","path":"emails[type eq \"a\" and type eq \"b\"].value","value":"x"} -> noTarget: no value of `emails` matches the path
    {"op":"replace","path":"emails[value eq \"gone\"].value","value":"new"} -> noTarget: no value of `emails` matches the path
    "#);
}
