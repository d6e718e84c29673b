//! API keys of the installation. They belong to the vendor, not to an organization.
//!
//! The table also holds rows of people who come with tokens of the vendor's own OIDC issuer
//! (`oidc_callers`). They are no keys: every query of this module but that for names leaves them out.

use std::collections::{BTreeSet, HashMap};

use rollcall_model::{
    ApiKey, ApiKeyId, ApiKeyRole, Clock, OrgId, Origin, Page, PageRequest, Timestamp,
};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde_json::{Value, json};

use crate::audit::{self, detail};
use crate::connect::Store;
use crate::dialect::WriteTx;
use crate::entity::api_keys::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::paging;

/// The lock under which it is decided whether a key is the first one.
const FIRST_KEY: &str = "first API key";

/// An API key that is to be stored.
pub struct NewApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Its name for people.
    pub name: String,
    /// The first characters of the secret.
    pub prefix: String,
    /// SHA-256 of the secret.
    pub digest: [u8; 32],
    /// What it may do.
    pub role: ApiKeyRole,
    /// The one organization that it opens; `None` opens all.
    pub organization_id: Option<OrgId>,
}

impl TryFrom<Model> for ApiKey {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let role = row.role.parse();
        Ok(Self {
            id: ApiKeyId::from_uuid(row.id),
            name: row.name,
            prefix: row.prefix,
            role: role.map_err(|reason| StoreError::corrupt("api_keys", row.id, reason))?,
            organization_id: row.org_id.map(OrgId::from_uuid),
            created_at: Timestamp::from_unix_micros(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_unix_micros),
        })
    }
}

/// The rows that are keys.
fn keys() -> Select<Entity> {
    Entity::find().filter(Column::OidcSubject.is_null())
}

/// Whether a key can make other keys.
fn rules(row: &Model) -> bool {
    row.org_id.is_none() && row.role == ApiKeyRole::Admin.as_str()
}

impl Store {
    /// The API key of that SHA-256 digest.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_api_key(&self, digest: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        let row = keys()
            .filter(Column::Digest.eq(digest.to_vec()))
            .one(&self.db)
            .await?;
        row.map(ApiKey::try_from).transpose()
    }

    /// Adds an API key, with an audit row; one of the same digest stays as it is.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn insert_api_key(
        &self,
        new: NewApiKey,
        origin: Origin,
    ) -> Result<ApiKey, StoreError> {
        let tx = self.begin_write().await?;
        let key = insert(&tx, self.clock(), new, origin).await?;
        tx.commit().await?;
        Ok(key)
    }

    /// As [`Self::insert_api_key`], but only if there is no key at all; replicas that start at the
    /// same time take turns, so that one of them adds one.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn insert_first_api_key(
        &self,
        new: NewApiKey,
        origin: Origin,
    ) -> Result<Option<ApiKey>, StoreError> {
        let tx = self.begin_write().await?;
        self.dialect.lock_name(&tx, FIRST_KEY).await?;
        if keys().limit(1).count(tx.connection()).await? > 0 {
            return Ok(None);
        }
        let key = insert(&tx, self.clock(), new, origin).await?;
        tx.commit().await?;
        Ok(Some(key))
    }

    /// Lists API keys, oldest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_api_keys(
        &self,
        page: PageRequest<ApiKeyId>,
    ) -> Result<Page<ApiKey, ApiKeyId>, StoreError> {
        paging::page(
            &self.db,
            keys(),
            Column::Id,
            page,
            (ApiKeyId::as_uuid, |item: &ApiKey| item.id),
        )
        .await
    }

    /// The API key of that id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_api_key_by_id(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let row = keys()
            .filter(Column::Id.eq(id.as_uuid()))
            .one(&self.db)
            .await?;
        row.map(ApiKey::try_from).transpose()
    }

    /// The names of those of some API keys, and of people with rows of their own, that are still there.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn api_key_names(
        &self,
        ids: &BTreeSet<ApiKeyId>,
    ) -> Result<HashMap<ApiKeyId, String>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = ids.iter().map(|id| id.as_uuid());
        let rows = Entity::find().filter(Column::Id.is_in(ids));
        let rows = rows.all(&self.db).await?.into_iter();
        Ok(rows
            .map(|row| (ApiKeyId::from_uuid(row.id), row.name))
            .collect())
    }

    /// Deletes an API key, with an audit row, but never the last one that can make others; `false` if
    /// there is none of that id.
    ///
    /// All keys are locked meanwhile, so that of two calls that delete the last two keys one is
    /// refused.
    ///
    /// # Errors
    ///
    /// It is the last one ([`StoreError::LastApiKey`]).
    pub async fn delete_api_key(&self, id: ApiKeyId, origin: Origin) -> Result<bool, StoreError> {
        let tx = self.begin_write().await?;
        let keys = keys()
            .order_by_asc(Column::Id)
            .lock_exclusive()
            .all(tx.connection())
            .await?;
        let (gone, others): (Vec<_>, Vec<_>) =
            keys.into_iter().partition(|key| key.id == id.as_uuid());
        let Some(gone) = gone.into_iter().next() else {
            return Ok(false);
        };
        if rules(&gone) && !others.iter().any(rules) {
            return Err(StoreError::LastApiKey);
        }
        Entity::delete_by_id(id.as_uuid())
            .exec(tx.connection())
            .await?;
        let gone = detail::gone(told(&gone.try_into()?));
        let entry = audit::entry(
            (self.clock(), self.clock().now()),
            None,
            &origin,
            ("api_key.deleted", id.to_string()),
            Some(&gone),
        );
        audit::append_to_installation(tx.connection(), entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Notes when API keys were last used. Times only move forward.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn note_api_keys_used(
        &self,
        used: &[(ApiKeyId, Timestamp)],
    ) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        let tx = self.begin_write().await?;
        let mut used = used.to_vec();
        used.sort_unstable();
        for (id, at) in used {
            Entity::update_many()
                .col_expr(Column::LastUsedAt, Expr::value(at.unix_micros()))
                .filter(Column::Id.eq(id.as_uuid()))
                .filter(
                    Column::LastUsedAt
                        .is_null()
                        .or(Column::LastUsedAt.lt(at.unix_micros())),
                )
                .exec(tx.connection())
                .await?;
        }
        tx.commit().await
    }
}

/// Adds a key in a transaction, with an audit row; one of the same digest stays as it is.
async fn insert(
    tx: &WriteTx,
    clock: &dyn Clock,
    new: NewApiKey,
    origin: Origin,
) -> Result<ApiKey, StoreError> {
    let (id, digest) = (new.id, new.digest);
    let inserted = Entity::insert(ActiveModel {
        id: Set(new.id.as_uuid()),
        name: Set(new.name),
        prefix: Set(new.prefix),
        digest: Set(digest.to_vec()),
        created_at: Set(clock.now().unix_micros()),
        last_used_at: Set(None),
        role: Set(new.role.as_str().to_owned()),
        org_id: Set(new.organization_id.map(OrgId::as_uuid)),
        oidc_subject: Set(None),
    })
    .on_conflict(OnConflict::column(Column::Digest).do_nothing().to_owned())
    .exec_without_returning(tx.connection())
    .await?;
    let row = Entity::find()
        .filter(Column::Digest.eq(digest.to_vec()))
        .one(tx.connection())
        .await?
        .ok_or_else(|| StoreError::corrupt("api_keys", id, "gone right after it was added"))?;
    let key = ApiKey::try_from(row)?;
    if inserted > 0 {
        let made = detail::made(told(&key));
        let entry = audit::entry(
            (clock, clock.now()),
            None,
            &origin,
            ("api_key.created", id.to_string()),
            Some(&made),
        );
        audit::append_to_installation(tx.connection(), entry).await?;
    }
    Ok(key)
}

/// What the audit log says of a key.
fn told(key: &ApiKey) -> Value {
    json!({ "api_key": {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "role": key.role.as_str(),
        "organization_id": key.organization_id,
    }})
}
