//! Writing the request log, in batches.

use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, Statement};
use serde_json::{Value, json};

use super::{BETWEEN_QUIRKS, LogLine, LoggedBody};
use crate::connect::Store;
use crate::dialect::WriteTx;
use crate::entity::{scim_request_contents, scim_requests};
use crate::error::StoreError;

/// How many rows one INSERT carries; each has nineteen columns.
const ROWS_PER_INSERT: usize = 200;

/// About what a line takes beyond its texts, in bytes.
const LINE: usize = 200;

/// The same for a statement that takes its rows as JSON.
const LINES_AT_ONCE: &str = "
    insert into scim_requests (org_id, scim_connection_id, id, at, method, route, filter, status,
        outcome, category, reason, scim_type, quirks, idp, duration_micros, detail, times, size)
    select org_id, scim_connection_id, id, at, method, route, filter, status,
        outcome, category, reason, scim_type, quirks, idp, duration_micros, detail, times, size
    from json_to_recordset($1::json) as line (
        org_id uuid, scim_connection_id uuid, id uuid, at bigint, method text, route text,
        filter text, status bigint, outcome text, category text, reason text, scim_type text,
        quirks text, idp text, duration_micros bigint, detail text, times bigint, size bigint)";

fn line_row(line: &LogLine) -> scim_requests::ActiveModel {
    let LogLine { of, request, .. } = line;
    scim_requests::ActiveModel {
        org_id: Set(of.org_id.as_uuid()),
        scim_connection_id: Set(of.connection_id.as_uuid()),
        id: Set(request.id.as_uuid()),
        at: Set(request.at.unix_micros()),
        method: Set(request.method.clone()),
        route: Set(request.route.clone()),
        filter: Set(request.filter.clone()),
        status: Set(i64::from(request.status)),
        outcome: Set(request.outcome.clone()),
        category: Set(Some(request.category.as_str().to_owned())),
        reason: Set(request.reason.map(|reason| reason.as_str().to_owned())),
        scim_type: Set(request.scim_type.clone()),
        quirks: Set(quirks(line)),
        idp: Set(request.idp.clone()),
        duration_micros: Set(signed(request.duration_micros)),
        detail: Set(request.detail.clone()),
        times: Set(signed(request.times)),
        size: Set(size(line)),
    }
}

fn line_json(line: &LogLine) -> Value {
    let LogLine { of, request, .. } = line;
    json!({
        "org_id": of.org_id.as_uuid(),
        "scim_connection_id": of.connection_id.as_uuid(),
        "id": request.id.as_uuid(),
        "at": request.at.unix_micros(),
        "method": request.method,
        "route": request.route,
        "filter": request.filter,
        "status": request.status,
        "outcome": request.outcome,
        "category": request.category,
        "reason": request.reason,
        "scim_type": request.scim_type,
        "quirks": quirks(line),
        "idp": request.idp,
        "duration_micros": signed(request.duration_micros),
        "detail": request.detail,
        "times": signed(request.times),
        "size": size(line),
    })
}

fn content_row(line: &LogLine) -> Option<scim_request_contents::ActiveModel> {
    let content = line.content.as_ref().filter(|it| !it.is_empty())?;
    let parts = |body: &Option<LoggedBody>| match body.clone() {
        None => (None, None, None),
        Some(body) => (body.json, body.bytes.map(signed), body.note),
    };
    let (request_body, request_bytes, request_note) = parts(&content.request);
    let (response_body, response_bytes, response_note) = parts(&content.response);
    Some(scim_request_contents::ActiveModel {
        org_id: Set(line.of.org_id.as_uuid()),
        scim_connection_id: Set(line.of.connection_id.as_uuid()),
        id: Set(line.request.id.as_uuid()),
        request_body: Set(request_body),
        request_bytes: Set(request_bytes),
        request_note: Set(request_note),
        response_body: Set(response_body),
        response_bytes: Set(response_bytes),
        response_note: Set(response_note),
    })
}

fn quirks(line: &LogLine) -> Option<String> {
    let names = &line.request.quirks;
    (!names.is_empty()).then(|| names.join(&BETWEEN_QUIRKS.to_string()))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// About what a line and its content take, in bytes.
fn size(line: &LogLine) -> i64 {
    let request = &line.request;
    let texts = [&request.filter, &request.detail]
        .into_iter()
        .flatten()
        .map(String::len)
        .sum::<usize>();
    let content = line.content.iter().flat_map(|content| {
        let bodies = [&content.request, &content.response];
        bodies.into_iter().flatten()
    });
    let content: usize = content
        .map(|body| LINE / 2 + body.json.as_ref().map_or(0, String::len))
        .sum();
    signed((LINE + request.route.len() + texts + content) as u64)
}

impl LogLine {
    /// About what the line takes in the database, in bytes, as the limit of a log counts it.
    #[must_use]
    pub fn size(&self) -> u64 {
        u64::try_from(size(self)).unwrap_or(0)
    }
}

impl Store {
    /// Writes a batch of the request log. Requests of connections that are gone are left out.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn log_requests(&self, lines: &[LogLine]) -> Result<(), StoreError> {
        for chunk in lines.chunks(ROWS_PER_INSERT) {
            match self.log_together(chunk).await {
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                Err(_) => self.log_one_by_one(chunk).await?,
                Ok(()) => {}
            }
        }
        Ok(())
    }

    async fn log_together(&self, lines: &[LogLine]) -> Result<(), StoreError> {
        let contents: Vec<_> = lines.iter().filter_map(content_row).collect();
        if self.dialect.writes_at_once() && contents.is_empty() {
            return self.log_at_once(&self.db, lines).await;
        }
        let tx = self.begin_write().await?;
        if self.dialect.writes_at_once() {
            self.log_at_once(tx.connection(), lines).await?;
        } else {
            scim_requests::Entity::insert_many(lines.iter().map(line_row))
                .exec_without_returning(tx.connection())
                .await?;
        }
        insert_contents(&tx, contents).await?;
        tx.commit().await
    }

    /// Writes a batch whose lines are one value of the statement: each request leaves a line, and a
    /// statement of thousands of values would cost more than the request.
    async fn log_at_once<C: ConnectionTrait>(
        &self,
        db: &C,
        lines: &[LogLine],
    ) -> Result<(), StoreError> {
        let lines: Value = lines.iter().map(line_json).collect();
        let lines = [lines.to_string().into()];
        let backend = db.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, LINES_AT_ONCE, lines);
        db.execute_raw(statement).await?;
        Ok(())
    }

    /// One line keeps a whole batch from being written, for instance because its connection was
    /// deleted meanwhile: writes the others.
    async fn log_one_by_one(&self, lines: &[LogLine]) -> Result<(), StoreError> {
        for line in lines {
            match self.log_one(line).await {
                Ok(()) | Err(StoreError::ParentMissing) => {}
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                Err(error) => tracing::warn!(%error, "a line of the request log was dropped"),
            }
        }
        Ok(())
    }

    async fn log_one(&self, line: &LogLine) -> Result<(), StoreError> {
        let tx = self.begin_write().await?;
        scim_requests::Entity::insert(line_row(line))
            .exec_without_returning(tx.connection())
            .await?;
        insert_contents(&tx, content_row(line).into_iter().collect()).await?;
        tx.commit().await
    }
}

async fn insert_contents(
    tx: &WriteTx,
    contents: Vec<scim_request_contents::ActiveModel>,
) -> Result<(), StoreError> {
    if contents.is_empty() {
        return Ok(());
    }
    scim_request_contents::Entity::insert_many(contents)
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}
