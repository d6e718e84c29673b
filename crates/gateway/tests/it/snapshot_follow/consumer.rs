//! A product's copy of a directory: begun from a snapshot and kept by events, with nothing but what
//! the documents say of both.

#![expect(
    clippy::panic,
    reason = "what the documents do not know fails the test that met it"
)]

use std::collections::{BTreeMap, BTreeSet};

use rollcall_testkit::Client;
use serde_json::{Map, Value, json};

/// What is known of a user.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Person {
    pub(super) connection: String,
    pub(super) user: Value,
    /// `role`, `source` and, where a group gives it, `group`.
    pub(super) role: Value,
    pub(super) waits: bool,
}

/// What is known of a group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Circle {
    pub(super) connection: String,
    pub(super) group: Value,
    pub(super) mapping: Value,
    pub(super) users: BTreeSet<String>,
    pub(super) groups: BTreeSet<String>,
}

/// A copy of one organization.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Copy {
    pub(super) users: BTreeMap<String, Person>,
    pub(super) groups: BTreeMap<String, Circle>,
    default_role: Value,
    /// The last number of the organization's sequence that is in here.
    sequence: u64,
    /// Where the feed goes on.
    pub(super) cursor: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn ids(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

impl Copy {
    /// Begins a copy.
    pub(super) async fn begin(api: &Client, organization: &str) -> Self {
        let path = format!("/v1/organizations/{organization}/snapshot");
        let answer = api.request("GET", &path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let kind = answer.headers()["content-type"].to_str().unwrap();
        assert_eq!(kind, "application/x-ndjson");
        let body = answer.text().await.unwrap();
        let lines = body.lines().map(|line| serde_json::from_str(line).unwrap());
        let mut lines: Vec<Value> = lines.collect();
        let end = lines.pop().unwrap();
        let mut copy = Self::default();
        for (number, line) in lines.iter().enumerate() {
            assert_eq!(number == 0, line["type"] == "snapshot", "{line}");
            copy.take_line(line);
        }
        let counts = json!({
            "type": "end", "users": copy.users.len(), "groups": copy.groups.len(),
        });
        assert_eq!(end, counts);
        copy
    }

    fn take_line(&mut self, line: &Value) {
        let connection = || text(&line["scim_connection_id"]);
        match line["type"].as_str().unwrap() {
            "snapshot" => {
                self.cursor = text(&line["cursor"]);
                self.sequence = line["sequence"].as_u64().unwrap();
                self.default_role = line["default_role"].clone();
            }
            "user" => {
                let person = Person {
                    connection: connection(),
                    user: line["user"].clone(),
                    role: line["role"].clone(),
                    waits: line["waiting_for_seat"].as_bool().unwrap(),
                };
                let before = self.users.insert(text(&line["user"]["id"]), person);
                assert_eq!(before, None, "told twice");
            }
            "group" => {
                let circle = Circle {
                    connection: connection(),
                    group: line["group"].clone(),
                    mapping: line["role_mapping"].clone(),
                    users: BTreeSet::new(),
                    groups: BTreeSet::new(),
                };
                let before = self.groups.insert(text(&line["group"]["id"]), circle);
                assert_eq!(before, None, "told twice");
            }
            "members" => {
                let group = line["group"]["id"].as_str().unwrap();
                let group = self.groups.get_mut(group).unwrap();
                group.users.extend(ids(&line["users"]));
                group.groups.extend(ids(&line["groups"]));
            }
            other => panic!("a line of the type {other}"),
        }
    }

    /// Reads the next page of events and takes it in. Whether there was one.
    pub(super) async fn follow(&mut self, api: &Client, organization: &str, limit: u64) -> bool {
        let after = &self.cursor;
        let path = format!("/v1/events?organization={organization}&after={after}&limit={limit}");
        let page = api.get(&path).await.expect(200);
        let events = page.body["data"].as_array().unwrap();
        for event in events {
            let sequence = event["sequence"].as_u64().unwrap();
            assert_eq!(sequence, self.sequence + 1, "missed or doubled: {event}");
            self.sequence = sequence;
            self.take_event(event);
        }
        self.cursor = page.text("/next_cursor");
        !events.is_empty()
    }

    fn take_event(&mut self, event: &Value) {
        let (kind, data) = (event["type"].as_str().unwrap(), &event["data"]);
        match kind.split('.').next().unwrap() {
            "user" => self.take_user_event(kind, event, data),
            "group" => self.take_group_event(kind, event, data),
            "policy" => {
                self.default_role = data["policy"]["default_role"].clone();
                for person in self.users.values_mut() {
                    if person.role["source"] == "default" {
                        person.role["role"] = self.default_role.clone();
                    }
                }
            }
            _ => {}
        }
    }

    fn take_user_event(&mut self, kind: &str, event: &Value, data: &Value) {
        let id = text(&data["user"]["id"]);
        match kind {
            "user.created" | "user.restored" => {
                let person = Person {
                    connection: text(&event["scim_connection_id"]),
                    user: data["user"].clone(),
                    role: json!({ "role": self.default_role, "source": "default" }),
                    waits: false,
                };
                assert_eq!(self.users.insert(id, person), None, "{event}");
            }
            "user.deleted" => {
                self.users.remove(&id).unwrap();
                for group in self.groups.values_mut() {
                    group.users.remove(&id);
                }
            }
            _ => {
                let person = self.users.get_mut(&id).unwrap();
                match kind {
                    "user.updated" | "user.reactivated" => person.user = data["user"].clone(),
                    "user.deactivated" => {
                        person.user = data["user"].clone();
                        person.waits = false;
                    }
                    "user.role_changed" => {
                        person.role = data["after"].clone();
                        if person.role["source"] == "default" {
                            person.role["role"] = self.default_role.clone();
                        }
                    }
                    "user.waiting_for_seat" => person.waits = true,
                    "user.seated" => person.waits = false,
                    other => panic!("an event of the type {other}"),
                }
            }
        }
    }

    fn take_group_event(&mut self, kind: &str, event: &Value, data: &Value) {
        let id = text(&data["group"]["id"]);
        match kind {
            "group.created" | "group.restored" => {
                let mut group: Map<String, Value> = data["group"].as_object().unwrap().clone();
                let mut first = |name: &str| ids(&group.remove(name).unwrap_or_default());
                let (users, groups) = (first("members"), first("member_groups"));
                let circle = Circle {
                    connection: text(&event["scim_connection_id"]),
                    group: Value::Object(group),
                    mapping: Value::Null,
                    users,
                    groups,
                };
                assert_eq!(self.groups.insert(id, circle), None, "{event}");
            }
            "group.deleted" => {
                self.groups.remove(&id).unwrap();
                for group in self.groups.values_mut() {
                    group.groups.remove(&id);
                }
            }
            _ => {
                let circle = self.groups.get_mut(&id).unwrap();
                match kind {
                    "group.updated" => circle.group = data["group"].clone(),
                    "group.role_mapping_changed" => circle.mapping = data["after"].clone(),
                    "group.member_added" | "group.member_removed" => {
                        let (members, member) = match data.get("user") {
                            Some(user) => (&mut circle.users, text(&user["id"])),
                            None => (&mut circle.groups, text(&data["member_group"]["id"])),
                        };
                        if kind == "group.member_added" {
                            assert!(members.insert(member), "{event}");
                        } else {
                            members.remove(&member);
                        }
                    }
                    other => panic!("an event of the type {other}"),
                }
            }
        }
    }
}
