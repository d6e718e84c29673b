//! Table `scim_requests`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scim_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub scim_connection_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: i64,
    pub method: String,
    pub route: String,
    pub filter: Option<String>,
    pub status: i64,
    pub outcome: String,
    pub category: Option<String>,
    pub reason: Option<String>,
    pub scim_type: Option<String>,
    pub quirks: Option<String>,
    pub idp: Option<String>,
    pub duration_micros: i64,
    pub detail: Option<String>,
    pub times: i64,
    pub size: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
