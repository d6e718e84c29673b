//! Table `scim_connections`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scim_connections")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub sso_connection_id: Uuid,
    pub idp: Option<String>,
    pub enabled: bool,
    pub first_request_at: Option<i64>,
    pub last_request_at: Option<i64>,
    pub recognised_idp: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
    pub settings: String,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
