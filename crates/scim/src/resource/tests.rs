//! Bodies as identity providers send them.

use serde_json::{Value, json};

use super::*;
use crate::error::ScimError;
use crate::quirks::Quirk;
use crate::schema::{Catalog, ENTERPRISE_USER_URN, GROUP_URN, USER_URN};

fn user(body: Value) -> Result<Parsed, ScimError> {
    Resource::parse(Catalog::core().user(), body)
}

fn group(body: Value) -> Result<Parsed, ScimError> {
    Resource::parse(Catalog::core().group(), body)
}

/// The stored form of a user with these attributes, and the tolerances it took.
fn kept(mut attributes: Value) -> (String, Vec<Quirk>) {
    attributes["userName"] = json!("b");
    if attributes.get("schemas").is_none() {
        attributes["schemas"] = json!([USER_URN]);
    }
    let parsed = user(attributes).unwrap();
    let stored = parsed.resource.to_stored();
    let rest = stored
        .replacen(r#""userName":"b""#, "", 1)
        .replace(ENTERPRISE_USER_URN, "ENT");
    (rest.replacen("{,", "{", 1), parsed.quirks)
}

fn refused(mut attributes: Value) -> String {
    attributes["userName"] = json!("b");
    let error = user(attributes).unwrap_err();
    format!(
        "{}: {error}",
        error.scim_type.map_or("", |scim_type| scim_type.as_str())
    )
}

#[test]
fn attributes_are_kept_in_the_spelling_and_order_of_the_schema() {
    let parsed = user(json!({
        "schemas": [ENTERPRISE_USER_URN, USER_URN],
        ENTERPRISE_USER_URN.to_uppercase(): { "DEPARTMENT": "Tours" },
        "Active": true,
        "EMAILS": [{ "Type": "work", "VALUE": "b@example.com" }],
        "USERNAME": "Bjensen",
        "externalid": "X1",
    }));
    let parsed = parsed.unwrap();
    insta::assert_snapshot!(parsed.resource.to_stored(), @r#"{"externalId":"X1","userName":"Bjensen","active":true,"emails":[{"value":"b@example.com","type":"work"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Tours"}}"#);
    assert_eq!(parsed.quirks, []);
    assert_eq!(parsed.members, None);
}

#[test]
fn what_the_server_writes_and_passwords_are_dropped() {
    let (stored, quirks) = kept(json!({
        "id": "chosen", "meta": { "resourceType": "Wombat" }, "groups": [{ "value": "g" }],
        "password": "t1meMa$heen", "schemas": [USER_URN],
    }));
    assert_eq!((stored.as_str(), quirks), ("{}", vec![]));
}

#[test]
fn null_empty_arrays_and_empty_objects_mean_unassigned() {
    let (stored, _) = kept(json!({
        "title": null, "emails": null, "roles": [], "name": { "givenName": null }, "photos": [{}],
        "phoneNumbers": [{ "type": "work", "primary": true }], ENTERPRISE_USER_URN: {},
    }));
    assert_eq!(stored, "{}");
}

#[test]
fn an_element_without_value_stays_if_its_attribute_knows_none() {
    let (stored, _) = kept(json!({ "addresses": [{ "type": "work" }] }));
    insta::assert_snapshot!(stored, @r#"{"addresses":[{"type":"work"}]}"#);
}

#[test]
fn empty_text_is_a_value() {
    insta::assert_snapshot!(kept(json!({ "name": { "familyName": "" } })).0, @r#"{"name":{"familyName":""}}"#);
}

#[test]
fn unknown_attributes_and_schemas_are_reported_and_no_part_of_the_resource() {
    let (stored, quirks) = kept(json!({
        "schemas": ["urn:scim:schemas:core:2.0"],
        "favouriteTea": "oolong",
        "urn:example:User": { "badge": 1 },
    }));
    assert_eq!(stored, "{}");
    let expected = [
        Quirk::MissingSchemas,
        Quirk::UnknownSchema,
        Quirk::UnknownAttribute,
    ];
    assert_eq!(quirks, expected);
}

#[test]
fn booleans_may_be_text() {
    let (stored, quirks) = kept(json!({
        "active": "False", "emails": [{ "value": "b@example.com", "primary": "True" }],
    }));
    insta::assert_snapshot!(stored, @r#"{"active":false,"emails":[{"value":"b@example.com","primary":true}]}"#);
    assert_eq!(quirks, [Quirk::BooleanText]);
    insta::assert_snapshot!(refused(json!({ "active": "no" })), @"invalidValue: `active` must be true or false");
    insta::assert_snapshot!(refused(json!({ "emails": [{ "primary": 1 }] })), @"invalidValue: `emails.primary` must be true or false");
}

#[test]
fn whole_numbers_may_stand_for_text() {
    let (stored, quirks) = kept(json!({ ENTERPRISE_USER_URN: { "employeeNumber": 701984 } }));
    insta::assert_snapshot!(stored, @r#"{"ENT":{"employeeNumber":"701984"}}"#);
    assert_eq!(quirks, [Quirk::NumberText]);
    insta::assert_snapshot!(refused(json!({ "title": 1.5 })), @"invalidValue: `title` must be a string");
    insta::assert_snapshot!(refused(json!({ "title": { "a": 1 } })), @"invalidValue: `title` must be a string");
}

#[test]
fn one_object_or_text_may_stand_for_an_array() {
    let (stored, quirks) =
        kept(json!({ "emails": { "value": "b@example.com" }, "roles": "admin" }));
    insta::assert_snapshot!(stored, @r#"{"emails":[{"value":"b@example.com"}],"roles":[{"value":"admin"}]}"#);
    assert_eq!(quirks, [Quirk::SingleObject, Quirk::TextForComplex]);
}

#[test]
fn an_array_of_one_may_stand_for_one_value() {
    let (stored, quirks) = kept(json!({ "title": ["Prof"], "name": [{ "givenName": "B" }] }));
    insta::assert_snapshot!(stored, @r#"{"name":{"givenName":"B"},"title":"Prof"}"#);
    assert_eq!(quirks, [Quirk::ArrayForSingle]);
    insta::assert_snapshot!(refused(json!({ "title": ["Prof", "Dr"] })), @"invalidValue: `title` takes one value");
}

#[test]
fn a_manager_may_be_an_id_or_a_reference_and_is_kept_as_an_id() {
    let manager = |value: Value| kept(json!({ ENTERPRISE_USER_URN: { "manager": value } })).0;
    let as_object = manager(json!({ "value": "2", "$ref": "../Users/9", "displayName": "Al" }));
    insta::assert_snapshot!(as_object, @r#"{"ENT":{"manager":{"value":"2"}}}"#);
    assert_eq!(manager(json!("2")), as_object);
    assert_eq!(manager(json!([{ "value": "2" }])), as_object);
    assert_eq!(
        manager(json!({ "$ref": "https://scim.example/v2/Users/2" })),
        as_object
    );
    assert_eq!(manager(json!("")), "{}");
    assert_eq!(manager(json!({ "value": null })), "{}");
}

#[test]
fn json_text_inside_a_value_is_kept_as_it_is() {
    let (stored, _) = kept(json!({ "roles": [{ "value": "{\"id\":\"r1\"}" }] }));
    assert_eq!(stored, r#"{"roles":[{"value":"{\"id\":\"r1\"}"}]}"#);
}

#[test]
fn two_primary_values_null_elements_and_nul_characters_are_refused() {
    let emails = json!([{ "value": "a", "primary": true }, { "value": "b", "primary": "true" }]);
    insta::assert_snapshot!(refused(json!({ "emails": emails })), @"invalidValue: `emails` may have one primary value only");
    insta::assert_snapshot!(refused(json!({ "emails": [null] })), @"invalidValue: `emails` must not hold null");
    insta::assert_snapshot!(refused(json!({ "title": "a\u{0}b" })), @"invalidValue: `title` must not hold the character U+0000");
    insta::assert_snapshot!(refused(json!({ "emails": [["a"]] })), @"invalidValue: `emails` must be an object");
    insta::assert_snapshot!(refused(json!({ ENTERPRISE_USER_URN: "Tours" })), @"invalidValue: `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User` must be an object");
}

#[test]
fn a_required_attribute_may_not_be_missing_or_blank() {
    for body in [
        json!({}),
        json!({ "userName": null }),
        json!({ "userName": " " }),
    ] {
        let error = user(body).unwrap_err();
        assert_eq!(error, ScimError::invalid_value("`userName` is required"));
    }
    assert!(group(json!({ "displayName": "" })).is_err());
}

#[test]
fn what_is_no_resource_is_bad_syntax() {
    let message = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    for body in [
        json!([]),
        json!(null),
        json!("x"),
        json!({ "schemas": [message] }),
    ] {
        let error = user(body).unwrap_err();
        assert_eq!(
            error.scim_type.unwrap().as_str(),
            "invalidSyntax",
            "{error}"
        );
    }
}

#[test]
fn members_come_apart_from_the_group() {
    let parsed = group(json!({
        "schemas": [GROUP_URN, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "displayName": "Crew",
        "members": [
            { "value": "1", "$ref": null, "type": "User", "display": "A" },
            { "$ref": "https://scim.example/v2/Users/2" },
            { "value": "1" },
        ],
    }));
    let parsed = parsed.unwrap();
    let member = |value: &str, kind: Option<&str>| Member {
        value: value.to_owned(),
        kind: kind.map(str::to_owned),
    };
    assert_eq!(parsed.resource.to_stored(), r#"{"displayName":"Crew"}"#);
    assert_eq!(
        parsed.members,
        Some(vec![member("1", Some("User")), member("2", None)])
    );
}

#[test]
fn an_empty_list_of_members_differs_from_none() {
    let members = |value: Value| {
        group(json!({ "displayName": "Crew", "members": value })).map(|parsed| parsed.members)
    };
    assert_eq!(members(json!(null)), Ok(None));
    assert_eq!(members(json!([])), Ok(Some(vec![])));
    assert!(members(json!([{ "display": "A" }])).is_err());
    assert!(members(json!([null])).is_err());
}

mod replacing {
    use super::*;

    fn replace(before: Value, body: Value) -> Result<Parsed, ScimError> {
        let before = user(before).unwrap().resource;
        Resource::replace(Catalog::core().user(), "1", &before, body)
    }

    #[test]
    fn what_is_not_sent_is_cleared() {
        let after = replace(
            json!({ "userName": "b", "title": "Clerk", ENTERPRISE_USER_URN: { "division": "D" } }),
            json!({ "id": "1", "userName": "c" }),
        );
        assert_eq!(after.unwrap().resource.to_stored(), r#"{"userName":"c"}"#);
    }

    #[test]
    fn another_id_is_refused() {
        let error = replace(
            json!({ "userName": "b" }),
            json!({ "ID": "2", "userName": "b" }),
        );
        insta::assert_snapshot!(error.unwrap_err(), @"`id` is read-only and differs from the resource");
        assert!(
            replace(
                json!({ "userName": "b" }),
                json!({ "id": null, "userName": "b" })
            )
            .is_ok()
        );
    }

    #[test]
    fn immutable_attributes_stay_and_cannot_change() {
        let catalog = Catalog::core();
        let mut kind = catalog.user().clone();
        let schema = std::sync::Arc::make_mut(&mut kind.schema);
        for attribute in &mut schema.attributes {
            if attribute.name == "nickName" {
                attribute.mutability = crate::schema::Mutability::Immutable;
            }
        }
        let before = json!({ "userName": "b", "nickName": "Babs" });
        let before = Resource::parse(&kind, before).unwrap().resource;
        let put = |body: Value| Resource::replace(&kind, "1", &before, body);

        let kept = put(json!({ "userName": "c" })).unwrap().resource;
        assert_eq!(kept.string("nickName"), Some("Babs"));
        assert!(put(json!({ "userName": "c", "nickName": "Babs" })).is_ok());
        let error = put(json!({ "userName": "c", "nickName": null })).unwrap_err();
        assert_eq!(
            error,
            ScimError::mutability("`nickName` cannot be changed once it is set")
        );
    }
}

mod showing {
    use super::*;

    fn meta() -> Meta {
        Meta {
            resource_type: "User".to_owned(),
            created: "2026-01-31T08:30:00.000Z".to_owned(),
            last_modified: "2026-01-31T08:30:00.000Z".to_owned(),
            version: Some("W/\"3\"".to_owned()),
            location: "https://scim.example/v2/Users/1".to_owned(),
        }
    }

    #[test]
    fn an_answer_begins_with_the_identity_and_ends_with_meta() {
        let body = json!({
            ENTERPRISE_USER_URN: { "manager": "2", "costCenter": "7" },
            "roles": ["admin"], "userName": "b", "externalId": "X1", "active": "True",
        });
        let resource = user(body).unwrap().resource;
        let groups = json!([{ "value": "g", "type": "direct" }]);
        let answer = render(
            Catalog::core().user(),
            &resource,
            "1",
            meta(),
            vec![("groups", groups)],
        );
        insta::assert_json_snapshot!(answer, @r#"
        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
          ],
          "id": "1",
          "externalId": "X1",
          "userName": "b",
          "active": true,
          "groups": [
            {
              "value": "g",
              "type": "direct"
            }
          ],
          "roles": [
            {
              "value": "admin"
            }
          ],
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "costCenter": "7",
            "manager": {
              "value": "2"
            }
          },
          "meta": {
            "resourceType": "User",
            "created": "2026-01-31T08:30:00.000Z",
            "lastModified": "2026-01-31T08:30:00.000Z",
            "version": "W/\"3\"",
            "location": "https://scim.example/v2/Users/1"
          }
        }
        "#);
    }

    #[test]
    fn derived_attributes_without_values_are_left_out() {
        let resource = group(json!({ "displayName": "Crew" })).unwrap().resource;
        let derived = vec![("members", json!([]))];
        let answer = render(Catalog::core().group(), &resource, "1", meta(), derived);
        assert_eq!(answer.get("members"), None);
    }

    #[test]
    fn a_user_is_active_unless_it_says_otherwise() {
        assert!(user(json!({ "userName": "b" })).unwrap().resource.active());
        assert!(
            !user(json!({ "userName": "b", "active": false }))
                .unwrap()
                .resource
                .active()
        );
    }

    #[test]
    fn the_common_values_are_at_hand() {
        let resource = user(json!({
            "userName": "b", "displayName": "Babs", "externalId": "X1",
            "emails": [{ "value": "b@example.com" }, { "value": "c@example.com" }],
        }));
        let resource = resource.unwrap().resource;
        assert_eq!(resource.user_name(), Some("b"));
        assert_eq!(resource.display_name(), Some("Babs"));
        assert_eq!(resource.external_id(), Some("X1"));
        assert_eq!(
            resource.emails().collect::<Vec<_>>(),
            ["b@example.com", "c@example.com"]
        );
    }

    #[test]
    fn a_corrupt_row_is_an_error() {
        assert!(Resource::from_stored("[]").is_err());
        assert!(Resource::from_stored("{").is_err());
    }
}
