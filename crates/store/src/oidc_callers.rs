//! People of the vendor who call the management API with tokens of the vendor's own OIDC issuer, or
//! sign in to the console there.
//!
//! Each has a row of `api_keys`, so that whatever refers to who called (idempotent answers, the audit
//! log, events) refers to people as to keys. The row grants nothing: what a person may do is in the
//! token of each request, and in the row of each session of the console.

use rollcall_model::{Actor, ApiKey, ApiKeyId, ApiKeyRole, Origin, RequestId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, Select};
use serde_json::json;

use crate::audit::{self, detail};
use crate::connect::Store;
use crate::dialect::WriteTx;
use crate::entity::api_keys::{ActiveModel, Column, Entity};
use crate::error::StoreError;

/// The lock under which rows of people are made and renamed.
const CALLERS: &str = "OIDC callers";

/// Stands where keys have the beginning of their secret.
const PREFIX: &str = "oidc";

/// A person as the token of a request tells.
pub struct OidcCaller {
    /// Issuer and subject, by which the person is known again.
    pub subject: String,
    /// The name in the audit log.
    pub name: String,
    /// What no secret has for a digest. The same for the same subject.
    pub digest: [u8; 32],
}

fn of(subject: &str) -> Select<Entity> {
    Entity::find().filter(Column::OidcSubject.eq(subject))
}

impl Store {
    /// The row of a person; `None` before the first call.
    ///
    /// Its role and organization mean nothing.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_oidc_caller(&self, subject: &str) -> Result<Option<ApiKey>, StoreError> {
        let row = of(subject).one(&self.db).await?;
        row.map(ApiKey::try_from).transpose()
    }

    /// The row of a person by its id, and issuer and subject as they were given.
    ///
    /// Its role and organization mean nothing.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_oidc_caller_by_id(
        &self,
        id: ApiKeyId,
    ) -> Result<Option<(ApiKey, String)>, StoreError> {
        let row = Entity::find_by_id(id.as_uuid()).one(&self.db).await?;
        let Some((subject, row)) = row.and_then(|row| Some((row.oidc_subject.clone()?, row)))
        else {
            return Ok(None);
        };
        Ok(Some((ApiKey::try_from(row)?, subject)))
    }

    /// Makes the row of a person, or gives it another name, with an audit row.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn save_oidc_caller(
        &self,
        caller: OidcCaller,
        request_id: RequestId,
    ) -> Result<ApiKey, StoreError> {
        let tx = self.begin_write().await?;
        self.dialect.lock_name(&tx, CALLERS).await?;
        let known = of(&caller.subject).one(tx.connection()).await?;
        let known = known.map(ApiKey::try_from).transpose()?;
        let key = match known {
            Some(known) => self.rename(&tx, known, caller.name, request_id).await?,
            None => self.insert(&tx, caller, request_id).await?,
        };
        tx.commit().await?;
        Ok(key)
    }

    async fn insert(
        &self,
        tx: &WriteTx,
        caller: OidcCaller,
        request_id: RequestId,
    ) -> Result<ApiKey, StoreError> {
        let key = ApiKey {
            id: ApiKeyId::new(self.clock()),
            name: caller.name,
            prefix: PREFIX.to_owned(),
            // A release that knows of no people takes the row for a key: one that rules nothing.
            role: ApiKeyRole::ReadOnly,
            organization_id: None,
            created_at: self.clock().now(),
            last_used_at: None,
        };
        Entity::insert(ActiveModel {
            id: Set(key.id.as_uuid()),
            name: Set(key.name.clone()),
            prefix: Set(key.prefix.clone()),
            digest: Set(caller.digest.to_vec()),
            created_at: Set(key.created_at.unix_micros()),
            last_used_at: Set(None),
            role: Set(key.role.as_str().to_owned()),
            org_id: Set(None),
            oidc_subject: Set(Some(caller.subject.clone())),
        })
        .exec_without_returning(tx.connection())
        .await?;
        let told = json!({ "id": key.id, "name": key.name, "subject": caller.subject });
        let made = ("management_caller.first_seen", detail::made(told));
        self.note_caller(tx, key.id, made, request_id).await?;
        Ok(key)
    }

    async fn rename(
        &self,
        tx: &WriteTx,
        known: ApiKey,
        name: String,
        request_id: RequestId,
    ) -> Result<ApiKey, StoreError> {
        if known.name == name {
            return Ok(known);
        }
        Entity::update(ActiveModel {
            id: Set(known.id.as_uuid()),
            name: Set(name.clone()),
            ..ActiveModel::default()
        })
        .exec(tx.connection())
        .await?;
        let told = |name: &str| json!({ "id": known.id, "name": name });
        let renamed = detail::changed(&told(&known.name), &told(&name));
        let renamed = ("management_caller.renamed", renamed);
        self.note_caller(tx, known.id, renamed, request_id).await?;
        Ok(ApiKey { name, ..known })
    }

    async fn note_caller(
        &self,
        tx: &WriteTx,
        id: ApiKeyId,
        (action, detail): (&str, serde_json::Value),
        request_id: RequestId,
    ) -> Result<(), StoreError> {
        let origin = Origin {
            actor: Actor::ApiKey(id),
            request_id,
        };
        let entry = audit::entry(
            (self.clock(), self.clock().now()),
            None,
            &origin,
            (action, id.to_string()),
            Some(&detail),
        );
        audit::append_to_installation(tx.connection(), entry).await
    }
}
