//! Reading anew what every user of a connection says of its role, when what counts has changed: the
//! attribute that is asked, or the roles that there are.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rollcall_model::ScimConnectionId;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::RoleWork;
use crate::entity::{scim_connections, users};
use crate::error::StoreError;
use crate::handle::{DirectoryTx, OrgTx};
use crate::schemas;
use crate::shape::{Shape, read_settings};
use crate::users::User;

/// How many users are read at once.
const BATCH: u64 = 500;

impl OrgTx {
    /// Has the roles that the users of a connection say read anew before the end.
    pub(crate) fn reread_roles(&mut self, id: ScimConnectionId) {
        self.rereads.insert(id);
    }

    /// The same for every connection of the organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub(crate) async fn reread_all_roles(&mut self) -> Result<(), StoreError> {
        let ids: Vec<uuid::Uuid> = scim_connections::Entity::find()
            .select_only()
            .column(scim_connections::Column::Id)
            .filter(scim_connections::Column::OrgId.eq(self.org_id.as_uuid()))
            .into_tuple()
            .all(self.connection())
            .await?;
        let ids = ids.into_iter().map(ScimConnectionId::from_uuid);
        self.rereads.extend(ids);
        Ok(())
    }

    /// Reads and settles what was asked for.
    pub(crate) async fn settle_rereads(mut self) -> Result<Self, StoreError> {
        for id in std::mem::take(&mut self.rereads) {
            let row = scim_connections::Entity::find()
                .filter(scim_connections::Column::OrgId.eq(self.org_id.as_uuid()))
                .filter(scim_connections::Column::Id.eq(id.as_uuid()))
                .one(self.connection())
                .await?;
            let Some(row) = row else { continue };
            let schemas = schemas::load(self.connection(), self.org_id, id).await?;
            let shape = Shape::new(read_settings(id, &row.settings)?, &schemas, &[]);
            let mut directory = DirectoryTx {
                org: self,
                connection_id: id,
                shape: Arc::new(shape),
                tombstone_retention: Duration::ZERO,
                cycles_allowed: false,
                held: BTreeSet::new(),
                deeds: Vec::new(),
                roles: RoleWork::default(),
            };
            directory.reread_everybody().await?;
            directory.check_policy().await?;
            self = directory.org;
        }
        Ok(self)
    }
}

impl DirectoryTx {
    async fn reread_everybody(&mut self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let mut query = crate::users::of(self.org_id, self.connection_id);
            if let Some(after) = after {
                query = query.filter(users::Column::Id.gt(after));
            }
            let rows = query
                .order_by_asc(users::Column::Id)
                .limit(BATCH)
                .lock(LockType::NoKeyUpdate)
                .all(self.connection())
                .await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.id);
            for row in rows {
                let user = User::try_from(row)?;
                self.read_role_anew(user.id, &user.resource).await?;
            }
            self.settle_roles().await?;
        }
    }
}
