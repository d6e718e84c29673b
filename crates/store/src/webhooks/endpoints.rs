//! Reading endpoints.

use rollcall_model::{
    EventType, OrgId, Page, PageRequest, PauseReason, Timestamp, WebhookEndpoint,
    WebhookEndpointId, WebhookSecretInfo,
};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Select};
use std::time::Duration;

use crate::connect::Store;
use crate::entity::webhook_endpoints::{Column, Entity, Model};
use crate::entity::webhook_secrets;
use crate::error::StoreError;
use crate::paging;

const TABLE: &str = "webhook_endpoints";

/// The endpoints that somebody may see: those of one organization, or all.
pub(super) fn endpoints(within: Option<OrgId>) -> Select<Entity> {
    let all = Entity::find();
    match within {
        Some(org_id) => all.filter(Column::OrgId.eq(org_id.as_uuid())),
        None => all,
    }
}

/// Types as a column holds them: with a comma before and behind each, so that a part of a name is
/// not found.
pub(super) fn types_to_column(types: &[EventType]) -> String {
    let names: Vec<_> = types.iter().map(|kind| kind.as_str()).collect();
    format!(",{},", names.join(","))
}

/// A type that a later release knows and this one does not is left out.
fn types_from_column(column: &str) -> Vec<EventType> {
    let names = column.split(',').filter(|name| !name.is_empty());
    names.filter_map(EventType::from_name).collect()
}

impl TryFrom<Model> for WebhookEndpoint {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let corrupt = |reason: String| StoreError::corrupt(TABLE, row.id, reason);
        let number =
            |value: i64| u32::try_from(value).map_err(|reason| corrupt(reason.to_string()));
        let reason = row.pause_reason.as_deref().map(str::parse::<PauseReason>);
        let reason = reason.transpose().map_err(corrupt)?;
        Ok(Self {
            id: WebhookEndpointId::from_uuid(row.id),
            organization_id: row.org_id.map(OrgId::from_uuid),
            types: row.types.as_deref().map(types_from_column),
            ordered: row.ordered,
            max_in_flight: number(row.max_in_flight)?,
            timeout: Duration::from_secs(number(row.timeout_seconds)?.into()),
            paused: row.paused_at.map(|at| {
                let reason = reason.unwrap_or(PauseReason::Manual);
                (Timestamp::from_unix_micros(at), reason)
            }),
            failures: number(row.failures)?,
            failing_since: row.failing_since.map(Timestamp::from_unix_micros),
            secrets: Vec::new(),
            created_at: Timestamp::from_unix_micros(row.created_at),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
            url: row.url,
            description: row.description,
        })
    }
}

impl Store {
    /// Lists webhook endpoints, oldest first, without their secrets.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_webhook_endpoints(
        &self,
        within: Option<OrgId>,
        page: PageRequest<WebhookEndpointId>,
    ) -> Result<Page<WebhookEndpoint, WebhookEndpointId>, StoreError> {
        paging::page(
            &self.db,
            endpoints(within),
            Column::Id,
            page,
            (WebhookEndpointId::as_uuid, |item: &WebhookEndpoint| item.id),
        )
        .await
    }

    /// The webhook endpoint of that id, with when its secrets sign.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_webhook_endpoint(
        &self,
        within: Option<OrgId>,
        id: WebhookEndpointId,
    ) -> Result<Option<WebhookEndpoint>, StoreError> {
        let row = endpoints(within)
            .filter(Column::Id.eq(id.as_uuid()))
            .one(&self.db)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut endpoint = WebhookEndpoint::try_from(row)?;
        let secrets = signing_secrets(&self.db, id, self.clock.now()).await?;
        let told = |secret: webhook_secrets::Model| WebhookSecretInfo {
            created_at: Timestamp::from_unix_micros(secret.created_at),
            expires_at: secret.expires_at.map(Timestamp::from_unix_micros),
        };
        endpoint.secrets = secrets.into_iter().map(told).collect();
        Ok(Some(endpoint))
    }
}

/// The secrets that sign what is sent to an endpoint now, newest first.
pub(super) async fn signing_secrets(
    db: &impl ConnectionTrait,
    id: WebhookEndpointId,
    now: Timestamp,
) -> Result<Vec<webhook_secrets::Model>, StoreError> {
    use webhook_secrets::{Column, Entity};
    let now = now.unix_micros();
    let signing = Entity::find()
        .filter(Column::EndpointId.eq(id.as_uuid()))
        .filter(Column::ExpiresAt.is_null().or(Column::ExpiresAt.gt(now)))
        .order_by_desc(Column::Id);
    Ok(signing.all(db).await?)
}
