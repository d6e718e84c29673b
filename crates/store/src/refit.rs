//! Bringing users and groups in line with a schema that was changed.
//!
//! A row holds what the schema said when it was written: values in the form of its attributes,
//! their keys in the search document, and rows in `unique_values`. When the schema changes, the
//! rows that have data under its URN are written anew: values of attributes that are gone are
//! dropped, keys are made by the new rules, and values that are not unique, though they now have to
//! be, refuse the change.
//!
//! No event tells of the single resources, as none does when a connection goes: the schema's own
//! event says what happened. A resource that lost a value gets a new version, so that nobody is
//! told "not modified".

use rollcall_scim::schema::Extends;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{groups, users};
use crate::error::StoreError;
use crate::filter_sql::{self, Table};
use crate::groups::Group;
use crate::handle::DirectoryTx;
use crate::users::{User, later};

/// How many rows are read at once.
const BATCH: u64 = 200;

impl DirectoryTx {
    /// Writes every resource anew that has data under a URN.
    ///
    /// # Errors
    ///
    /// Values that have to be unique are not ([`StoreError::Conflict`]).
    pub(crate) async fn refit(&mut self, extends: Extends, urn: &str) -> Result<(), StoreError> {
        match extends {
            Extends::User => self.refit_users(urn).await,
            Extends::Group => self.refit_groups(urn).await,
        }
    }

    async fn refit_users(&mut self, urn: &str) -> Result<(), StoreError> {
        let holds = filter_sql::holds_extension(self.connection(), Table::Users, urn);
        let mut after = None;
        loop {
            let mut query = crate::users::of(self.org_id, self.connection_id).filter(holds.clone());
            if let Some(after) = after {
                query = query.filter(users::Column::Id.gt(after));
            }
            let rows = query
                .order_by_asc(users::Column::Id)
                .limit(BATCH)
                .lock_exclusive()
                .all(self.connection())
                .await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.id);
            for row in rows {
                let before = User::try_from(row)?;
                let resource = before.resource.fitted(self.shape.catalog.user());
                let changed = resource != before.resource;
                let user = User {
                    version: before.version + u64::from(changed),
                    updated_at: match changed {
                        true => later(before.updated_at, self.now),
                        false => before.updated_at,
                    },
                    resource,
                    ..before
                };
                users::Entity::update(self.user_row(&user)?)
                    .exec(self.connection())
                    .await?;
                self.read_role_anew(user.id, &user.resource).await?;
                let values = user.resource.unique_values(self.shape.catalog.user());
                self.replace_unique_values(Extends::User, user.id.as_uuid(), values)
                    .await?;
            }
        }
    }

    async fn refit_groups(&mut self, urn: &str) -> Result<(), StoreError> {
        let holds = filter_sql::holds_extension(self.connection(), Table::Groups, urn);
        let mut after = None;
        loop {
            let mut query =
                crate::groups::of(self.org_id, self.connection_id).filter(holds.clone());
            if let Some(after) = after {
                query = query.filter(groups::Column::Id.gt(after));
            }
            let rows = query
                .order_by_asc(groups::Column::Id)
                .limit(BATCH)
                .lock_exclusive()
                .all(self.connection())
                .await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.id);
            for row in rows {
                let before = Group::try_from(row)?;
                let resource = before.resource.fitted(self.shape.catalog.group());
                let changed = resource != before.resource;
                let group = Group {
                    version: before.version + u64::from(changed),
                    updated_at: match changed {
                        true => later(before.updated_at, self.now),
                        false => before.updated_at,
                    },
                    resource,
                    ..before
                };
                groups::Entity::update(self.group_row(&group)?)
                    .exec(self.connection())
                    .await?;
                let values = group.resource.unique_values(self.shape.catalog.group());
                self.replace_unique_values(Extends::Group, group.id.as_uuid(), values)
                    .await?;
            }
        }
    }
}
