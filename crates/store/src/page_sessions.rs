//! Sessions of operators in the console.
//!
//! A row is found by the digest of what the cookie holds, and it is of an API key of the vendor, so
//! it stands apart from the tables of tenants. Sessions of the portal are of one organization, and
//! stand in tables of tenants (`portal`).

use std::time::Duration;

use rollcall_model::{ApiKeyId, Origin, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use serde_json::json;

use crate::audit;
use crate::connect::Store;
use crate::entity::page_sessions::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;

/// How many sessions that are over are removed whenever one begins: more than begin.
const SWEPT_AT_ONCE: u64 = 100;

/// A session that is to begin.
pub struct NewPageSession {
    /// SHA-256 of what the cookie holds.
    pub digest: [u8; 32],
    /// The API key that it was opened with.
    pub api_key_id: ApiKeyId,
    /// When it ends, however it is used.
    pub expires_at: Timestamp,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSession {
    /// The API key that it was opened with.
    pub api_key_id: ApiKeyId,
    /// What the next page is to say.
    pub flash: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, up to a minute behind.
    pub last_seen_at: Timestamp,
    /// When it ends, however it is used.
    pub expires_at: Timestamp,
}

impl PageSession {
    /// Whether it is over: its time has passed, or nobody used it for `idle`.
    #[must_use]
    pub fn is_over(&self, now: Timestamp, idle: Duration) -> bool {
        now >= self.expires_at || now.since(self.last_seen_at) >= idle
    }
}

impl From<Model> for PageSession {
    fn from(row: Model) -> Self {
        Self {
            api_key_id: ApiKeyId::from_uuid(row.api_key_id),
            flash: row.flash,
            created_at: Timestamp::from_unix_micros(row.created_at),
            last_seen_at: Timestamp::from_unix_micros(row.last_seen_at),
            expires_at: Timestamp::from_unix_micros(row.expires_at),
        }
    }
}

fn one(digest: &[u8; 32]) -> Select<Entity> {
    Entity::find().filter(Column::Digest.eq(digest.to_vec()))
}

impl Store {
    /// Begins a session, with an audit row, and removes some that are over.
    ///
    /// # Errors
    ///
    /// The database is not available, or the key is gone.
    pub async fn insert_page_session(
        &self,
        new: NewPageSession,
        origin: Origin,
    ) -> Result<(), StoreError> {
        let now = self.clock().now();
        let tx = self.begin_write().await?;
        let over = Entity::find()
            .select_only()
            .column(Column::Digest)
            .filter(Column::ExpiresAt.lte(now.unix_micros()))
            .limit(SWEPT_AT_ONCE);
        let over: Vec<Vec<u8>> = over.into_tuple().all(tx.connection()).await?;
        Entity::delete_many()
            .filter(Column::Digest.is_in(over))
            .exec(tx.connection())
            .await?;
        Entity::insert(ActiveModel {
            digest: Set(new.digest.to_vec()),
            api_key_id: Set(new.api_key_id.as_uuid()),
            flash: Set(None),
            created_at: Set(now.unix_micros()),
            last_seen_at: Set(now.unix_micros()),
            expires_at: Set(new.expires_at.unix_micros()),
        })
        .exec_without_returning(tx.connection())
        .await?;
        let detail = json!({ "session": { "expires_at": new.expires_at } });
        let entry = audit::entry(
            (self.clock(), now),
            None,
            &origin,
            ("console.signed_in", new.api_key_id.to_string()),
            Some(&detail),
        );
        audit::append_to_installation(tx.connection(), entry).await?;
        tx.commit().await
    }

    /// The session of that digest, over or not; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_page_session(
        &self,
        digest: &[u8; 32],
    ) -> Result<Option<PageSession>, StoreError> {
        let row = one(digest).one(&self.db).await?;
        Ok(row.map(PageSession::from))
    }

    /// Notes that a session is used, and that what it was to say has been said. Times only move
    /// forward.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn touch_page_session(&self, digest: &[u8; 32]) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        Entity::update_many()
            .col_expr(
                Column::LastSeenAt,
                Expr::value(self.clock().now().unix_micros()),
            )
            .col_expr(Column::Flash, Expr::value(None::<String>))
            .filter(Column::Digest.eq(digest.to_vec()))
            .exec(tx.connection())
            .await?;
        tx.commit().await
    }

    /// Has the next page of a session say something, once.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn save_page_flash(&self, digest: &[u8; 32], says: &str) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        Entity::update_many()
            .col_expr(Column::Flash, Expr::value(says))
            .filter(Column::Digest.eq(digest.to_vec()))
            .exec(tx.connection())
            .await?;
        tx.commit().await
    }

    /// Ends a session. Nothing happens if there is none.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_page_session(&self, digest: &[u8; 32]) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        Entity::delete_many()
            .filter(Column::Digest.eq(digest.to_vec()))
            .exec(tx.connection())
            .await?;
        tx.commit().await
    }
}
