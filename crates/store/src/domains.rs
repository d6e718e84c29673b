//! The domains of one organization, and which organization has verified a domain.
//!
//! Any number of organizations may claim a domain; the primary key of `routing_domains` lets one of
//! them have it verified.

use std::collections::BTreeSet;

use rollcall_model::{Domain, EventType, OrgId, OrgRef, SsoConnectionId, Timestamp};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde_json::{Value, json};

use crate::connect::Store;
use crate::entity::organization_domains::{ActiveModel, Column, Entity, Model};
use crate::entity::routing_domains;
use crate::error::StoreError;
use crate::handle::{OrgHandle, OrgTx};

/// How many domains an organization may claim.
pub const MAX_DOMAINS: usize = 100;

/// Every query on the table starts here.
fn of(org_id: OrgId) -> Select<Entity> {
    Entity::find().filter(Column::OrgId.eq(org_id.as_uuid()))
}

impl From<Model> for Domain {
    fn from(row: Model) -> Self {
        Self {
            name: row.domain,
            challenge: row.challenge,
            sso_connection_id: row.sso_connection_id.map(SsoConnectionId::from_uuid),
            created_at: Timestamp::from_unix_micros(row.created_at),
            verified_at: row.verified_at.map(Timestamp::from_unix_micros),
        }
    }
}

/// What events tell of a domain.
fn told(domain: &Domain) -> Value {
    json!({ "domain": {
        "domain": domain.name,
        "state": if domain.verified_at.is_some() { "verified" } else { "pending" },
        "sso_connection_id": domain.sso_connection_id,
    }})
}

impl OrgHandle {
    /// One domain; `None` if this organization does not claim it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_domain(&self, name: &str) -> Result<Option<Domain>, StoreError> {
        let row = of(self.org_id())
            .filter(Column::Domain.eq(name))
            .one(&self.store.db)
            .await?;
        Ok(row.map(Domain::from))
    }

    /// Every domain, by name: [`MAX_DOMAINS`] at most.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_domains(&self) -> Result<Vec<Domain>, StoreError> {
        let rows = of(self.org_id())
            .order_by_asc(Column::Domain)
            .limit(u64::try_from(MAX_DOMAINS).unwrap_or(u64::MAX))
            .all(&self.store.db)
            .await?;
        Ok(rows.into_iter().map(Domain::from).collect())
    }
}

impl OrgTx {
    /// Notes that the organization claims a domain.
    ///
    /// # Errors
    ///
    /// It claims it already ([`StoreError::Conflict`]), or too many
    /// ([`StoreError::TooMany`]); the SSO connection is not there ([`StoreError::ParentMissing`]).
    pub async fn claim_domain(
        &mut self,
        name: &str,
        challenge: String,
        sso_connection_id: Option<SsoConnectionId>,
    ) -> Result<Domain, StoreError> {
        let there_are = of(self.org_id).count(self.connection()).await?;
        if usize::try_from(there_are).unwrap_or(usize::MAX) >= MAX_DOMAINS {
            return Err(StoreError::TooMany {
                what: "domains of an organization",
                limit: MAX_DOMAINS,
            });
        }
        let domain = Domain {
            name: name.to_owned(),
            challenge,
            sso_connection_id,
            created_at: self.now,
            verified_at: None,
        };
        Entity::insert(ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            domain: Set(domain.name.clone()),
            challenge: Set(domain.challenge.clone()),
            sso_connection_id: Set(sso_connection_id.map(|id| id.as_uuid())),
            created_at: Set(self.now.unix_micros()),
            verified_at: Set(None),
        })
        .exec_without_returning(self.connection())
        .await
        .map_err(StoreError::naming_conflict("domain"))?;
        self.outbox
            .push_made(EventType::DomainClaimed, None, name, told(&domain));
        Ok(domain)
    }

    /// Reads one domain and holds its row until the end of the transaction; `None` if this
    /// organization does not claim it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lock_domain(&self, name: &str) -> Result<Option<Domain>, StoreError> {
        let row = of(self.org_id)
            .filter(Column::Domain.eq(name))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        Ok(row.map(Domain::from))
    }

    /// Notes that a domain was found to be the organization's; `None` if it does not claim it. One
    /// that was verified before stays as it is.
    ///
    /// # Errors
    ///
    /// Another organization has verified it ([`StoreError::Conflict`]).
    pub async fn verify_domain(&mut self, name: &str) -> Result<Option<Domain>, StoreError> {
        let Some(before) = self.lock_domain(name).await? else {
            return Ok(None);
        };
        if before.verified_at.is_some() {
            return Ok(Some(before));
        }
        routing_domains::Entity::insert(routing_domains::ActiveModel {
            domain: Set(name.to_owned()),
            org_id: Set(self.org_id.as_uuid()),
        })
        .exec_without_returning(self.connection())
        .await
        .map_err(StoreError::naming_conflict("domain"))?;
        let after = Domain {
            verified_at: Some(self.now),
            ..before.clone()
        };
        self.save_domain(EventType::DomainVerified, &before, &after)
            .await?;
        Ok(Some(after))
    }

    /// Names the SSO connection of a domain's people, or none; `None` if the organization does not
    /// claim the domain. An equal value makes no event.
    ///
    /// # Errors
    ///
    /// The SSO connection is not there ([`StoreError::ParentMissing`]).
    pub async fn change_domain(
        &mut self,
        name: &str,
        sso_connection_id: Option<SsoConnectionId>,
    ) -> Result<Option<Domain>, StoreError> {
        let Some(before) = self.lock_domain(name).await? else {
            return Ok(None);
        };
        let after = Domain {
            sso_connection_id,
            ..before.clone()
        };
        if after != before {
            self.save_domain(EventType::DomainUpdated, &before, &after)
                .await?;
        }
        Ok(Some(after))
    }

    async fn save_domain(
        &mut self,
        kind: EventType,
        before: &Domain,
        after: &Domain,
    ) -> Result<(), StoreError> {
        Entity::update(ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            domain: Set(after.name.clone()),
            sso_connection_id: Set(after.sso_connection_id.map(|id| id.as_uuid())),
            verified_at: Set(after.verified_at.map(Timestamp::unix_micros)),
            ..Default::default()
        })
        .exec(self.connection())
        .await?;
        self.outbox
            .push_change(kind, None, &after.name, told(before), told(after));
        Ok(())
    }

    /// Gives a domain up; `false` if the organization does not claim it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_domain(&mut self, name: &str) -> Result<bool, StoreError> {
        let Some(before) = self.lock_domain(name).await? else {
            return Ok(false);
        };
        Entity::delete_by_id((self.org_id.as_uuid(), name.to_owned()))
            .exec(self.connection())
            .await?;
        let data = json!({ "domain": { "domain": name } });
        self.outbox
            .push_gone(EventType::DomainRemoved, None, name, data, told(&before));
        Ok(true)
    }

    /// Takes an SSO connection that is going to be deleted away from its domains.
    pub(crate) async fn release_domains_of(
        &mut self,
        sso: SsoConnectionId,
    ) -> Result<(), StoreError> {
        let of_it = of(self.org_id)
            .filter(Column::SsoConnectionId.eq(sso.as_uuid()))
            .all(self.connection())
            .await?;
        for row in of_it {
            self.change_domain(&row.domain, None).await?;
        }
        Ok(())
    }

    /// Which of these domains the organization has verified. The names are in lower case and ASCII.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn verified_domains_among(
        &self,
        names: &[String],
    ) -> Result<BTreeSet<String>, StoreError> {
        /// What one statement asks for.
        const AT_ONCE: usize = 500;
        let mut verified = BTreeSet::new();
        for names in names.chunks(AT_ONCE) {
            let rows = of(self.org_id)
                .filter(Column::Domain.is_in(names))
                .filter(Column::VerifiedAt.is_not_null())
                .all(self.connection())
                .await?;
            verified.extend(rows.into_iter().map(|row| row.domain));
        }
        Ok(verified)
    }
}

impl Store {
    /// The organization that has verified a domain, and the domain.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_verified_domain(
        &self,
        name: &str,
    ) -> Result<Option<(OrgHandle, Domain)>, StoreError> {
        let route = routing_domains::Entity::find_by_id(name.to_owned())
            .one(&self.db)
            .await?;
        let Some(route) = route else { return Ok(None) };
        let named = OrgRef::Id(OrgId::from_uuid(route.org_id));
        let Some(org) = self.open_organization(&named).await? else {
            return Ok(None);
        };
        let domain = org.find_domain(name).await?;
        Ok(domain.map(|domain| (org, domain)))
    }
}
