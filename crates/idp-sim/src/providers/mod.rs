//! The providers that can be played, one file each.
//!
//! A provider is a set of pure functions from "what should be true" to requests; it neither sends
//! nor decides when. To add one: a file here that implements [`Provider`], a variant of
//! [`IdpKind`], and an arm in [`IdpKind::provider`].

mod entra;
#[cfg(test)]
mod entra_tests;
mod okta;
#[cfg(test)]
mod okta_tests;

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::directory::Person;
use crate::operation::Operation;
use crate::profile::Profile;
use crate::query::Encoding;
use crate::request::RequestShape;

/// Core schema of a user (RFC 7643 §4.1).
const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Core schema of a group (RFC 7643 §4.2).
const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Schema of a PATCH body (RFC 7644 §3.5.2).
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Which provider to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdpKind {
    /// Okta, as an app of its catalogue: PUT for profiles, PATCH for activation and group push.
    Okta,
    /// Microsoft Entra ID without the `aadOptscim062020` flag: PATCH for everything.
    Entra,
}

impl IdpKind {
    /// Every provider that can be played.
    pub const ALL: [Self; 2] = [Self::Okta, Self::Entra];

    /// The word of the command line: `okta`, `entra`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
        }
    }

    pub(crate) fn provider(self) -> Box<dyn Provider> {
        match self {
            Self::Okta => Box::new(okta::Okta),
            Self::Entra => Box::new(entra::Entra),
        }
    }
}

impl fmt::Display for IdpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot play `{0}`; known are okta and entra")]
pub struct UnknownIdp(pub String);

impl FromStr for IdpKind {
    type Err = UnknownIdp;

    fn from_str(text: &str) -> Result<Self, UnknownIdp> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownIdp(text.to_owned()))
    }
}

/// A user of the endpoint, as a group member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) user_name: String,
}

/// A group of the endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupRef<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
}

/// A user of the endpoint: what it answered, and the name it was looked up by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored<'a> {
    pub(crate) id: &'a str,
    pub(crate) user_name: &'a str,
    pub(crate) resource: &'a Value,
}

/// Which kind of resource an import lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    Users,
    Groups,
}

/// The requests of one provider.
pub(crate) trait Provider: Send + Sync {
    /// What is sent when an administrator presses "test"; `probe` is a name nobody has.
    fn connection_test(&self, probe: &str) -> Vec<RequestShape>;

    /// One page of an import, beginning at the 1-based `start`; `None` if this provider never
    /// imports.
    fn import_page(&self, listing: Listing, start: u64) -> Option<RequestShape>;

    /// The attributes this provider maps, with this person's values.
    fn profile(&self, person: &Person) -> Profile;

    /// Looks a user up by name.
    fn find_user(&self, user_name: &str) -> RequestShape;

    /// Whether somebody who may not sign in is created at all.
    fn creates_inactive_users(&self) -> bool;

    /// Creates a user.
    fn create_user(&self, person: &Person) -> RequestShape;

    /// Whether a refused duplicate (409) is looked up once more and then updated.
    fn matches_again_on_conflict(&self) -> bool;

    /// Reads a user just before changing it; `None` if the look-up's answer is good enough.
    fn read_before_update(&self, id: &str, user_name: &str) -> Option<RequestShape>;

    /// Brings a user in step with a profile; `None` when it already is.
    fn update_user(&self, user: Stored<'_>, profile: &Profile) -> Option<RequestShape>;

    /// Brings a user's manager in step; `None` when it already is, or when this provider does not
    /// send managers.
    fn set_manager(
        &self,
        id: &str,
        user_name: &str,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Option<RequestShape>;

    /// Deletes a user for good; `None` if this provider only ever deactivates.
    fn delete_user(&self, id: &str, user_name: &str) -> Option<RequestShape>;

    /// Looks a group up by name.
    fn find_group(&self, name: &str) -> RequestShape;

    /// Creates a group without members.
    fn create_group(&self, name: &str) -> RequestShape;

    /// Reads a group with its members.
    fn read_group(&self, group: GroupRef<'_>) -> RequestShape;

    /// Renames a group.
    fn rename_group(&self, group: GroupRef<'_>, new_name: &str) -> RequestShape;

    /// Adds and removes members, in as few requests as this provider would.
    fn change_members(
        &self,
        group: GroupRef<'_>,
        add: &[Member],
        remove: &[Member],
    ) -> Vec<RequestShape>;

    /// Deletes a group.
    fn delete_group(&self, group: GroupRef<'_>) -> RequestShape;
}

/// `/Users/{id}` or `/Groups/{id}`; an id is opaque, so it is encoded.
fn path_of(endpoint: &str, id: &str) -> String {
    format!("{endpoint}/{}", Encoding::Percent.encode(id))
}

/// A PATCH body.
fn patch(operations: Vec<Value>) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": operations })
}

/// A request without a body.
fn without_body(
    operation: Operation,
    path_and_query: String,
    headers: &[(&'static str, &'static str)],
    who: &str,
) -> RequestShape {
    RequestShape {
        operation,
        path_and_query,
        headers: headers.to_vec(),
        body: None,
        who: who.to_owned(),
    }
}
