//! Keeps a copy of one organization's directory, and verifies webhooks.
//!
//! - `follower follow` takes a snapshot and follows the feed from there, until it is stopped
//! - `follower verify` reads a webhook from standard input: its headers, an empty line, its body
//!
//! `README.md` names the variables of the environment.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write, stderr, stdin, stdout};
use std::time::{Duration, SystemTime};
use std::{env, fs};

use anyhow::{Context, bail, ensure};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How old, or ahead of this clock, a webhook may be, in seconds.
const TOLERANCE: u64 = 5 * 60;

/// How long the gateway holds a question that has no answer yet, in seconds.
const WAIT: u64 = 20;

/// Fails unless one of the secrets signed these bytes within the last minutes.
fn verify(secrets: &str, headers: &BTreeMap<String, String>, body: &[u8]) -> anyhow::Result<()> {
    let header = |name| {
        headers
            .get(name)
            .context("the headers of a webhook are missing")
    };
    let (id, sent) = (header("webhook-id")?, header("webhook-timestamp")?);
    let signatures = header("webhook-signature")?;
    let now = SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
    let age = now.abs_diff(sent.parse().context("the time is no number")?);
    ensure!(
        age <= TOLERANCE,
        "the webhook is too old, or from the future"
    );
    let signed = [format!("{id}.{sent}.").as_bytes(), body].concat();
    for secret in secrets.split_whitespace() {
        let key = STANDARD.decode(secret.trim_start_matches("whsec_"))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let given = signatures
            .split(' ')
            .filter_map(|it| it.strip_prefix("v1,"));
        for signature in given.filter_map(|it| STANDARD.decode(it).ok()) {
            if hmac::verify(&key, &signed, &signature).is_ok() {
                return Ok(());
            }
        }
    }
    bail!("no signature fits")
}

/// What is kept: one file, with the cursor up to which it is told.
#[derive(Default, Serialize, Deserialize)]
struct Copy {
    cursor: String,
    default_role: Value,
    users: BTreeMap<String, User>,
    groups: BTreeMap<String, Group>,
}

#[derive(Default, Serialize, Deserialize)]
struct User {
    scim_connection_id: Value,
    user: Value,
    /// `None` for the default one, which may change without an event for each user.
    role: Option<Value>,
    waiting_for_seat: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct Group {
    scim_connection_id: Value,
    group: Value,
    users: BTreeSet<String>,
    groups: BTreeSet<String>,
}

/// The copy cannot be followed any further.
#[derive(Debug, thiserror::Error)]
#[error("the directory changed in a way that has no events of its own")]
struct SnapshotNeeded;

/// A gateway, and the organization at it that is followed.
struct Gateway {
    client: Client,
    url: String,
    key: String,
    organization: String,
}

impl Gateway {
    /// The answer, whose body may still be on its way. Fails if it is a refusal.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Response> {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let mut request = request.bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Ok(request.send().await?.error_for_status()?)
    }

    /// A new copy. Fails if the snapshot breaks off.
    async fn take_snapshot(&self) -> anyhow::Result<Copy> {
        let path = format!("/v1/organizations/{}/snapshot", self.organization);
        let mut answer = self.ask(Method::GET, &path, None).await?;
        let (mut copy, mut rest) = (Copy::default(), Vec::new());
        while let Some(bytes) = answer.chunk().await? {
            rest.extend_from_slice(&bytes);
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                if copy.read(serde_json::from_slice(&line)?)? {
                    return Ok(copy);
                }
            }
        }
        bail!("the snapshot has no end")
    }

    /// Brings a copy up to the next events, and waits for some if there are none.
    async fn read_feed(&self, copy: &mut Copy) -> anyhow::Result<()> {
        let (organization, after) = (&self.organization, &copy.cursor);
        let path = format!(
            "/v1/events?organization={organization}&after={after}&wait_seconds={WAIT}&limit=500"
        );
        let page: Page = self.ask(Method::GET, &path, None).await?.json().await?;
        for event in &page.data {
            copy.apply(event)?;
        }
        copy.cursor = page.next_cursor;
        Ok(())
    }

    /// Follows the feed until the gateway refuses, with a copy in a file.
    async fn follow(&self, consumer: &str, path: &str) -> anyhow::Result<()> {
        let mut copy = match fs::read(path) {
            Ok(text) => Some(serde_json::from_slice(&text)?),
            Err(_) => None,
        };
        let (mut saved, mut pause) = (String::new(), 1);
        loop {
            let Err(reason) = self.step(&mut copy, &mut saved, consumer, path).await else {
                pause = 1;
                continue;
            };
            let refusal = reason.downcast_ref::<reqwest::Error>();
            let status = refusal.and_then(reqwest::Error::status);
            // 410: the events after the cursor are not kept any more.
            if reason.is::<SnapshotNeeded>() || status == Some(StatusCode::GONE) {
                copy = None;
            } else if status
                .is_some_and(|it| it.is_client_error() && it != StatusCode::TOO_MANY_REQUESTS)
            {
                return Err(reason);
            }
            writeln!(stderr(), "again in {pause} s: {reason:#}")?;
            tokio::time::sleep(Duration::from_secs(pause)).await;
            pause = (2 * pause).min(60);
        }
    }

    async fn step(
        &self,
        copy: &mut Option<Copy>,
        saved: &mut String,
        consumer: &str,
        path: &str,
    ) -> anyhow::Result<()> {
        let copy = match copy {
            Some(copy) => {
                self.read_feed(copy).await?;
                copy
            }
            None => copy.insert(self.take_snapshot().await?),
        };
        if copy.cursor != *saved {
            copy.save(path)?;
            let organization = &self.organization;
            let consumer = format!("/v1/consumers/{consumer}?organization={organization}");
            let cursor = json!({ "cursor": copy.cursor });
            self.ask(Method::PUT, &consumer, Some(cursor)).await?;
            saved.clone_from(&copy.cursor);
        }
        Ok(())
    }
}

/// A page of the feed.
#[derive(Deserialize)]
struct Page {
    data: Vec<Event>,
    next_cursor: String,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    scim_connection_id: Value,
    data: Value,
}

impl Copy {
    /// Takes a line of a snapshot; whether it is the last one.
    fn read(&mut self, mut line: Value) -> anyhow::Result<bool> {
        let scim_connection_id = line["scim_connection_id"].take();
        match text(&line, "/type")? {
            "snapshot" => {
                text(&line, "/cursor")?.clone_into(&mut self.cursor);
                self.default_role = line["default_role"].take();
            }
            "user" => {
                let user = User {
                    scim_connection_id,
                    user: line["user"].take(),
                    role: own_role(&line["role"]),
                    waiting_for_seat: line["waiting_for_seat"] == true,
                };
                let id = text(&user.user, "/id")?.to_owned();
                self.users.insert(id, user);
            }
            "group" => {
                let group = line["group"].take();
                let id = text(&group, "/id")?.to_owned();
                let group = Group {
                    scim_connection_id,
                    group,
                    ..Group::default()
                };
                self.groups.insert(id, group);
            }
            "members" => {
                let group = self.groups.entry(text(&line, "/group/id")?.to_owned());
                let group = group.or_default();
                group.users.extend(ids(&line["users"]));
                group.groups.extend(ids(&line["groups"]));
            }
            kind => return Ok(kind == "end"),
        }
        Ok(false)
    }

    /// Brings the copy up to an event. The same event again changes nothing.
    fn apply(&mut self, event: &Event) -> anyhow::Result<()> {
        let (data, connection) = (&event.data, &event.scim_connection_id);
        let user_id = || text(data, "/user/id").map(str::to_owned);
        let group_id = || text(data, "/group/id").map(str::to_owned);
        match event.kind.as_str() {
            "user.created" | "user.restored" => {
                let user = User {
                    scim_connection_id: connection.clone(),
                    user: data["user"].clone(),
                    ..User::default()
                };
                self.users.insert(user_id()?, user);
            }
            kind @ ("user.updated" | "user.deactivated" | "user.reactivated") => {
                let user = self.users.get_mut(&user_id()?).ok_or(SnapshotNeeded)?;
                user.user = data["user"].clone();
                user.waiting_for_seat &= kind != "user.deactivated";
            }
            kind @ ("user.waiting_for_seat" | "user.seated") => {
                let user = self.users.get_mut(&user_id()?).ok_or(SnapshotNeeded)?;
                user.waiting_for_seat = kind == "user.waiting_for_seat";
            }
            "user.role_changed" => {
                let user = self.users.get_mut(&user_id()?).ok_or(SnapshotNeeded)?;
                user.role = own_role(&data["after"]);
            }
            "user.deleted" => {
                let id = user_id()?;
                self.users.remove(&id);
                for group in self.groups.values_mut() {
                    group.users.remove(&id);
                }
            }
            "group.created" | "group.restored" | "group.updated" => {
                let mut told = data["group"].clone();
                let (users, groups) = (told["members"].take(), told["member_groups"].take());
                let attributes = told.as_object_mut().context("a group")?;
                attributes.retain(|name, _| name != "members" && name != "member_groups");
                let group = self.groups.entry(group_id()?).or_default();
                group.scim_connection_id = connection.clone();
                group.users.extend(ids(&users));
                group.groups.extend(ids(&groups));
                group.group = told;
            }
            "group.deleted" => {
                let id = group_id()?;
                self.groups.remove(&id);
                for group in self.groups.values_mut() {
                    group.groups.remove(&id);
                }
            }
            "group.member_added" | "group.member_removed" => {
                let group = self.groups.get_mut(&group_id()?).ok_or(SnapshotNeeded)?;
                let (members, id) = match user_id() {
                    Ok(id) => (&mut group.users, id),
                    Err(_) => (
                        &mut group.groups,
                        text(data, "/member_group/id")?.to_owned(),
                    ),
                };
                if event.kind == "group.member_added" {
                    members.insert(id);
                } else {
                    members.remove(&id);
                }
            }
            "policy.updated" => self.default_role = data["policy"]["default_role"].clone(),
            "scim_connection.deleted" => {
                let gone = &data["scim_connection"]["id"];
                self.users
                    .retain(|_, user| user.scim_connection_id != *gone);
                self.groups
                    .retain(|_, group| group.scim_connection_id != *gone);
            }
            "organization.deleted" => (self.users, self.groups) = Default::default(),
            "scim_schema.updated"
            | "scim_schema.deleted"
            | "attribute_mapping.saved"
            | "attribute_mapping.deleted" => bail!(SnapshotNeeded),
            _ => {}
        }
        Ok(())
    }

    /// Replaces the file as a whole.
    fn save(&self, path: &str) -> anyhow::Result<()> {
        let new = format!("{path}.new");
        let mut file = fs::File::create(&new)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        Ok(fs::rename(new, path)?)
    }
}

fn own_role(told: &Value) -> Option<Value> {
    (told["source"] != "default").then(|| told.clone())
}

fn text<'v>(value: &'v Value, pointer: &str) -> anyhow::Result<&'v str> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.with_context(|| format!("no text at {pointer}"))
}

fn ids(list: &Value) -> impl Iterator<Item = String> {
    let ids = list.as_array().into_iter().flatten();
    ids.filter_map(|id| id.as_str().map(str::to_owned))
}

/// Reads a webhook as it is sent: headers, an empty line, the body.
fn read_webhook() -> anyhow::Result<(BTreeMap<String, String>, Vec<u8>)> {
    let mut input = Vec::new();
    stdin().read_to_end(&mut input)?;
    let end = input.windows(2).position(|pair| pair == b"\n\n");
    let body = input.split_off(end.context("no empty line")?);
    let head = String::from_utf8(input)?;
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let headers = fields.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    Ok((headers.collect(), body[2..].to_vec()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let setting = |name| env::var(name).context(name);
    match env::args().nth(1).as_deref() {
        Some("follow") => {
            let gateway = Gateway {
                client: Client::builder()
                    .read_timeout(Duration::from_secs(WAIT + 30))
                    .build()?,
                url: setting("ROLLCALL_URL")?,
                key: setting("ROLLCALL_API_KEY")?,
                organization: setting("ROLLCALL_ORGANIZATION")?,
            };
            let (consumer, copy) = (setting("ROLLCALL_CONSUMER")?, setting("ROLLCALL_COPY")?);
            gateway.follow(&consumer, &copy).await
        }
        Some("verify") => {
            let (headers, body) = read_webhook()?;
            verify(&setting("ROLLCALL_WEBHOOK_SECRETS")?, &headers, &body)?;
            Ok(writeln!(stdout(), "verified")?)
        }
        _ => bail!("say `follow` or `verify`"),
    }
}
