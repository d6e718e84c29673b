//! Users that come: somebody new, somebody who was deleted, somebody who is inactive.
//!
//! What a `userName` that was known before means is the choice of the connection. The row is
//! inserted with `on conflict do nothing` and not after a look-up: the look-up would cost every
//! creation a query and still lose a race, and PostgreSQL ends a transaction in which a statement
//! failed, so that nobody could look at who has the name.

use std::borrow::Cow;

use rollcall_model::{DeletedUsers, EventType, InactiveUsers, Timestamp, UserId};
use rollcall_scim::{Resource, user_name};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::entity::users::{Column, Entity};
use crate::error::StoreError;
use crate::guards::Deed;
use crate::handle::DirectoryTx;
use crate::members::MemberId;
use crate::tombstones::Tombstone;
use crate::users::{self, User, later};

impl Tombstone<User> {
    /// The user that comes back, with other attributes.
    fn revived(&self, resource: Resource, now: Timestamp) -> User {
        User {
            id: self.was.id,
            version: self.was.version + 1,
            created_at: self.was.created_at,
            updated_at: later(self.was.updated_at, now),
            resource,
        }
    }
}

impl DirectoryTx {
    /// Adds a user, with its event.
    ///
    /// Depending on the settings of the connection, it is a deleted user that comes back under
    /// its id (`deleted_users`), or an inactive one that is written over and active again
    /// (`inactive_users`).
    ///
    /// # Errors
    ///
    /// Another user of this connection has the `userName`, ignoring case
    /// ([`StoreError::Conflict`], [`StoreError::InactiveUser`]), or its `externalId` where those
    /// are unique.
    pub async fn insert_user(&mut self, resource: Resource) -> Result<User, StoreError> {
        let deleted = match self.shape.settings.deleted_users {
            DeletedUsers::New => None,
            DeletedUsers::Restore => self.lock_deleted_user_like(&resource).await?,
        };
        if let Some(deleted) = deleted {
            let user = deleted.revived(resource, self.now);
            return match self.insert_if_free(&user).await? {
                Some(parkings) => {
                    self.follow_role_of(user.id, None, &user.resource).await?;
                    self.welcome_back(user, parkings).await
                }
                None => self.reactivate(user.resource).await,
            };
        }
        let now = self.now.truncated_to_millis();
        let user = User {
            id: UserId::new(self.outbox.clock()),
            version: 1,
            created_at: now,
            updated_at: now,
            resource,
        };
        let Some(parkings) = self.insert_if_free(&user).await? else {
            return self.reactivate(user.resource).await;
        };
        self.follow_role_of(user.id, None, &user.resource).await?;
        self.tell_user(EventType::UserCreated, &user);
        self.note_deed(Deed::arrived(&user));
        let names = [user.resource.external_id()];
        self.attach(MemberId::User(user.id), &names, parkings)
            .await?;
        Ok(user)
    }

    /// Brings a deleted user back as it was, without its groups; `None` if there is no tombstone
    /// of that id.
    ///
    /// # Errors
    ///
    /// Somebody else has the `userName` by now, or its `externalId` where those are unique
    /// ([`StoreError::Conflict`]).
    pub async fn restore_user(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let Some(deleted) = self.lock_deleted_user(id).await? else {
            return Ok(None);
        };
        // A schema may have gone since.
        let mut resource = deleted.was.resource.fitted(self.shape.catalog.user());
        if let Some(manager) = resource.manager()
            && !self.parks_references()
            && self.find_named_user(manager, false).await?.is_none()
        {
            // Who was deleted meanwhile is nobody's manager, and must not keep others away.
            resource = resource.without_manager();
        }
        let user = deleted.revived(resource, self.now);
        let Some(parkings) = self.insert_if_free(&user).await? else {
            return Err(StoreError::Conflict {
                attribute: Cow::Borrowed("userName"),
            });
        };
        self.read_role_anew(user.id, &user.resource).await?;
        let user = self.welcome_back(user, parkings).await?;
        Ok(Some(user))
    }

    async fn welcome_back(&mut self, user: User, parkings: i64) -> Result<User, StoreError> {
        self.delete_tombstone(user.id.as_uuid()).await?;
        self.note_return().await?;
        self.tell_user(EventType::UserRestored, &user);
        self.note_deed(Deed::arrived(&user));
        // Who comes back may be waited for by its id, too: it was known before.
        let id = user.id.to_scim();
        let names = [Some(id.as_str()), user.resource.external_id()];
        self.attach(MemberId::User(user.id), &names, parkings)
            .await?;
        Ok(user)
    }

    /// Inserts the rows of a user and counts it, unless its `userName` is taken: then nothing is
    /// written, and the answer is `None`. Otherwise it is how often a reference was parked.
    async fn insert_if_free(&self, user: &User) -> Result<Option<i64>, StoreError> {
        let one_of_a_name = [Column::OrgId, Column::ScimConnectionId, Column::UserNameKey];
        let inserted = Entity::insert(self.user_row(user)?)
            .on_conflict(OnConflict::columns(one_of_a_name).do_nothing().to_owned())
            .exec_without_returning(self.connection())
            .await?;
        if inserted == 0 {
            return Ok(None);
        }
        self.claim_external_id_of_user(user, None).await?;
        self.insert_emails(user.id, users::email_keys(&user.resource)?)
            .await?;
        self.save_unique_values_of_user(user.id, None, &user.resource)
            .await?;
        // Before the manager, whose row is held: see `members` for the order of locks.
        let parkings = self.count_users(1).await?;
        self.link_manager(user.id, None, user.resource.manager())
            .await?;
        Ok(Some(parkings))
    }

    /// Writes over the inactive user that has the `userName` of a resource, if that is what the
    /// connection wants and the resource does not say that the user stays inactive.
    async fn reactivate(&mut self, resource: Resource) -> Result<User, StoreError> {
        const TAKEN: StoreError = StoreError::Conflict {
            attribute: Cow::Borrowed("userName"),
        };
        let name_key = user_name::key(resource.user_name().unwrap_or_default());
        let row = users::of(self.org_id, self.connection_id)
            .filter(Column::UserNameKey.eq(name_key))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        // It may be gone by now: then this request came while the name was taken.
        let held = row.map(User::try_from).transpose()?.ok_or(TAKEN)?;
        if held.resource.active() {
            return Err(TAKEN);
        }
        match self.shape.settings.inactive_users {
            InactiveUsers::Reactivate if resource.active() => self.save_user(held, resource).await,
            InactiveUsers::Reactivate | InactiveUsers::Conflict => {
                Err(StoreError::InactiveUser { id: held.id })
            }
        }
    }
}
