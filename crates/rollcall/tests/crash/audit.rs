//! What was acknowledged, compared with what is stored and what was told.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_idp_sim::{Acknowledged, Directory, Method, Target};
use rollcall_testkit::Client;
use serde_json::{Value, json};

/// The first people of the sample, and the groups as far as they hold them.
pub(crate) fn directory(people: usize) -> Directory {
    let mut directory = Directory::sample().unwrap();
    directory.users.truncate(people);
    let names: BTreeSet<String> = directory
        .users
        .iter()
        .map(|person| person.user_name.clone())
        .collect();
    for person in &mut directory.users {
        person.manager = person
            .manager
            .take()
            .filter(|manager| names.contains(manager));
    }
    directory.groups.truncate(4);
    for group in &mut directory.groups {
        group.members.retain(|member| names.contains(member));
    }
    directory
}

/// A SCIM connection of an organization of its own.
pub(crate) struct Connection {
    pub(crate) organization: String,
    scim: Client,
    pub(crate) target: Target,
    /// The path of its endpoint, and its token.
    endpoint: (String, String),
}

impl Connection {
    fn of(organization: String, base: &str, endpoint: (String, String)) -> Self {
        let (path, token) = &endpoint;
        let url = format!("{base}{path}");
        Self {
            organization,
            target: Target::new(&url, token),
            scim: Client::new(&url, Some(token), "application/scim+json"),
            endpoint,
        }
    }

    /// The same connection at another server.
    pub(crate) fn at(&self, base: &str) -> Self {
        Self::of(self.organization.clone(), base, self.endpoint.clone())
    }

    /// Its URL at another server, and its token.
    pub(crate) fn endpoint_at(&self, base: &str) -> (String, String) {
        let (path, token) = &self.endpoint;
        (format!("{base}{path}"), token.clone())
    }
}

pub(crate) async fn connect(api: &Client, name: &str) -> Connection {
    let organization = api
        .post("/v1/organizations", json!({ "name": name }))
        .await
        .expect(201)
        .text("/id");
    let path = format!("/v1/organizations/{organization}");
    let sso = json!({ "name": "Sign-in", "protocol": "oidc",
        "oidc": { "issuer": "https://login.example.com", "client_id": "product" } });
    let sso = api
        .post(&format!("{path}/sso-connections"), sso)
        .await
        .expect(201);
    let scim = json!({ "name": "Directory", "sso_connection_id": sso.text("/id") });
    let scim = api
        .post(&format!("{path}/scim-connections"), scim)
        .await
        .expect(201);
    let token = scim.text("/token/secret");
    let path = format!("/scim/v2/{}", scim.text("/id"));
    Connection::of(organization, api.base(), (path, token))
}

/// Every event of an organization, checked to have no gap.
async fn history(api: &Client, organization: &str) -> Vec<Value> {
    let mut events = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/v1/events?organization={organization}&limit=200{after}");
        let page = api.get(&path).await.expect(200);
        let found = page.body["data"].as_array().unwrap().clone();
        if found.is_empty() {
            break;
        }
        events.extend(found);
        after = format!("&after={}", page.text("/next_cursor"));
    }
    let sequences: Vec<u64> = events
        .iter()
        .map(|event| event["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(sequences, (1..=events.len() as u64).collect::<Vec<_>>());
    events
}

fn version(etag: &str) -> u64 {
    etag.trim_start_matches("W/")
        .trim_matches('"')
        .parse()
        .unwrap()
}

/// Compares what was acknowledged with what is stored and what was told.
pub(crate) async fn check(api: &Client, connection: &Connection, journal: &[Acknowledged]) {
    let events = history(api, &connection.organization).await;
    let mut user_events: BTreeMap<String, u64> = BTreeMap::new();
    let mut created: BTreeMap<String, u64> = BTreeMap::new();
    let mut joined: BTreeMap<(String, String), i64> = BTreeMap::new();
    for event in &events {
        let kind = event["type"].as_str().unwrap();
        let data = &event["data"];
        let id = |what: &str| data[what]["id"].as_str().unwrap_or_default().to_owned();
        match kind {
            "user.created" | "group.created" => {
                let what = if kind == "user.created" {
                    "user"
                } else {
                    "group"
                };
                *created.entry(id(what)).or_default() += 1;
                *user_events.entry(id(what)).or_default() += 1;
            }
            "user.updated" | "user.deactivated" | "user.reactivated" => {
                *user_events.entry(id("user")).or_default() += 1;
            }
            "group.member_added" => *joined.entry((id("group"), id("user"))).or_default() += 1,
            "group.member_removed" => *joined.entry((id("group"), id("user"))).or_default() -= 1,
            _ => {}
        }
    }
    for write in journal {
        let id = write.id.clone().unwrap();
        let kind = write.path.split('/').nth(1).unwrap();
        let read = connection
            .scim
            .get(&format!("/{kind}/{id}"))
            .await
            .expect(200);
        let now = version(read.header("etag"));
        if let Some(etag) = &write.etag {
            assert!(
                version(etag) <= now,
                "{write:?}: there is only version {now}"
            );
        }
        if write.method == Method::Post {
            assert_eq!(created.get(&id), Some(&1), "{write:?}");
        }
        if kind == "Users" {
            // Each version of a user was made by one write, which was told by one event.
            assert_eq!(user_events.get(&id), Some(&now), "{write:?}");
        } else {
            let members = read.body["members"].as_array().cloned().unwrap_or_default();
            for member in members {
                let pair = (id.clone(), member["value"].as_str().unwrap().to_owned());
                assert_eq!(joined.get(&pair), Some(&1), "{pair:?}");
            }
        }
    }
}
