//! Managers: who of a connection's users reports to whom.
//!
//! `manager.value` stays in the user's attributes as the identity provider sent it. The link to
//! the user that it means is a row of its own: `$ref` and `displayName` are derived from it, and
//! it finds everybody who reports to a user that is deleted.

use std::collections::HashMap;

use rollcall_model::{OrgId, ScimConnectionId, UserId};
use rollcall_scim::Resource;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement, Value,
};
use uuid::Uuid;

use crate::dialect;
use crate::entity::user_managers::{ActiveModel, Column, Entity};
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, DirectoryTx};
use crate::members::NamedMember;
use crate::references::Awaiting;
use crate::users::User;

/// The manager of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagerRef {
    /// The id of the user who it is.
    pub id: UserId,
    /// `displayName`.
    pub display_name: Option<String>,
}

async fn managers_of(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    connection_id: ScimConnectionId,
    users: impl IntoIterator<Item = UserId>,
) -> Result<HashMap<UserId, ManagerRef>, StoreError> {
    let ids: Vec<Uuid> = users.into_iter().map(UserId::as_uuid).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = db.get_database_backend();
    let wanted = dialect::wanted(backend, "$3");
    let key =
        |t: &str, id: &str| format!("{t}.org_id = $1 and {t}.scim_connection_id = $2 and {t}.{id}");
    let of_user = format!("{} = wanted.id", key("m", "user_id"));
    let of_manager = format!("{} = m.manager_id", key("u", "id"));
    let sql = format!(
        "select m.user_id as user_id, u.id as id, {display_name} as display_name
         from {wanted} {links} {managers}",
        display_name = dialect::text_in(backend, "u.body", "displayName"),
        links = dialect::look_up_each(backend, "user_managers", "m", &of_user),
        managers = dialect::look_up_each(backend, "users", "u", &of_manager),
    );
    let values: [Value; 3] = [
        org_id.as_uuid().into(),
        connection_id.as_uuid().into(),
        dialect::id_set(&ids).into(),
    ];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = db.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| {
            let manager = ManagerRef {
                id: UserId::from_uuid(row.try_get("", "id")?),
                display_name: row.try_get("", "display_name")?,
            };
            Ok((UserId::from_uuid(row.try_get("", "user_id")?), manager))
        })
        .collect()
}

impl ConnectionHandle {
    /// The managers of some users, those that exist.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn managers_of(
        &self,
        users: impl IntoIterator<Item = UserId>,
    ) -> Result<HashMap<UserId, ManagerRef>, StoreError> {
        managers_of(&self.store.db, self.org_id, self.connection_id, users).await
    }
}

impl DirectoryTx {
    /// The manager of a user, as this transaction leaves it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn manager_of_user(&self, user: &User) -> Result<Option<ManagerRef>, StoreError> {
        let named = user.resource.manager().map(|_| user.id);
        let (org_id, connection_id) = (self.org_id, self.connection_id);
        let mut managers = managers_of(self.connection(), org_id, connection_id, named).await?;
        Ok(managers.remove(&user.id))
    }

    /// Follows a change of `manager.value`: links the user that it means, or waits for it.
    ///
    /// # Errors
    ///
    /// Nobody is meant, and references are not parked ([`StoreError::NoSuchManager`]).
    pub(crate) async fn link_manager(
        &self,
        id: UserId,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<(), StoreError> {
        if before == after {
            return Ok(());
        }
        let found = match after {
            None => None,
            Some(value) => self.find_manager(value).await?,
        };
        if before.is_some() {
            self.delete_manager(id).await?;
            self.unpark_manager(id).await?;
        }
        match (found, after) {
            (_, None) => Ok(()),
            (Some(manager), Some(_)) => self.insert_manager(id, manager).await,
            (None, Some(value)) => {
                let manager = NamedMember::of(value);
                self.park(Awaiting::User(id), &[manager]).await
            }
        }
    }

    async fn find_manager(&self, value: &str) -> Result<Option<UserId>, StoreError> {
        let parks = self.parks_references();
        if let Some(id) = self.find_named_user(value, parks).await? {
            return Ok(Some(id));
        }
        if !parks {
            let value = value.to_owned();
            return Err(StoreError::NoSuchManager { value });
        }
        // As for members: under the lock, whoever arrives now has been committed or waits.
        self.lock_directory().await?;
        self.find_named_user(value, true).await
    }

    pub(crate) async fn insert_manager(
        &self,
        id: UserId,
        manager: UserId,
    ) -> Result<(), StoreError> {
        let link = ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            scim_connection_id: Set(self.connection_id.as_uuid()),
            user_id: Set(id.as_uuid()),
            manager_id: Set(manager.as_uuid()),
        };
        Entity::insert_many([link])
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }

    async fn delete_manager(&self, id: UserId) -> Result<(), StoreError> {
        Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::UserId.eq(id.as_uuid()))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// Takes a user that is about to be deleted from everybody who reports to it, each with its
    /// event.
    pub(crate) async fn release_reports(&mut self, manager: UserId) -> Result<(), StoreError> {
        let reports: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::UserId)
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::ManagerId.eq(manager.as_uuid()))
            .filter(Column::UserId.ne(manager.as_uuid()))
            .order_by_asc(Column::UserId)
            .into_tuple()
            .all(self.connection())
            .await?;
        for id in reports {
            if let Some(user) = self.lock_user(UserId::from_uuid(id)).await? {
                let without: Resource = user.resource.without_manager();
                self.save_user(user, without).await?;
            }
        }
        Ok(())
    }
}
