//! What belongs to the installation as a whole.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::connect::Store;
use crate::entity::installation::{ActiveModel, Column, Entity};
use crate::error::StoreError;

pub(crate) const KEY_CHECK: &str = "key_check";
const KEY_RULES: &str = "key_rules";

impl Store {
    /// Whether this database was sealed with some key already.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn has_key_check(&self) -> Result<bool, StoreError> {
        Ok(self.stored_key_check().await?.is_some())
    }

    /// The sealed text by which the sealing key of this database is known; `None` before the first
    /// start.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn stored_key_check(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let row = Entity::find_by_id(KEY_CHECK.to_owned())
            .one(&self.db)
            .await?;
        Ok(row.map(|row| row.value))
    }

    /// The sealed text by which the sealing key of this database is known; stores `first` if there
    /// is none yet.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn key_check(&self, first: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let tx = self.begin_write().await?;
        Entity::insert(ActiveModel {
            name: Set(KEY_CHECK.to_owned()),
            value: Set(first),
        })
        .on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned())
        .exec_without_returning(tx.connection())
        .await?;
        let row = Entity::find_by_id(KEY_CHECK.to_owned())
            .one(tx.connection())
            .await?;
        tx.commit().await?;
        row.map(|row| row.value)
            .ok_or_else(|| StoreError::corrupt("installation", KEY_CHECK, "gone at once"))
    }

    /// The rules by which the keys of names in this database were made; `None` before the first
    /// start that knows of them.
    pub(crate) async fn key_rules(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let row = Entity::find_by_id(KEY_RULES.to_owned())
            .one(&self.db)
            .await?;
        Ok(row.map(|row| row.value))
    }

    pub(crate) async fn save_key_rules(&self, rules: &str) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        Entity::insert(ActiveModel {
            name: Set(KEY_RULES.to_owned()),
            value: Set(rules.as_bytes().to_vec()),
        })
        .on_conflict(
            OnConflict::column(Column::Name)
                .update_column(Column::Value)
                .to_owned(),
        )
        .exec_without_returning(tx.connection())
        .await?;
        tx.commit().await
    }
}
