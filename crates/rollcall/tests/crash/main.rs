//! What was answered 2xx is there after the server was killed, with exactly one event each.
//!
//! The real binary is killed with SIGKILL at random moments while a simulated identity provider
//! pushes people into it, and started again on the same port and database. The simulator keeps a
//! journal of every write that was acknowledged, survives the outages by trying again, and must
//! come to a clean end.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use process::{ADMIN_KEY, Server};
use rollcall_idp_sim::{Acknowledged, Directory, IdpKind, Method, Options, Target};
use rollcall_testkit::{Client, on_each_database};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// How often the server is killed on each database.
const KILLS: usize = 20;

/// The first people of the sample, and the groups as far as they hold them.
fn directory(people: usize) -> Directory {
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
struct Connection {
    organization: String,
    scim: Client,
    target: Target,
}

async fn connect(api: &Client, name: &str) -> Connection {
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
    let base = format!("{}/scim/v2/{}", api.base(), scim.text("/id"));
    Connection {
        organization,
        target: Target::new(&base, &token),
        scim: Client::new(&base, Some(&token), "application/scim+json"),
    }
}

/// Pushes a directory while the server is killed once: a moment after a number of writes were
/// acknowledged, when others are under way.
async fn push_through_a_kill(
    server: &mut Server,
    connection: &Connection,
    kind: IdpKind,
    writes: usize,
    moment: Duration,
) -> Vec<Acknowledged> {
    let journal = Mutex::new(Vec::new());
    let enough = Notify::new();
    let note = |write: Acknowledged| {
        let mut journal = journal.lock().unwrap();
        journal.push(write);
        if journal.len() == writes {
            enough.notify_one();
        }
    };
    let options = Options {
        journal: Some(&note),
        ..Options::default()
    };
    let people = directory(30);
    let pushing = rollcall_idp_sim::run(&connection.target, kind, &people, options);
    let killing = async {
        enough.notified().await;
        tokio::time::sleep(moment).await;
        server.kill().await;
        server.start().await;
    };
    let (report, ()) = tokio::join!(pushing, killing);
    let report = report.unwrap();
    assert!(report.is_clean(), "{report}");
    let again = rollcall_idp_sim::run(&connection.target, kind, &people, Options::default());
    let again = again.await.unwrap();
    assert_eq!(again.writes(), 0, "the directory was complete: {again}");
    journal.into_inner().unwrap()
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
async fn check(api: &Client, connection: &Connection, journal: &[Acknowledged]) {
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

on_each_database! {
    async fn nothing_acknowledged_is_lost_when_the_server_is_killed(database: TestDatabase) {
        let mut server = Server::on(database.url());
        server.start().await;
        let api = Client::new(server.url(), Some(ADMIN_KEY), "application/json");
        let mut acknowledged = 0;
        for round in 0..KILLS {
            let kind = [IdpKind::Okta, IdpKind::Entra][round % 2];
            let connection = connect(&api, &format!("Round {round}")).await;
            let writes = fastrand::usize(1..=30);
            let moment = Duration::from_micros(fastrand::u64(..20_000));
            let journal =
                push_through_a_kill(&mut server, &connection, kind, writes, moment).await;
            check(&api, &connection, &journal).await;
            acknowledged += journal.len();
        }
        assert!(acknowledged > KILLS * 30, "only {acknowledged} writes were acknowledged");
        server.kill().await;
    }
}
