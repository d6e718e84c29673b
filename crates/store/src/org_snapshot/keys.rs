//! What a product's roster is compared with: the keys of users, without the rest of them.

use rollcall_model::{RoleName, ScimConnectionId, UserId};
use rollcall_scim::user_name;
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use super::{OrgSnapshot, SeenConnection};
use crate::dialect;
use crate::error::StoreError;

/// A `userName` as it is compared: whoever has the same key has the same name.
#[must_use]
pub fn user_name_key(name: &str) -> String {
    user_name::key(name).to_string()
}

/// What names a user, and whether it is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenKeys {
    /// The SCIM connection it is in.
    pub scim_connection_id: ScimConnectionId,
    /// Its id.
    pub id: UserId,
    /// Its `externalId`.
    pub external_id: Option<String>,
    /// Its `userName`, as it is compared.
    pub user_name_key: String,
    /// Its `userName`, as it is shown.
    pub user_name: Option<String>,
    /// Whether it is active.
    pub active: bool,
    /// Whether it is active and has no seat yet.
    pub waiting_for_seat: bool,
    /// Its role.
    pub role: RoleName,
}

impl SeenKeys {
    /// Whether the product should let this user in: it is active and waits for no seat.
    #[must_use]
    pub const fn has_access(&self) -> bool {
        self.active && !self.waiting_for_seat
    }
}

impl OrgSnapshot {
    /// The keys of the users of a connection, as [`Self::list_users_after`].
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_keys_after(
        &self,
        connection: &SeenConnection,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<SeenKeys>, StoreError> {
        let db = self.tx.connection();
        let backend = db.get_database_backend();
        let sql = format!(
            "select id, external_id, user_name_key, active, {user_name} as user_name
             from users
             where org_id = $1 and scim_connection_id = $2 and id > $3
             order by id limit $4",
            user_name = dialect::text_in(backend, "body", "userName"),
        );
        let values: [sea_orm::Value; 4] = [
            self.org_id.as_uuid().into(),
            connection.id.as_uuid().into(),
            after.map_or(Uuid::nil(), UserId::as_uuid).into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ];
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let mut users = Vec::new();
        for row in db.query_all_raw(statement).await? {
            users.push(SeenKeys {
                scim_connection_id: connection.id,
                id: UserId::from_uuid(row.try_get("", "id")?),
                external_id: row.try_get("", "external_id")?,
                user_name_key: row.try_get("", "user_name_key")?,
                user_name: row.try_get("", "user_name")?,
                active: row.try_get("", "active")?,
                waiting_for_seat: false,
                role: self.default_role.clone(),
            });
        }
        let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
        let mut roles = self.roles_of(connection.id, &ids).await?;
        let waiting = self.waiting_among(connection.id, &ids).await?;
        for user in &mut users {
            if let Some(given) = roles.remove(&user.id) {
                user.role = given.role;
            }
            user.waiting_for_seat = waiting.contains(&user.id);
        }
        Ok(users)
    }
}
