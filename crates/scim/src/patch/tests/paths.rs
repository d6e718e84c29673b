use serde_json::json;

use super::{ENTERPRISE, operations, patch, patched, refusal, stored, user};
use crate::patch::apply;
use crate::schema::Profile;

#[test]
fn names_and_urns_ignore_case() {
    let after = patched(
        json!({}),
        json!([
            { "op": "replace", "path": "TITLE", "value": "a" },
            { "op": "replace", "path": "Name.GivenName", "value": "b" },
            {
                "op": "replace",
                "path": "URN:ietf:params:scim:schemas:core:2.0:USER:name.familyName",
                "value": "c"
            },
            { "op": "replace", "path": ENTERPRISE.to_uppercase() + ":DEPARTMENT", "value": "d" },
            { "op": "replace", "path": format!("{ENTERPRISE}.division"), "value": "e" }
        ]),
    );

    assert_eq!(
        after,
        json!({
            "title": "a",
            "name": { "givenName": "b", "familyName": "c" },
            ENTERPRISE: { "department": "d", "division": "e" }
        })
    );
}

#[test]
fn a_comparison_may_stand_without_brackets() {
    let after = patched(
        json!({ "emails": [
            { "value": "a@x.org", "type": "work" }, { "value": "b@x.org", "type": "home" }
        ]}),
        json!([
            { "op": "remove", "path": "emails eq \"a@x.org\"" },
            { "op": "remove", "path": "emails.type eq \"home\"" }
        ]),
    );

    assert_eq!(after, json!({}));
}

#[test]
fn quotes_and_brackets_inside_a_text_are_text() {
    let after = patched(
        json!({ "emails": [{ "value": "a]\"b", "type": "o'dea" }] }),
        json!([
            { "op": "replace", "path": "emails[value eq \"a]\\\"b\"].display", "value": "x" },
            { "op": "replace", "path": "emails[type eq \"o'dea\"].primary", "value": true }
        ]),
    );

    assert_eq!(
        after,
        json!({ "emails": [
            { "value": "a]\"b", "display": "x", "type": "o'dea", "primary": true }
        ]})
    );
}

#[test]
fn a_path_that_is_malformed_or_names_nothing_is_refused() {
    let refusals = [
        "name.",
        ".x",
        "emails[",
        "emails[type eq \"work\"",
        "emails[]",
        "emails[0]",
        "emails[0].value",
        "emails/0/value",
        "/name/givenName",
        "a.b.c",
        "name.givenName[value pr]",
        "emails[type eq \"work\"].",
        "emails[type eq \"work\"].value.x",
        "emails[type eq \"work\"]value",
        "name[givenName eq \"x\"]",
        "emails[type regex \"x\"]",
        "emails[primary gt true].value",
        "emails[shoe eq \"x\"].value",
        "urn:ietf:params:scim:schemas:core:2.0:User",
    ]
    .map(|path| {
        let op = json!([{ "op": "replace", "path": path, "value": "x" }]);
        format!("{path} -> {}", refusal(json!({}), op))
    })
    .join("\n");

    insta::assert_snapshot!(refusals, @r#"
    name. -> invalidPath: operation 0: `name.` is not a path
    .x -> invalidPath: operation 0: `.x` is not a path
    emails[ -> invalidPath: operation 0: `emails[` is not a path
    emails[type eq "work" -> invalidPath: operation 0: `emails[type eq "work"` is not a path
    emails[] -> invalidPath: operation 0: `emails[]` is not a path
    emails[0] -> invalidPath: operation 0: `emails[0]` is not a path
    emails[0].value -> invalidPath: operation 0: `emails[0].value` is not a path
    emails/0/value -> invalidPath: operation 0: `emails/0/value` is not a path
    /name/givenName -> invalidPath: operation 0: `/name/givenName` is not a path
    a.b.c -> invalidPath: operation 0: `a.b.c` is not a path
    name.givenName[value pr] -> invalidPath: operation 0: `name.givenName[value pr]` is not a path
    emails[type eq "work"]. -> invalidPath: operation 0: `emails[type eq "work"].` is not a path
    emails[type eq "work"].value.x -> invalidPath: operation 0: `emails[type eq "work"].value.x` is not a path
    emails[type eq "work"]value -> invalidPath: operation 0: `emails[type eq "work"]value` is not a path
    name[givenName eq "x"] -> invalidPath: operation 0: `name` takes no brackets: it has one value
    emails[type regex "x"] -> invalidFilter: operation 0: `regex` is no operator
    emails[primary gt true].value -> invalidFilter: operation 0: `gt` cannot be used with `primary`
    emails[shoe eq "x"].value -> invalidFilter: operation 0: there is no attribute `shoe`
    urn:ietf:params:scim:schemas:core:2.0:User -> invalidPath: operation 0: there is no attribute `urn:ietf:params:scim:schemas:core:2.0:User`
    "#);
}

#[test]
fn a_path_that_names_nothing_is_kept_aside_and_by_strict_refused() {
    for path in ["shoeSize", "name.shoe", "urn:x:Foo:bar"] {
        let op = json!([{ "op": "replace", "path": path, "value": "x" }]);
        let patch = patch(json!({}), op.clone()).unwrap();
        assert_eq!(patch.resource.attributes().len(), 1, "{path}");
        assert!(!patch.resource.unmapped().is_empty(), "{path}");

        let mut kind = user();
        kind.profile = Profile::Strict;
        let refused = apply(
            &kind,
            &stored(&kind, json!({ "schemas": [kind.schema.id] })),
            &operations(op),
        );
        let detail = format!("operation 0: there is no attribute `{path}`");
        assert_eq!(refused.unwrap_err().to_string(), detail);
    }
}
