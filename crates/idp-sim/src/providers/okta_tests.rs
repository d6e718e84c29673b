use serde_json::json;

use super::okta::Okta;
use super::{GroupRef, Listing, Member, Provider, Stored};
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
        mobile: Some("+1 555 0100".to_owned()),
        preferred_language: Some("en-US".to_owned()),
        ..Person::new("nora+emea@x.example")
    }
}

fn members(count: usize) -> Vec<Member> {
    let member = |n| Member {
        id: format!("u{n}"),
        user_name: format!("user{n}@x.example"),
    };
    (0..count).map(member).collect()
}

fn texts(requests: &[RequestShape]) -> String {
    requests
        .iter()
        .map(RequestShape::to_text)
        .collect::<Vec<_>>()
        .join("\n")
}

/// What an endpoint answers for `nora()`, with what only it knows.
fn stored() -> serde_json::Value {
    let mut user = Okta.create_user(&nora()).body.unwrap();
    user["id"] = json!("u1");
    user["groups"] = json!([{ "value": "g1", "display": "R&D" }]);
    user["meta"] = json!({ "resourceType": "User", "version": "W/\"1\"" });
    user.as_object_mut().unwrap().remove("password");
    user
}

fn update(profile: &Profile) -> Option<RequestShape> {
    let resource = stored();
    Okta.update_user(
        Stored {
            id: "u1",
            user_name: "nora",
            resource: &resource,
        },
        profile,
    )
}

#[test]
fn the_connector_test_asks_for_two_users() {
    insta::assert_snapshot!(texts(&Okta.connection_test("nobody")), @"
        GET /Users?startIndex=1&count=2
        User-Agent: Okta SCIM Client 1.0.0
        Accept: application/scim+json
        Accept-Charset: utf-8

        GET /Groups?startIndex=1&count=100
        User-Agent: Okta SCIM Client 1.0.0
        Accept: application/scim+json
        Accept-Charset: utf-8
        ");
}

#[test]
fn a_look_up_is_percent_encoded_and_paged() {
    insta::assert_snapshot!(Okta.find_user("nora+emea@x.example").path_and_query, @"/Users?filter=userName%20eq%20%22nora%2Bemea%40x.example%22&startIndex=1&count=100");
    insta::assert_snapshot!(Okta.find_group("R&D").path_and_query, @"/Groups?filter=displayName%20eq%20%22R%26D%22&startIndex=1&count=100");
}

#[test]
fn an_import_pages_by_index() {
    let page = Okta.import_page(Listing::Users, 101).unwrap();

    insta::assert_snapshot!(page.path_and_query, @"/Users?startIndex=101&count=100");
}

#[test]
fn a_user_is_created_with_a_password_and_no_groups() {
    insta::assert_snapshot!(Okta.create_user(&nora()).to_text(), @r#"
        POST /Users
        User-Agent: Okta SCIM Client 1.0.0
        Accept: application/scim+json
        Accept-Charset: utf-8
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
          "phoneNumbers": [
            {
              "type": "mobile",
              "value": "+1 555 0100"
            }
          ],
          "title": "Archivist",
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "7041",
            "department": "Stacks"
          },
          "active": true,
          "externalId": "00um7eWvojvBDqllP6Fx",
          "locale": "en-US",
          "groups": [],
          "password": "Aq9!00um7eWvojvBDqllP6Fx"
        }
        "#);
}

#[test]
fn a_user_who_is_in_step_is_left_alone() {
    assert_eq!(update(&Okta.profile(&nora())), None);
}

#[test]
fn a_profile_change_puts_back_everything_that_was_read() {
    let person = Person {
        title: None,
        department: Some("Maps".to_owned()),
        ..nora()
    };

    insta::assert_snapshot!(update(&Okta.profile(&person)).unwrap().to_text(), @r#"
        PUT /Users/u1
        User-Agent: Okta SCIM Client 1.0.0
        Accept: application/scim+json
        Accept-Charset: utf-8
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
          "phoneNumbers": [
            {
              "type": "mobile",
              "value": "+1 555 0100"
            }
          ],
          "id": "u1",
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "7041",
            "department": "Maps"
          },
          "active": true,
          "externalId": "00um7eWvojvBDqllP6Fx",
          "locale": "en-US",
          "groups": [
            {
              "value": "g1",
              "display": "R&D"
            }
          ],
          "meta": {
            "resourceType": "User",
            "version": "W/\"1\""
          }
        }
        "#);
}

#[test]
fn deactivation_alone_is_a_pathless_patch() {
    let profile = Profile::default().flag(Attribute::Active, false);

    insta::assert_snapshot!(update(&profile).unwrap().to_text(), @r#"
        PATCH /Users/u1
        User-Agent: Okta SCIM Client 1.0.0
        Accept: application/scim+json
        Accept-Charset: utf-8
        Content-Type: application/scim+json; charset=utf-8

        {
          "schemas": [
            "urn:ietf:params:scim:api:messages:2.0:PatchOp"
          ],
          "Operations": [
            {
              "op": "replace",
              "value": {
                "active": false
              }
            }
          ]
        }
        "#);
}

#[test]
fn a_group_is_pushed_without_members_first() {
    insta::assert_snapshot!(Okta.create_group("R&D").to_text(), @r#"
        POST /Groups
        User-Agent: Okta SCIM Client 1.0.0
        Accept: application/scim+json
        Accept-Charset: utf-8
        Content-Type: application/scim+json; charset=utf-8

        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group"
          ],
          "displayName": "R&D",
          "members": []
        }
        "#);
}

#[test]
fn a_group_is_renamed_without_a_path() {
    insta::assert_snapshot!(Okta.rename_group(GROUP, "Research").to_text(), @r#"
        PATCH /Groups/g1
        User-Agent: Okta SCIM Client 1.0.0
        Accept: application/scim+json
        Accept-Charset: utf-8
        Content-Type: application/scim+json; charset=utf-8

        {
          "schemas": [
            "urn:ietf:params:scim:api:messages:2.0:PatchOp"
          ],
          "Operations": [
            {
              "op": "replace",
              "value": {
                "id": "g1",
                "displayName": "Research"
              }
            }
          ]
        }
        "#);
}

#[test]
fn members_leave_and_enter_in_one_request() {
    let members = members(3);

    insta::assert_snapshot!(
        texts(&Okta.change_members(GROUP, &members[1..], &members[..1])),
        @r#"
        PATCH /Groups/g1
        User-Agent: Okta SCIM Client 1.0.0
        Accept: application/scim+json
        Accept-Charset: utf-8
        Content-Type: application/scim+json; charset=utf-8

        {
          "schemas": [
            "urn:ietf:params:scim:api:messages:2.0:PatchOp"
          ],
          "Operations": [
            {
              "op": "remove",
              "path": "members[value eq \"u0\"]"
            },
            {
              "op": "add",
              "path": "members",
              "value": [
                {
                  "value": "u1",
                  "display": "user1@x.example"
                },
                {
                  "value": "u2",
                  "display": "user2@x.example"
                }
              ]
            }
          ]
        }
        "#
    );
}

#[test]
fn a_request_holds_at_most_256_members() {
    let (add, remove) = (members(300), members(300));
    let sizes: Vec<(usize, usize)> = Okta
        .change_members(GROUP, &add, &remove)
        .iter()
        .map(|request| {
            let operations = request.body.as_ref().unwrap()["Operations"]
                .as_array()
                .unwrap();
            let added = |op: &serde_json::Value| op["value"].as_array().map(Vec::len);
            let removed = operations.iter().filter(|op| op["op"] == "remove").count();
            (removed, operations.iter().filter_map(added).sum())
        })
        .collect();

    assert_eq!(sizes, [(256, 0), (44, 212), (0, 88)]);
}

#[test]
fn nobody_is_ever_deleted() {
    assert_eq!(Okta.delete_user("u1", "nora"), None);
}
