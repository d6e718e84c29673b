//! Schemas that are added to one SCIM connection.
//!
//! A schema is part of what requests are read by, so each change moves the connection's revision
//! in its own transaction, and no request that begins later works with the schemas from before
//! (see `shape`). The rows that hold values of a changed schema are brought in line in the same
//! transaction (see `refit`): the call takes as long as they are many, and afterwards every filter
//! is right.

use rollcall_model::{EventType, OrgId, ScimConnectionId, Timestamp};
use rollcall_scim::schema::{CustomSchema, Extends, MAX_SCHEMAS, SchemaError};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

use crate::entity::scim_connections;
use crate::entity::scim_schemas::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, DirectoryTx};
use crate::product_attributes;
use crate::shape::Shape;

/// A schema as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimSchema {
    /// What it says.
    pub schema: CustomSchema,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last replaced.
    pub updated_at: Timestamp,
}

/// Why a schema is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SchemaRefused {
    /// It cannot stand where it is to stand.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The connection has as many as it may have.
    #[error("a connection may have at most {MAX_SCHEMAS} schemas of its own")]
    TooMany,
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Every query on the table starts here.
fn of(org_id: OrgId, connection_id: ScimConnectionId) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrgId.eq(org_id.as_uuid()))
        .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
}

impl TryFrom<Model> for ScimSchema {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let corrupt = |reason: String| StoreError::corrupt("scim_schemas", &row.urn_key, reason);
        let document: Value =
            serde_json::from_str(&row.document).map_err(|reason| corrupt(reason.to_string()))?;
        let extends = Extends::from_name(&row.resource_type)
            .ok_or_else(|| corrupt("the resource type is unknown".to_owned()))?;
        Ok(Self {
            schema: CustomSchema::read(&document, extends, row.required)
                .map_err(|reason| corrupt(reason.to_string()))?,
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
        })
    }
}

/// The schemas of a connection, in the order in which they were added.
pub(crate) async fn load(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    connection_id: ScimConnectionId,
) -> Result<Vec<ScimSchema>, StoreError> {
    let rows = of(org_id, connection_id)
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::UrnKey)
        .all(db)
        .await?;
    rows.into_iter().map(ScimSchema::try_from).collect()
}

fn key(urn: &str) -> String {
    urn.to_ascii_lowercase()
}

fn told(schema: &CustomSchema) -> Value {
    let mut document = schema.document();
    json!({ "scim_schema": {
        "id": schema.urn(),
        "name": document["name"].take(),
        "resource_type": schema.extends().as_str(),
        "required": schema.required(),
        "attributes": document["attributes"].take(),
    }})
}

impl ConnectionHandle {
    /// The schemas that were added to this connection, oldest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_schemas(&self) -> Result<Vec<ScimSchema>, StoreError> {
        load(&self.store.db, self.org_id, self.connection_id).await
    }

    /// One of them by its URN, ignoring case.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_schema(&self, urn: &str) -> Result<Option<ScimSchema>, StoreError> {
        let row = of(self.org_id, self.connection_id)
            .filter(Column::UrnKey.eq(key(urn)))
            .one(&self.store.db)
            .await?;
        row.map(ScimSchema::try_from).transpose()
    }

    /// What the identity provider sent and no schema knows, of the users or groups that came last
    /// and have some.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_unmapped(
        &self,
        extends: Extends,
        limit: u64,
    ) -> Result<Vec<Map<String, Value>>, StoreError> {
        let (org_id, connection_id) = (self.org_id, self.connection_id);
        let texts: Vec<Option<String>> = match extends {
            Extends::User => {
                use crate::entity::users::Column;
                crate::users::of(org_id, connection_id)
                    .select_only()
                    .column(Column::Unmapped)
                    .filter(Column::Unmapped.is_not_null())
                    .order_by_desc(Column::Id)
                    .limit(limit)
                    .into_tuple()
                    .all(&self.store.db)
                    .await?
            }
            Extends::Group => {
                use crate::entity::groups::Column;
                crate::groups::of(org_id, connection_id)
                    .select_only()
                    .column(Column::Unmapped)
                    .filter(Column::Unmapped.is_not_null())
                    .order_by_desc(Column::Id)
                    .limit(limit)
                    .into_tuple()
                    .all(&self.store.db)
                    .await?
            }
        };
        let read = |text: String| {
            serde_json::from_str(&text)
                .map_err(|reason| StoreError::corrupt(extends.as_str(), connection_id, reason))
        };
        texts.into_iter().flatten().map(read).collect()
    }
}

impl DirectoryTx {
    /// Adds a schema to the connection.
    ///
    /// # Errors
    ///
    /// There is one of that URN ([`StoreError::Conflict`]), or there are too many.
    pub async fn insert_schema(
        &mut self,
        schema: CustomSchema,
    ) -> Result<ScimSchema, SchemaRefused> {
        self.lock_for_schemas().await?;
        let known = load(self.connection(), self.org_id, self.connection_id).await?;
        if known.len() >= MAX_SCHEMAS {
            return Err(SchemaRefused::TooMany);
        }
        let stored = ScimSchema {
            schema,
            created_at: self.now,
            updated_at: self.now,
        };
        Entity::insert(self.schema_row(&stored))
            .exec_without_returning(self.connection())
            .await
            .map_err(StoreError::naming_conflict("id"))?;
        self.schemas_changed(EventType::ScimSchemaCreated, &stored.schema, None)
            .await?;
        Ok(stored)
    }

    /// Puts a schema in the place of the one of the same URN; `None` if there is none. An equal
    /// one writes nothing.
    ///
    /// # Errors
    ///
    /// It would give stored values another form ([`SchemaRefused::Schema`]), or wants values to be
    /// unique that are not ([`StoreError::Conflict`]).
    pub async fn save_schema(
        &mut self,
        schema: CustomSchema,
    ) -> Result<Option<ScimSchema>, SchemaRefused> {
        self.lock_for_schemas().await?;
        let Some(before) = self.stored_schema(schema.urn()).await? else {
            return Ok(None);
        };
        schema.check_replaces(&before.schema)?;
        if schema == before.schema {
            return Ok(Some(before));
        }
        let stored = ScimSchema {
            schema,
            created_at: before.created_at,
            updated_at: self.now,
        };
        Entity::update(self.schema_row(&stored))
            .exec(self.connection())
            .await
            .map_err(StoreError::from)?;
        self.schemas_changed(
            EventType::ScimSchemaUpdated,
            &stored.schema,
            Some(&before.schema),
        )
        .await?;
        Ok(Some(stored))
    }

    /// Removes a schema, and with it every value that stands under its URN; `false` if there is
    /// none of that URN.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_schema(&mut self, urn: &str) -> Result<bool, StoreError> {
        self.lock_for_schemas().await?;
        let Some(before) = self.stored_schema(urn).await? else {
            return Ok(false);
        };
        Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::UrnKey.eq(key(urn)))
            .exec(self.connection())
            .await?;
        self.schemas_changed(EventType::ScimSchemaDeleted, &before.schema, None)
            .await?;
        Ok(true)
    }

    /// Changes of a connection's schemas take turns.
    async fn lock_for_schemas(&self) -> Result<(), StoreError> {
        if self.lock_scim_connection(self.connection_id).await? {
            Ok(())
        } else {
            Err(StoreError::ParentMissing)
        }
    }

    async fn stored_schema(&self, urn: &str) -> Result<Option<ScimSchema>, StoreError> {
        let row = of(self.org_id, self.connection_id)
            .filter(Column::UrnKey.eq(key(urn)))
            .one(self.connection())
            .await?;
        row.map(ScimSchema::try_from).transpose()
    }

    /// Has every process read anew what requests of this connection are read by.
    pub(crate) async fn move_revision(&self) -> Result<(), StoreError> {
        use scim_connections::Column;
        scim_connections::Entity::update_many()
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::Id.eq(self.connection_id.as_uuid()))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// Moves the revision, brings the rows in line, and tells of the change.
    async fn schemas_changed(
        &mut self,
        kind: EventType,
        schema: &CustomSchema,
        before: Option<&CustomSchema>,
    ) -> Result<(), StoreError> {
        self.move_revision().await?;
        let schemas = load(self.connection(), self.org_id, self.connection_id).await?;
        let attributes =
            product_attributes::load(self.connection(), self.org_id, self.connection_id).await?;
        let settings = self.shape.settings.clone();
        self.shape = Arc::new(Shape::new(settings, &schemas, &attributes));
        self.refit(schema.extends(), schema.urn()).await?;
        let connection_id = self.connection_id;
        let (connection_id, urn) = (Some(connection_id), schema.urn());
        let outbox = &mut self.org.outbox;
        match (kind, before) {
            (EventType::ScimSchemaDeleted, _) => {
                let data = json!({ "scim_schema": { "id": urn } });
                outbox.push_gone(kind, connection_id, urn, data, told(schema));
            }
            (_, Some(before)) => {
                outbox.push_change(kind, connection_id, urn, told(before), told(schema));
            }
            (_, None) => outbox.push_made(kind, connection_id, urn, told(schema)),
        }
        Ok(())
    }

    fn schema_row(&self, stored: &ScimSchema) -> ActiveModel {
        let mut document = stored.schema.document();
        if let Some(document) = document.as_object_mut() {
            // It is made when the schema is shown.
            document.shift_remove("meta");
        }
        ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            scim_connection_id: Set(self.connection_id.as_uuid()),
            urn_key: Set(key(stored.schema.urn())),
            resource_type: Set(stored.schema.extends().as_str().to_owned()),
            required: Set(stored.schema.required()),
            document: Set(document.to_string()),
            created_at: Set(stored.created_at.unix_micros()),
            updated_at: Set(stored.updated_at.unix_micros()),
        }
    }
}
