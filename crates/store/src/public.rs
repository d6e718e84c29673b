//! What may be told of a connection to somebody who has nothing but its address: how to speak to
//! it, and nothing of what is in it.

use rollcall_model::{OrgRef, ScimConnectionId, ScimSettings, Slug};
use rollcall_scim::Catalog;
use sea_orm::EntityTrait;

use crate::connect::Store;
use crate::entity::{routing_connections, scim_connections};
use crate::error::StoreError;
use crate::handle::ConnectionHandle;

/// The outside of a SCIM connection. It opens no users and no groups.
pub struct PublicConnection {
    handle: ConnectionHandle,
    enabled: bool,
}

impl PublicConnection {
    /// Which one.
    #[must_use]
    pub const fn connection_id(&self) -> ScimConnectionId {
        self.handle.connection_id()
    }

    /// Whether it takes requests.
    #[must_use]
    pub const fn enabled(&self) -> bool {
        self.enabled
    }

    /// What was chosen for it.
    #[must_use]
    pub fn settings(&self) -> &ScimSettings {
        self.handle.settings()
    }

    /// Its schemas.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.handle.catalog()
    }

    /// Whether the organization of that slug has it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn is_of(&self, slug: &Slug) -> Result<bool, StoreError> {
        let named = OrgRef::Slug(slug.clone());
        let org = self.handle.store.open_organization(&named).await?;
        Ok(org.is_some_and(|org| org.org_id() == self.handle.org_id()))
    }
}

impl Store {
    /// The outside of a connection whose address somebody knows.
    ///
    /// # Errors
    ///
    /// The database is not available, or holds something that cannot be read.
    pub async fn find_public_connection(
        &self,
        id: ScimConnectionId,
    ) -> Result<Option<PublicConnection>, StoreError> {
        let route = routing_connections::Entity::find_by_id(id.as_uuid())
            .one(&self.db)
            .await?;
        let Some(route) = route else { return Ok(None) };
        let key = (route.org_id, route.scim_connection_id);
        let row = scim_connections::Entity::find_by_id(key)
            .one(&self.db)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(PublicConnection {
            handle: self.handle_of(&row).await?,
            enabled: row.enabled,
        }))
    }
}
