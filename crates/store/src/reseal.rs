//! Everything that is sealed, sealed with another key.
//!
//! All of it in one transaction: whoever starts afterwards finds every value under the new key, or, if
//! this was broken off, under the old one. There is one value for each login provider and webhook
//! endpoint, so that is thousands and not millions. What they mean is the caller's.

use rollcall_model::{SigningKeyId, SsoConnectionId, WebhookEndpointId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::connect::Store;
use crate::entity::{installation, oauth_signing_keys, sso_connections, webhook_secrets};
use crate::error::StoreError;
use crate::installation::KEY_CHECK;

/// What a sealed value is, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// The text by which the key of a database is known.
    KeyCheck,
    /// The client secret of an SSO connection.
    ClientSecret(SsoConnectionId),
    /// A secret that signs webhooks.
    WebhookSecret(WebhookEndpointId),
    /// A key that signs access tokens.
    SigningKey(SigningKeyId),
}

/// How many values were sealed again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Client secrets of SSO connections.
    pub client_secrets: usize,
    /// Secrets that sign webhooks.
    pub webhook_secrets: usize,
    /// Keys that sign access tokens.
    pub signing_keys: usize,
}

impl Store {
    /// Puts what `again` makes of each sealed value in its place, or changes nothing.
    ///
    /// No server may run meanwhile: it would go on sealing with the old key.
    ///
    /// # Errors
    ///
    /// The database is not available, or `again` failed.
    pub async fn reseal<E>(
        &self,
        again: impl Fn(Sealed, &[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Resealed, E>
    where
        E: From<StoreError>,
    {
        let tx = self.begin_write().await?;
        let db = tx.connection();
        let done = Resealed {
            client_secrets: client_secrets(db, &again).await?,
            webhook_secrets: webhook_secrets_of(db, &again).await?,
            signing_keys: signing_keys(db, &again).await?,
        };
        key_check(db, &again).await?;
        tx.commit().await?;
        Ok(done)
    }
}

async fn client_secrets<E: From<StoreError>>(
    db: &impl ConnectionTrait,
    again: &impl Fn(Sealed, &[u8]) -> Result<Vec<u8>, E>,
) -> Result<usize, E> {
    use sso_connections::{Column, Entity};

    let rows: Vec<(Uuid, Uuid, Vec<u8>)> = Entity::find()
        .select_only()
        .columns([Column::OrgId, Column::Id, Column::ClientSecret])
        .filter(Column::ClientSecret.is_not_null())
        .into_tuple()
        .all(db)
        .await
        .map_err(StoreError::from)?;
    for (org_id, id, sealed) in &rows {
        let new = again(
            Sealed::ClientSecret(SsoConnectionId::from_uuid(*id)),
            sealed,
        )?;
        Entity::update_many()
            .col_expr(Column::ClientSecret, Expr::value(new))
            .filter(Column::OrgId.eq(*org_id))
            .filter(Column::Id.eq(*id))
            .exec(db)
            .await
            .map_err(StoreError::from)?;
    }
    Ok(rows.len())
}

async fn webhook_secrets_of<E: From<StoreError>>(
    db: &impl ConnectionTrait,
    again: &impl Fn(Sealed, &[u8]) -> Result<Vec<u8>, E>,
) -> Result<usize, E> {
    use webhook_secrets::{Column, Entity};

    let rows = Entity::find().all(db).await.map_err(StoreError::from)?;
    for row in &rows {
        let endpoint = WebhookEndpointId::from_uuid(row.endpoint_id);
        let new = again(Sealed::WebhookSecret(endpoint), &row.sealed)?;
        Entity::update_many()
            .col_expr(Column::Sealed, Expr::value(new))
            .filter(Column::EndpointId.eq(row.endpoint_id))
            .filter(Column::Id.eq(row.id))
            .exec(db)
            .await
            .map_err(StoreError::from)?;
    }
    Ok(rows.len())
}

async fn signing_keys<E: From<StoreError>>(
    db: &impl ConnectionTrait,
    again: &impl Fn(Sealed, &[u8]) -> Result<Vec<u8>, E>,
) -> Result<usize, E> {
    use oauth_signing_keys::{Column, Entity};

    let rows = Entity::find().all(db).await.map_err(StoreError::from)?;
    for row in &rows {
        let id = SigningKeyId::from_uuid(row.id);
        let new = again(Sealed::SigningKey(id), &row.private_key)?;
        Entity::update_many()
            .col_expr(Column::PrivateKey, Expr::value(new))
            .filter(Column::Id.eq(row.id))
            .exec(db)
            .await
            .map_err(StoreError::from)?;
    }
    Ok(rows.len())
}

async fn key_check<E: From<StoreError>>(
    db: &impl ConnectionTrait,
    again: &impl Fn(Sealed, &[u8]) -> Result<Vec<u8>, E>,
) -> Result<(), E> {
    use installation::{Column, Entity};

    let row = Entity::find_by_id(KEY_CHECK.to_owned()).one(db).await;
    let Some(row) = row.map_err(StoreError::from)? else {
        return Ok(());
    };
    let new = again(Sealed::KeyCheck, &row.value)?;
    Entity::update_many()
        .col_expr(Column::Value, Expr::value(new))
        .filter(Column::Name.eq(KEY_CHECK))
        .exec(db)
        .await
        .map_err(StoreError::from)?;
    Ok(())
}
