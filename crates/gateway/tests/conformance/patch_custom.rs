//! PATCH of attributes that have characteristics of their own: immutable, read-only, plain values
//! in an array (RFC 7643 §7, RFC 7644 §3.5.2).

use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PROBE, USER};
use crate::patch_probe::{op, pathless, remove};

fn at(name: &str) -> String {
    format!("{PROBE}:{name}")
}

on_each_database! {
    async fn an_immutable_attribute_is_set_once_and_then_neither_changed_nor_removed(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let user = f.changed_user(&f.u1, op("add", &at("immStr"), json!("a"))).await;
        assert_eq!(user[PROBE]["immStr"], "a");
        f.refuse_for_user(&f.u1, vec![
            (op("replace", &at("immStr"), json!("b")), "mutability"),
            (op("add", &at("immStr"), json!("b")), "mutability"),
            (op("replace", &at("immStr"), json!(null)), "mutability"),
            (remove(&at("immStr")), "mutability"),
            (remove(PROBE), "mutability"),
            (pathless("replace", json!({ PROBE: { "immStr": "b" } })), "mutability"),
        ]).await;
        f.keep_user(&f.u1, vec![
            op("replace", &at("immStr"), json!("a")),
            op("add", &at("immStr"), json!("a")),
        ]).await;
    }

    async fn a_read_only_attribute_is_never_written(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        f.refuse_for_user(&f.u1, vec![
            (op("replace", &at("roStr"), json!("x")), "mutability"),
            (op("add", &at("roStr"), json!("x")), "mutability"),
            (remove(&at("roStr")), "mutability"),
            (pathless("replace", json!({ "title": "x", PROBE: { "roStr": "other" } })), "mutability"),
            (pathless("add", json!({ at("roStr"): "other" })), "mutability"),
        ]).await;
    }

    async fn plain_values_are_added_removed_and_chosen_by_value(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        let tags = async |operations: Value| -> Value {
            f.changed_user(&f.u1, operations).await[PROBE]["tags"].clone()
        };
        let in_order = json!([
            { "op": "add", "path": at("tags"), "value": "a" },
            { "op": "remove", "path": at("tags") },
            { "op": "add", "path": at("tags"), "value": "b" },
        ]);
        assert_eq!(tags(in_order).await, json!(["b"]));
        assert_eq!(tags(op("add", &at("tags"), json!("c"))).await, json!(["b", "c"]));
        assert_eq!(tags(op("add", &at("tags"), json!(["c", "d"]))).await, json!(["b", "c", "d"]));
        f.keep_user(&f.u1, vec![op("add", &at("tags"), json!(["B", "d"]))]).await;
        assert_eq!(tags(remove(&at("tags[value eq \"b\"]"))).await, json!(["c", "d"]));
        assert_eq!(tags(remove(&at("tags eq \"c\""))).await, json!(["d"]));
        let user = f.changed_user(&f.u1, remove(&at("tags[value eq \"d\"]"))).await;
        assert!(user.get(PROBE).is_none());
        assert!(!user["schemas"].as_array().unwrap().contains(&json!(PROBE)));
        let user = f.changed_user(&f.u3, op("add", &at("tags"), json!(["z"]))).await;
        assert_eq!(user["schemas"], json!([USER, PROBE]));
    }
}
