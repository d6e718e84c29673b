//! Product attributes of a SCIM connection: what the product calls which value.
//!
//! The mappings are a part of what requests of the connection are read by, beside its settings and
//! schemas, and travel with them: a change of one moves the connection's revision.

use std::sync::Arc;

use rollcall_model::{EventType, OrgId, ScimConnectionId, Timestamp};
use rollcall_scim::product::{Given, ProductAttribute, ProductType};
use rollcall_scim::{Quirk, Resource, value_path};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Select,
};
use serde_json::{Map, Value, json};

use crate::entity::attribute_mappings::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::{ConnectionHandle, DirectoryTx};
use crate::schemas;
use crate::shape::Shape;

/// How many a connection may have.
pub const MAX_PRODUCT_ATTRIBUTES: usize = 100;

/// A product attribute as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAttribute {
    /// What it says.
    pub attribute: ProductAttribute,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The product attributes of one user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProductAttributes {
    /// Those that have a value, by name.
    pub values: Map<String, Value>,
    /// Those that should have one and do not, by name, each with a sentence why.
    pub problems: Vec<(String, String)>,
}

impl TryFrom<Model> for StoredAttribute {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let kind = ProductType::from_name(&row.kind).ok_or_else(|| {
            StoreError::corrupt("attribute_mappings", &row.name, "its type is none")
        })?;
        Ok(Self {
            attribute: ProductAttribute {
                name: row.name,
                path: row.path,
                kind,
                required: row.required,
                system: row.system,
            },
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
        })
    }
}

/// Every query on the table starts here.
fn of(org_id: OrgId, connection_id: ScimConnectionId) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrgId.eq(org_id.as_uuid()))
        .filter(Column::ScimConnectionId.eq(connection_id.as_uuid()))
}

/// Those of a connection, in the order of their names.
pub(crate) async fn load(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    connection_id: ScimConnectionId,
) -> Result<Vec<StoredAttribute>, StoreError> {
    let rows = of(org_id, connection_id)
        .order_by_asc(Column::Name)
        .all(db)
        .await?;
    rows.into_iter().map(StoredAttribute::try_from).collect()
}

fn told(attribute: &ProductAttribute) -> Value {
    json!({ "attribute_mapping": {
        "name": attribute.name,
        "path": attribute.path,
        "type": attribute.kind.as_str(),
        "required": attribute.required,
        "system": attribute.system,
    }})
}

impl Shape {
    /// What the product attributes are for a user.
    pub(crate) fn product_attributes(&self, user: &Resource) -> ProductAttributes {
        let mut found = ProductAttributes::default();
        for attribute in &self.attributes {
            let given = attribute.of(self.catalog.user(), user);
            if given.is_problem(attribute.required)
                && let Some(reason) = attribute.problem(&given)
            {
                found.problems.push((attribute.name.clone(), reason));
            }
            if let Given::Value(value) = given {
                found.values.insert(attribute.name.clone(), value);
            }
        }
        found
    }
}

impl ConnectionHandle {
    /// The product attributes of this connection, in the order of their names.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_product_attributes(&self) -> Result<Vec<StoredAttribute>, StoreError> {
        load(&self.store.db, self.org_id, self.connection_id).await
    }

    /// What the product attributes of this connection are for a user.
    #[must_use]
    pub fn product_attributes(&self, user: &Resource) -> ProductAttributes {
        self.shape.product_attributes(user)
    }

    /// Puts back what the identity provider may not set in a user that it wrote, and tells what is
    /// to be noted of the rest.
    pub fn keep_system_attributes(
        &self,
        before: Option<&Resource>,
        after: &mut Resource,
    ) -> Vec<Quirk> {
        let kind = self.catalog().user();
        let mut notes = Vec::new();
        let mut ignored = false;
        for attribute in self.shape.attributes.iter().filter(|it| it.system) {
            ignored |= value_path::keep(kind, before, after, &attribute.path);
        }
        if ignored {
            notes.push(Quirk::SystemAttributeIgnored);
        }
        let mut attributes = self.shape.attributes.iter();
        if attributes.any(|it| it.of(kind, after).is_problem(it.required)) {
            notes.push(Quirk::MappedAttributeUnusable);
        }
        notes
    }
}

impl DirectoryTx {
    /// Adds a product attribute, or puts it in the place of the one of the same name. An equal one
    /// writes nothing.
    ///
    /// # Errors
    ///
    /// The connection has as many as it may have ([`StoreError::TooMany`]).
    pub async fn save_product_attribute(
        &mut self,
        attribute: ProductAttribute,
    ) -> Result<(), StoreError> {
        self.lock_connection().await?;
        let known = load(self.connection(), self.org_id, self.connection_id).await?;
        let before = known.iter().find(|it| it.attribute.name == attribute.name);
        if before.is_some_and(|before| before.attribute == attribute) {
            return Ok(());
        }
        if before.is_none() && known.len() >= MAX_PRODUCT_ATTRIBUTES {
            return Err(StoreError::TooMany {
                what: "attribute mappings of a connection",
                limit: MAX_PRODUCT_ATTRIBUTES,
            });
        }
        let now = self.now.unix_micros();
        Entity::insert(ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            scim_connection_id: Set(self.connection_id.as_uuid()),
            name: Set(attribute.name.clone()),
            path: Set(attribute.path.clone()),
            kind: Set(attribute.kind.as_str().to_owned()),
            required: Set(attribute.required),
            system: Set(attribute.system),
            created_at: Set(now),
            updated_at: Set(now),
        })
        .on_conflict(
            OnConflict::columns([Column::OrgId, Column::ScimConnectionId, Column::Name])
                .update_columns([
                    Column::Path,
                    Column::Kind,
                    Column::Required,
                    Column::System,
                    Column::UpdatedAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(self.connection())
        .await?;
        let before = before.map_or(Value::Null, |before| told(&before.attribute));
        self.attributes_changed().await?;
        let (connection, kind) = (Some(self.connection_id), EventType::AttributeMappingSaved);
        let after = told(&attribute);
        self.org
            .outbox
            .push_change(kind, connection, &attribute.name, before, after);
        Ok(())
    }

    /// Removes a product attribute; `false` if there is none of that name.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_product_attribute(&mut self, name: &str) -> Result<bool, StoreError> {
        self.lock_connection().await?;
        let deleted = Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::Name.eq(name))
            .exec_with_returning(self.connection())
            .await?;
        let Some(row) = deleted.into_iter().next() else {
            return Ok(false);
        };
        let before = told(&StoredAttribute::try_from(row)?.attribute);
        self.attributes_changed().await?;
        let (connection, kind) = (Some(self.connection_id), EventType::AttributeMappingDeleted);
        let data = json!({ "attribute_mapping": { "name": name } });
        self.org
            .outbox
            .push_gone(kind, connection, name, data, before);
        Ok(true)
    }

    async fn lock_connection(&self) -> Result<(), StoreError> {
        if self.lock_scim_connection(self.connection_id).await? {
            Ok(())
        } else {
            Err(StoreError::ParentMissing)
        }
    }

    /// Moves the revision, and goes on by what holds now.
    async fn attributes_changed(&mut self) -> Result<(), StoreError> {
        self.move_revision().await?;
        let schemas = schemas::load(self.connection(), self.org_id, self.connection_id).await?;
        let attributes = load(self.connection(), self.org_id, self.connection_id).await?;
        let shape = Shape::new(self.shape.settings.clone(), &schemas, &attributes);
        self.shape = Arc::new(shape);
        Ok(())
    }
}
