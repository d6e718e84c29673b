//! Portal sessions: what a link is exchanged for, once.

use rollcall_model::{
    EventType, OrgId, OrgRef, PortalFormId, PortalLink, PortalLinkId, PortalLinkState,
    PortalSession, PortalSessionId, Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DeleteMany, EntityTrait, QueryFilter, TryInsertResult,
};

use super::links;
use crate::connect::Store;
use crate::entity::portal_sessions::{ActiveModel, Column, Entity};
use crate::entity::{portal_forms, portal_links, routing_portal_sessions};
use crate::error::StoreError;
use crate::handle::{OrgHandle, OrgTx};

/// A portal session that is to be stored.
pub struct NewPortalSession {
    /// Its id.
    pub id: PortalSessionId,
    /// SHA-256 of its secret.
    pub digest: [u8; 32],
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
}

impl Store {
    /// The session of that SHA-256 digest with the organization that it opens, unless its time is
    /// over.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn open_portal_session(
        &self,
        digest: &[u8; 32],
    ) -> Result<Option<(OrgHandle, PortalSession)>, StoreError> {
        let route = routing_portal_sessions::Entity::find_by_id(digest.to_vec())
            .one(&self.db)
            .await?;
        let Some(route) = route else { return Ok(None) };
        let org_id = OrgRef::Id(OrgId::from_uuid(route.org_id));
        let Some(org) = self.open_organization(&org_id).await? else {
            return Ok(None);
        };
        let row = Entity::find()
            .filter(Column::OrgId.eq(route.org_id))
            .filter(Column::Id.eq(route.session_id))
            .filter(Column::ExpiresAt.gt(self.clock.now().unix_micros()))
            .one(&self.db)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let link_id = PortalLinkId::from_uuid(row.link_id);
        let Some(link) = org.find_portal_link(link_id).await? else {
            return Ok(None);
        };
        let session = PortalSession {
            id: PortalSessionId::from_uuid(row.id),
            link_id,
            return_url: link.return_url,
            created_at: Timestamp::from_unix_micros(row.created_at),
            expires_at: Timestamp::from_unix_micros(row.expires_at),
        };
        Ok(Some((org, session)))
    }
}

impl OrgTx {
    /// Exchanges a link for a session; `None` if it cannot be exchanged any more. Of two who try at
    /// once, one is given a session.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn exchange_portal_link(
        &mut self,
        id: PortalLinkId,
        new: NewPortalSession,
    ) -> Result<Option<PortalSession>, StoreError> {
        let open = self
            .lock_portal_link(id)
            .await?
            .filter(|link| link.state(self.now) == PortalLinkState::Open);
        let Some(before) = open else { return Ok(None) };
        self.set_on_portal_link(id, portal_links::Column::UsedAt)
            .await?;
        // There is no other moment at which an organization that nobody looks at is tidied.
        self.sessions_of_this_organization()
            .filter(Column::ExpiresAt.lte(self.now.unix_micros()))
            .exec(self.connection())
            .await?;
        let session = PortalSession {
            id: new.id,
            link_id: id,
            return_url: before.return_url.clone(),
            created_at: self.now,
            expires_at: new.expires_at,
        };
        self.insert_portal_session(&session, new.digest).await?;
        let after = PortalLink {
            used_at: Some(self.now),
            ..before.clone()
        };
        let mut told_after = links::told(&after);
        told_after["portal_link"]["session_id"] = serde_json::json!(session.id);
        self.outbox.push_change(
            EventType::PortalLinkUsed,
            None,
            id,
            links::told(&before),
            told_after,
        );
        Ok(Some(session))
    }

    /// Notes that a session has sent a form; `false` if it had sent it before. A form whose answer
    /// shows a secret cannot lead to another page, so its page may be loaded again.
    ///
    /// # Errors
    ///
    /// The session is gone ([`StoreError::ParentMissing`]).
    pub async fn spend_portal_form(
        &self,
        session: PortalSessionId,
        form: PortalFormId,
    ) -> Result<bool, StoreError> {
        let inserted = portal_forms::Entity::insert(portal_forms::ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            session_id: Set(session.as_uuid()),
            form: Set(form.as_uuid()),
        })
        .on_conflict_do_nothing()
        .exec_without_returning(self.connection())
        .await?;
        Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
    }

    async fn insert_portal_session(
        &self,
        session: &PortalSession,
        digest: [u8; 32],
    ) -> Result<(), StoreError> {
        let (org_id, id) = (self.org_id.as_uuid(), session.id.as_uuid());
        Entity::insert(ActiveModel {
            org_id: Set(org_id),
            id: Set(id),
            link_id: Set(session.link_id.as_uuid()),
            created_at: Set(session.created_at.unix_micros()),
            expires_at: Set(session.expires_at.unix_micros()),
        })
        .exec_without_returning(self.connection())
        .await?;
        routing_portal_sessions::Entity::insert(routing_portal_sessions::ActiveModel {
            digest: Set(digest.to_vec()),
            org_id: Set(org_id),
            session_id: Set(id),
        })
        .exec_without_returning(self.connection())
        .await?;
        Ok(())
    }

    /// Ends a session now; whoever holds its secret holds nothing.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn end_portal_session(&mut self, id: PortalSessionId) -> Result<(), StoreError> {
        let ended = self
            .sessions_of_this_organization()
            .filter(Column::Id.eq(id.as_uuid()))
            .exec(self.connection())
            .await?;
        if ended.rows_affected > 0 {
            self.note("portal_session.ended", id, serde_json::Value::Null);
        }
        Ok(())
    }

    pub(super) async fn end_portal_sessions_of(&self, id: PortalLinkId) -> Result<(), StoreError> {
        self.sessions_of_this_organization()
            .filter(Column::LinkId.eq(id.as_uuid()))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    fn sessions_of_this_organization(&self) -> DeleteMany<Entity> {
        Entity::delete_many().filter(Column::OrgId.eq(self.org_id.as_uuid()))
    }
}
