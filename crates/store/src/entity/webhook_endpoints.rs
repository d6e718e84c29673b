//! Table `webhook_endpoints`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Option<Uuid>,
    pub url: String,
    pub description: Option<String>,
    pub types: Option<String>,
    pub ordered: bool,
    pub max_in_flight: i64,
    pub timeout_seconds: i64,
    pub paused_at: Option<i64>,
    pub pause_reason: Option<String>,
    pub failures: i64,
    pub failing_since: Option<i64>,
    pub resumed_at: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
