//! The first sync of a directory, as an identity provider does it: each user is looked for and
//! then created, each group is looked for, created and given its members.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;

use super::Directory;
use super::script::{group, patch};
use crate::load::{Answer, Load, Script};
use crate::seed::{user, user_name};

/// How many users there are for each group.
const USERS_PER_GROUP: u64 = 20;

/// How many of them each group has.
const MEMBERS: u64 = 50;

/// The longest that a sync may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Provisions `users` users of an empty tenant, and their groups, over so many connections. Gives
/// the time it took.
///
/// # Errors
///
/// A request is refused.
pub async fn run(
    tenant: &Arc<Directory>,
    users: u64,
    connections: usize,
) -> anyhow::Result<Duration> {
    let shared = Arc::new(Shared {
        directory: Arc::clone(tenant),
        next: AtomicU64::new(0),
        ids: Mutex::default(),
    });
    let load = Load::closed(connections, PATIENCE);
    let script = |to_do: u64, groups: bool| Step {
        shared: Arc::clone(&shared),
        to_do,
        groups,
        at: Stage::Look(0),
        begun: false,
    };
    let created = load
        .send(tenant.address(), |_| script(users, false))
        .await?;
    shared.next.store(0, Ordering::Relaxed);
    let groups = (users / USERS_PER_GROUP).max(1);
    let grouped = load
        .send(tenant.address(), |_| script(groups, true))
        .await?;
    Ok(created.time + grouped.time)
}

struct Shared {
    directory: Arc<Directory>,
    next: AtomicU64,
    /// The ids of the users that were created.
    ids: Mutex<Vec<String>>,
}

/// What one connection is at.
struct Step {
    shared: Arc<Shared>,
    to_do: u64,
    groups: bool,
    at: Stage,
    begun: bool,
}

enum Stage {
    /// Look whether this one is there.
    Look(u64),
    Create(u64),
    /// Give this group its members.
    Fill(u64, String),
}

impl Step {
    fn members(&self, number: u64) -> String {
        let ids = self
            .shared
            .ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let first = usize::try_from(number * USERS_PER_GROUP).unwrap_or(0);
        let members = ids
            .iter()
            .cycle()
            .skip(first)
            .take(MEMBERS.min(ids.len() as u64) as usize);
        let values: Vec<_> = members.map(|id| format!(r#"{{"value":"{id}"}}"#)).collect();
        let values = values.join(",");
        patch(&format!(
            r#"{{"op":"add","path":"members","value":[{values}]}}"#
        ))
    }
}

impl Script for Step {
    fn next(&mut self, request: &mut Vec<u8>) -> bool {
        if !self.begun {
            let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.to_do {
                return false;
            }
            self.begun = true;
            self.at = Stage::Look(number);
        }
        let directory = &self.shared.directory;
        match (&self.at, self.groups) {
            (Stage::Look(number), false) => {
                let name = user_name(*number);
                let path = format!("/Users?filter=userName%20eq%20%22{name}%22");
                directory.write(request, "GET", &path);
            }
            (Stage::Look(number), true) => {
                let path = format!("/Groups?filter=displayName%20eq%20%22Team%20{number}%22");
                directory.write(request, "GET", &path);
            }
            (Stage::Create(number), false) => {
                let body = user(*number).to_string();
                directory.write_with(request, "POST", "/Users", &body);
            }
            (Stage::Create(number), true) => {
                let body = group(&format!("Team {number}"));
                directory.write_with(request, "POST", "/Groups", &body);
            }
            (Stage::Fill(number, id), _) => {
                let body = self.members(*number);
                directory.write_with(request, "PATCH", &format!("/Groups/{id}"), &body);
            }
        }
        true
    }

    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        self.at = match &self.at {
            Stage::Look(number) => {
                answer.expect(&[200])?;
                Stage::Create(*number)
            }
            Stage::Create(number) => {
                answer.expect(&[201])?;
                let id = id_of(answer.body).context("a created resource has an id")?;
                if self.groups {
                    Stage::Fill(*number, id)
                } else {
                    let ids = &self.shared.ids;
                    ids.lock().unwrap_or_else(PoisonError::into_inner).push(id);
                    self.begun = false;
                    Stage::Look(0)
                }
            }
            Stage::Fill(..) => {
                answer.expect(&[200, 204])?;
                self.begun = false;
                Stage::Look(0)
            }
        };
        Ok(())
    }
}

fn id_of(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get("id")?.as_str()?.to_owned())
}
