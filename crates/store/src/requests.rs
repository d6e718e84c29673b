//! The request log: what an identity provider asked a connection, refused requests included.
//!
//! It holds routes, not URLs: a query string carries e-mail addresses.

use rollcall_model::{Page, PageRequest, RequestId, ScimConnectionId, Slug, Timestamp};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use serde_json::{Value, json};

use crate::connect::Store;
use crate::entity::scim_requests::{ActiveModel, Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::ConnectionHandle;

/// How many rows one INSERT carries; each has eleven columns.
const ROWS_PER_INSERT: usize = 200;

/// The same for a statement that takes its rows as JSON.
const AT_ONCE: &str = "
    insert into scim_requests (org_id, scim_connection_id, id, at, method, route, status, outcome,
        idp, duration_micros, detail)
    select org_id, scim_connection_id, id, at, method, route, status, outcome,
        idp, duration_micros, detail
    from json_to_recordset($1::json) as line (
        org_id uuid, scim_connection_id uuid, id uuid, at bigint, method text, route text,
        status bigint, outcome text, idp text, duration_micros bigint, detail text)";

/// Where a refused request was addressed to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogAddress {
    /// A connection, by its id in a path.
    Connection(ScimConnectionId),
    /// An organization, by its slug in a host.
    Organization(Slug),
}

/// One request, as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The id that the answer carried.
    pub id: RequestId,
    /// When it was answered.
    pub at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// The path pattern with the resource's id, without the query.
    pub route: String,
    /// The HTTP status it was answered with.
    pub status: u16,
    /// The kind of outcome, as the metrics count it, or the reason of a refused authentication.
    pub outcome: String,
    /// The identity provider it was recognised as.
    pub idp: Option<String>,
    /// How long the answer took, in microseconds.
    pub duration_micros: u64,
    /// What the answer said went wrong.
    pub detail: Option<String>,
}

impl TryFrom<Model> for LoggedRequest {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: RequestId::from_uuid(row.id),
            at: Timestamp::from_unix_micros(row.at),
            method: row.method,
            route: row.route,
            status: u16::try_from(row.status)
                .map_err(|reason| StoreError::corrupt("scim_requests", row.id, reason))?,
            outcome: row.outcome,
            idp: row.idp,
            duration_micros: u64::try_from(row.duration_micros).unwrap_or(0),
            detail: row.detail,
        })
    }
}

fn row(handle: &ConnectionHandle, request: &LoggedRequest) -> ActiveModel {
    ActiveModel {
        org_id: Set(handle.org_id.as_uuid()),
        scim_connection_id: Set(handle.connection_id.as_uuid()),
        id: Set(request.id.as_uuid()),
        at: Set(request.at.unix_micros()),
        method: Set(request.method.clone()),
        route: Set(request.route.clone()),
        status: Set(i64::from(request.status)),
        outcome: Set(request.outcome.clone()),
        idp: Set(request.idp.clone()),
        duration_micros: Set(i64::try_from(request.duration_micros).unwrap_or(i64::MAX)),
        detail: Set(request.detail.clone()),
    }
}

impl ConnectionHandle {
    /// Lists logged requests, newest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn list_requests(
        &self,
        page: PageRequest<RequestId>,
    ) -> Result<Page<LoggedRequest, RequestId>, StoreError> {
        let mut query = Entity::find()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()));
        if let Some(after) = page.after {
            query = query.filter(Column::Id.lt(after.as_uuid()));
        }
        let items = query
            .order_by_desc(Column::Id)
            .limit(page.limit + 1)
            .all(&self.store.db)
            .await?
            .into_iter()
            .map(LoggedRequest::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_one_more(
            items,
            page.limit,
            |item: &LoggedRequest| item.id,
        ))
    }
}

impl ConnectionHandle {
    /// Drops the lines of this connection's log that are older than `before`.
    ///
    /// Request ids carry their time, so the primary key finds them.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn prune_requests(&self, before: Timestamp) -> Result<(), StoreError> {
        let tx = self.store.begin_write().await?;
        Entity::delete_many()
            .filter(Column::OrgId.eq(self.org_id.as_uuid()))
            .filter(Column::ScimConnectionId.eq(self.connection_id.as_uuid()))
            .filter(Column::Id.lt(RequestId::first_at(before).as_uuid()))
            .exec(tx.connection())
            .await?;
        tx.commit().await
    }
}

impl Store {
    /// Writes a batch of the request log. Requests of connections that are gone are left out.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn log_requests(
        &self,
        requests: &[(ConnectionHandle, LoggedRequest)],
    ) -> Result<(), StoreError> {
        for chunk in requests.chunks(ROWS_PER_INSERT) {
            let written = if self.dialect.writes_at_once() {
                self.log_at_once(chunk).await
            } else {
                self.log_together(chunk).await
            };
            match written {
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                Err(_) => self.log_one_by_one(chunk).await?,
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Writes a batch whose lines are one value of the statement: each request leaves a line, and a
    /// statement of thousands of values would cost more than the request.
    async fn log_at_once(
        &self,
        requests: &[(ConnectionHandle, LoggedRequest)],
    ) -> Result<(), StoreError> {
        let lines: Value = requests
            .iter()
            .map(|(handle, request)| {
                json!({
                    "org_id": handle.org_id.as_uuid(),
                    "scim_connection_id": handle.connection_id.as_uuid(),
                    "id": request.id.as_uuid(),
                    "at": request.at.unix_micros(),
                    "method": request.method,
                    "route": request.route,
                    "status": request.status,
                    "outcome": request.outcome,
                    "idp": request.idp,
                    "duration_micros": i64::try_from(request.duration_micros).unwrap_or(i64::MAX),
                    "detail": request.detail,
                })
            })
            .collect();
        let db = &self.db;
        let lines = [lines.to_string().into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), AT_ONCE, lines);
        db.execute_raw(statement).await?;
        Ok(())
    }

    async fn log_together(
        &self,
        requests: &[(ConnectionHandle, LoggedRequest)],
    ) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        let rows = requests
            .iter()
            .map(|(handle, request)| row(handle, request));
        Entity::insert_many(rows)
            .exec_without_returning(tx.connection())
            .await?;
        tx.commit().await
    }

    /// One line keeps a whole batch from being written, for instance because its connection was
    /// deleted meanwhile: writes the others.
    async fn log_one_by_one(
        &self,
        requests: &[(ConnectionHandle, LoggedRequest)],
    ) -> Result<(), StoreError> {
        for (handle, request) in requests {
            let tx = self.begin_write().await?;
            let written = Entity::insert(row(handle, request))
                .exec_without_returning(tx.connection())
                .await;
            match written.map_err(StoreError::from) {
                Ok(_) => tx.commit().await?,
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                Err(StoreError::ParentMissing) => {}
                Err(error) => tracing::warn!(%error, "a line of the request log was dropped"),
            }
        }
        Ok(())
    }

    /// Where the log is that a refused request belongs in. An address that names nothing, or an
    /// organization with several connections, has none.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn find_log(
        &self,
        address: &LogAddress,
    ) -> Result<Option<ConnectionHandle>, StoreError> {
        match address {
            LogAddress::Connection(id) => self.route_connection(*id).await,
            LogAddress::Organization(slug) => self.route_only_connection(slug).await,
        }
    }
}
