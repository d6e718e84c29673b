//! Portal links: made, found, revoked.

use rollcall_model::{
    EventType, OrgId, OrgRef, Page, PageRequest, PortalLink, PortalLinkId, Timestamp,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use serde_json::{Value, json};

use crate::connect::Store;
use crate::entity::portal_links::{ActiveModel, Column, Entity, Model};
use crate::entity::routing_portal_links;
use crate::error::StoreError;
use crate::handle::{OrgHandle, OrgTx};
use crate::paging;

/// A portal link that is to be stored.
pub struct NewPortalLink {
    /// Its id.
    pub id: PortalLinkId,
    /// SHA-256 of its secret.
    pub digest: [u8; 32],
    /// Where the pages lead back to.
    pub return_url: Option<String>,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
}

/// Every query on the table starts here.
pub(super) fn of(org_id: OrgId) -> Select<Entity> {
    Entity::find().filter(Column::OrgId.eq(org_id.as_uuid()))
}

impl From<Model> for PortalLink {
    fn from(row: Model) -> Self {
        Self {
            id: PortalLinkId::from_uuid(row.id),
            return_url: row.return_url,
            created_at: Timestamp::from_unix_micros(row.created_at),
            expires_at: Timestamp::from_unix_micros(row.expires_at),
            used_at: row.used_at.map(Timestamp::from_unix_micros),
            revoked_at: row.revoked_at.map(Timestamp::from_unix_micros),
        }
    }
}

/// What events tell of a link.
pub(super) fn told(link: &PortalLink) -> Value {
    json!({ "portal_link": {
        "id": link.id,
        "return_url": link.return_url,
        "expires_at": link.expires_at,
        "used_at": link.used_at,
        "revoked_at": link.revoked_at,
    }})
}

impl Store {
    /// The link of that SHA-256 digest, whatever it is in, with the organization that it is of.
    ///
    /// The handle is not yet a permission: whoever asks compares the link with the clock.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_portal_link(
        &self,
        digest: &[u8; 32],
    ) -> Result<Option<(OrgHandle, PortalLink)>, StoreError> {
        let route = routing_portal_links::Entity::find_by_id(digest.to_vec())
            .one(&self.db)
            .await?;
        let Some(route) = route else { return Ok(None) };
        let org_id = OrgRef::Id(OrgId::from_uuid(route.org_id));
        let Some(org) = self.open_organization(&org_id).await? else {
            return Ok(None);
        };
        let link = org
            .find_portal_link(PortalLinkId::from_uuid(route.link_id))
            .await?;
        Ok(link.map(|link| (org, link)))
    }
}

impl OrgHandle {
    /// Lists the portal links, oldest first, those that open nothing any more too.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_portal_links(
        &self,
        page: PageRequest<PortalLinkId>,
    ) -> Result<Page<PortalLink, PortalLinkId>, StoreError> {
        paging::page(
            &self.store.db,
            of(self.org_id()),
            Column::Id,
            page,
            (PortalLinkId::as_uuid, |item: &PortalLink| item.id),
        )
        .await
    }

    /// One portal link; `None` also if it belongs to another organization.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_portal_link(
        &self,
        id: PortalLinkId,
    ) -> Result<Option<PortalLink>, StoreError> {
        let row = of(self.org_id())
            .filter(Column::Id.eq(id.as_uuid()))
            .one(&self.store.db)
            .await?;
        Ok(row.map(PortalLink::from))
    }
}

impl OrgTx {
    /// Adds a portal link.
    ///
    /// # Errors
    ///
    /// The organization is gone ([`StoreError::ParentMissing`]).
    pub async fn insert_portal_link(
        &mut self,
        new: NewPortalLink,
    ) -> Result<PortalLink, StoreError> {
        let link = PortalLink {
            id: new.id,
            return_url: new.return_url,
            created_at: self.now,
            expires_at: new.expires_at,
            used_at: None,
            revoked_at: None,
        };
        let org_id = self.org_id.as_uuid();
        Entity::insert(ActiveModel {
            org_id: Set(org_id),
            id: Set(link.id.as_uuid()),
            return_url: Set(link.return_url.clone()),
            created_at: Set(link.created_at.unix_micros()),
            expires_at: Set(link.expires_at.unix_micros()),
            used_at: Set(None),
            revoked_at: Set(None),
        })
        .exec_without_returning(self.connection())
        .await?;
        routing_portal_links::Entity::insert(routing_portal_links::ActiveModel {
            digest: Set(new.digest.to_vec()),
            org_id: Set(org_id),
            link_id: Set(link.id.as_uuid()),
        })
        .exec_without_returning(self.connection())
        .await?;
        let made = told(&link);
        self.outbox
            .push_made(EventType::PortalLinkCreated, None, link.id, made);
        Ok(link)
    }

    /// Revokes a portal link now, with the session that it was exchanged for; `None` if there is none
    /// of that id. Revoking again changes nothing.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn revoke_portal_link(
        &mut self,
        id: PortalLinkId,
    ) -> Result<Option<PortalLink>, StoreError> {
        let Some(before) = self.lock_portal_link(id).await? else {
            return Ok(None);
        };
        if before.revoked_at.is_some() {
            return Ok(Some(before));
        }
        let after = PortalLink {
            revoked_at: Some(self.now),
            ..before.clone()
        };
        self.set_on_portal_link(id, Column::RevokedAt).await?;
        self.end_portal_sessions_of(id).await?;
        self.outbox.push_change(
            EventType::PortalLinkRevoked,
            None,
            id,
            told(&before),
            told(&after),
        );
        Ok(Some(after))
    }

    /// Holds a link's row until the end of the transaction.
    pub(super) async fn lock_portal_link(
        &self,
        id: PortalLinkId,
    ) -> Result<Option<PortalLink>, StoreError> {
        let row = of(self.org_id)
            .filter(Column::Id.eq(id.as_uuid()))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        Ok(row.map(PortalLink::from))
    }

    /// Notes in one of a link's columns that it happened now.
    pub(super) async fn set_on_portal_link(
        &self,
        id: PortalLinkId,
        column: Column,
    ) -> Result<(), StoreError> {
        Entity::update_many()
            .col_expr(column, Expr::value(self.now.unix_micros()))
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::Id.eq(id.as_uuid()))
            .exec(self.connection())
            .await?;
        Ok(())
    }
}
