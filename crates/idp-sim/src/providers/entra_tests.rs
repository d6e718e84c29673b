use serde_json::{Value, json};

use super::entra::Entra;
use super::{GroupRef, Member, Provider, Stored};
use crate::attribute::Attribute;
use crate::directory::Person;
use crate::profile::Profile;
use crate::request::RequestShape;

const GROUP: GroupRef<'_> = GroupRef {
    id: "g1",
    name: "R&D",
};

fn nora() -> Person {
    Person {
        given_name: Some("Nora".to_owned()),
        family_name: Some("O'Brien".to_owned()),
        title: Some("Archivist".to_owned()),
        department: Some("Stacks".to_owned()),
        employee_number: Some("7041".to_owned()),
        preferred_language: Some("en-GB".to_owned()),
        ..Person::new("nora+emea@x.example")
    }
}

fn members(count: usize) -> Vec<Member> {
    (0..count)
        .map(|n| Member {
            id: format!("u{n}"),
            user_name: String::new(),
        })
        .collect()
}

fn texts(requests: &[RequestShape]) -> String {
    requests
        .iter()
        .map(RequestShape::to_text)
        .collect::<Vec<_>>()
        .join("\n")
}

fn update(profile: &Profile) -> Option<RequestShape> {
    let mut resource = Entra.create_user(&nora()).body.unwrap();
    resource["id"] = json!("u1");
    Entra.update_user(
        Stored {
            id: "u1",
            user_name: "nora",
            resource: &resource,
        },
        profile,
    )
}

fn operations(request: &RequestShape) -> &Value {
    &request.body.as_ref().unwrap()["Operations"]
}

#[test]
fn the_connection_test_looks_for_nobody() {
    let nobody = "9b1f3c2e-0000-4000-a000-000000000000";

    insta::assert_snapshot!(texts(&Entra.connection_test(nobody)), @"
        GET /Users?filter=userName+eq+%229b1f3c2e-0000-4000-a000-000000000000%22
        Accept: application/scim+json

        GET /Groups?excludedAttributes=members&filter=displayName+eq+%229b1f3c2e-0000-4000-a000-000000000000%22
        Accept: application/scim+json
        ");
}

#[test]
fn a_look_up_is_form_encoded() {
    insta::assert_snapshot!(Entra.find_user("nora+emea@x.example").path_and_query, @"/Users?filter=userName+eq+%22nora%2Bemea%40x.example%22");
}

#[test]
fn a_user_is_created_with_the_enterprise_extension() {
    insta::assert_snapshot!(Entra.create_user(&nora()).to_text(), @r#"
        POST /Users
        Accept: application/scim+json
        Content-Type: application/scim+json; charset=utf-8

        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
          ],
          "userName": "nora+emea@x.example",
          "name": {
            "givenName": "Nora",
            "familyName": "O'Brien"
          },
          "displayName": "Nora O'Brien",
          "emails": [
            {
              "type": "work",
              "value": "nora+emea@x.example",
              "primary": true
            }
          ],
          "title": "Archivist",
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "7041",
            "department": "Stacks"
          },
          "active": true,
          "externalId": "bfee8736-0991-476d-ad3c-99da3a8b1e92",
          "preferredLanguage": "en-GB",
          "meta": {
            "resourceType": "User"
          },
          "roles": []
        }
        "#);
}

#[test]
fn a_user_who_is_in_step_is_left_alone() {
    assert_eq!(update(&Entra.profile(&nora())), None);
}

#[test]
fn a_boolean_answered_as_text_is_in_step() {
    let resource = json!({ "active": "True" });
    let profile = Profile::default().flag(Attribute::Active, true);
    let user = Stored {
        id: "u1",
        user_name: "nora",
        resource: &resource,
    };

    assert_eq!(Entra.update_user(user, &profile), None);
}

#[test]
fn an_update_is_one_operation_for_each_attribute() {
    let person = Person {
        family_name: Some("Reed".to_owned()),
        email: Some("nora.reed@x.example".to_owned()),
        mobile: Some("+1 555 0101".to_owned()),
        title: None,
        department: Some("Maps".to_owned()),
        active: false,
        ..nora()
    };

    insta::assert_snapshot!(update(&Entra.profile(&person)).unwrap().to_text(), @r#"
        PATCH /Users/u1
        Accept: application/scim+json
        Content-Type: application/scim+json; charset=utf-8

        {
          "schemas": [
            "urn:ietf:params:scim:api:messages:2.0:PatchOp"
          ],
          "Operations": [
            {
              "op": "Replace",
              "path": "name.familyName",
              "value": "Reed"
            },
            {
              "op": "Replace",
              "path": "displayName",
              "value": "Nora Reed"
            },
            {
              "op": "Replace",
              "path": "emails[type eq \"work\"].value",
              "value": "nora.reed@x.example"
            },
            {
              "op": "Add",
              "path": "phoneNumbers[type eq \"mobile\"].value",
              "value": "+1 555 0101"
            },
            {
              "op": "Remove",
              "path": "title"
            },
            {
              "op": "Replace",
              "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
              "value": "Maps"
            },
            {
              "op": "Replace",
              "path": "active",
              "value": "False"
            }
          ]
        }
        "#);
}

#[test]
fn a_manager_is_added_replaced_and_removed_by_path() {
    let change = |before, after| {
        let request = Entra.set_manager("u1", "nora", before, after).unwrap();
        operations(&request)[0].to_string()
    };
    let changes = [
        change(None, Some("m1")),
        change(Some("m1"), Some("m2")),
        change(Some("m2"), None),
    ];

    insta::assert_snapshot!(changes.join("\n"), @r#"
        {"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"m1"}
        {"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"m2"}
        {"op":"Remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}
        "#);
    assert_eq!(
        Entra.set_manager("u1", "nora", Some("m1"), Some("m1")),
        None
    );
}

#[test]
fn a_group_is_created_with_a_schema_of_its_own_and_no_members() {
    insta::assert_snapshot!(Entra.create_group("R&D").to_text(), @r#"
        POST /Groups
        Accept: application/scim+json
        Content-Type: application/scim+json; charset=utf-8

        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
          ],
          "externalId": "cd05a189-9e3b-4b1f-a89e-faddf18e99d8",
          "displayName": "R&D",
          "meta": {
            "resourceType": "Group"
          }
        }
        "#);
}

#[test]
fn a_group_is_looked_up_without_its_members() {
    insta::assert_snapshot!(Entra.find_group("R&D").path_and_query, @"/Groups?excludedAttributes=members&filter=displayName+eq+%22R%26D%22");
}

#[test]
fn members_leave_and_enter_as_value_arrays() {
    let members = members(3);

    insta::assert_snapshot!(
        texts(&Entra.change_members(GROUP, &members[1..], &members[..1])),
        @r#"
        PATCH /Groups/g1
        Accept: application/scim+json
        Content-Type: application/scim+json; charset=utf-8

        {
          "schemas": [
            "urn:ietf:params:scim:api:messages:2.0:PatchOp"
          ],
          "Operations": [
            {
              "op": "Remove",
              "path": "members",
              "value": [
                {
                  "value": "u0"
                }
              ]
            }
          ]
        }
        PATCH /Groups/g1
        Accept: application/scim+json
        Content-Type: application/scim+json; charset=utf-8

        {
          "schemas": [
            "urn:ietf:params:scim:api:messages:2.0:PatchOp"
          ],
          "Operations": [
            {
              "op": "Add",
              "path": "members",
              "value": [
                {
                  "$ref": null,
                  "value": "u1"
                },
                {
                  "$ref": null,
                  "value": "u2"
                }
              ]
            }
          ]
        }
        "#
    );
}

#[test]
fn a_request_holds_at_most_100_members() {
    let sizes: Vec<usize> = Entra
        .change_members(GROUP, &members(250), &[])
        .iter()
        .map(|request| operations(request)[0]["value"].as_array().unwrap().len())
        .collect();

    assert_eq!(sizes, [100, 100, 50]);
}

#[test]
fn a_group_is_renamed_by_path() {
    insta::assert_snapshot!(operations(&Entra.rename_group(GROUP, "Research")), @r#"[{"op":"Replace","path":"displayName","value":"Research"}]"#);
}

#[test]
fn an_id_cannot_leave_its_path_segment() {
    let request = Entra.delete_user("../Groups?x", "nora").unwrap();

    insta::assert_snapshot!(request.path_and_query, @"/Users/..%2FGroups%3Fx");
}
