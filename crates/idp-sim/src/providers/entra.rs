//! Microsoft Entra ID without the `aadOptscim062020` flag.
//!
//! A user is matched by name and changed by PATCH alone, one operation for each attribute, with
//! `Add`, `Replace` and `Remove` in capitals and booleans as text. Managers are set by path once
//! everybody exists. Group members are added and removed as value arrays, 100 at a time. Queries
//! are form-encoded (a space is `+`), no `User-Agent` is sent, and nothing is ever imported.
//!
//! On create the booleans are real ones, as in Microsoft's published example; the text form
//! belongs to PATCH.

use serde_json::{Value, json};

use super::{
    CORE_GROUP, CORE_USER, GroupRef, Listing, Member, Provider, Stored, patch, path_of,
    without_body,
};
use crate::attribute::{Attribute, ENTERPRISE_USER};
use crate::directory::Person;
use crate::operation::Operation;
use crate::profile::{Difference, Profile, Scalar};
use crate::query::{Encoding, equals};
use crate::request::RequestShape;
use crate::stable_id::guid;

/// A schema that only Entra lists; nothing of it is ever sent.
const ADSCIM_GROUP: &str =
    "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

const READ: [(&str, &str); 1] = [("Accept", "application/scim+json")];
const WRITE: [(&str, &str); 2] = [
    READ[0],
    ("Content-Type", "application/scim+json; charset=utf-8"),
];

/// Members in one request.
const MEMBERS_PER_REQUEST: usize = 100;

/// See the module.
pub(super) struct Entra;

impl Provider for Entra {
    fn connection_test(&self, probe: &str) -> Vec<RequestShape> {
        let users = format!("/Users?filter={}", form(&equals("userName", probe)));
        vec![
            without_body(Operation::TestConnection, users, &READ, ""),
            RequestShape {
                who: String::new(),
                ..self.find_group(probe)
            },
        ]
    }

    fn import_page(&self, _listing: Listing, _start: u64) -> Option<RequestShape> {
        None
    }

    fn profile(&self, person: &Person) -> Profile {
        let derived = guid(person.stable_key());
        Profile::of(person)
            .text(
                Attribute::ExternalId,
                Some(person.external_id.as_deref().unwrap_or(&derived)),
            )
            .text(
                Attribute::PreferredLanguage,
                person.preferred_language.as_deref(),
            )
    }

    fn find_user(&self, user_name: &str) -> RequestShape {
        let path = format!("/Users?filter={}", form(&equals("userName", user_name)));
        without_body(Operation::FindUser, path, &READ, user_name)
    }

    fn creates_inactive_users(&self) -> bool {
        true
    }

    fn create_user(&self, person: &Person) -> RequestShape {
        let mut user = json!({ "schemas": [CORE_USER, ENTERPRISE_USER] });
        if let Some(user) = user.as_object_mut() {
            for (attribute, value) in self.profile(person).iter() {
                attribute.write(user, value);
            }
        }
        user["meta"] = json!({ "resourceType": "User" });
        user["roles"] = json!([]);
        write(
            Operation::CreateUser,
            "/Users".to_owned(),
            user,
            &person.user_name,
        )
    }

    fn matches_again_on_conflict(&self) -> bool {
        true
    }

    fn read_before_update(&self, _id: &str, _user_name: &str) -> Option<RequestShape> {
        None
    }

    fn update_user(&self, user: Stored<'_>, profile: &Profile) -> Option<RequestShape> {
        let differences = profile.differences(user.resource);
        if differences.is_empty() {
            return None;
        }
        let body = patch(differences.iter().map(operation).collect());
        Some(write(
            Operation::PatchUser,
            path_of("/Users", user.id),
            body,
            user.user_name,
        ))
    }

    fn set_manager(
        &self,
        id: &str,
        user_name: &str,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Option<RequestShape> {
        if before == after {
            return None;
        }
        let path = format!("{ENTERPRISE_USER}:manager");
        let operation = match after {
            Some(manager) => {
                json!({ "op": add_or_replace(before.is_some()), "path": path, "value": manager })
            }
            None => json!({ "op": "Remove", "path": path }),
        };
        let path = path_of("/Users", id);
        Some(write(
            Operation::PatchUser,
            path,
            patch(vec![operation]),
            user_name,
        ))
    }

    fn delete_user(&self, id: &str, user_name: &str) -> Option<RequestShape> {
        Some(without_body(
            Operation::DeleteUser,
            path_of("/Users", id),
            &READ,
            user_name,
        ))
    }

    fn find_group(&self, name: &str) -> RequestShape {
        let filter = form(&equals("displayName", name));
        let path = format!("/Groups?excludedAttributes=members&filter={filter}");
        without_body(Operation::FindGroup, path, &READ, name)
    }

    fn create_group(&self, name: &str) -> RequestShape {
        let body = json!({
            "schemas": [CORE_GROUP, ADSCIM_GROUP],
            "externalId": guid(name),
            "displayName": name,
            "meta": { "resourceType": "Group" },
        });
        write(Operation::CreateGroup, "/Groups".to_owned(), body, name)
    }

    fn read_group(&self, group: GroupRef<'_>) -> RequestShape {
        without_body(
            Operation::ReadGroup,
            path_of("/Groups", group.id),
            &READ,
            group.name,
        )
    }

    fn rename_group(&self, group: GroupRef<'_>, new_name: &str) -> RequestShape {
        patch_group(
            group,
            json!({ "op": "Replace", "path": "displayName", "value": new_name }),
        )
    }

    fn change_members(
        &self,
        group: GroupRef<'_>,
        add: &[Member],
        remove: &[Member],
    ) -> Vec<RequestShape> {
        let removed = remove.chunks(MEMBERS_PER_REQUEST).map(|chunk| {
            let value: Vec<Value> = chunk
                .iter()
                .map(|member| json!({ "value": member.id }))
                .collect();
            json!({ "op": "Remove", "path": "members", "value": value })
        });
        let added = add.chunks(MEMBERS_PER_REQUEST).map(|chunk| {
            let value: Vec<Value> = chunk
                .iter()
                .map(|member| json!({ "$ref": null, "value": member.id }))
                .collect();
            json!({ "op": "Add", "path": "members", "value": value })
        });
        removed
            .chain(added)
            .map(|operation| patch_group(group, operation))
            .collect()
    }

    fn delete_group(&self, group: GroupRef<'_>) -> RequestShape {
        without_body(
            Operation::DeleteGroup,
            path_of("/Groups", group.id),
            &READ,
            group.name,
        )
    }
}

fn form(filter: &str) -> String {
    Encoding::Form.encode(filter)
}

fn write(operation: Operation, path: String, body: Value, who: &str) -> RequestShape {
    RequestShape {
        operation,
        path_and_query: path,
        headers: WRITE.to_vec(),
        body: Some(body),
        who: who.to_owned(),
    }
}

fn patch_group(group: GroupRef<'_>, operation: Value) -> RequestShape {
    let path = path_of("/Groups", group.id);
    write(
        Operation::PatchGroup,
        path,
        patch(vec![operation]),
        group.name,
    )
}

fn add_or_replace(is_there: bool) -> &'static str {
    if is_there { "Replace" } else { "Add" }
}

fn operation(difference: &Difference) -> Value {
    let path = difference.attribute.path();
    match &difference.after {
        None => json!({ "op": "Remove", "path": path }),
        Some(value) => {
            let value = match value {
                Scalar::Text(text) => text.as_str(),
                Scalar::Flag(true) => "True",
                Scalar::Flag(false) => "False",
            };
            let op = add_or_replace(difference.before.is_some());
            json!({ "op": op, "path": path, "value": value })
        }
    }
}
