//! Deleting SCIM connections, with everything in them.

use rollcall_model::{EventType, ScimConnectionId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use serde_json::json;

use super::{of, told};
use crate::entity::scim_connections::{Column, Entity};
use crate::entity::users;
use crate::error::StoreError;
use crate::handle::OrgTx;

impl OrgTx {
    /// Deletes a SCIM connection with its tokens, users and groups; `false` if there is none of
    /// that id. One event tells it, not one for each user.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_scim_connection(
        &mut self,
        id: ScimConnectionId,
    ) -> Result<bool, StoreError> {
        // First the connection itself, so that no push can add to it meanwhile.
        self.lock_scim_connection(id).await?;
        let Some(before) = self.find_scim_connection(id).await? else {
            return Ok(false);
        };
        let active = self.delete_users_of(id).await?;
        let deleted = Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::Id.eq(id.as_uuid()))
            .exec(self.connection())
            .await?;
        if deleted.rows_affected == 0 {
            return Ok(false);
        }
        self.outbox.push_gone(
            EventType::ScimConnectionDeleted,
            Some(id),
            id,
            json!({ "scim_connection": { "id": id } }),
            told(&before),
        );
        self.outbox.count_active(-active);
        self.delete_sign_in_links_to(id).await?;
        self.give_out_seats_of_policy().await?;
        Ok(true)
    }

    /// Deletes every user of a connection, and tells how many were active.
    async fn delete_users_of(&self, id: ScimConnectionId) -> Result<i64, StoreError> {
        // Each row is judged as it is when it goes: somebody may be about to change it.
        const DELETE: &str = "
            with gone as (
                delete from users where org_id = $1 and scim_connection_id = $2 returning active
            )
            select count(*) as number from gone where active";
        if self.writes_at_once() {
            let db = self.connection();
            let values = [self.org_id.as_uuid().into(), id.as_uuid().into()];
            let delete = Statement::from_sql_and_values(db.get_database_backend(), DELETE, values);
            let counted = db.query_one_raw(delete).await?;
            return Ok(counted.map_or(Ok(0), |row| row.try_get("", "number"))?);
        }
        let active = users::Entity::delete_many()
            .filter(users::Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(users::Column::ScimConnectionId.eq(id.as_uuid()))
            .filter(users::Column::Active.eq(true))
            .exec(self.connection())
            .await?;
        Ok(i64::try_from(active.rows_affected).unwrap_or(i64::MAX))
    }

    /// Deletes every SCIM connection of the organization.
    pub(crate) async fn delete_all_scim_connections(&mut self) -> Result<(), StoreError> {
        let rows = of(self.org_id).all(self.connection()).await?;
        for row in rows {
            self.delete_scim_connection(ScimConnectionId::from_uuid(row.id))
                .await?;
        }
        Ok(())
    }
}
