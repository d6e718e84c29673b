//! Table `attribute_mappings`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attribute_mappings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub scim_connection_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub path: String,
    #[sea_orm(column_name = "type")]
    pub kind: String,
    pub required: bool,
    pub system: bool,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
