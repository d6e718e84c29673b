//! The requests of a workload, and what their answers must be.

use std::sync::Arc;

use anyhow::{Context, bail, ensure};

use super::{Directory, Workload};
use crate::load::{Answer, Script};
use crate::seed::{self, user_name};
use crate::sizes::PAGE;

/// What one connection sends for a workload.
pub struct WorkloadScript {
    workload: Workload,
    directories: Arc<[Directory]>,
    connection: u64,
    connections: u64,
    random: fastrand::Rng,
    /// The cursor of the next page; `None` at the beginning of a walk.
    cursor: Option<String>,
    /// Who was just added to a group, and is to be taken out.
    added: Option<String>,
}

/// How many people of an organization sign in.
const PEOPLE: u64 = 100;

/// The first number of users and groups that workloads make, above all that were filled in.
const NEW: u64 = 5_000_000;

impl WorkloadScript {
    pub(super) fn new(
        workload: Workload,
        directories: &Arc<[Directory]>,
        connection: usize,
        connections: usize,
    ) -> Self {
        Self {
            workload,
            directories: Arc::clone(directories),
            connection: connection as u64,
            connections: connections as u64,
            random: fastrand::Rng::new(),
            cursor: None,
            added: None,
        }
    }

    /// A user that no other connection of this load changes, of the first half of those of a
    /// directory: the second half is changed by what it is compared with.
    fn own_user(&mut self, users: u64) -> u64 {
        let turns = (users / 2 / self.connections).max(1);
        let user = self.random.u64(..turns) * self.connections + self.connection;
        user % users
    }
}

impl Script for WorkloadScript {
    fn next(&mut self, request: &mut Vec<u8>) -> bool {
        let directories = Arc::clone(&self.directories);
        let Some(directory) = directories.get(self.random.usize(..directories.len())) else {
            return false;
        };
        match self.workload {
            Workload::SignIn => {
                let person = self.random.u64(..directory.users.min(PEOPLE));
                let subject = seed::external_id(person);
                let sso = &directory.tenant.sso;
                let body = format!(
                    r#"{{"sso_connection_id":"{sso}","identity":{{"subject":"{subject}"}}}}"#
                );
                directory.write_call(request, "/sign-in-decisions", &body);
            }
            Workload::GetUser => {
                let id = directory.id(self.random.u64(..directory.users));
                directory.write(request, "GET", &format!("/Users/{id}"));
            }
            Workload::LookupByUsername => {
                let name = user_name(self.random.u64(..directory.users));
                directory.write(request, "GET", &by_user_name(&name));
            }
            Workload::LookupMiss => {
                let name = format!("nobody-{}@example.com", self.random.u32(..));
                directory.write(request, "GET", &by_user_name(&name));
            }
            Workload::LookupByExternalId => {
                let id = seed::external_id(self.random.u64(..directory.users));
                let path = format!("/Users?filter=externalId%20eq%20%22{id}%22");
                directory.write(request, "GET", &path);
            }
            Workload::CreateUser => {
                let body = seed::user(NEW + directory.fresh()).to_string();
                directory.write_with(request, "POST", "/Users", &body);
            }
            Workload::PatchActive => {
                let user = self.own_user(directory.users);
                let active = directory.turn(user);
                let path = format!("/Users/{}", directory.id(user));
                let body = patch(&format!(
                    r#"{{"op":"replace","value":{{"active":{active}}}}}"#
                ));
                directory.write_with(request, "PATCH", &path, &body);
            }
            Workload::PutUser => {
                let user = self.own_user(directory.users);
                let mut body = seed::user(user);
                let name = format!("Renamed {}", directory.fresh());
                body["displayName"] = name.into();
                let path = format!("/Users/{}", directory.id(user));
                directory.write_with(request, "PUT", &path, &body.to_string());
            }
            Workload::CreateGroup => {
                let name = format!("Group {}", NEW + directory.fresh());
                directory.write_with(request, "POST", "/Groups", &group(&name));
            }
            Workload::AddMember(size) => self.write_member(directory, size, request),
            Workload::ListFirst => {
                directory.write(request, "GET", &format!("/Users?count={PAGE}"));
            }
            Workload::ListDeep => {
                let deep = directory.users / 10 * 9 + self.random.u64(..PAGE);
                let path = format!("/Users?startIndex={deep}&count={PAGE}");
                directory.write(request, "GET", &path);
            }
            Workload::CursorWalk => {
                let cursor = self.cursor.as_deref().unwrap_or_default();
                let path = format!("/Users?count={PAGE}&cursor={cursor}");
                directory.write(request, "GET", &path);
            }
        }
        true
    }

    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        let name = || self.workload.name();
        let expected: &[u16] = match self.workload {
            Workload::CreateUser | Workload::CreateGroup => &[201],
            Workload::AddMember(_) => &[200, 204],
            _ => &[200],
        };
        answer.expect(expected).with_context(name)?;
        match self.workload {
            Workload::SignIn => {
                let allows = holds(answer.body, "\"decision\":\"allow\"");
                ensure!(allows, "not let in: {}", answer.text());
                Ok(())
            }
            Workload::LookupByUsername | Workload::LookupByExternalId => {
                total(answer, "1").with_context(name)
            }
            Workload::LookupMiss => total(answer, "0").with_context(name),
            Workload::ListFirst | Workload::ListDeep => {
                let items = format!("\"itemsPerPage\":{PAGE}");
                ensure!(holds(answer.body, &items), "{}: not a full page", name());
                Ok(())
            }
            Workload::CursorWalk => {
                self.cursor = next_cursor(answer.body);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl WorkloadScript {
    fn write_member(&mut self, directory: &Directory, size: u64, request: &mut Vec<u8>) {
        let groups = &directory.groups;
        let group = groups.iter().find(|(members, _)| *members == size);
        let path = format!("/Groups/{}", group.map_or("", |(_, id)| id.as_str()));
        let operation = match self.added.take() {
            Some(user) => format!(r#"{{"op":"remove","path":"members[value eq \"{user}\"]"}}"#),
            None => {
                // The first users are the members: those behind them are in no group.
                let largest = groups.iter().map(|(members, _)| *members).max();
                let free = directory.users.saturating_sub(largest.unwrap_or(0)).max(1);
                let turns = (free / self.connections).max(1);
                let behind = self.random.u64(..turns) * self.connections + self.connection;
                let user = directory.id(directory.users - 1 - behind % free);
                let add =
                    format!(r#"{{"op":"add","path":"members","value":[{{"value":"{user}"}}]}}"#);
                self.added = Some(user);
                add
            }
        };
        directory.write_with(request, "PATCH", &path, &patch(&operation));
    }
}

fn by_user_name(name: &str) -> String {
    format!("/Users?filter=userName%20eq%20%22{name}%22")
}

/// The body of a PATCH with one operation.
pub(super) fn patch(operation: &str) -> String {
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{operation}]}}"#
    )
}

/// The body of a group without members.
pub(super) fn group(name: &str) -> String {
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"{name}"}}"#
    )
}

fn total(answer: &Answer<'_>, results: &str) -> anyhow::Result<()> {
    let expected = format!("\"totalResults\":{results},");
    if holds(answer.body, &expected) {
        return Ok(());
    }
    bail!("not {results} results: {}", answer.text())
}

/// Whether a text is in a body. Enough to tell one answer from another without reading all of it.
fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

fn next_cursor(body: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\"nextCursor\":\"";
    let at = body.windows(NAME.len()).position(|part| part == NAME)? + NAME.len();
    let length = body[at..].iter().position(|byte| *byte == b'"')?;
    String::from_utf8(body[at..at + length].to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_cursor_is_found_in_a_page() {
        let page = br#"{"totalResults":300,"nextCursor":"abc_-1","Resources":[]}"#;
        assert_eq!(next_cursor(page).unwrap(), "abc_-1");
        assert_eq!(next_cursor(br#"{"totalResults":0}"#), None);
    }
}
