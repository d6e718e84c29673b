//! Sessions of operators in the console.
//!
//! A row is found by the digest of what the cookie holds, and it is of an API key of the vendor or of
//! a person whom the vendor's own OIDC issuer knows, so it stands apart from the tables of tenants.
//! Sessions of the portal are of one organization, and stand in tables of tenants (`portal`).

use std::time::Duration;

use rollcall_model::{ApiKeyId, ApiKeyRole, OrgId, Origin, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select, TryInsertResult,
};
use serde_json::json;

use crate::audit;
use crate::connect::Store;
use crate::entity::page_sessions::{ActiveModel, Column, Entity, Model};
use crate::entity::spent_sign_ins;
use crate::error::StoreError;

/// How many sessions that are over are removed whenever one begins: more than begin.
const SWEPT_AT_ONCE: u64 = 100;

/// What the token of a person gave when the session began. It holds until the session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// What the person may do.
    pub role: ApiKeyRole,
    /// The one organization that the person is bound to.
    pub organization_id: Option<OrgId>,
}

/// A session that is to begin.
pub struct NewPageSession {
    /// SHA-256 of what the cookie holds.
    pub digest: [u8; 32],
    /// The API key that it was opened with, or the row of the person who opened it.
    pub api_key_id: ApiKeyId,
    /// What the person may do; `None` for an API key, whose role is its own.
    pub granted: Option<Granted>,
    /// When it ends, however it is used.
    pub expires_at: Timestamp,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSession {
    /// The API key that it was opened with, or the row of the person who opened it.
    pub api_key_id: ApiKeyId,
    /// What the person may do; `None` for an API key, whose role is its own.
    pub granted: Option<Granted>,
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

impl TryFrom<Model> for PageSession {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let role = row.role.as_deref().map(str::parse::<ApiKeyRole>);
        let role = role.transpose().map_err(|reason| {
            // The digest would open nothing, but is nobody's business either.
            StoreError::corrupt("page_sessions", row.api_key_id, reason)
        })?;
        Ok(Self {
            api_key_id: ApiKeyId::from_uuid(row.api_key_id),
            granted: role.map(|role| Granted {
                role,
                organization_id: row.org_id.map(OrgId::from_uuid),
            }),
            flash: row.flash,
            created_at: Timestamp::from_unix_micros(row.created_at),
            last_seen_at: Timestamp::from_unix_micros(row.last_seen_at),
            expires_at: Timestamp::from_unix_micros(row.expires_at),
        })
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
    /// The database is not available, or the key or the organization is gone.
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
        let organization_id = new.granted.and_then(|granted| granted.organization_id);
        Entity::insert(ActiveModel {
            digest: Set(new.digest.to_vec()),
            api_key_id: Set(new.api_key_id.as_uuid()),
            role: Set(new.granted.map(|granted| granted.role.as_str().to_owned())),
            org_id: Set(organization_id.map(OrgId::as_uuid)),
            flash: Set(None),
            created_at: Set(now.unix_micros()),
            last_seen_at: Set(now.unix_micros()),
            expires_at: Set(new.expires_at.unix_micros()),
        })
        .exec_without_returning(tx.connection())
        .await?;
        let mut session = json!({ "expires_at": new.expires_at });
        if let Some(granted) = new.granted {
            session["role"] = json!(granted.role.as_str());
            session["organization_id"] = json!(granted.organization_id);
        }
        let detail = json!({ "session": session });
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
        row.map(PageSession::try_from).transpose()
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

    /// Uses a sign-in up, and forgets some that are over; `false` if it was used before.
    ///
    /// `digest` is that of what its cookie holds, and `expires_at` when it could not be used any more.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn spend_sign_in(
        &self,
        digest: &[u8; 32],
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        use spent_sign_ins::{ActiveModel, Column, Entity};
        let now = self.clock().now().unix_micros();
        let tx = self.begin_write().await?;
        let over = Entity::find()
            .select_only()
            .column(Column::Digest)
            .filter(Column::ExpiresAt.lte(now))
            .limit(SWEPT_AT_ONCE);
        let over: Vec<Vec<u8>> = over.into_tuple().all(tx.connection()).await?;
        Entity::delete_many()
            .filter(Column::Digest.is_in(over))
            .exec(tx.connection())
            .await?;
        let inserted = Entity::insert(ActiveModel {
            digest: Set(digest.to_vec()),
            expires_at: Set(expires_at.unix_micros()),
        })
        .on_conflict_do_nothing()
        .exec_without_returning(tx.connection())
        .await?;
        tx.commit().await?;
        Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
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
