//! Reading memberships, from either end.

use std::collections::HashMap;

use rollcall_model::{GroupId, OrgId, ScimConnectionId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{GroupRef, IDS_PER_STATEMENT};
use crate::entity::group_members::{Column, Entity};
use crate::entity::groups;
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, DirectoryTx};

/// Whose memberships a query reads.
#[derive(Clone, Copy)]
struct Scope {
    org_id: OrgId,
    connection_id: ScimConnectionId,
}

async fn members_of(
    db: &impl ConnectionTrait,
    scope: Scope,
    group_ids: &[GroupId],
) -> Result<HashMap<GroupId, Vec<UserId>>, StoreError> {
    let mut members: HashMap<GroupId, Vec<UserId>> = HashMap::new();
    for chunk in group_ids.chunks(IDS_PER_STATEMENT) {
        let rows = Entity::find()
            .filter(Column::OrgId.eq(scope.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(scope.connection_id.as_uuid()))
            .filter(Column::GroupId.is_in(chunk.iter().map(|id| id.as_uuid())))
            .order_by_asc(Column::GroupId)
            .order_by_asc(Column::UserId)
            .all(db)
            .await?;
        for row in rows {
            members
                .entry(GroupId::from_uuid(row.group_id))
                .or_default()
                .push(UserId::from_uuid(row.user_id));
        }
    }
    Ok(members)
}

async fn groups_of(
    db: &impl ConnectionTrait,
    scope: Scope,
    user_ids: &[UserId],
) -> Result<HashMap<UserId, Vec<GroupRef>>, StoreError> {
    let mut found: HashMap<UserId, Vec<GroupRef>> = HashMap::new();
    for chunk in user_ids.chunks(IDS_PER_STATEMENT) {
        let select = Query::select()
            .column((Entity, Column::UserId))
            .column((groups::Entity, groups::Column::Id))
            .column((groups::Entity, groups::Column::DisplayName))
            .from(Entity)
            .inner_join(
                groups::Entity,
                Expr::col((groups::Entity, groups::Column::OrgId))
                    .equals((Entity, Column::OrgId))
                    .and(
                        Expr::col((groups::Entity, groups::Column::ScimConnectionId))
                            .equals((Entity, Column::ScimConnectionId)),
                    )
                    .and(
                        Expr::col((groups::Entity, groups::Column::Id))
                            .equals((Entity, Column::GroupId)),
                    ),
            )
            .and_where(Expr::col((Entity, Column::OrgId)).eq(scope.org_id.as_uuid()))
            .and_where(
                Expr::col((Entity, Column::ScimConnectionId)).eq(scope.connection_id.as_uuid()),
            )
            .and_where(
                Expr::col((Entity, Column::UserId)).is_in(chunk.iter().map(|id| id.as_uuid())),
            )
            .order_by((Entity, Column::UserId), Order::Asc)
            .order_by((groups::Entity, groups::Column::Id), Order::Asc)
            .to_owned();
        for row in db.query_all(&select).await? {
            found
                .entry(UserId::from_uuid(row.try_get::<Uuid>("", "user_id")?))
                .or_default()
                .push(GroupRef {
                    id: GroupId::from_uuid(row.try_get::<Uuid>("", "id")?),
                    display_name: row.try_get("", "display_name")?,
                });
        }
    }
    Ok(found)
}

impl ConnectionHandle {
    const fn scope(&self) -> Scope {
        Scope {
            org_id: self.org_id,
            connection_id: self.connection_id,
        }
    }

    /// The members of some groups; a group without any is absent.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn members_of(
        &self,
        group_ids: &[GroupId],
    ) -> Result<HashMap<GroupId, Vec<UserId>>, StoreError> {
        members_of(&self.store.db, self.scope(), group_ids).await
    }

    /// How many members some groups have, without reading them; a group without any is absent.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn count_members_of(
        &self,
        group_ids: &[GroupId],
    ) -> Result<HashMap<GroupId, u64>, StoreError> {
        let mut counts = HashMap::new();
        for chunk in group_ids.chunks(IDS_PER_STATEMENT) {
            let rows: Vec<(Uuid, i64)> = Entity::find()
                .select_only()
                .column(Column::GroupId)
                .column_as(Column::UserId.count(), "members")
                .filter(Column::OrgId.eq(self.org_id.as_uuid()))
                .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
                .filter(Column::GroupId.is_in(chunk.iter().map(|id| id.as_uuid())))
                .group_by(Column::GroupId)
                .into_tuple()
                .all(&self.store.db)
                .await?;
            for (group_id, members) in rows {
                let members = u64::try_from(members).unwrap_or(0);
                counts.insert(GroupId::from_uuid(group_id), members);
            }
        }
        Ok(counts)
    }

    /// The groups of some users; a user without any is absent.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn groups_of(
        &self,
        user_ids: &[UserId],
    ) -> Result<HashMap<UserId, Vec<GroupRef>>, StoreError> {
        groups_of(&self.store.db, self.scope(), user_ids).await
    }
}

impl DirectoryTx {
    fn scope(&self) -> Scope {
        Scope {
            org_id: self.org_id,
            connection_id: self.connection_id,
        }
    }

    /// The groups of a user, as this transaction leaves them.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn groups_of_user(&self, id: UserId) -> Result<Vec<GroupRef>, StoreError> {
        let mut groups = groups_of(self.connection(), self.scope(), &[id]).await?;
        Ok(groups.remove(&id).unwrap_or_default())
    }
}
