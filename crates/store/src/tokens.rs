//! SCIM tokens of one connection. The secret never gets here; its digest does.

use rollcall_model::{
    EventType, OrgId, Page, PageRequest, ScimConnectionId, ScimToken, Scope, Scopes, Timestamp,
    TokenId,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use serde_json::json;

use crate::entity::routing_tokens;
use crate::entity::scim_tokens::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, OrgTx};
use crate::paging;

/// A token that is to be stored.
pub struct NewToken {
    /// Its id.
    pub id: TokenId,
    /// Its name for people.
    pub name: String,
    /// The first characters of the secret.
    pub prefix: String,
    /// What it may do.
    pub scopes: Scopes,
    /// SHA-256 of the secret.
    pub digest: [u8; 32],
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// Every query on the table starts here.
fn of(org_id: OrgId, connection_id: ScimConnectionId) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrgId.eq(org_id.as_uuid()))
        .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
}

/// The tokens of a connection that let requests in at a time; if there is none, the one that was the
/// last to.
pub(crate) async fn live_or_last(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    connection_id: ScimConnectionId,
    now: Timestamp,
) -> Result<Vec<ScimToken>, StoreError> {
    let not_revoked = Condition::any()
        .add(Column::RevokedAt.is_null())
        .add(Column::RevokedAt.gt(now.unix_micros()));
    let live = of(org_id, connection_id)
        .filter(Column::ExpiresAt.gt(now.unix_micros()))
        .filter(not_revoked);
    let mut rows = live.all(db).await?;
    if rows.is_empty() {
        let end =
            Expr::cust("case when revoked_at < expires_at then revoked_at else expires_at end");
        let last = of(org_id, connection_id).order_by_desc(end).limit(1);
        rows = last.all(db).await?;
    }
    Ok(rows.into_iter().map(ScimToken::from).collect())
}

impl From<Model> for ScimToken {
    fn from(row: Model) -> Self {
        Self {
            id: TokenId::from_uuid(row.id),
            name: row.name,
            prefix: row.prefix,
            scopes: Scopes::from_stored(&row.access),
            created_at: Timestamp::from_unix_micros(row.created_at),
            expires_at: Timestamp::from_unix_micros(row.expires_at),
            last_used_at: row.last_used_at.map(Timestamp::from_unix_micros),
            revoked_at: row.revoked_at.map(Timestamp::from_unix_micros),
        }
    }
}

impl ConnectionHandle {
    /// Lists the tokens, oldest first, expired and revoked ones too.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_tokens(
        &self,
        page: PageRequest<TokenId>,
    ) -> Result<Page<ScimToken, TokenId>, StoreError> {
        paging::page(
            &self.store.db,
            of(self.org_id, self.connection_id),
            Column::Id,
            page,
            (TokenId::as_uuid, |item: &ScimToken| item.id),
        )
        .await
    }
}

impl OrgTx {
    /// Adds a token to a SCIM connection.
    ///
    /// # Errors
    ///
    /// The connection is not one of this organization ([`StoreError::ParentMissing`]).
    pub async fn insert_token(
        &mut self,
        connection_id: ScimConnectionId,
        new: NewToken,
    ) -> Result<ScimToken, StoreError> {
        let (org_id, connection) = (self.org_id.as_uuid(), connection_id.as_uuid());
        let token = ScimToken {
            id: new.id,
            name: new.name,
            prefix: new.prefix,
            scopes: new.scopes,
            created_at: self.now,
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        Entity::insert(ActiveModel {
            org_id: Set(org_id),
            scim_connection_id: Set(connection),
            id: Set(token.id.as_uuid()),
            name: Set(token.name.clone()),
            prefix: Set(token.prefix.clone()),
            access: Set(token.scopes.to_stored()),
            created_at: Set(token.created_at.unix_micros()),
            expires_at: Set(token.expires_at.unix_micros()),
            last_used_at: Set(None),
            revoked_at: Set(None),
            notice_days: Set(None),
        })
        .exec_without_returning(self.connection())
        .await?;
        routing_tokens::Entity::insert(routing_tokens::ActiveModel {
            digest: Set(new.digest.to_vec()),
            org_id: Set(org_id),
            scim_connection_id: Set(connection),
            token_id: Set(token.id.as_uuid()),
        })
        .exec_without_returning(self.connection())
        .await?;
        self.outbox.push_made(
            EventType::ScimTokenCreated,
            Some(connection_id),
            token.id,
            json!({ "scim_token": {
                "id": token.id,
                "name": token.name,
                "prefix": token.prefix,
                "access": token.scopes.shorthand(),
                "scopes": token.scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
                "expires_at": token.expires_at,
            }}),
        );
        Ok(token)
    }

    /// Revokes one token from `at` on; `false` if there is none of that id. Revoking again
    /// only ever brings the moment forward.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn revoke_token(
        &mut self,
        connection_id: ScimConnectionId,
        token_id: TokenId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = of(self.org_id, connection_id)
            .filter(Column::Id.eq(token_id.as_uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        let Some(row) = row else { return Ok(false) };
        let already = row.revoked_at.is_some_and(|then| then <= at.unix_micros());
        if !already {
            self.revoke(connection_id, row, at).await?;
        }
        Ok(true)
    }

    /// Revokes every live token of a connection but one, from `at` on; returns how many.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn revoke_other_tokens(
        &mut self,
        connection_id: ScimConnectionId,
        keep: TokenId,
        at: Timestamp,
    ) -> Result<usize, StoreError> {
        let rows = of(self.org_id, connection_id)
            .filter(Column::Id.ne(keep.as_uuid()))
            .filter(Column::ExpiresAt.gt(self.now.unix_micros()))
            .filter(
                Condition::any()
                    .add(Column::RevokedAt.is_null())
                    .add(Column::RevokedAt.gt(at.unix_micros())),
            )
            .order_by_asc(Column::Id)
            .lock_exclusive()
            .all(self.connection())
            .await?;
        let how_many = rows.len();
        for row in rows {
            self.revoke(connection_id, row, at).await?;
        }
        Ok(how_many)
    }

    async fn revoke(
        &mut self,
        connection_id: ScimConnectionId,
        row: Model,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let token = ScimToken::from(row);
        let token_id = token.id;
        Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(at.unix_micros()))
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
            .filter(Column::Id.eq(token_id.as_uuid()))
            .exec(self.connection())
            .await?;
        let told = |revoked_at: Option<Timestamp>| json!({ "scim_token": { "id": token_id, "revoked_at": revoked_at } });
        self.outbox.push_change(
            EventType::ScimTokenRevoked,
            Some(connection_id),
            token_id,
            told(token.revoked_at),
            told(Some(at)),
        );
        Ok(())
    }
}
