use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const LOTS: usize = 16 * 1_024;

fn masked(names: &[&str], body: &Value) -> String {
    let mask = Mask::new(names.iter().copied());
    mask.body(body.to_string().as_bytes(), LOTS).unwrap().json
}

#[test]
fn a_password_is_hidden_wherever_it_stands() {
    let user = json!({ "userName": "amy", "password": "s3cret", "urn:x:User:Password": "s3cret" });
    insta::assert_snapshot!(
        masked(&[], &user),
        @r#"{"userName":"amy","password":"***","urn:x:User:Password":"***"}"#
    );
    let patch = json!({ "Operations": [
        { "op": "replace", "path": "password", "value": "s3cret" },
        { "op": "replace", "value": "s3cret", "path": "urn:ietf:params:scim:schemas:core:2.0:User:PASSWORD" },
        { "op": "replace", "value": { "password": "s3cret", "active": true } },
    ]});
    assert!(
        !masked(&[], &patch).contains("s3cret"),
        "{}",
        masked(&[], &patch)
    );
    let bulk = json!({ "Operations": [
        { "method": "POST", "path": "/Users", "bulkId": "1", "data": user },
        { "method": "PATCH", "path": "/Users/1", "data": patch },
    ]});
    assert!(
        !masked(&[], &bulk).contains("s3cret"),
        "{}",
        masked(&[], &bulk)
    );
}

#[test]
fn a_configured_attribute_is_hidden_by_each_of_its_names() {
    let user = json!({
        "name": { "givenName": "Amy", "familyName": "Quill" },
        "emails": [{ "type": "work", "value": "amy@acme.example" }],
        "urn:x:2.0:User": { "employeeNumber": "7788" },
    });
    insta::assert_snapshot!(
        masked(&["name.familyName", "emails.value", "urn:x:2.0:User:employeeNumber"], &user),
        @r#"{"name":{"givenName":"Amy","familyName":"***"},"emails":[{"type":"work","value":"***"}],"urn:x:2.0:User":{"employeeNumber":"***"}}"#
    );
    let patch = json!({ "Operations": [
        { "op": "add", "path": "name", "value": { "familyName": "Quill" } },
        { "op": "add", "value": { "name.familyName": "Quill" } },
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "amy@acme.example" },
        { "op": "remove", "path": "emails[value eq \"amy@acme.example\"]" },
        { "op": "add", "path": "emails", "value": "amy@acme.example" },
    ]});
    let shown = masked(&["name.familyName", "emails.value"], &patch);
    assert!(
        !shown.contains("Quill") && !shown.contains("amy@"),
        "{shown}"
    );
    let whole = masked(&["name"], &user);
    assert!(
        !whole.contains("Amy") && !whole.contains("Quill"),
        "{whole}"
    );
}

#[test]
fn the_filter_of_a_search_is_masked_too() {
    let search = json!({ "filter": "password eq \"s3cret\" and userName eq \"amy\"" });
    insta::assert_snapshot!(
        masked(&[], &search),
        @r#"{"filter":"password eq \"***\" and userName eq \"amy\""}"#
    );
}

#[test]
fn a_value_whose_path_is_not_there_any_more_is_hidden() {
    let cut = br#"{"Operations":[{"op":"replace","value":"s3cret","pa"#;
    let shown = Mask::new([]).body(cut, LOTS).unwrap();
    assert!(shown.cut && !shown.json.contains("s3cret"), "{shown:?}");
    let twice = br#"{"path":"password","value":"s3cret","path":"title"}"#;
    let shown = Mask::new([]).body(twice, LOTS).unwrap();
    assert!(!shown.json.contains("s3cret"), "{shown:?}");
}

#[test]
fn what_is_too_long_is_cut_and_still_json() {
    let members: Vec<_> = (0..5_000)
        .map(|n| json!({ "value": n.to_string() }))
        .collect();
    let group = json!({ "displayName": "All", "members": members }).to_string();
    let shown = Mask::new([]).body(group.as_bytes(), 1_000).unwrap();
    assert!(shown.cut && shown.json.len() < 3_000);
    let read: Value = serde_json::from_str(&shown.json).unwrap();
    assert_eq!(read["displayName"], "All");
    let photo = json!({ "photo": "x".repeat(5_000) });
    assert!(masked(&[], &photo).len() < 1_200);
}

#[test]
fn what_is_no_json_is_told_to_be_none() {
    for body in [
        "",
        "<user password='s3cret'/>",
        "password=s3cret",
        "'s3cret'",
    ] {
        assert_eq!(
            Mask::new([]).body(body.as_bytes(), LOTS),
            Err(NotJson),
            "{body}"
        );
    }
}

#[test]
fn a_filter_keeps_its_form_without_its_values() {
    let form = |filter| Mask::new([]).filter(filter, false);
    insta::assert_snapshot!(form(r#"userName eq "amy@acme.example""#), @r#"userName eq "…""#);
    insta::assert_snapshot!(
        form(r#"emails[type eq "work" and value co "amy"].value sw "a" and not (active eq false)"#),
        @r#"emails[type eq "…" and value co "…"].value sw "…" and not (active eq false)"#
    );
    insta::assert_snapshot!(form("userName eq amy quill"), @r#"userName eq "…" "…""#);
    insta::assert_snapshot!(form(r#"userName eq "amy \" quill"#), @r#"userName eq "…""#);
    insta::assert_snapshot!(form(r#"meta.lastModified gt 7 or "amy""#), @r#"meta.lastModified gt "…" or "…""#);
    insta::assert_snapshot!(form("title pr"), @"title pr");
    insta::assert_snapshot!(form("amy@acme.example"), @r#""…""#);
    insta::assert_snapshot!(form(r#"(userName is "amy")"#), @r#"(userName "…" "…")"#);
}

#[test]
fn a_filter_with_its_values_keeps_no_hidden_one() {
    let mask = Mask::new(["emails.value", "title"]);
    let shown = |filter| mask.filter(filter, true);
    insta::assert_snapshot!(
        shown(r#"emails eq "amy" or emails[value eq "amy"] or userName eq "bob""#),
        @r#"emails eq "***" or emails[value eq "***"] or userName eq "bob""#
    );
    insta::assert_snapshot!(shown(r#"urn:x:User:title eq "chief""#), @r#"urn:x:User:title eq "***""#);
    insta::assert_snapshot!(shown("emails[type eq \"work\"].value"), @r#"emails[type eq "work"].value"#);
}

#[test]
fn a_token_in_the_wrong_place_is_hidden() {
    let token = format!("rc_{}", "a1B2-_".repeat(8));
    let shown = without_tokens(&format!("Bearer {token}, and rc_short"));
    assert_eq!(shown, "Bearer rc_***, and rc_short");
    let shown = masked(&[], &json!({ "title": token }));
    assert!(!shown.contains("a1B2"), "{shown}");
}

proptest! {
    #[test]
    fn a_cut_patch_never_shows_the_password(end in 0_usize..200, most in 0_usize..200) {
        let patch = br#"{"Operations":[{"value":"s3cret","op":"replace","path":"password"},{"op":"replace","path":"password","value":{"a":"s3cret"}},{"op":"add","value":{"password":"s3cret"}}]}"#;
        let end = end.min(patch.len());
        if let Ok(shown) = Mask::new([]).body(&patch[..end], most) {
            prop_assert!(!shown.json.contains("s3cret"), "{}", shown.json);
            prop_assert!(serde_json::from_str::<Value>(&shown.json).is_ok());
        }
    }
}
