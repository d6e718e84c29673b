use serde_json::{Value, json};

use super::{group, operations, stored};
use crate::filter::check;
use crate::patch::{GroupPatch, MemberChange, PatchError, split_members};
use crate::quirks::Quirk;
use crate::resource::Member;

fn split(ops: Value) -> Result<GroupPatch, PatchError> {
    split_members(&group(), operations(ops))
}

/// The changes of a PATCH that concerns members and nothing else.
fn changes(op: Value) -> Vec<MemberChange> {
    let split = split(json!([op])).expect("changes of members");
    assert_eq!(split.attributes, []);
    split.members
}

fn members(ids: &[&str]) -> Vec<Member> {
    ids.iter()
        .map(|id| Member {
            value: (*id).to_owned(),
            kind: None,
        })
        .collect()
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn members_are_added() {
    assert_eq!(
        changes(json!({ "op": "Add", "path": "members", "value": [
            { "$ref": null, "value": "a" }, { "value": "b", "display": "B" }, { "value": "a" }
        ]})),
        [MemberChange::Add(members(&["a", "b"]))]
    );
    assert_eq!(
        changes(json!({ "op": "add", "value": { "members": [{ "value": "a" }] } })),
        [MemberChange::Add(members(&["a"]))]
    );
}

#[test]
fn the_kind_of_a_member_is_kept_as_sent() {
    assert_eq!(
        changes(
            json!({ "op": "add", "path": "members", "value": { "value": "g", "type": "Group" } })
        ),
        [MemberChange::Add(vec![Member {
            value: "g".to_owned(),
            kind: Some("Group".to_owned())
        }])]
    );
}

#[test]
fn members_are_removed_by_id_in_every_spelling() {
    for op in [
        json!({ "op": "remove", "path": "members[value eq \"a\"]" }),
        json!({ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "a" }] }),
        json!({ "op": "remove", "path": "members", "value": "a" }),
        json!({ "op": "remove", "path": "MEMBERS.value eq \"a\"" }),
        json!({ "op": "replace", "path": "members[value eq \"a\"]", "value": null }),
    ] {
        assert_eq!(
            changes(op.clone()),
            [MemberChange::Remove(ids(&["a"]))],
            "{op}"
        );
    }
    assert_eq!(
        changes(json!({ "op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]" })),
        [MemberChange::Remove(ids(&["a", "b"]))]
    );
}

#[test]
fn a_value_with_remove_is_a_quirk() {
    let split = split(json!([{ "op": "remove", "path": "members", "value": [{ "value": "a" }] }]));

    assert_eq!(split.unwrap().quirks, [Quirk::RemoveWithValue]);
}

#[test]
fn an_empty_list_removes_nobody() {
    assert_eq!(
        changes(json!({ "op": "remove", "path": "members", "value": [] })),
        [MemberChange::Remove(Vec::new())]
    );
}

#[test]
fn everybody_is_removed_only_by_a_bare_path_or_nothing_in_their_place() {
    for op in [
        json!({ "op": "remove", "path": "members" }),
        json!({ "op": "replace", "path": "members", "value": [] }),
        json!({ "op": "replace", "path": "members", "value": null }),
        json!({ "op": "replace", "value": { "members": [] } }),
    ] {
        assert_eq!(changes(op.clone()), [MemberChange::RemoveAll], "{op}");
    }
}

#[test]
fn members_are_replaced() {
    for op in [
        json!({ "op": "replace", "path": "members", "value": [{ "value": "b" }] }),
        json!({ "op": "replace", "value": { "Members": [{ "value": "b" }] } }),
    ] {
        assert_eq!(
            changes(op.clone()),
            [MemberChange::ReplaceAll(members(&["b"]))],
            "{op}"
        );
    }
}

#[test]
fn other_conditions_are_left_to_the_rows() {
    let [MemberChange::RemoveMatching(filter)] =
        &changes(json!({ "op": "remove", "path": "members[type eq \"group\"]" }))[..]
    else {
        panic!("one change by condition")
    };

    let kind = group();
    let one = |member| filter.matches(&kind, &json!({ "members": [member] }));
    assert!(one(json!({ "value": "g", "type": "Group" })));
    assert!(!one(json!({ "value": "u", "type": "User" })));
    assert_eq!(
        check(&kind, filter.as_filter().clone()).as_ref(),
        Ok(filter)
    );
}

#[test]
fn what_is_not_about_members_stays_and_keeps_its_position() {
    let kind = group();
    let split = split(json!([
        { "op": "remove", "path": "members[value eq \"a\"]" },
        { "op": "replace", "value": { "members": [], "id": "g", "displayName": "Guild" } },
        { "op": "replace", "path": "id", "value": "h" }
    ]))
    .unwrap();

    assert_eq!(
        split.members,
        [MemberChange::Remove(ids(&["a"])), MemberChange::RemoveAll]
    );
    assert_eq!(split.attributes.len(), 2);
    assert_eq!(
        split
            .apply(&kind, &stored(&kind, json!({})))
            .unwrap_err()
            .to_string(),
        "operation 2: `id` is read-only"
    );
}

#[test]
fn a_group_is_renamed_with_what_clients_echo() {
    let kind = group();
    let split = split(json!([{ "op": "replace", "value": {
        "id": "g",
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "externalId": "x",
        "displayName": "Guild"
    }}]))
    .unwrap();

    let patched = split
        .apply(&kind, &stored(&kind, json!({ "displayName": "Crew" })))
        .unwrap();
    assert_eq!(
        Value::Object(patched.resource.attributes().clone()),
        json!({ "displayName": "Guild", "externalId": "x" })
    );
    assert_eq!(split.members, []);
}

#[test]
fn a_membership_can_come_and_go_and_nothing_else() {
    let refusals = [
        json!({ "op": "add", "path": "members", "value": null }),
        json!({ "op": "add", "path": "members", "value": [{ "display": "A" }] }),
        json!({ "op": "add", "path": "members", "value": [null] }),
        json!({ "op": "replace", "path": "members" }),
        json!({ "op": "replace", "path": "members[value eq \"a\"]", "value": { "value": "b" } }),
        json!({ "op": "replace", "path": "members[value eq \"a\"].display", "value": "A" }),
        json!({ "op": "remove", "path": "members[value eq \"a\"].display" }),
    ]
    .map(|op| {
        let err = split(json!([op])).unwrap_err();
        format!(
            "{op} -> {}: {err}",
            err.reason.scim_type.map_or("-", |it| it.as_str())
        )
    })
    .join("\n");

    insta::assert_snapshot!(refusals, @r#"
    {"op":"add","path":"members","value":null} -> invalidValue: operation 0: `add` needs a value
    {"op":"add","path":"members","value":[{"display":"A"}]} -> invalidValue: operation 0: each of `members` needs an id as its `value`
    {"op":"add","path":"members","value":[null]} -> invalidValue: operation 0: each of `members` needs an id as its `value`
    {"op":"replace","path":"members"} -> invalidValue: operation 0: `replace` needs a value
    {"op":"replace","path":"members[value eq \"a\"]","value":{"value":"b"}} -> mutability: operation 0: an entry of `members` can be added or removed only
    {"op":"replace","path":"members[value eq \"a\"].display","value":"A"} -> mutability: operation 0: an entry of `members` can be added or removed only
    {"op":"remove","path":"members[value eq \"a\"].display"} -> mutability: operation 0: an entry of `members` can be added or removed only
    "#);
}

#[test]
fn a_bad_condition_on_members_is_found_when_the_rest_is_applied() {
    let kind = group();
    let split = split(json!([{ "op": "remove", "path": "members[shoe eq \"a\"]" }])).unwrap();

    assert_eq!(
        split
            .apply(&kind, &stored(&kind, json!({})))
            .unwrap_err()
            .to_string(),
        "operation 0: there is no attribute `shoe`"
    );
}
