//! Answers remembered under an `Idempotency-Key`, so that a repeated POST is not done twice.

use std::time::Duration;

use rollcall_model::ApiKeyId;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::connect::Store;
use crate::entity::idempotency_keys::{ActiveModel, Column, Entity};
use crate::error::StoreError;

/// How long an answer is remembered.
const REMEMBERED: Duration = Duration::from_hours(24);

/// An answer given before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Its HTTP status.
    pub status: u16,
    /// Its body, without the secret that it may have shown.
    pub body: String,
}

/// What is known of a key when a request with it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is new: do the work, then call [`Store::finish_idempotent`].
    New,
    /// The same request was answered before.
    Answered(Remembered),
    /// The same request is being worked on, or was cut off in the middle.
    Unfinished,
    /// The key was used for another request.
    Different,
}

impl Store {
    /// Takes a key for a request of that digest.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn begin_idempotent(
        &self,
        api_key_id: ApiKeyId,
        key: &str,
        request_digest: [u8; 32],
    ) -> Result<Begun, StoreError> {
        let tx = self.begin_write().await?;
        let now = self.clock.now().unix_micros();
        let oldest = now - i64::try_from(REMEMBERED.as_micros()).unwrap_or(i64::MAX);
        Entity::delete_many()
            .filter(Column::CreatedAt.lt(oldest))
            .exec(tx.connection())
            .await?;
        let inserted = Entity::insert(ActiveModel {
            api_key_id: Set(api_key_id.as_uuid()),
            idempotency_key: Set(key.to_owned()),
            request_digest: Set(request_digest.to_vec()),
            status: Set(None),
            body: Set(None),
            created_at: Set(now),
        })
        .on_conflict(
            OnConflict::columns([Column::ApiKeyId, Column::IdempotencyKey])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx.connection())
        .await?;
        if inserted > 0 {
            tx.commit().await?;
            return Ok(Begun::New);
        }
        let row = Entity::find_by_id((api_key_id.as_uuid(), key.to_owned()))
            .one(tx.connection())
            .await?;
        tx.commit().await?;
        let Some(row) = row else {
            return Ok(Begun::Unfinished);
        };
        if row.request_digest != request_digest {
            return Ok(Begun::Different);
        }
        let status = row.status.and_then(|status| u16::try_from(status).ok());
        Ok(match (status, row.body) {
            (Some(status), Some(body)) => Begun::Answered(Remembered { status, body }),
            _ => Begun::Unfinished,
        })
    }

    /// Remembers the answer to a request begun with a key, or, with `None`, frees the key so
    /// that the request may be sent again.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn finish_idempotent(
        &self,
        api_key_id: ApiKeyId,
        key: &str,
        answer: Option<Remembered>,
    ) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        match answer {
            Some(answer) => {
                Entity::update_many()
                    .col_expr(Column::Status, Expr::value(i64::from(answer.status)))
                    .col_expr(Column::Body, Expr::value(answer.body))
                    .filter(Column::ApiKeyId.eq(api_key_id.as_uuid()))
                    .filter(Column::IdempotencyKey.eq(key))
                    .exec(tx.connection())
                    .await?;
            }
            None => {
                Entity::delete_by_id((api_key_id.as_uuid(), key.to_owned()))
                    .exec(tx.connection())
                    .await?;
            }
        }
        tx.commit().await
    }
}
