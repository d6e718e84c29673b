//! SCIM connections of one organization: read, made and changed, deleted.

mod change;
mod delete;
mod read;

use rollcall_model::{IdpKind, OrgId, ScimConnection};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use serde_json::{Value, json};

use crate::entity::scim_connections::{Column, Entity};

pub use self::change::{NewScimConnection, ScimConnectionChange};

/// Every query on the table starts here.
fn of(org_id: OrgId) -> Select<Entity> {
    Entity::find().filter(Column::OrgId.eq(org_id.as_uuid()))
}

/// What events tell of a connection.
fn told(connection: &ScimConnection) -> Value {
    json!({ "scim_connection": {
        "id": connection.id,
        "name": connection.name,
        "sso_connection_id": connection.sso_connection_id,
        "idp": connection.idp.map(IdpKind::as_str),
        "enabled": connection.enabled,
        "settings": connection.settings,
    }})
}
