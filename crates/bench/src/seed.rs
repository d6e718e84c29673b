//! Directories full of users, made in the database and not by requests: a million POST requests
//! would take an hour.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use reqwest::Method;
use rollcall_model::{GroupId, SystemClock, UserId};
use rollcall_orgs::secret::ScimTokenSecret;
use rollcall_store::{ConnectionHandle, MARK, Store, StoreOptions};
use serde_json::{Value, json};

use crate::tenant::{Tenant, text};
use crate::workloads::Directory;

/// Opens the database beside the gateway that serves it.
pub struct Seeder {
    store: Store,
}

/// The `userName` of a user by its number.
#[must_use]
pub fn user_name(number: u64) -> String {
    format!("user-{number:0width$}@example.com", width = MARK.len())
}

/// The `externalId` of a user, by its number.
#[must_use]
pub fn external_id(number: u64) -> String {
    format!("00u{number:0width$}", width = MARK.len())
}

/// A user as an identity provider sends it, by its number. What distinguishes it stands in the
/// place of [`MARK`] in user 0.
#[must_use]
pub fn user(number: u64) -> Value {
    let mark = format!("{number:0width$}", width = MARK.len());
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name(number),
        "externalId": external_id(number),
        "displayName": format!("User {mark}"),
        "name": { "givenName": "User", "familyName": mark },
        "active": true,
        "emails": [{ "value": user_name(number), "type": "work", "primary": true }],
    })
}

impl Seeder {
    /// Opens a database whose schema is up to date.
    ///
    /// # Errors
    ///
    /// It cannot be reached.
    pub async fn open(database_url: &str) -> anyhow::Result<Self> {
        let options = StoreOptions {
            max_connections: 2,
            acquire_timeout: Duration::from_secs(20),
            tombstone_retention: Duration::ZERO,
            ..StoreOptions::of(database_url)
        };
        let store = Store::connect(&options, Arc::new(SystemClock)).await?;
        Ok(Self { store })
    }

    async fn handle(&self, tenant: &Tenant) -> anyhow::Result<ConnectionHandle> {
        let digest = ScimTokenSecret::parse(&tenant.token)?.digest();
        let stored = self.store.find_token(&digest).await?;
        Ok(stored
            .context("a token that was just made")?
            .handle(&self.store))
    }

    /// Gives an empty tenant `users` users: number 0 by a request, all others as its copies. The
    /// answer is the id of number 0.
    ///
    /// # Errors
    ///
    /// A request is refused, or the database is not available.
    pub async fn fill(&self, tenant: &Tenant, users: u64) -> anyhow::Result<UserId> {
        let first = tenant.send(Method::POST, "/Users", Some(&user(0))).await?;
        let id = UserId::from_scim(&text(&first, "/id")?).context("the id of a user")?;
        self.handle(tenant).await?.copy_user(id, 1..users).await?;
        Ok(id)
    }

    /// Gives every other tenant of the installation, none of which has users, `users` copies of a
    /// user of this one. The tenants must be all that there are besides.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn fill_others(
        &self,
        original: (&Tenant, UserId),
        others: Vec<Tenant>,
        users: u64,
    ) -> anyhow::Result<Vec<Directory>> {
        let (tenant, user) = original;
        let handle = self.handle(tenant).await?;
        handle.copy_user_everywhere(user, users).await?;
        let mut others = others;
        // The text forms of ids are in the order of what they stand for.
        others.sort_unstable_by(|one, other| one.organization.cmp(&other.organization));
        let numbered = (0..).zip(others);
        numbered
            .map(|(number, other)| Directory::of_copies(other, user, users, number * users))
            .collect()
    }

    /// Fills an empty tenant with users, and with a group of each of these sizes.
    ///
    /// # Errors
    ///
    /// A request is refused, or the database is not available.
    pub async fn directory(
        &self,
        tenant: Tenant,
        users: u64,
        groups: &[u64],
    ) -> anyhow::Result<Directory> {
        let first = self.fill(&tenant, users).await?;
        let mut filled = Vec::new();
        for &members in groups {
            let name = format!("Group of {members}");
            filled.push((members, self.group(&tenant, &name, members).await?));
        }
        Directory::new(tenant, first, users, filled)
    }

    /// Makes a group with the first `members` users as members; gives its id.
    ///
    /// # Errors
    ///
    /// A request is refused, or the database is not available.
    pub async fn group(&self, tenant: &Tenant, name: &str, members: u64) -> anyhow::Result<String> {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
        });
        let group = tenant.send(Method::POST, "/Groups", Some(&body)).await?;
        let group = text(&group, "/id")?;
        let id = GroupId::from_scim(&group).context("the id of a group")?;
        self.handle(tenant).await?.fill_group(id, members).await?;
        Ok(group)
    }

    /// Does at once what a database does for its planner in the course of a day.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn settle(&self) -> anyhow::Result<()> {
        Ok(self.store.settle().await?)
    }

    /// Lets go of the database.
    ///
    /// # Errors
    ///
    /// It does not close.
    pub async fn close(self) -> anyhow::Result<()> {
        Ok(self.store.close().await?)
    }
}
