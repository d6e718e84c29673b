//! Table `webhook_deliveries`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub endpoint_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub org_id: Uuid,
    pub sequence: i64,
    pub event_id: Uuid,
    pub position: i64,
    #[sea_orm(column_name = "type")]
    pub kind: String,
    pub occurred_at: i64,
    pub body: Option<String>,
    pub state: String,
    pub attempts: i64,
    pub queued_at: i64,
    pub first_attempt_at: Option<i64>,
    pub due_at: Option<i64>,
    pub lease_until: Option<i64>,
    pub finished_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
