//! In which order operations are done.

use serde_json::{Value, json};

use super::{group, parse, user};
use crate::bulk::{Step, plan};

fn steps(operations: Value) -> Vec<Step> {
    plan(&parse(&operations))
}

fn ones(positions: &[usize]) -> Vec<Step> {
    positions.iter().copied().map(Step::One).collect()
}

fn delete(path: &str) -> Value {
    json!({ "method": "DELETE", "path": path })
}

#[test]
fn without_references_the_order_is_that_of_the_list() {
    let operations = json!([
        delete("/Users/1"),
        user("amy", None),
        json!(1),
        delete("/Groups/2")
    ]);
    assert_eq!(steps(operations), ones(&[0, 1, 2, 3]));
}

#[test]
fn what_an_operation_refers_to_is_moved_before_it_and_nothing_else_moves() {
    let operations = json!([
        delete("/Users/1"),
        group("sales", &["bob", "amy"]),
        delete("/Users/2"),
        user("amy", Some("cy")),
        user("bob", None),
        user("cy", None),
    ]);
    assert_eq!(steps(operations), ones(&[0, 5, 3, 4, 1, 2]));
}

#[test]
fn two_changes_of_one_resource_keep_their_order() {
    let patch = |value: Value| {
        let operations = json!([{ "op": "replace", "path": "members", "value": value }]);
        json!({ "method": "PATCH", "path": "/Groups/7", "data": { "Operations": operations } })
    };
    let operations = json!([
        patch(json!([{ "value": "bulkId:amy" }])),
        patch(json!([])),
        user("amy", None),
    ]);
    assert_eq!(steps(operations), ones(&[2, 0, 1]));
}

#[test]
fn a_path_is_a_reference() {
    let operations = json!([delete("/Users/bulkId:amy"), user("amy", None)]);
    assert_eq!(steps(operations), ones(&[1, 0]));
}

#[test]
fn creations_that_refer_to_each_other_are_one_step() {
    let operations = json!([
        group("all", &["amy"]),
        user("amy", Some("bob")),
        user("bob", Some("cy")),
        user("dan", None),
        user("cy", Some("amy")),
        user("eve", Some("eve")),
    ]);
    let expected = [
        Step::Circle(vec![1, 2, 4]),
        Step::One(0),
        Step::One(3),
        Step::Circle(vec![5]),
    ];
    assert_eq!(steps(operations), expected);
}

#[test]
fn the_groups_that_clients_echo_make_no_circle() {
    let mut amy = user("amy", None);
    amy["data"]["groups"] = json!([{ "value": "bulkId:sales" }]);
    assert_eq!(steps(json!([amy, group("sales", &["amy"])])), ones(&[0, 1]));
}

#[test]
fn a_long_chain_is_no_deep_recursion() {
    let count = 50_000;
    let operations: Vec<Value> = (0..count)
        .map(|number| user(&number.to_string(), Some(&(number + 1).to_string())))
        .collect();
    let request = super::BulkRequest::parse(
        &crate::schema::Catalog::core(),
        super::body(&Value::from(operations)),
        count,
    );
    let expected: Vec<Step> = (0..count).rev().map(Step::One).collect();
    assert_eq!(plan(&request.unwrap()), expected);
}
