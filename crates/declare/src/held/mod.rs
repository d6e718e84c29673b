//! What an organization holds now, in the words of a file.
//!
//! It is read through the API, one organization at a time, so an installation of any size fits.

mod read;
mod shown;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::named::Fields;

pub(crate) use read::{Parts, organization, slugs, wanted_users, webhooks_of_all};

/// Something that is there: its id, its name, and all of its fields.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) fields: Fields,
}

/// A SCIM connection that is there.
#[derive(Clone, Debug)]
pub(crate) struct HeldScim {
    pub(crate) it: Held,
    /// Users and groups that would go with it.
    pub(crate) users: u64,
    pub(crate) groups: u64,
    /// Whether its identity provider makes requests.
    pub(crate) connected: bool,
    pub(crate) schemas: Vec<Held>,
    pub(crate) attribute_mappings: Vec<Held>,
    pub(crate) role_mappings: Vec<Held>,
}

/// An SSO connection that is there.
#[derive(Clone, Debug)]
pub(crate) struct HeldSso {
    pub(crate) it: Held,
    pub(crate) has_client_secret: bool,
}

/// The policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldPolicy {
    /// The rules as the API has them, with users by their ids.
    pub(crate) raw: Fields,
    /// The rules as a file has them, with users by their names.
    pub(crate) fields: Fields,
    /// The protected users that are still there, by their ids.
    pub(crate) protected: BTreeSet<String>,
    /// People who have an account.
    pub(crate) seats_taken: u64,
}

/// An organization that is there.
#[derive(Clone, Debug)]
pub(crate) struct HeldOrganization {
    pub(crate) it: Held,
    pub(crate) domains: Vec<Held>,
    pub(crate) sso_connections: Vec<HeldSso>,
    pub(crate) scim_connections: Vec<HeldScim>,
    pub(crate) policy: HeldPolicy,
    pub(crate) webhook_endpoints: Vec<Held>,
    /// Groups and users that the file names: the ids of those that are there.
    pub(crate) found: Found,
}

/// What was looked up because the file names it: connection, name, and ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) groups: Vec<(String, String, Vec<String>)>,
    pub(crate) users: Vec<(String, String, Option<String>)>,
}

impl Found {
    pub(crate) fn group(&self, connection: &str, name: &str) -> &[String] {
        let found = self
            .groups
            .iter()
            .find(|it| it.0 == connection && it.1 == name);
        found.map_or(&[], |it| &it.2)
    }

    pub(crate) fn user(&self, connection: &str, name: &str) -> Option<&str> {
        let found = self
            .users
            .iter()
            .find(|it| it.0 == connection && it.1 == name);
        found?.2.as_deref()
    }
}

impl HeldOrganization {
    /// The id of the thing of that name; `None` if there is none.
    pub(crate) fn sso_id(&self, name: &str) -> Option<&str> {
        let found = self.sso_connections.iter().find(|it| it.it.name == name);
        found.map(|it| it.it.id.as_str())
    }
}

/// Names that more than one thing has: a file cannot tell those apart.
pub(crate) fn shared_names<'a>(all: impl Iterator<Item = &'a Held>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    all.map(|it| it.name.as_str())
        .filter(|name| !seen.insert(*name))
        .collect()
}

/// A text in an answer.
pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
