//! Tombstones: what is left of deleted users and groups, until it is purged.
//!
//! A tombstone is seen by the management API and by nothing else. It holds what is needed to bring
//! the resource back, memberships excepted, so it is personal data: from `purge_at` on nothing
//! reads it, and [`Store::purge_tombstones`] removes it.

use rollcall_model::{GroupId, OrgId, Page, PageRequest, ScimConnectionId, Timestamp, UserId};
use rollcall_scim::{Resource, user_name};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use crate::connect::Store;
use crate::entity::tombstones::{ActiveModel, Column, Entity, Model};
use crate::entity::{groups, organizations, users};
use crate::error::StoreError;
use crate::groups::Group;
use crate::handle::{ConnectionHandle, DirectoryTx};
use crate::paging;
use crate::roles::read_mapping;
use crate::users::User;

/// How many organizations one step of a purge looks at.
const ORGANIZATIONS_PER_STEP: usize = 100;
/// How many tombstones one step of a purge removes at most.
const ROWS_PER_STEP: u64 = 500;

const USER: &str = "User";
const GROUP: &str = "Group";

/// A deleted user or group.
#[derive(Clone, Debug, PartialEq)]
pub struct Tombstone<T> {
    /// As it was when it was deleted.
    pub was: T,
    /// When that was.
    pub deleted_at: Timestamp,
    /// From when on nothing is left of it.
    pub purge_at: Timestamp,
}

/// What one step of a purge came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purged {
    /// How many tombstones are gone.
    pub tombstones: u64,
    /// The organization that the next step goes on after; `None` for the first one.
    pub after: Option<OrgId>,
    /// Whether this was the last step.
    pub done: bool,
}

/// Every query on one kind of tombstone of one connection starts here.
fn of(
    org_id: OrgId,
    connection_id: ScimConnectionId,
    kind: &str,
    now: Timestamp,
) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrgId.eq(org_id.as_uuid()))
        .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
        .filter(Column::Kind.eq(kind))
        .filter(Column::PurgeAt.gt(now.unix_micros()))
}

/// The parts of a row that both kinds read alike.
fn read(row: &Model) -> Result<(u64, Resource), StoreError> {
    let corrupt = |reason: String| StoreError::corrupt("tombstones", row.id, reason);
    let version = u64::try_from(row.version).map_err(|reason| corrupt(reason.to_string()))?;
    let resource = Resource::from_stored(&row.body)
        .and_then(|stored| stored.with_stored_unmapped(row.unmapped.as_deref()))
        .map_err(|reason| corrupt(reason.to_string()))?;
    Ok((version, resource))
}

impl TryFrom<Model> for Tombstone<User> {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let (version, resource) = read(&row)?;
        Ok(Self {
            was: User {
                id: UserId::from_uuid(row.id),
                version,
                created_at: Timestamp::from_unix_micros(row.created_at),
                updated_at: Timestamp::from_unix_micros(row.updated_at),
                resource,
            },
            deleted_at: Timestamp::from_unix_micros(row.deleted_at),
            purge_at: Timestamp::from_unix_micros(row.purge_at),
        })
    }
}

impl TryFrom<Model> for Tombstone<Group> {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let (version, resource) = read(&row)?;
        Ok(Self {
            was: Group {
                id: GroupId::from_uuid(row.id),
                version,
                created_at: Timestamp::from_unix_micros(row.created_at),
                updated_at: Timestamp::from_unix_micros(row.updated_at),
                resource,
                role_mapping: read_mapping(row.role, row.role_precedence, row.id)?,
            },
            deleted_at: Timestamp::from_unix_micros(row.deleted_at),
            purge_at: Timestamp::from_unix_micros(row.purge_at),
        })
    }
}

impl ConnectionHandle {
    /// Lists deleted users that can still be brought back, in the order of their ids.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_deleted_users(
        &self,
        page: PageRequest<UserId>,
    ) -> Result<Page<Tombstone<User>, UserId>, StoreError> {
        let now = self.store.clock.now();
        paging::page(
            &self.store.db,
            of(self.org_id, self.connection_id, USER, now),
            Column::Id,
            page,
            (UserId::as_uuid, |deleted: &Tombstone<User>| deleted.was.id),
        )
        .await
    }

    /// Lists deleted groups that can still be brought back, in the order of their ids.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_deleted_groups(
        &self,
        page: PageRequest<GroupId>,
    ) -> Result<Page<Tombstone<Group>, GroupId>, StoreError> {
        let now = self.store.clock.now();
        paging::page(
            &self.store.db,
            of(self.org_id, self.connection_id, GROUP, now),
            Column::Id,
            page,
            (GroupId::as_uuid, |deleted: &Tombstone<Group>| {
                deleted.was.id
            }),
        )
        .await
    }
}

impl DirectoryTx {
    /// Leaves the tombstone of a user whose row was just deleted.
    pub(crate) async fn bury_user(&self, row: users::Model) -> Result<(), StoreError> {
        self.bury(ActiveModel {
            id: Set(row.id),
            kind: Set(USER.to_owned()),
            name_key: Set(row.user_name_key),
            external_id: Set(row.external_id),
            version: Set(row.version),
            created_at: Set(row.created_at),
            updated_at: Set(row.updated_at),
            body: Set(row.body),
            unmapped: Set(row.unmapped),
            ..self.tombstone()
        })
        .await
    }

    /// Leaves the tombstone of a group whose row was just deleted.
    pub(crate) async fn bury_group(&self, row: groups::Model) -> Result<(), StoreError> {
        self.bury(ActiveModel {
            id: Set(row.id),
            kind: Set(GROUP.to_owned()),
            name_key: Set(row.display_name_key),
            external_id: Set(row.external_id),
            version: Set(row.version),
            created_at: Set(row.created_at),
            updated_at: Set(row.updated_at),
            body: Set(row.body),
            unmapped: Set(row.unmapped),
            role: Set(row.role),
            role_precedence: Set(row.role_precedence),
            ..self.tombstone()
        })
        .await
    }

    /// What every tombstone of this transaction has.
    fn tombstone(&self) -> ActiveModel {
        let deleted_at = self.now.truncated_to_millis();
        let purge_at = deleted_at.plus(self.tombstone_retention);
        ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            scim_connection_id: Set(self.connection_id.as_uuid()),
            deleted_at: Set(deleted_at.unix_micros()),
            purge_at: Set(purge_at.unix_micros()),
            ..ActiveModel::default()
        }
    }

    async fn bury(&self, tombstone: ActiveModel) -> Result<(), StoreError> {
        if self.tombstone_retention.is_zero() {
            return Ok(());
        }
        Entity::insert(tombstone)
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }

    /// The tombstone of the user that a resource stands for: the last one that was deleted under
    /// its `userName`, or failing that under its `externalId`. Held until the end of the
    /// transaction, so that nobody comes back twice.
    pub(crate) async fn lock_deleted_user_like(
        &self,
        resource: &Resource,
    ) -> Result<Option<Tombstone<User>>, StoreError> {
        let name_key = user_name::key(resource.user_name().unwrap_or_default());
        let by_name = self.lock_last(Column::NameKey.eq(name_key)).await?;
        match (by_name, resource.external_id()) {
            (None, Some(external_id)) => self.lock_last(Column::ExternalId.eq(external_id)).await,
            (found, _) => Ok(found),
        }
    }

    async fn lock_last(&self, condition: Expr) -> Result<Option<Tombstone<User>>, StoreError> {
        let row = of(self.org_id, self.connection_id, USER, self.now)
            .filter(condition)
            .order_by_desc(Column::DeletedAt)
            .order_by_desc(Column::Id)
            .lock_exclusive()
            .one(self.connection())
            .await?;
        row.map(Tombstone::try_from).transpose()
    }

    /// The tombstone of one user, held until the end of the transaction.
    pub(crate) async fn lock_deleted_user(
        &self,
        id: UserId,
    ) -> Result<Option<Tombstone<User>>, StoreError> {
        let row = self.lock_tombstone(USER, id.as_uuid()).await?;
        row.map(Tombstone::try_from).transpose()
    }

    /// The tombstone of one group, held until the end of the transaction.
    pub(crate) async fn lock_deleted_group(
        &self,
        id: GroupId,
    ) -> Result<Option<Tombstone<Group>>, StoreError> {
        let row = self.lock_tombstone(GROUP, id.as_uuid()).await?;
        row.map(Tombstone::try_from).transpose()
    }

    async fn lock_tombstone(&self, kind: &str, id: Uuid) -> Result<Option<Model>, StoreError> {
        Ok(of(self.org_id, self.connection_id, kind, self.now)
            .filter(Column::Id.eq(id))
            .lock_exclusive()
            .one(self.connection())
            .await?)
    }

    /// Removes the tombstone of what is back.
    pub(crate) async fn delete_tombstone(&self, id: Uuid) -> Result<(), StoreError> {
        Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::Id.eq(id))
            .exec(self.connection())
            .await?;
        Ok(())
    }
}

impl Store {
    /// Takes one step of a purge: removes tombstones whose time is over, of a few organizations
    /// after one, in the order of their ids. Each step is small, so that it holds nobody up.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn purge_tombstones(&self, after: Option<OrgId>) -> Result<Purged, StoreError> {
        let mut query = organizations::Entity::find()
            .select_only()
            .column(organizations::Column::Id);
        if let Some(after) = after {
            query = query.filter(organizations::Column::Id.gt(after.as_uuid()));
        }
        let org_ids: Vec<Uuid> = query
            .order_by_asc(organizations::Column::Id)
            .limit(ORGANIZATIONS_PER_STEP as u64)
            .into_tuple()
            .all(&self.db)
            .await?;
        let last = org_ids.last().copied();
        let full = org_ids.len() == ORGANIZATIONS_PER_STEP;
        let over = Column::OrgId
            .is_in(org_ids)
            .and(Column::PurgeAt.lte(self.clock.now().unix_micros()));
        let ids: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(over.clone())
            .limit(ROWS_PER_STEP)
            .into_tuple()
            .all(&self.db)
            .await?;
        if ids.is_empty() {
            return Ok(Purged {
                tombstones: 0,
                after: last.map(OrgId::from_uuid),
                done: !full,
            });
        }
        let tx = self.begin_write().await?;
        // Asked again: one of them may have come back meanwhile.
        let deleted = Entity::delete_many()
            .filter(over)
            .filter(Column::Id.is_in(ids))
            .exec(tx.connection())
            .await?;
        tx.commit().await?;
        Ok(Purged {
            tombstones: deleted.rows_affected,
            after,
            done: false,
        })
    }
}
