//! OAuth clients of one SCIM connection. The secret never gets here; its digest does.

use rollcall_model::{
    EventType, OauthClient, OauthClientId, OrgId, Page, PageRequest, ScimConnectionId, Scope,
    Scopes, Timestamp,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde_json::json;

use crate::entity::oauth_clients::{ActiveModel, Column, Entity, Model};
use crate::entity::routing_oauth_clients;
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, OrgTx};
use crate::paging;

/// An OAuth client that is to be stored.
pub struct NewOauthClient {
    /// Its id.
    pub id: OauthClientId,
    /// Its name for people.
    pub name: String,
    /// The first characters of the secret.
    pub prefix: String,
    /// What it may do at most.
    pub scopes: Scopes,
    /// SHA-256 of the secret.
    pub digest: [u8; 32],
}

/// Every query on the table starts here.
fn of(org_id: OrgId, connection_id: ScimConnectionId) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrgId.eq(org_id.as_uuid()))
        .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
}

/// The clients of a connection that nobody has revoked; if there is none, the one that was revoked last.
pub(crate) async fn live_or_last(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    connection_id: ScimConnectionId,
) -> Result<Vec<OauthClient>, StoreError> {
    let live = of(org_id, connection_id).filter(Column::RevokedAt.is_null());
    let mut rows = live.all(db).await?;
    if rows.is_empty() {
        let last = of(org_id, connection_id).order_by_desc(Column::RevokedAt);
        rows = last.limit(1).all(db).await?;
    }
    Ok(rows.into_iter().map(OauthClient::from).collect())
}

impl From<Model> for OauthClient {
    fn from(row: Model) -> Self {
        Self {
            id: OauthClientId::from_uuid(row.id),
            name: row.name,
            prefix: row.prefix,
            scopes: Scopes::from_stored(&row.access),
            created_at: Timestamp::from_unix_micros(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_unix_micros),
            revoked_at: row.revoked_at.map(Timestamp::from_unix_micros),
        }
    }
}

impl ConnectionHandle {
    /// Lists the OAuth clients, oldest first, revoked ones too.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_oauth_clients(
        &self,
        page: PageRequest<OauthClientId>,
    ) -> Result<Page<OauthClient, OauthClientId>, StoreError> {
        paging::page(
            &self.store.db,
            of(self.org_id, self.connection_id),
            Column::Id,
            page,
            (OauthClientId::as_uuid, |item: &OauthClient| item.id),
        )
        .await
    }
}

impl OrgTx {
    /// Adds an OAuth client to a SCIM connection.
    ///
    /// # Errors
    ///
    /// The connection is not one of this organization ([`StoreError::ParentMissing`]).
    pub async fn insert_oauth_client(
        &mut self,
        connection_id: ScimConnectionId,
        new: NewOauthClient,
    ) -> Result<OauthClient, StoreError> {
        let (org_id, connection) = (self.org_id.as_uuid(), connection_id.as_uuid());
        let client = OauthClient {
            id: new.id,
            name: new.name,
            prefix: new.prefix,
            scopes: new.scopes,
            created_at: self.now,
            last_used_at: None,
            revoked_at: None,
        };
        Entity::insert(ActiveModel {
            org_id: Set(org_id),
            scim_connection_id: Set(connection),
            id: Set(client.id.as_uuid()),
            name: Set(client.name.clone()),
            prefix: Set(client.prefix.clone()),
            digest: Set(new.digest.to_vec()),
            access: Set(client.scopes.to_stored()),
            created_at: Set(client.created_at.unix_micros()),
            last_used_at: Set(None),
            revoked_at: Set(None),
        })
        .exec_without_returning(self.connection())
        .await?;
        routing_oauth_clients::Entity::insert(routing_oauth_clients::ActiveModel {
            client_id: Set(client.id.as_uuid()),
            org_id: Set(org_id),
            scim_connection_id: Set(connection),
        })
        .exec_without_returning(self.connection())
        .await?;
        self.outbox.push(
            EventType::OauthClientCreated,
            Some(connection_id),
            client.id,
            json!({ "oauth_client": {
                "id": client.id,
                "name": client.name,
                "prefix": client.prefix,
                "scopes": client.scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
            }}),
        );
        Ok(client)
    }

    /// Revokes an OAuth client now, and with it every access token it was given; `false` if there is
    /// none of that id. Revoking again changes nothing.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn revoke_oauth_client(
        &mut self,
        connection_id: ScimConnectionId,
        id: OauthClientId,
    ) -> Result<bool, StoreError> {
        let row = of(self.org_id, connection_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        let Some(row) = row else { return Ok(false) };
        if row.revoked_at.is_some() {
            return Ok(true);
        }
        Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(self.now.unix_micros()))
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
            .filter(Column::Id.eq(id.as_uuid()))
            .exec(self.connection())
            .await?;
        self.outbox.push(
            EventType::OauthClientRevoked,
            Some(connection_id),
            id,
            json!({ "oauth_client": { "id": id, "revoked_at": self.now } }),
        );
        Ok(true)
    }
}
