//! Keys of names, made anew when the rules by which they are made have changed.
//!
//! Names are looked up, compared and kept unique by keys that stand in columns and search
//! documents. How a key is made depends on the version of Unicode that a release brings along
//! ([`user_name::key_rules`]): under a newer one, spellings that had two keys may have one, and a
//! look-up would miss the rows whose keys are older. So the rules are stored with the database,
//! and a start under other rules goes once through everybody, before it serves.
//!
//! Nobody is merged and nobody is split. Where a name's new key belongs to another user already,
//! the row keeps the key that it has, and the clash is reported: both stay who they are until the
//! identity provider renames one. Versions, times and events stay, since nothing changed that an
//! identity provider wrote.

use rollcall_model::{PageRequest, RequestId, ScimConnectionId, UserId};
use rollcall_scim::user_name;
use sea_orm::{ActiveValue::NotSet, ColumnTrait, EntityTrait, QueryFilter};

use crate::connect::Store;
use crate::entity::{groups, user_emails, users};
use crate::error::StoreError;
use crate::groups::Group;
use crate::handle::{ConnectionHandle, DirectoryTx, OrgHandle};
use crate::users::{self as user_rows, User};

/// How many rows one transaction renews.
const ROWS: u64 = 500;

/// A user whose name the rules of this release do not tell from another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyClash {
    /// The connection of both.
    pub connection_id: ScimConnectionId,
    /// The one whose key stayed as it was.
    pub user_id: UserId,
}

/// What a change of the rules came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rekeyed {
    /// How many users were gone through.
    pub users: u64,
    /// How many groups were gone through.
    pub groups: u64,
    /// Whose names clash now.
    pub clashes: Vec<KeyClash>,
}

impl Store {
    /// Whether the keys in this database were made by the rules of this release.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn has_current_keys(&self) -> Result<bool, StoreError> {
        let stored = self.key_rules().await?;
        Ok(stored.as_deref() == Some(user_name::key_rules().as_bytes()))
    }

    /// Makes every key anew, unless it was made by the rules of this release. It may be cut off
    /// and begun again; two replicas that do it at once do it twice.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn rekey(&self) -> Result<Rekeyed, StoreError> {
        let mut done = Rekeyed::default();
        if self.has_current_keys().await? {
            return Ok(done);
        }
        let mut after = None;
        loop {
            let page = PageRequest { after, limit: ROWS };
            let organizations = self.list_organizations(page).await?;
            for organization in organizations.items {
                let organization = OrgHandle::new(self.clone(), organization);
                organization.rekey(&mut done).await?;
            }
            after = organizations.next;
            if after.is_none() {
                break;
            }
        }
        self.save_key_rules(&user_name::key_rules()).await?;
        Ok(done)
    }
}

impl OrgHandle {
    async fn rekey(&self, done: &mut Rekeyed) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = PageRequest { after, limit: ROWS };
            let connections = self.list_scim_connections(page).await?;
            for connection in connections.items {
                if let Some(connection) = self.open_connection(connection.id).await? {
                    connection.rekey_users(done).await?;
                    connection.rekey_groups(done).await?;
                }
            }
            after = connections.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

impl ConnectionHandle {
    async fn rekey_users(&self, done: &mut Rekeyed) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.list_users(PageRequest { after, limit: ROWS }).await?;
            let tx = self.begin(RequestId::new(self.store.clock())).await?;
            for user in page.items {
                // Read again under its lock: a replica that serves may have changed it.
                if let Some(user) = tx.lock_user(user.id).await? {
                    done.users += 1;
                    if !tx.rekey_user(&user).await? {
                        done.clashes.push(KeyClash {
                            connection_id: self.connection_id,
                            user_id: user.id,
                        });
                    }
                }
            }
            tx.commit().await?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn rekey_groups(&self, done: &mut Rekeyed) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.list_groups(PageRequest { after, limit: ROWS }).await?;
            let tx = self.begin(RequestId::new(self.store.clock())).await?;
            for group in page.items {
                if let Some(group) = tx.lock_group(group.id).await? {
                    done.groups += 1;
                    tx.rekey_group(&group).await?;
                }
            }
            tx.commit().await?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

impl DirectoryTx {
    /// Writes the keys of a locked user anew; `false` if its name is another user's now.
    async fn rekey_user(&self, user: &User) -> Result<bool, StoreError> {
        let mut row = self.user_row(user)?;
        let key = user_name::key(user.resource.user_name().unwrap_or_default());
        let holder = user_rows::of(self.org_id, self.connection_id)
            .filter(users::Column::UserNameKey.eq(key))
            .filter(users::Column::Id.ne(user.id.as_uuid()))
            .one(self.connection())
            .await?;
        if holder.is_some() {
            row.user_name_key = NotSet;
        }
        users::Entity::update(row).exec(self.connection()).await?;
        user_emails::Entity::delete_many()
            .filter(user_emails::Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(user_emails::Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(user_emails::Column::UserId.eq(user.id.as_uuid()))
            .exec(self.connection())
            .await?;
        self.insert_emails(user.id, user_rows::email_keys(&user.resource)?)
            .await?;
        Ok(holder.is_none())
    }

    /// Writes the keys of a locked group anew.
    async fn rekey_group(&self, group: &Group) -> Result<(), StoreError> {
        groups::Entity::update(self.group_row(group)?)
            .exec(self.connection())
            .await?;
        Ok(())
    }
}
