//! The keys that access tokens are signed with. They are the installation's; private ones get here
//! sealed.

use std::time::Duration;

use rollcall_model::{SigningKeyId, Timestamp};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

use crate::connect::Store;
use crate::entity::oauth_signing_keys::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;

/// The lock under which it is decided who makes the next key.
const NEXT_KEY: &str = "OAuth signing key";

/// A signing key as it is stored.
#[derive(Clone)]
pub struct StoredSigningKey {
    /// Its id, which tokens name it by.
    pub id: SigningKeyId,
    /// What checks its signatures.
    pub public_key: Vec<u8>,
    /// What makes them, sealed.
    pub private_key: Vec<u8>,
    /// From when on it signs, until there is a newer one.
    pub created_at: Timestamp,
}

impl From<Model> for StoredSigningKey {
    fn from(row: Model) -> Self {
        Self {
            id: SigningKeyId::from_uuid(row.id),
            public_key: row.public_key,
            private_key: row.private_key,
            created_at: Timestamp::from_unix_micros(row.created_at),
        }
    }
}

async fn list(db: &impl ConnectionTrait) -> Result<Vec<StoredSigningKey>, StoreError> {
    let rows = Entity::find()
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(StoredSigningKey::from).collect())
}

impl Store {
    /// Every signing key, the newest last. There are a handful at most.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_signing_keys(&self) -> Result<Vec<StoredSigningKey>, StoreError> {
        list(&self.db).await
    }

    /// Adds a key, unless there is one that was made within `fresh_for` before it: replicas that each
    /// miss a key take turns, and the first one's is taken by all. Removes those that were replaced
    /// longer than `retire_after` ago. The answer is every key there is now.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn add_signing_key(
        &self,
        new: StoredSigningKey,
        fresh_for: Duration,
        retire_after: Duration,
    ) -> Result<Vec<StoredSigningKey>, StoreError> {
        let tx = self.begin_write().await?;
        self.dialect.lock_name(&tx, NEXT_KEY).await?;
        let newest = list(tx.connection()).await?.pop();
        let newest = newest.map(|key| key.created_at);
        let is_due = newest.is_none_or(|at| at.plus(fresh_for) <= new.created_at);
        if is_due {
            if let Some(replaced) = newest
                && replaced.plus(retire_after) <= new.created_at
            {
                Entity::delete_many()
                    .filter(Column::CreatedAt.lt(replaced.unix_micros()))
                    .exec(tx.connection())
                    .await?;
            }
            Entity::insert(ActiveModel {
                id: Set(new.id.as_uuid()),
                public_key: Set(new.public_key),
                private_key: Set(new.private_key),
                created_at: Set(new.created_at.unix_micros()),
            })
            .exec_without_returning(tx.connection())
            .await?;
        }
        let keys = list(tx.connection()).await?;
        tx.commit().await?;
        Ok(keys)
    }
}
