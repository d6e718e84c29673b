//! Okta, as an app of its catalogue sends it.
//!
//! A profile change reads the user and PUTs back everything that was read, with the changes laid
//! over it; a change of `active` alone is a pathless PATCH. Groups are pushed by PATCH. Users are
//! never deleted. Queries use `%20`, look-ups carry paging parameters, and an import pages by
//! `startIndex`, 100 at a time.
//!
//! Managers are not sent: what Okta maps there by default is a text of its own, not the id of a
//! user at the endpoint. `Accept-Encoding: gzip` is not sent either, as this client cannot unpack.

use serde_json::{Value, json};

use super::{
    CORE_GROUP, CORE_USER, GroupRef, Listing, Member, Provider, Stored, patch, path_of,
    without_body,
};
use crate::attribute::{Attribute, ENTERPRISE_USER};
use crate::directory::Person;
use crate::operation::Operation;
use crate::profile::Profile;
use crate::query::{Encoding, equals};
use crate::request::RequestShape;
use crate::stable_id::okta_user_id;

const READ: [(&str, &str); 3] = [
    ("User-Agent", "Okta SCIM Client 1.0.0"),
    ("Accept", "application/scim+json"),
    ("Accept-Charset", "utf-8"),
];
const WRITE: [(&str, &str); 4] = [
    READ[0],
    READ[1],
    READ[2],
    ("Content-Type", "application/scim+json; charset=utf-8"),
];

/// Members in one request, removed and added together.
const MEMBERS_PER_REQUEST: usize = 256;

/// See the module.
pub(super) struct Okta;

impl Provider for Okta {
    fn connection_test(&self, _probe: &str) -> Vec<RequestShape> {
        vec![
            read(
                Operation::TestConnection,
                "/Users?startIndex=1&count=2".to_owned(),
                "",
            ),
            read(
                Operation::ListGroups,
                "/Groups?startIndex=1&count=100".to_owned(),
                "",
            ),
        ]
    }

    fn import_page(&self, listing: Listing, start: u64) -> Option<RequestShape> {
        let (operation, endpoint) = match listing {
            Listing::Users => (Operation::ListUsers, "/Users"),
            Listing::Groups => (Operation::ListGroups, "/Groups"),
        };
        Some(read(
            operation,
            format!("{endpoint}?startIndex={start}&count=100"),
            "",
        ))
    }

    fn profile(&self, person: &Person) -> Profile {
        let derived = okta_user_id(person.stable_key());
        Profile::of(person)
            .text(
                Attribute::ExternalId,
                Some(person.external_id.as_deref().unwrap_or(&derived)),
            )
            .text(Attribute::Locale, person.preferred_language.as_deref())
    }

    fn find_user(&self, user_name: &str) -> RequestShape {
        find(
            Operation::FindUser,
            "/Users",
            &equals("userName", user_name),
            user_name,
        )
    }

    fn creates_inactive_users(&self) -> bool {
        // An app is only assigned to people who may sign in.
        false
    }

    fn create_user(&self, person: &Person) -> RequestShape {
        let profile = self.profile(person);
        let mut user = json!({ "schemas": schemas(&profile) });
        overlay(&mut user, &profile);
        user["groups"] = json!([]);
        user["password"] = json!(format!("Aq9!{}", okta_user_id(person.stable_key())));
        write(
            Operation::CreateUser,
            "/Users".to_owned(),
            user,
            &person.user_name,
        )
    }

    fn matches_again_on_conflict(&self) -> bool {
        false
    }

    fn read_before_update(&self, id: &str, user_name: &str) -> Option<RequestShape> {
        Some(read(Operation::ReadUser, path_of("/Users", id), user_name))
    }

    fn update_user(&self, user: Stored<'_>, profile: &Profile) -> Option<RequestShape> {
        let differences = profile.differences(user.resource);
        let path = path_of("/Users", user.id);
        match differences.as_slice() {
            [] => None,
            [only] if only.attribute == Attribute::Active => {
                let active = only.after.as_ref().map(|value| value.to_json());
                let body = patch(vec![
                    json!({ "op": "replace", "value": { "active": active } }),
                ]);
                Some(write(Operation::PatchUser, path, body, user.user_name))
            }
            _ => {
                let mut whole = user.resource.clone();
                overlay(&mut whole, profile);
                if profile.uses_enterprise() {
                    list_schema(&mut whole, ENTERPRISE_USER);
                }
                Some(write(Operation::ReplaceUser, path, whole, user.user_name))
            }
        }
    }

    fn set_manager(
        &self,
        _id: &str,
        _user_name: &str,
        _before: Option<&str>,
        _after: Option<&str>,
    ) -> Option<RequestShape> {
        None
    }

    fn delete_user(&self, _id: &str, _user_name: &str) -> Option<RequestShape> {
        None
    }

    fn find_group(&self, name: &str) -> RequestShape {
        find(
            Operation::FindGroup,
            "/Groups",
            &equals("displayName", name),
            name,
        )
    }

    fn create_group(&self, name: &str) -> RequestShape {
        let body = json!({ "schemas": [CORE_GROUP], "displayName": name, "members": [] });
        write(Operation::CreateGroup, "/Groups".to_owned(), body, name)
    }

    fn read_group(&self, group: GroupRef<'_>) -> RequestShape {
        read(
            Operation::ReadGroup,
            path_of("/Groups", group.id),
            group.name,
        )
    }

    fn rename_group(&self, group: GroupRef<'_>, new_name: &str) -> RequestShape {
        let value = json!({ "id": group.id, "displayName": new_name });
        patch_group(group, vec![json!({ "op": "replace", "value": value })])
    }

    fn change_members(
        &self,
        group: GroupRef<'_>,
        add: &[Member],
        remove: &[Member],
    ) -> Vec<RequestShape> {
        let mut removed = remove.chunks(MEMBERS_PER_REQUEST).peekable();
        let mut requests = Vec::new();
        let mut rest = add;
        while let Some(chunk) = removed.next() {
            let mut operations: Vec<Value> = chunk.iter().map(remove_one).collect();
            if removed.peek().is_none() {
                // What is left of the last request's room goes to the first additions.
                let room = (MEMBERS_PER_REQUEST - chunk.len()).min(rest.len());
                let (now, later) = rest.split_at(room);
                if !now.is_empty() {
                    operations.push(add_all(now));
                }
                rest = later;
            }
            requests.push(patch_group(group, operations));
        }
        let added = rest.chunks(MEMBERS_PER_REQUEST);
        requests.extend(added.map(|chunk| patch_group(group, vec![add_all(chunk)])));
        requests
    }

    fn delete_group(&self, group: GroupRef<'_>) -> RequestShape {
        read(
            Operation::DeleteGroup,
            path_of("/Groups", group.id),
            group.name,
        )
    }
}

fn read(operation: Operation, path_and_query: String, who: &str) -> RequestShape {
    without_body(operation, path_and_query, &READ, who)
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

fn find(operation: Operation, endpoint: &str, filter: &str, who: &str) -> RequestShape {
    let filter = Encoding::Percent.encode(filter);
    read(
        operation,
        format!("{endpoint}?filter={filter}&startIndex=1&count=100"),
        who,
    )
}

fn patch_group(group: GroupRef<'_>, operations: Vec<Value>) -> RequestShape {
    let path = path_of("/Groups", group.id);
    write(Operation::PatchGroup, path, patch(operations), group.name)
}

fn remove_one(member: &Member) -> Value {
    let path = format!("members[{}]", equals("value", &member.id));
    json!({ "op": "remove", "path": path })
}

fn add_all(members: &[Member]) -> Value {
    let value: Vec<Value> = members
        .iter()
        .map(|member| json!({ "value": member.id, "display": member.user_name }))
        .collect();
    json!({ "op": "add", "path": "members", "value": value })
}

fn schemas(profile: &Profile) -> Vec<&'static str> {
    let mut schemas = vec![CORE_USER];
    if profile.uses_enterprise() {
        schemas.push(ENTERPRISE_USER);
    }
    schemas
}

fn list_schema(user: &mut Value, urn: &str) {
    if let Some(schemas) = user.get_mut("schemas").and_then(Value::as_array_mut)
        && !schemas.iter().any(|schema| schema == urn)
    {
        schemas.push(Value::from(urn));
    }
}

fn overlay(user: &mut Value, profile: &Profile) {
    if let Some(user) = user.as_object_mut() {
        for (attribute, value) in profile.iter() {
            attribute.write(user, value);
        }
    }
}
