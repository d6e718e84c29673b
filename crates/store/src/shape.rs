//! What requests of one SCIM connection are read by: its settings, and the schemas that it knows.
//!
//! Both change rarely and are needed by every request. The connection's row carries a revision
//! that grows with each change, and is read with the token anyway; so a process remembers the
//! rest under that revision, and never works with settings older than its own authentication.

use std::sync::Arc;

use quick_cache::sync::Cache;
use rollcall_model::{OrgId, ScimConnectionId, ScimProfile, ScimSettings};
use rollcall_scim::product::ProductAttribute;
use rollcall_scim::{Catalog, Profile};

use crate::error::StoreError;
use crate::pool::Pool;
use crate::product_attributes::{self, StoredAttribute};
use crate::schemas::{self, ScimSchema};

/// How many connections a process remembers.
const REMEMBERED: usize = 10_000;

/// How many shapes without schemas of their own it remembers.
const PLAIN: usize = 100;

/// Settings and schemas of one connection.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) settings: ScimSettings,
    /// The schemas, to be read by the rules of the connection's profile.
    pub(crate) catalog: Catalog,
    /// What the product calls the values of users.
    pub(crate) attributes: Vec<ProductAttribute>,
}

impl Shape {
    pub(crate) fn new(
        settings: ScimSettings,
        schemas: &[ScimSchema],
        attributes: &[StoredAttribute],
    ) -> Self {
        let profile = match settings.profile {
            ScimProfile::Compat => Profile::Compat,
            ScimProfile::Strict => Profile::Strict,
        };
        let schemas: Vec<_> = schemas.iter().map(|stored| stored.schema.clone()).collect();
        let mut catalog = Catalog::core()
            .with_custom_schemas(&schemas)
            .with_profile(profile);
        if settings.restrict_canonical_values {
            catalog = catalog.with_restricted_values();
        }
        let attributes = attributes.iter().map(|it| it.attribute.clone());
        Self {
            settings,
            catalog,
            attributes: attributes.collect(),
        }
    }
}

/// What a connection's row says of its shape.
pub(crate) struct ShapeRow<'row> {
    pub(crate) org_id: OrgId,
    pub(crate) id: ScimConnectionId,
    pub(crate) revision: i64,
    pub(crate) settings: &'row str,
}

/// The shapes that a process remembers.
pub(crate) struct Shapes {
    /// Each under its revision.
    of: Cache<ScimConnectionId, (i64, Arc<Shape>)>,
    /// Those without schemas of their own, by their settings: most connections share one.
    plain: Cache<ScimSettings, Arc<Shape>>,
}

impl Default for Shapes {
    fn default() -> Self {
        Self {
            of: Cache::new(REMEMBERED),
            plain: Cache::new(PLAIN),
        }
    }
}

impl Shapes {
    /// The shape of a connection whose row was just read. Its schemas are read after the row, so
    /// what is remembered under a revision is never older than that.
    pub(crate) async fn of(&self, db: &Pool, row: &ShapeRow<'_>) -> Result<Arc<Shape>, StoreError> {
        if let Some((revision, shape)) = self.of.get(&row.id)
            && revision == row.revision
        {
            return Ok(shape);
        }
        let settings = read_settings(row.id, row.settings)?;
        let schemas = schemas::load(db, row.org_id, row.id).await?;
        let attributes = product_attributes::load(db, row.org_id, row.id).await?;
        let shape = if schemas.is_empty() && attributes.is_empty() {
            self.plain(settings)
        } else {
            Arc::new(Shape::new(settings, &schemas, &attributes))
        };
        self.of.insert(row.id, (row.revision, Arc::clone(&shape)));
        Ok(shape)
    }

    fn plain(&self, settings: ScimSettings) -> Arc<Shape> {
        if let Some(shape) = self.plain.get(&settings) {
            return shape;
        }
        let shape = Arc::new(Shape::new(settings.clone(), &[], &[]));
        self.plain.insert(settings, Arc::clone(&shape));
        shape
    }
}

/// Settings as they are stored.
pub(crate) fn read_settings(id: ScimConnectionId, text: &str) -> Result<ScimSettings, StoreError> {
    serde_json::from_str(text).map_err(|reason| StoreError::corrupt("scim_connections", id, reason))
}
