//! Many clients change one group at once, and it comes to the same as one after the other.

use std::collections::{BTreeSet, HashMap};

use rollcall_testkit::{Client, TestApp, on_each_database};
use serde_json::{Value, json};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const CLIENTS: u64 = 16;
const REQUESTS: u64 = 1_000;
const PEOPLE: u64 = 30;

/// Numbers that are the same in every run (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn some_of(&mut self, people: &[String], most: u64) -> Vec<String> {
        let count = 1 + self.below(most);
        let mut chosen = BTreeSet::new();
        for _ in 0..count {
            let position = usize::try_from(self.below(PEOPLE)).unwrap();
            chosen.insert(people[position].clone());
        }
        chosen.into_iter().collect()
    }
}

#[derive(Clone, Debug)]
enum Change {
    Add(Vec<String>),
    Remove(Vec<String>),
    RemoveOne(String),
    Replace(Vec<String>),
    RemoveAll,
}

impl Change {
    fn any(numbers: &mut Numbers, people: &[String]) -> Self {
        match numbers.below(20) {
            0..=8 => Self::Add(numbers.some_of(people, 4)),
            9..=13 => Self::Remove(numbers.some_of(people, 4)),
            14..=16 => Self::RemoveOne(numbers.some_of(people, 1).remove(0)),
            17..=18 => Self::Replace(numbers.some_of(people, 12)),
            _ => Self::RemoveAll,
        }
    }

    fn operation(&self) -> Value {
        let values =
            |ids: &[String]| -> Value { ids.iter().map(|id| json!({ "value": id })).collect() };
        match self {
            Self::Add(ids) => json!({ "op": "add", "path": "members", "value": values(ids) }),
            Self::Remove(ids) => json!({ "op": "remove", "path": "members", "value": values(ids) }),
            Self::RemoveOne(id) => {
                json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") })
            }
            Self::Replace(ids) => {
                json!({ "op": "replace", "path": "members", "value": values(ids) })
            }
            Self::RemoveAll => json!({ "op": "remove", "path": "members" }),
        }
    }

    fn apply(&self, members: &mut BTreeSet<String>) {
        match self {
            Self::Add(ids) => members.extend(ids.iter().cloned()),
            Self::Remove(ids) => members.retain(|member| !ids.contains(member)),
            Self::RemoveOne(id) => members.retain(|member| member != id),
            Self::Replace(ids) => *members = ids.iter().cloned().collect(),
            Self::RemoveAll => members.clear(),
        }
    }
}

/// A request that was accepted: what it asked, under which id, and the version it left.
struct Accepted {
    changes: Vec<Change>,
    request_id: String,
    version: u64,
}

/// One client sends its share, one request after the other.
async fn send_share(scim: Client, path: String, people: Vec<String>, seed: u64) -> Vec<Accepted> {
    let mut numbers = Numbers(seed);
    let mut accepted = Vec::new();
    let share = REQUESTS / CLIENTS + u64::from(seed < REQUESTS % CLIENTS);
    for _ in 0..share {
        let count = 1 + numbers.below(3);
        let changes: Vec<Change> = (0..count)
            .map(|_| Change::any(&mut numbers, &people))
            .collect();
        let operations: Vec<Value> = changes.iter().map(Change::operation).collect();
        let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
        let reply = scim.patch(&path, body).await.expect(204);
        let version = reply
            .header("etag")
            .trim_start_matches("W/\"")
            .trim_end_matches('"')
            .parse();
        accepted.push(Accepted {
            changes,
            request_id: reply.header("x-request-id").to_owned(),
            version: version.unwrap(),
        });
    }
    accepted
}

/// Every event of a group's members, by the request that made it, in the order of the feed.
async fn member_events(app: &TestApp, group: &str) -> Vec<(String, bool, String)> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page = app
            .api
            .get(&format!("/v1/events?organization=acme&limit=500{after}"))
            .await
            .expect(200);
        let events = page.body["data"].as_array().unwrap();
        for event in events {
            let joined = event["type"] == "group.member_added";
            let is_change = joined || event["type"] == "group.member_removed";
            if is_change && event["data"]["group"]["id"] == group {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                found.push((
                    text(&event["request_id"]),
                    joined,
                    text(&event["data"]["user"]["id"]),
                ));
            }
        }
        if events.len() < 500 {
            return found;
        }
        after = format!("&after={}", page.text("/next_cursor"));
    }
}

on_each_database! {
    async fn a_thousand_changes_at_once_come_to_the_same_as_one_after_the_other(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            let created = acme.scim.post("/Users", json!({ "userName": format!("user{number}") })).await;
            people.push(created.expect(201).text("/id"));
        }
        let group = acme.scim.post("/Groups", json!({ "displayName": "All" })).await.expect(201).text("/id");
        let path = format!("/Groups/{group}");

        let clients: Vec<_> = (0..CLIENTS)
            .map(|seed| tokio::spawn(send_share(acme.scim.clone(), path.clone(), people.clone(), seed)))
            .collect();
        let mut accepted = Vec::new();
        for client in clients {
            accepted.extend(client.await.unwrap());
        }
        assert_eq!(accepted.len() as u64, REQUESTS);

        // What the feed tells, replayed: each event is a change, and they make one version each
        // request that changed something.
        let events = member_events(&app, &group).await;
        let mut by_request: HashMap<&str, Vec<(bool, &str)>> = HashMap::new();
        let mut order: Vec<&str> = Vec::new();
        let mut told = BTreeSet::new();
        for (request_id, joined, user) in &events {
            let was_change = if *joined { told.insert(user) } else { told.remove(user) };
            assert!(was_change, "an event that changes nothing");
            if order.last() != Some(&request_id.as_str()) {
                order.push(request_id);
            }
            by_request.entry(request_id).or_default().push((*joined, user));
        }
        assert_eq!(order.len(), by_request.len(), "the events of a request stand together");

        // The accepted requests, one after the other in the order of their versions.
        accepted.sort_by_key(|request| (request.version, !by_request.contains_key(request.request_id.as_str())));
        let mut members: BTreeSet<String> = BTreeSet::new();
        let mut version = 1;
        let mut changed = Vec::new();
        for request in &accepted {
            let before = members.clone();
            for change in &request.changes {
                change.apply(&mut members);
            }
            version += u64::from(members != before);
            assert_eq!(request.version, version, "one step for each request that changed something");
            let joined = members.difference(&before).map(|id| (true, id.as_str()));
            let left = before.difference(&members).map(|id| (false, id.as_str()));
            let expected: BTreeSet<_> = joined.chain(left).collect();
            let found = by_request.get(request.request_id.as_str()).cloned().unwrap_or_default();
            assert_eq!(found.len(), expected.len(), "as many events as changes");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
            if members != before {
                changed.push(request.request_id.as_str());
            }
        }
        assert_eq!(order, changed, "the feed has the order of the versions");

        let read = acme.scim.get(&path).await.expect(200);
        let shown = read.body["members"].as_array().cloned().unwrap_or_default();
        let shown: BTreeSet<String> = shown.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect();
        assert_eq!(shown, members);
        assert_eq!(shown, told.into_iter().cloned().collect());
        assert_eq!(read.header("etag"), format!("W/\"{version}\""));
    }
}
