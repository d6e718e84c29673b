//! Where a `bulkId:…` stands for an id, and what becomes of it.

use serde_json::{Value, json};

use super::{ENTERPRISE, group, parse, shown, user};
use crate::bulk::{Ids, Resolved, Write};
use crate::error::ScimError;
use crate::schema::Catalog;

/// Resolves the last operation after `amy` was made with the id `id-amy` and `sales` with
/// `id-sales`; `broken` has failed.
fn resolved(operation: &Value) -> Result<Resolved, ScimError> {
    let catalog = Catalog::core();
    let request = parse(&json!([
        user("amy", None),
        group("sales", &[]),
        user("broken", None),
        operation,
    ]));
    let mut ids = Ids::new(&catalog, &request);
    ids.made(&request.operations[0], "id-amy");
    ids.made(&request.operations[1], "id-sales");
    ids.failed(&request.operations[2]);
    ids.resolve(request.operations[3].request.as_ref().unwrap())
}

fn data(operation: &Value) -> Value {
    match resolved(operation).unwrap().write {
        Write::Create { data } | Write::Replace { data, .. } | Write::Patch { data, .. } => data,
        Write::Delete { .. } => Value::Null,
    }
}

fn refusal(operation: &Value) -> String {
    shown(&resolved(operation).unwrap_err())
}

fn post(path: &str, data: Value) -> Value {
    json!({ "method": "POST", "path": path, "bulkId": "new", "data": data })
}

fn patch(path: &str, operations: Value) -> Value {
    json!({ "method": "PATCH", "path": path, "data": { "Operations": operations } })
}

#[test]
fn members_and_managers_in_every_shape_that_is_taken_get_ids() {
    let members = json!([
        { "value": "bulkId:amy", "$ref": "../Users/bulkId:amy", "display": "bulkId:amy" },
        { "$ref": "https://scim.example/v2/Users/bulkId:amy" },
        { "VALUE": "bulkId:sales", "type": "Group" },
        "bulkId:amy",
        { "value": "7" },
    ]);
    let made = data(&post(
        "/Groups",
        json!({ "displayName": "g", "Members": members }),
    ));
    insta::assert_snapshot!(made["Members"], @r#"[{"value":"id-amy","$ref":"../Users/id-amy","display":"bulkId:amy"},{"$ref":"https://scim.example/v2/Users/id-amy"},{"VALUE":"id-sales","type":"Group"},"id-amy",{"value":"7"}]"#);
    for (manager, expected) in [
        (
            json!({ "value": "bulkId:amy" }),
            json!({ "value": "id-amy" }),
        ),
        (json!("bulkId:amy"), json!("id-amy")),
        (
            json!([{ "value": "bulkId:amy" }]),
            json!([{ "value": "id-amy" }]),
        ),
    ] {
        let made = data(&post(
            "/Users",
            json!({ ENTERPRISE: { "manager": manager } }),
        ));
        assert_eq!(made[ENTERPRISE]["manager"], expected);
    }
}

#[test]
fn a_text_that_only_looks_like_a_reference_stays() {
    let body = json!({
        "userName": "bulkId:amy",
        "displayName": "bulkId:nobody",
        "externalId": "bulkId:amy",
        "profileUrl": "bulkId:amy",
        "emails": [{ "value": "bulkId:amy" }],
        "unknown": { "value": "bulkId:amy" },
        ENTERPRISE: { "department": "bulkId:amy", "manager": { "value": "BULKID:amy" } },
    });
    assert_eq!(data(&post("/Users", body.clone())), body);
}

#[test]
fn patches_get_ids_in_values_with_and_without_path_and_in_filters() {
    let manager = format!("{ENTERPRISE}:manager");
    let operations = json!([
        { "op": "add", "path": "members", "value": [{ "value": "bulkId:amy" }] },
        { "op": "add", "value": { "members": [{ "value": "bulkId:amy" }], "displayName": "bulkId:amy" } },
        { "op": "remove", "path": "members[value eq \"bulkId:amy\" or value eq \"7\"]" },
        { "op": "remove", "path": "members[not ($ref ew \"Users/bulkId:amy\")]" },
        { "op": "remove", "path": "members[display eq \"bulkId:amy\"]" },
        { "op": "replace", "path": "displayName", "value": "bulkId:amy" },
        { "op": "add", "path": "nothing[value eq \"bulkId:amy\"]", "value": "bulkId:amy" },
    ]);
    let made = data(&patch("/Groups/7", operations));
    let shown: Vec<String> = made["Operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    {"op":"add","path":"members","value":[{"value":"id-amy"}]}
    {"op":"add","value":{"members":[{"value":"id-amy"}],"displayName":"bulkId:amy"}}
    {"op":"remove","path":"members[value eq \"id-amy\" or value eq \"7\"]"}
    {"op":"remove","path":"members[not ($ref ew \"Users/id-amy\")]"}
    {"op":"remove","path":"members[display eq \"bulkId:amy\"]"}
    {"op":"replace","path":"displayName","value":"bulkId:amy"}
    {"op":"add","path":"nothing[value eq \"bulkId:amy\"]","value":"bulkId:amy"}
    "#);
    let operations = json!([
        { "op": "replace", "path": manager, "value": "bulkId:amy" },
        { "op": "replace", "path": "manager.value", "value": "bulkId:amy" },
        { "op": "replace", "path": "manager.$ref", "value": "/Users/bulkId:amy" },
        { "op": "replace", "value": { ENTERPRISE: { "manager": { "value": "bulkId:amy" } } } },
        { "op": "replace", "value": { manager.as_str(): { "value": "bulkId:amy" } } },
        { "op": "replace", "path": ENTERPRISE, "value": { "manager.value": "bulkId:amy" } },
    ]);
    let made = data(&patch("/Users/7", operations)).to_string();
    assert!(!made.contains("bulkId:"), "{made}");
    assert_eq!(made.matches("id-amy").count(), 6, "{made}");
}

#[test]
fn a_path_gets_the_id() {
    let operation = json!({ "method": "DELETE", "path": "/Users/bulkId:amy" });
    let expected = Write::Delete {
        id: "id-amy".to_owned(),
    };
    assert_eq!(resolved(&operation).unwrap().write, expected);
    let request = parse(&json!([operation]));
    assert_eq!(request.operations[0].request.as_ref().unwrap().id(), None);
}

#[test]
fn a_reference_to_nothing_or_to_a_failure_is_refused() {
    let member = |bulk_id: &str| {
        post(
            "/Groups",
            json!({ "members": [{ "value": format!("bulkId:{bulk_id}") }] }),
        )
    };
    insta::assert_snapshot!(refusal(&member("none")), @"400 invalidValue: no operation of this request creates something with the bulkId `none`");
    insta::assert_snapshot!(refusal(&member("Amy")), @"400 invalidValue: no operation of this request creates something with the bulkId `Amy`");
    insta::assert_snapshot!(refusal(&member("broken")), @"409 -: the operation with the bulkId `broken` failed");
    insta::assert_snapshot!(refusal(&member("new")), @"409 -: the operation with the bulkId `new` has not been done");
    let path = json!({ "method": "DELETE", "path": "/Users/bulkId:none" });
    insta::assert_snapshot!(refusal(&path), @"400 invalidValue: no operation of this request creates something with the bulkId `none`");
}

#[test]
fn a_reference_to_a_resource_of_the_wrong_type_is_refused() {
    let manager = json!({ ENTERPRISE: { "manager": { "value": "bulkId:sales" } } });
    insta::assert_snapshot!(refusal(&post("/Users", manager)), @"400 invalidValue: `manager` cannot be a Group, which is what the operation with the bulkId `sales` creates");
}

#[test]
fn only_creations_can_be_referred_to() {
    let catalog = Catalog::core();
    let request = parse(&json!([
        { "method": "PUT", "path": "/Users/7", "bulkId": "seven", "data": {} },
        group("sales", &["seven"]),
        { "method": "POST", "path": "/Users", "bulkId": "unreadable" },
        group("staff", &["unreadable"]),
    ]));
    let mut ids = Ids::new(&catalog, &request);
    ids.made(&request.operations[0], "7");
    let refusal = |position: usize| {
        let request = request.operations[position].request.as_ref();
        shown(&ids.resolve(request.unwrap()).unwrap_err())
    };
    insta::assert_snapshot!(refusal(1), @"400 invalidValue: no operation of this request creates something with the bulkId `seven`");
    insta::assert_snapshot!(refusal(3), @"409 -: the operation with the bulkId `unreadable` failed");
}

#[test]
fn an_operation_with_a_repeated_bulk_id_does_not_stand_for_it() {
    let catalog = Catalog::core();
    let request = parse(&json!([
        user("amy", Some("bob")),
        user("bob", Some("amy")),
        user("bob", None),
    ]));
    let mut ids = Ids::new(&catalog, &request);
    let amy = request.operations[0].request.as_ref().unwrap();
    assert!(ids.resolve_in_circle(amy).unwrap().incomplete);
    ids.made(&request.operations[1], "id-bob");
    ids.failed(&request.operations[2]);
    assert!(!ids.resolve_in_circle(amy).unwrap().incomplete);
}

#[test]
fn in_a_circle_what_is_not_there_yet_is_left_out_with_its_element() {
    let catalog = Catalog::core();
    let request = parse(&json!([
        user("amy", Some("bob")),
        user("bob", Some("amy")),
        group("sales", &["amy", "bob"]),
    ]));
    let mut ids = Ids::new(&catalog, &request);
    ids.made(&request.operations[1], "id-bob");
    let body = |position: usize| {
        let request = request.operations[position].request.as_ref().unwrap();
        let resolved = ids.resolve_in_circle(request).unwrap();
        match resolved.write {
            Write::Create { data } => format!("{} {data}", resolved.incomplete),
            other => panic!("{other:?}"),
        }
    };
    insta::assert_snapshot!(body(0), @r#"false {"userName":"amy","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"id-bob"}}}"#);
    insta::assert_snapshot!(body(1), @r#"true {"userName":"bob","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{}}"#);
    insta::assert_snapshot!(body(2), @r#"true {"displayName":"sales","members":[{"value":"id-bob"}]}"#);
}
