//! Reading a bulk request and its operations.

use serde_json::{Value, json};

use super::{BULK_URN, body, parse, shown, user};
use crate::bulk::{BulkRequest, BulkResult, bulk_response};
use crate::error::ScimError;
use crate::schema::Catalog;

fn refused(body: Value) -> String {
    shown(&BulkRequest::parse(&Catalog::core(), body, 2).unwrap_err())
}

/// Why an operation is refused, or an empty text.
fn of_operation(operation: Value) -> String {
    let request = parse(&json!([operation]));
    let read = &request.operations[0].request;
    read.as_ref().err().map(shown).unwrap_or_default()
}

#[test]
fn a_body_that_is_no_bulk_request_is_refused() {
    insta::assert_snapshot!(refused(json!([])), @"400 invalidSyntax: a bulk request must be a JSON object");
    let operations = json!([user("amy", None)]);
    insta::assert_snapshot!(refused(json!({ "Operations": operations })), @"400 invalidSyntax: `schemas` of a bulk request must hold `urn:ietf:params:scim:api:messages:2.0:BulkRequest`");
    let response = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
    let other = json!({ "schemas": [response], "Operations": operations });
    assert!(refused(other).starts_with("400 invalidSyntax"));
    for operations in [json!(null), json!([]), json!({}), json!("x")] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused(body(&operations)), @"400 invalidSyntax: `Operations` must be an array of at least one operation");
        }
    }
}

#[test]
fn the_limit_itself_is_taken_and_more_is_413_with_its_name() {
    let of = |count| body(&Value::from(vec![user("amy", None); count]));
    assert!(BulkRequest::parse(&Catalog::core(), of(2), 2).is_ok());
    insta::assert_snapshot!(refused(of(3)), @"413 -: 3 operations are more than maxOperations, which is 2");
}

#[test]
fn fail_on_errors_is_a_positive_whole_number() {
    let with = |value: Value| {
        let operations = [user("amy", None)];
        json!({ "schemas": [BULK_URN], "failOnErrors": value, "Operations": operations })
    };
    for value in [json!(0), json!(-1), json!("1"), json!(1.5)] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused(with(value)), @"400 invalidValue: `failOnErrors` must be a positive whole number");
        }
    }
    let read = BulkRequest::parse(&Catalog::core(), with(json!(3)), 2).unwrap();
    assert_eq!(read.fail_on_errors.map(usize::from), Some(3));
}

#[test]
fn names_and_methods_ignore_case() {
    let operation = json!({ "METHOD": "patch", "PATH": "Users/7/", "BULKID": "x", "Data": {} });
    let request = parse(&json!([operation]));
    let read = &request.operations[0];
    assert_eq!(read.method.as_deref(), Some("PATCH"));
    assert_eq!(read.bulk_id.as_deref(), Some("x"));
    assert_eq!(read.request.as_ref().unwrap().id(), Some("7"));
}

#[test]
fn an_operation_that_cannot_be_read_says_why_and_leaves_the_others() {
    insta::assert_snapshot!(of_operation(json!(1)), @"400 invalidSyntax: each of `Operations` must be a JSON object");
    insta::assert_snapshot!(of_operation(json!({ "method": 1, "path": "/Users" })), @"400 invalidSyntax: `method` must be a string");
    for operation in [
        json!({ "path": "/Users/7" }),
        json!({ "method": "GET", "path": "/Users/7" }),
        json!({ "method": "HEAD", "path": "/Users/7" }),
    ] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(of_operation(operation), @"400 invalidSyntax: `method` must be POST, PUT, PATCH or DELETE");
        }
    }
    insta::assert_snapshot!(of_operation(json!({ "method": "DELETE" })), @"400 invalidSyntax: `path` is missing");
    for method in ["PUT", "PATCH"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(of_operation(json!({ "method": method, "path": "/Users/7" })), @"400 invalidSyntax: `data` is missing");
        }
    }
    for bulk_id in [json!(null), json!("")] {
        let operation =
            json!({ "method": "POST", "path": "/Users", "data": {}, "bulkId": bulk_id });
        insta::allow_duplicates! {
            insta::assert_snapshot!(of_operation(operation), @"400 invalidValue: a POST needs a `bulkId`");
        }
    }
    assert_eq!(of_operation(user("amy", None)), "");
}

#[test]
fn a_path_is_a_collection_for_a_post_and_a_resource_otherwise() {
    let post = |path: &str| json!({ "method": "POST", "path": path, "bulkId": "x", "data": {} });
    insta::assert_snapshot!(of_operation(post("/Users/7")), @"400 invalidSyntax: `path` of a POST must be a collection such as `/Users`");
    insta::assert_snapshot!(of_operation(json!({ "method": "DELETE", "path": "/Users" })), @"400 invalidSyntax: `path` must name a resource by its id");
    for path in [
        "",
        "/",
        "/Bulk",
        "/users",
        "/Users/../Groups",
        "/../x",
        "//Users",
        "/Users//",
        "https://scim.example/Users",
    ] {
        let refused = of_operation(post(path));
        let expected = format!("404 -: there is no endpoint for bulk operations at `{path}`");
        assert_eq!(refused, expected);
    }
}

#[test]
fn a_bulk_id_names_the_first_operation_that_has_it() {
    let request = parse(&json!([user("amy", None), user("amy", None)]));
    let refused: Vec<_> = request
        .operations
        .iter()
        .map(|operation| operation.request.as_ref().err().map(shown))
        .collect();
    let repeated = "400 invalidValue: an operation before this one has the bulkId `amy`";
    assert_eq!(refused, [None, Some(repeated.to_owned())]);
}

#[test]
fn an_entry_of_the_answer_holds_what_there_is_and_the_error_of_a_failure() {
    let done = BulkResult {
        location: Some("https://scim.example/Users/7".to_owned()),
        method: Some("POST".to_owned()),
        bulk_id: Some("amy".to_owned()),
        version: Some("W/\"1\"".to_owned()),
        outcome: Ok(201),
    };
    let failed = BulkResult {
        location: None,
        method: None,
        bulk_id: None,
        version: None,
        outcome: Err(ScimError::uniqueness("`userName` is taken")),
    };
    insta::assert_snapshot!(bulk_response([done, failed]), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[{"location":"https://scim.example/Users/7","method":"POST","bulkId":"amy","version":"W/\"1\"","status":"201"},{"status":"409","response":{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"`userName` is taken"}}]}"#);
}
