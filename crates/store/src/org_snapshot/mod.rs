//! An organization as it was at one moment, with the place in the feed from which to follow it.
//!
//! Everything is read in one transaction that only reads. The number of the last event that this
//! transaction sees says which changes are in it: an organization's sequence is gapless and in the
//! order of the commits. If that event has its place in the feed, the cursor is the end of the feed
//! as the transaction sees it: whatever is committed later is placed behind it. If it is still in
//! the outbox, it is placed now, and its position is the cursor. Either way no later event of the
//! organization lies before the cursor, and no earlier one behind it, so whoever follows from there
//! misses nothing and sees nothing twice. See docs/decisions/0024-snapshot-and-follow.md.
//!
//! It may be held for long, so of the places that snapshots have, no more than half are for those of
//! organizations: whoever copies a large one must not keep identity providers from reading groups.

mod keys;
mod place;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use rollcall_model::{
    GroupId, OrgId, Organization, RoleMapping, RoleName, RoleSource, ScimConnectionId, Timestamp,
    UserId, UserRole,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::connect::Store;
use crate::dialect::{self, ReadTx};
use crate::entity::{groups as group_rows, organizations, scim_connections, users as user_rows};
use crate::error::StoreError;
use crate::groups::{self, Group};
use crate::handle::OrgHandle;
use crate::members::{MemberId, MemberKind, Scope};
use crate::shape::{Shape, read_settings};
use crate::shown::StoredUser;
use crate::{policies, product_attributes, roles, schemas, users};

pub use keys::{SeenKeys, user_name_key};

/// For how much longer than its limit a snapshot may be idle in the database: who holds it is to
/// notice first.
const MARGIN: Duration = Duration::from_secs(60);

/// An organization as it was at one moment. Dropped, it is let go of.
pub struct OrgSnapshot {
    pub(crate) tx: ReadTx,
    pub(crate) org_id: OrgId,
    organization: Organization,
    sequence: u64,
    cursor: u64,
    at: Timestamp,
    pub(crate) connections: Vec<SeenConnection>,
    default_role: RoleName,
    _places: [OwnedSemaphorePermit; 2],
}

/// A SCIM connection of a snapshot.
#[derive(Clone)]
pub struct SeenConnection {
    id: ScimConnectionId,
    shape: Arc<Shape>,
}

/// A user of a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenUser {
    /// Its id.
    pub id: UserId,
    /// The user as events tell it.
    pub user: Value,
    /// Its role.
    pub role: UserRole,
    /// Whether it is active and has no seat yet.
    pub waiting_for_seat: bool,
}

/// A group of a snapshot, without its members.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenGroup {
    /// Its id.
    pub id: GroupId,
    /// The group as events tell it.
    pub group: Value,
    /// The role that it gives to its members.
    pub role_mapping: Option<RoleMapping>,
}

/// That a user or a group is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group_id: GroupId,
    /// Who is in it.
    pub member: MemberId,
}

impl SeenConnection {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> ScimConnectionId {
        self.id
    }
}

impl OrgHandle {
    /// Begins a snapshot that is to be held for no longer than `limit`. The database ends one that
    /// is idle for much longer.
    ///
    /// # Errors
    ///
    /// The database is not available, too many snapshots are held, or the organization is gone
    /// ([`StoreError::ParentMissing`]).
    pub async fn snapshot(&self, limit: Duration) -> Result<OrgSnapshot, StoreError> {
        let store = &self.store;
        let places = [
            store.place_in(&store.org_snapshots).await?,
            store.place_in(&store.snapshots).await?,
        ];
        // Done before a connection is held: mostly no other one is needed then.
        store.place_new_events().await?;
        let tx = store.dialect.begin_read(&store.db).await?;
        store.dialect.allow_idle(&tx, limit + MARGIN).await?;
        let (org_id, db) = (self.org_id(), tx.connection());
        let row = organizations::Entity::find_by_id(org_id.as_uuid());
        let organization = match row.one(db).await? {
            Some(row) => row.try_into()?,
            None => return Err(StoreError::ParentMissing),
        };
        let at = store.clock.now();
        let (sequence, cursor) = store.place_of_last(db, org_id).await?;
        let policy = policies::in_force(db, org_id).await?;
        Ok(OrgSnapshot {
            connections: connections(db, org_id).await?,
            default_role: policy.default_role,
            tx,
            org_id,
            organization,
            sequence: u64::try_from(sequence).unwrap_or(0),
            cursor: u64::try_from(cursor).unwrap_or(0),
            at,
            _places: places,
        })
    }
}

async fn connections(
    db: &impl ConnectionTrait,
    org_id: OrgId,
) -> Result<Vec<SeenConnection>, StoreError> {
    use scim_connections::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::OrgId.eq(org_id.as_uuid()))
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let mut connections = Vec::with_capacity(rows.len());
    for row in rows {
        let id = ScimConnectionId::from_uuid(row.id);
        // Not those that the process remembers: they may be newer than the snapshot.
        let settings = read_settings(id, &row.settings)?;
        let schemas = schemas::load(db, org_id, id).await?;
        let attributes = product_attributes::load(db, org_id, id).await?;
        connections.push(SeenConnection {
            id,
            shape: Arc::new(Shape::new(settings, &schemas, &attributes)),
        });
    }
    Ok(connections)
}

impl Store {
    /// Waits for a place, for as long as a request waits for its turn.
    pub(crate) async fn place_in(
        &self,
        places: &Arc<tokio::sync::Semaphore>,
    ) -> Result<OwnedSemaphorePermit, StoreError> {
        let place = Arc::clone(places).acquire_owned();
        match tokio::time::timeout(self.patience(), place).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(StoreError::too_busy()),
        }
    }
}

impl OrgSnapshot {
    /// The organization.
    #[must_use]
    pub const fn organization(&self) -> &Organization {
        &self.organization
    }

    /// The number of the last event whose change is in here; 0 if there was none.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The position in the feed after which every event of the organization is one whose change is
    /// not in here.
    #[must_use]
    pub const fn cursor(&self) -> u64 {
        self.cursor
    }

    /// When it was taken.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Its SCIM connections, in the order of their ids.
    #[must_use]
    pub fn connections(&self) -> &[SeenConnection] {
        &self.connections
    }

    pub(crate) const fn scope(&self, connection_id: ScimConnectionId) -> Scope {
        Scope {
            org_id: self.org_id,
            connection_id,
        }
    }

    /// The users of a connection that come after one of them, in the order of their ids, at most so
    /// many. Fewer come only at the end.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_users_after(
        &self,
        connection: &SeenConnection,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<SeenUser>, StoreError> {
        use user_rows::Column;
        let db = self.tx.connection();
        let after = after.map_or(Uuid::nil(), UserId::as_uuid);
        let rows: Vec<(Uuid, i64, i64, i64, String, Option<String>)> =
            users::of(self.org_id, connection.id)
                .select_only()
                .columns([Column::Id, Column::Version])
                .columns([Column::CreatedAt, Column::UpdatedAt])
                .columns([Column::Body, Column::Unmapped])
                .filter(Column::Id.gt(after))
                .order_by_asc(Column::Id)
                .limit(limit)
                .into_tuple()
                .all(db)
                .await?;
        let ids: Vec<UserId> = rows.iter().map(|row| UserId::from_uuid(row.0)).collect();
        let mut roles = self.roles_of(connection.id, &ids).await?;
        let waiting = self.waiting_among(connection.id, &ids).await?;
        let seen = |(id, version, created_at, updated_at, body, unmapped)| {
            let stored = StoredUser {
                id: UserId::from_uuid(id),
                version: u64::try_from(version).unwrap_or(0),
                created_at: Timestamp::from_unix_micros(created_at),
                updated_at: Timestamp::from_unix_micros(updated_at),
                body,
                unmapped,
            };
            let user = stored.read()?;
            Ok(SeenUser {
                id: user.id,
                user: users::told(&connection.shape, user.id, &user.resource)["user"].take(),
                role: roles
                    .remove(&user.id)
                    .unwrap_or_else(|| self.has_default_role()),
                waiting_for_seat: waiting.contains(&user.id),
            })
        };
        rows.into_iter().map(seen).collect()
    }

    /// The role of whoever was given none.
    #[must_use]
    pub const fn default_role(&self) -> &RoleName {
        &self.default_role
    }

    fn has_default_role(&self) -> UserRole {
        UserRole {
            role: self.default_role.clone(),
            source: RoleSource::Default,
            group: None,
        }
    }

    pub(crate) async fn roles_of(
        &self,
        connection_id: ScimConnectionId,
        ids: &[UserId],
    ) -> Result<HashMap<UserId, UserRole>, StoreError> {
        roles::roles_of(self.tx.connection(), self.scope(connection_id), ids).await
    }

    async fn waiting_among(
        &self,
        connection_id: ScimConnectionId,
        ids: &[UserId],
    ) -> Result<HashSet<UserId>, StoreError> {
        let db = self.tx.connection();
        let backend = db.get_database_backend();
        let key = "w.org_id = $1 and w.scim_connection_id = $2 and w.user_id = wanted.id";
        let sql = format!(
            "select w.user_id as id from {} {}",
            dialect::wanted(backend, "$3"),
            dialect::look_up_each(backend, "waiting_users", "w", key),
        );
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        let values: [sea_orm::Value; 3] = [
            self.org_id.as_uuid().into(),
            connection_id.as_uuid().into(),
            dialect::id_set(&ids).into(),
        ];
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let rows = db.query_all_raw(statement).await?;
        rows.iter()
            .map(|row| Ok(UserId::from_uuid(row.try_get("", "id")?)))
            .collect()
    }

    /// The groups of a connection that come after one of them, as [`Self::list_users_after`].
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_groups_after(
        &self,
        connection: &SeenConnection,
        after: Option<GroupId>,
        limit: u64,
    ) -> Result<Vec<SeenGroup>, StoreError> {
        use group_rows::Column;
        let after = after.map_or(Uuid::nil(), GroupId::as_uuid);
        let rows = groups::of(self.org_id, connection.id)
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(limit)
            .all(self.tx.connection())
            .await?;
        let kind = connection.shape.catalog.group();
        let seen = |row| {
            let group = Group::try_from(row)?;
            Ok(SeenGroup {
                id: group.id,
                group: groups::told(kind, group.id, &group.resource)["group"].take(),
                role_mapping: group.role_mapping,
            })
        };
        rows.into_iter().map(seen).collect()
    }

    /// The memberships of users, or those of groups, that come after one of them, in the order of
    /// the group and the member, as [`Self::list_users_after`].
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_memberships_after(
        &self,
        connection: &SeenConnection,
        kind: MemberKind,
        after: Option<Membership>,
        limit: u64,
    ) -> Result<Vec<Membership>, StoreError> {
        let (table, member) = match kind {
            MemberKind::User => ("group_members", "user_id"),
            MemberKind::Group => ("group_groups", "member_id"),
        };
        let sql = format!(
            "select group_id, {member} as member from {table}
             where org_id = $1 and scim_connection_id = $2 and (group_id, {member}) > ($3, $4)
             order by group_id, {member} limit $5"
        );
        let (group, last) = after.map_or((Uuid::nil(), Uuid::nil()), |last| {
            (last.group_id.as_uuid(), last.member.as_uuid())
        });
        let values: [sea_orm::Value; 5] = [
            self.org_id.as_uuid().into(),
            connection.id.as_uuid().into(),
            group.into(),
            last.into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ];
        let db = self.tx.connection();
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let rows = db.query_all_raw(statement).await?;
        rows.iter()
            .map(|row| {
                Ok(Membership {
                    group_id: GroupId::from_uuid(row.try_get("", "group_id")?),
                    member: MemberId::of(kind, row.try_get("", "member")?),
                })
            })
            .collect()
    }
}
