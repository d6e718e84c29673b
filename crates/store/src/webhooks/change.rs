//! Making, changing and deleting endpoints.

use std::time::Duration;

use rollcall_model::{
    EventType, OrgId, Origin, PauseReason, Timestamp, WebhookEndpoint, WebhookEndpointId,
    WebhookSecretInfo,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
};
use uuid::Uuid;

use super::endpoints::types_to_column;
use super::tell::{EndpointTx, Told, shown};
use crate::connect::Store;
use crate::entity::webhook_endpoints::{ActiveModel, Column, Entity};
use crate::entity::webhook_secrets;
use crate::error::StoreError;

/// A webhook endpoint that is to be stored.
pub struct NewWebhookEndpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// The one organization whose events it is sent; `None` for all.
    pub organization_id: Option<OrgId>,
    /// What was chosen for it. Everything that is `None` is as if nobody had said anything.
    pub chosen: WebhookEndpointChange,
    /// Where it is.
    pub url: String,
    /// Its first secret.
    pub secret: NewWebhookSecret,
}

/// A secret that is to be stored.
pub struct NewWebhookSecret {
    /// Its id; later ones sort higher.
    pub id: Uuid,
    /// The secret, sealed.
    pub sealed: Vec<u8>,
}

/// What is to be changed of a webhook endpoint. `None` leaves a field as it is.
#[derive(Clone, Default)]
pub struct WebhookEndpointChange {
    /// Where it is.
    pub url: Option<String>,
    /// What it is, for people.
    pub description: Option<Option<String>>,
    /// The types that it is sent; `None` inside for every type.
    pub types: Option<Option<Vec<EventType>>>,
    /// Whether events of one organization come strictly one after the other.
    pub ordered: Option<bool>,
    /// How many requests are on their way to it at most.
    pub max_in_flight: Option<u32>,
    /// How long it may take to answer.
    pub timeout: Option<Duration>,
    /// Whether anything is sent to it.
    pub enabled: Option<bool>,
}

impl WebhookEndpointChange {
    fn apply(&self, endpoint: &mut WebhookEndpoint, now: Timestamp) {
        fn put<T: Clone>(field: &mut T, wanted: Option<&T>) {
            if let Some(wanted) = wanted {
                field.clone_from(wanted);
            }
        }
        put(&mut endpoint.url, self.url.as_ref());
        put(&mut endpoint.description, self.description.as_ref());
        put(&mut endpoint.types, self.types.as_ref());
        put(&mut endpoint.ordered, self.ordered.as_ref());
        put(&mut endpoint.max_in_flight, self.max_in_flight.as_ref());
        put(&mut endpoint.timeout, self.timeout.as_ref());
        match self.enabled {
            Some(true) => endpoint.paused = None,
            Some(false) => {
                endpoint.paused = endpoint.paused.or(Some((now, PauseReason::Manual)));
            }
            None => {}
        }
    }
}

fn row(endpoint: &WebhookEndpoint, resumed_at: Timestamp) -> ActiveModel {
    ActiveModel {
        id: Set(endpoint.id.as_uuid()),
        org_id: Set(endpoint.organization_id.map(OrgId::as_uuid)),
        url: Set(endpoint.url.clone()),
        description: Set(endpoint.description.clone()),
        types: Set(endpoint.types.as_deref().map(types_to_column)),
        ordered: Set(endpoint.ordered),
        max_in_flight: Set(endpoint.max_in_flight.into()),
        timeout_seconds: Set(i64::try_from(endpoint.timeout.as_secs()).unwrap_or(i64::MAX)),
        paused_at: Set(endpoint.paused.map(|(at, _)| at.unix_micros())),
        pause_reason: Set(endpoint
            .paused
            .map(|(_, reason)| reason.as_str().to_owned())),
        failures: Set(endpoint.failures.into()),
        failing_since: Set(endpoint.failing_since.map(Timestamp::unix_micros)),
        resumed_at: Set(resumed_at.unix_micros()),
        created_at: Set(endpoint.created_at.unix_micros()),
        updated_at: Set(endpoint.updated_at.unix_micros()),
    }
}

async fn insert_secret(
    tx: &impl ConnectionTrait,
    id: WebhookEndpointId,
    secret: NewWebhookSecret,
    now: Timestamp,
) -> Result<(), StoreError> {
    webhook_secrets::Entity::insert(webhook_secrets::ActiveModel {
        endpoint_id: Set(id.as_uuid()),
        id: Set(secret.id),
        sealed: Set(secret.sealed),
        created_at: Set(now.unix_micros()),
        expires_at: Set(None),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

impl Store {
    /// Adds a webhook endpoint with its first secret.
    ///
    /// # Errors
    ///
    /// Its organization is gone ([`StoreError::ParentMissing`]), or has too many
    /// ([`StoreError::TooMany`]).
    pub async fn insert_webhook_endpoint(
        &self,
        new: NewWebhookEndpoint,
        origin: Origin,
    ) -> Result<WebhookEndpoint, StoreError> {
        let tx = EndpointTx::begin(self, new.organization_id, origin).await?;
        let others = match new.organization_id {
            Some(org_id) => Column::OrgId.eq(org_id.as_uuid()),
            None => Column::OrgId.is_null(),
        };
        let others = Entity::find().filter(others).count(tx.connection()).await?;
        if usize::try_from(others).unwrap_or(usize::MAX) >= MAX_ENDPOINTS {
            return Err(StoreError::TooMany {
                what: "webhook endpoints",
                limit: MAX_ENDPOINTS,
            });
        }
        let now = tx.now();
        let mut endpoint = WebhookEndpoint {
            id: new.id,
            organization_id: new.organization_id,
            url: new.url,
            description: None,
            types: None,
            ordered: false,
            max_in_flight: DEFAULT_IN_FLIGHT,
            timeout: DEFAULT_TIMEOUT,
            paused: None,
            failures: 0,
            failing_since: None,
            secrets: vec![WebhookSecretInfo {
                created_at: now,
                expires_at: None,
            }],
            created_at: now,
            updated_at: now,
        };
        new.chosen.apply(&mut endpoint, now);
        Entity::insert(row(&endpoint, now))
            .exec_without_returning(tx.connection())
            .await?;
        insert_secret(tx.connection(), new.id, new.secret, now).await?;
        let told = Told {
            before: None,
            after: Some(shown(&endpoint)),
        };
        tx.commit(EventType::WebhookEndpointCreated, new.id, told)
            .await?;
        Ok(endpoint)
    }

    /// Changes a webhook endpoint; `None` if there is none of that id. What changes nothing is not
    /// told to anybody.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn change_webhook_endpoint(
        &self,
        within: Option<OrgId>,
        id: WebhookEndpointId,
        change: WebhookEndpointChange,
        origin: Origin,
    ) -> Result<Option<WebhookEndpoint>, StoreError> {
        let Some(found) = self.find_webhook_endpoint(within, id).await? else {
            return Ok(None);
        };
        let tx = EndpointTx::begin(self, found.organization_id, origin).await?;
        let Some(mut endpoint) = tx.lock(id).await? else {
            return Ok(None);
        };
        endpoint.secrets = found.secrets;
        let (before, now) = (endpoint.clone(), tx.now());
        change.apply(&mut endpoint, now);
        if endpoint == before {
            return Ok(Some(endpoint));
        }
        let kind = match (before.paused, endpoint.paused) {
            (Some(_), None) => EventType::WebhookEndpointResumed,
            (None, Some(_)) => EventType::WebhookEndpointPaused,
            _ => EventType::WebhookEndpointUpdated,
        };
        endpoint.updated_at = now;
        let mut row = row(&endpoint, now);
        if kind == EventType::WebhookEndpointResumed {
            (endpoint.failures, endpoint.failing_since) = (0, None);
            (row.failures, row.failing_since) = (Set(0), Set(None));
        } else {
            row.resumed_at = sea_orm::ActiveValue::NotSet;
        }
        Entity::update(row).exec(tx.connection()).await?;
        let told = Told {
            before: Some(shown(&before)),
            after: Some(shown(&endpoint)),
        };
        tx.commit(kind, id, told).await?;
        Ok(Some(endpoint))
    }

    /// Gives a webhook endpoint a new secret. Those it has sign along until `overlap` is over, and
    /// never more than [`MAX_SECRETS`]. `None` if there is no endpoint of that id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn rotate_webhook_secret(
        &self,
        within: Option<OrgId>,
        id: WebhookEndpointId,
        (secret, overlap): (NewWebhookSecret, Duration),
        origin: Origin,
    ) -> Result<Option<WebhookEndpoint>, StoreError> {
        use webhook_secrets::Column;
        let Some(found) = self.find_webhook_endpoint(within, id).await? else {
            return Ok(None);
        };
        let tx = EndpointTx::begin(self, found.organization_id, origin).await?;
        let Some(endpoint) = tx.lock(id).await? else {
            return Ok(None);
        };
        let now = tx.now();
        let secrets = webhook_secrets::Entity::find()
            .filter(Column::EndpointId.eq(id.as_uuid()))
            .all(tx.connection())
            .await?;
        let mut kept: Vec<_> = secrets.into_iter().map(|secret| secret.id).collect();
        kept.sort_unstable_by(|one, other| other.cmp(one));
        kept.truncate(MAX_SECRETS - 1);
        let ended = now.plus(overlap).unix_micros();
        webhook_secrets::Entity::delete_many()
            .filter(Column::EndpointId.eq(id.as_uuid()))
            .filter(
                Column::Id
                    .is_not_in(kept)
                    .or(Column::ExpiresAt.lte(now.unix_micros())),
            )
            .exec(tx.connection())
            .await?;
        webhook_secrets::Entity::update_many()
            .col_expr(Column::ExpiresAt, Expr::value(ended))
            .filter(Column::EndpointId.eq(id.as_uuid()))
            .filter(Column::ExpiresAt.is_null().or(Column::ExpiresAt.gt(ended)))
            .exec(tx.connection())
            .await?;
        insert_secret(tx.connection(), id, secret, now).await?;
        let mut after = shown(&endpoint);
        after["webhook_endpoint"]["secret_rotated_at"] = serde_json::json!(now);
        let told = Told {
            before: Some(shown(&endpoint)),
            after: Some(after),
        };
        tx.commit(EventType::WebhookEndpointUpdated, id, told)
            .await?;
        self.find_webhook_endpoint(within, id).await
    }

    /// Deletes a webhook endpoint with its secrets; what was queued for it is removed later. `false`
    /// if there is none of that id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn delete_webhook_endpoint(
        &self,
        within: Option<OrgId>,
        id: WebhookEndpointId,
        origin: Origin,
    ) -> Result<bool, StoreError> {
        let Some(found) = self.find_webhook_endpoint(within, id).await? else {
            return Ok(false);
        };
        let tx = EndpointTx::begin(self, found.organization_id, origin).await?;
        let gone = Entity::delete_many()
            .filter(Column::Id.eq(id.as_uuid()))
            .exec(tx.connection())
            .await?;
        if gone.rows_affected == 0 {
            return Ok(false);
        }
        let told = Told {
            before: Some(shown(&found)),
            after: None,
        };
        tx.commit(EventType::WebhookEndpointDeleted, id, told)
            .await?;
        Ok(true)
    }
}

/// How many requests are on their way to an endpoint if nobody says.
const DEFAULT_IN_FLIGHT: u32 = 8;

/// How long an endpoint may take to answer if nobody says.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

/// How many endpoints an organization has, and how many the installation: each has a delivery of each
/// event.
const MAX_ENDPOINTS: usize = 100;

/// How many secrets sign at once.
const MAX_SECRETS: usize = 3;
