//! Organizations: opening, listing, creating, changing, deleting.

use rollcall_model::{
    EventType, OrgId, OrgRef, Organization, Origin, Page, PageRequest, Slug, Timestamp,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use crate::connect::Store;
use crate::entity::organizations;
use crate::error::StoreError;
use crate::handle::{OrgHandle, OrgTx};
use crate::paging;

/// What may change about an organization. `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct OrganizationChange {
    /// A new name.
    pub name: Option<String>,
    /// A new slug; host names and links with the old one stop working.
    pub slug: Option<Slug>,
    /// A new external id, or none.
    pub external_id: Option<Option<String>>,
}

impl TryFrom<organizations::Model> for Organization {
    type Error = StoreError;

    fn try_from(row: organizations::Model) -> Result<Self, StoreError> {
        let slug = row
            .slug
            .parse()
            .map_err(|reason| StoreError::corrupt("organizations", row.id, reason))?;
        Ok(Self {
            id: OrgId::from_uuid(row.id),
            slug,
            name: row.name,
            external_id: row.external_id,
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
        })
    }
}

/// What events tell of an organization.
fn told(organization: &Organization) -> serde_json::Value {
    json!({ "organization": {
        "id": organization.id,
        "slug": organization.slug.as_str(),
        "name": organization.name,
        "external_id": organization.external_id,
    }})
}

impl Store {
    /// Creates an organization and returns the handle that opens it.
    ///
    /// # Errors
    ///
    /// The slug or the external id is taken ([`StoreError::Conflict`]).
    pub async fn create_organization(
        &self,
        organization: Organization,
        origin: Origin,
    ) -> Result<OrgHandle, StoreError> {
        let mut tx = OrgTx::begin(self, organization.id, origin).await?;
        if let Some(external_id) = &organization.external_id {
            tx.refuse_taken_external_id(external_id).await?;
        }
        organizations::Entity::insert(organizations::ActiveModel {
            id: Set(organization.id.as_uuid()),
            slug: Set(organization.slug.to_string()),
            name: Set(organization.name.clone()),
            external_id: Set(organization.external_id.clone()),
            created_at: Set(organization.created_at.unix_micros()),
            updated_at: Set(organization.updated_at.unix_micros()),
        })
        .exec_without_returning(tx.connection())
        .await
        .map_err(StoreError::naming_conflict("slug"))?;
        tx.outbox.push_made(
            EventType::OrganizationCreated,
            None,
            organization.id,
            told(&organization),
        );
        tx.commit().await?;
        Ok(OrgHandle::new(self.clone(), organization))
    }

    /// Opens an organization for a management call; `None` if there is none of that id or slug.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn open_organization(
        &self,
        organization: &OrgRef,
    ) -> Result<Option<OrgHandle>, StoreError> {
        let by = match organization {
            OrgRef::Id(id) => organizations::Column::Id.eq(id.as_uuid()),
            OrgRef::Slug(slug) => organizations::Column::Slug.eq(slug.as_str()),
        };
        let row = organizations::Entity::find()
            .filter(by)
            .one(&self.db)
            .await?;
        row.map(|row| Ok(OrgHandle::new(self.clone(), row.try_into()?)))
            .transpose()
    }

    /// Lists organizations, oldest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_organizations(
        &self,
        page: PageRequest<OrgId>,
    ) -> Result<Page<Organization, OrgId>, StoreError> {
        paging::page(
            &self.db,
            organizations::Entity::find(),
            organizations::Column::Id,
            page,
            (OrgId::as_uuid, |organization: &Organization| {
                organization.id
            }),
        )
        .await
    }
}

impl OrgTx {
    /// Changes the organization and returns it as it is now. Equal values make no event.
    ///
    /// # Errors
    ///
    /// The slug or the external id is taken; the organization is gone
    /// ([`StoreError::ParentMissing`]).
    pub async fn change_organization(
        &mut self,
        change: OrganizationChange,
    ) -> Result<Organization, StoreError> {
        let row = organizations::Entity::find_by_id(self.org_id.as_uuid())
            .lock_exclusive()
            .one(self.connection())
            .await?
            .ok_or(StoreError::ParentMissing)?;
        let before = Organization::try_from(row)?;
        let mut after = before.clone();
        if let Some(name) = change.name {
            after.name = name;
        }
        if let Some(slug) = change.slug {
            after.slug = slug;
        }
        if let Some(external_id) = change.external_id {
            after.external_id = external_id;
        }
        if after == before {
            return Ok(before);
        }
        if let Some(external_id) = &after.external_id
            && after.external_id != before.external_id
        {
            self.refuse_taken_external_id(external_id).await?;
        }
        after.updated_at = self.now;
        organizations::Entity::update(organizations::ActiveModel {
            id: Set(after.id.as_uuid()),
            slug: Set(after.slug.to_string()),
            name: Set(after.name.clone()),
            external_id: Set(after.external_id.clone()),
            updated_at: Set(after.updated_at.unix_micros()),
            ..Default::default()
        })
        .exec(self.connection())
        .await
        .map_err(StoreError::naming_conflict("slug"))?;
        self.outbox.push_change(
            EventType::OrganizationUpdated,
            None,
            after.id,
            told(&before),
            told(&after),
        );
        Ok(after)
    }

    /// Deletes the organization with everything in it. Its events and audit rows stay.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_organization(&mut self) -> Result<(), StoreError> {
        // First the organization itself, so that nothing can be added to it meanwhile.
        let before = organizations::Entity::find_by_id(self.org_id.as_uuid())
            .lock_exclusive()
            .one(self.connection())
            .await?;
        self.delete_all_scim_connections().await?;
        let deleted = organizations::Entity::delete_by_id(self.org_id.as_uuid())
            .exec(self.connection())
            .await?;
        if let Some(before) = before.filter(|_| deleted.rows_affected > 0) {
            self.outbox.push_gone(
                EventType::OrganizationDeleted,
                None,
                self.org_id,
                json!({ "organization": { "id": self.org_id } }),
                told(&before.try_into()?),
            );
        }
        Ok(())
    }

    /// Both unique indexes of the table answer alike, so this one is asked beforehand. A race
    /// between two calls is still refused by the index, and then named after the slug.
    async fn refuse_taken_external_id(&self, external_id: &str) -> Result<(), StoreError> {
        let taken = organizations::Entity::find()
            .filter(organizations::Column::ExternalId.eq(external_id))
            .filter(organizations::Column::Id.ne(self.org_id.as_uuid()))
            .one(self.connection())
            .await?;
        match taken {
            Some(_) => Err(StoreError::Conflict {
                attribute: "external_id".into(),
            }),
            None => Ok(()),
        }
    }
}
