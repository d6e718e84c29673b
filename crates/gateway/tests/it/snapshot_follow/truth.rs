//! What a directory is, as it is told to those who neither follow nor take snapshots: identity
//! providers by SCIM, and the lists of the management API.

use std::collections::BTreeMap;

use rollcall_testkit::{Client, Connection, TestApp};
use serde_json::{Map, Value, json};

use super::consumer::Copy;

/// Everything of a SCIM list.
async fn all(scim: &Client, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    loop {
        let start = found.len() + 1;
        let page = scim
            .get(&format!("{path}?startIndex={start}&count=500"))
            .await;
        let page = page.expect(200).body;
        let resources = page["Resources"].as_array().cloned().unwrap_or_default();
        found.extend(resources);
        if found.len() as u64 >= page["totalResults"].as_u64().unwrap() {
            return found;
        }
    }
}

/// A resource without what SCIM alone tells of it.
fn plain(resource: &Value) -> Map<String, Value> {
    let mut plain = resource.as_object().unwrap().clone();
    for name in ["schemas", "meta", "groups", "members", "unmapped"] {
        plain.remove(name);
    }
    for (_, value) in plain.iter_mut() {
        if let Some(manager) = value.get_mut("manager") {
            *manager = json!({ "value": manager["value"] });
        }
    }
    plain
}

/// Compares a copy with the directory of the only connection that its organization has.
pub(super) async fn compare(app: &TestApp, acme: &Connection, copy: &Copy) {
    let users = all(&acme.scim, "/Users").await;
    let by_id = |resources: &[Value]| -> BTreeMap<String, Map<String, Value>> {
        let id = |resource: &Value| resource["id"].as_str().unwrap().to_owned();
        resources.iter().map(|it| (id(it), plain(it))).collect()
    };
    let copied = copy.users.iter();
    let copied: BTreeMap<_, _> = copied
        .map(|(id, it)| (id.clone(), plain(&it.user)))
        .collect();
    assert_eq!(copied, by_id(&users));

    let groups = all(&acme.scim, "/Groups").await;
    let copied = copy.groups.iter();
    let copied: BTreeMap<_, _> = copied
        .map(|(id, it)| (id.clone(), plain(&it.group)))
        .collect();
    assert_eq!(copied, by_id(&groups));
    for group in &groups {
        let members = group["members"].as_array().cloned().unwrap_or_default();
        let of = |kind: &str| {
            let members = members.iter().filter(|member| member["type"] == kind);
            members
                .map(|member| member["value"].as_str().unwrap().to_owned())
                .collect()
        };
        let told = &copy.groups[group["id"].as_str().unwrap()];
        assert_eq!(told.users, of("User"), "{group}");
        assert_eq!(told.groups, of("Group"), "{group}");
        let path = format!(
            "{}/groups/{}/role-mapping",
            acme.path(),
            group["id"].as_str().unwrap()
        );
        let mapping = app.api.get(&path).await;
        match mapping.status {
            404 => assert_eq!(told.mapping, Value::Null),
            _ => {
                assert_eq!(told.mapping["role"], mapping.body["role"]);
                assert_eq!(told.mapping["precedence"], mapping.body["precedence"]);
            }
        }
    }

    let listed = app
        .api
        .get(&format!("{}/users?limit=500", acme.path()))
        .await
        .expect(200);
    for user in listed.body["data"].as_array().unwrap() {
        let told = &copy.users[user["id"].as_str().unwrap()];
        assert_eq!(told.connection, acme.id);
        assert_eq!(told.role["role"], user["role"], "{user}");
        assert_eq!(told.role["source"], user["role_source"], "{user}");
        let unmapped = told
            .user
            .get("unmapped")
            .cloned()
            .unwrap_or_else(|| json!({}));
        assert_eq!(unmapped, user["unmapped"], "{user}");
    }
    let policy = app
        .api
        .get(&format!("/v1/organizations/{}/policy", acme.slug))
        .await;
    let waiting = copy.users.values().filter(|person| person.waits).count();
    let counted = policy.expect(200).body["seats"]["waiting_users"].clone();
    assert_eq!(json!(waiting), counted);
}
