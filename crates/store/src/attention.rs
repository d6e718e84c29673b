//! Telling that a SCIM connection needs attention, and that it is well again.
//!
//! Nothing happens at the moment when a connection loses its last token by the clock, so somebody has
//! to look. What was told last stands in the connection's row, which the transaction of the event holds. A
//! connection that comes and goes is told of every [`APART`] at most.

use std::time::Duration;

use rollcall_model::{ConnectionState, EventType, OrgId, Origin, ScimConnection, ScimConnectionId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::json;
use uuid::Uuid;

use crate::connect::Store;
use crate::error::StoreError;
use crate::handle::OrgTx;

/// How long nothing is told of a connection after something was.
const APART: Duration = Duration::from_mins(5);

/// Whether a connection `s` has a credential that lets requests in at `$1`.
pub(crate) const IS_LIVE: &str = "exists (
        select 1 from scim_tokens t
        where t.org_id = s.org_id and t.scim_connection_id = s.id
            and t.expires_at > $1 and (t.revoked_at is null or t.revoked_at > $1)
    ) or exists (
        select 1 from oauth_clients o
        where o.org_id = s.org_id and o.scim_connection_id = s.id and o.revoked_at is null
    )";

/// A connection of which something is to be told.
#[derive(Clone, Copy, Debug)]
pub struct DueAttention {
    org_id: OrgId,
    connection_id: ScimConnectionId,
    needed: bool,
}

#[derive(FromQueryResult)]
struct Found {
    org_id: Uuid,
    id: Uuid,
    live: bool,
}

impl Store {
    /// Connections of which something is to be told, at most `limit`. Reads every connection once.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn due_attention(&self, limit: u64) -> Result<Vec<DueAttention>, StoreError> {
        let now = self.clock.now();
        let sql = format!(
            "select org_id, id, live from (
                select s.org_id, s.id, s.attention_told as told, ({IS_LIVE}) as live
                from scim_connections s
                where s.enabled and s.first_request_at is not null
                    and (s.attention_told_at is null or s.attention_told_at <= $2)
            ) as c where live = told order by org_id, id limit $3"
        );
        let values = [
            now.unix_micros().into(),
            now.minus(APART).unix_micros().into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ];
        let statement = Statement::from_sql_and_values(self.db.get_database_backend(), sql, values);
        let found = Found::find_by_statement(statement).all(&self.db).await?;
        let due = found.into_iter().map(|row| DueAttention {
            org_id: OrgId::from_uuid(row.org_id),
            connection_id: ScimConnectionId::from_uuid(row.id),
            needed: !row.live,
        });
        Ok(due.collect())
    }

    /// Tells of a connection what is due; `false` if another process has, or if it is not so any
    /// more.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn tell_attention(&self, due: DueAttention) -> Result<bool, StoreError> {
        let origin = Origin::system(self.clock());
        let mut tx = OrgTx::begin(self, due.org_id, origin).await?;
        let told = tx.tell_attention(due).await?;
        if told {
            tx.commit().await?;
        }
        Ok(told)
    }
}

impl OrgTx {
    async fn tell_attention(&mut self, due: DueAttention) -> Result<bool, StoreError> {
        const MARK: &str = "update scim_connections set attention_told = $3, attention_told_at = $4
            where org_id = $1 and id = $2 and attention_told <> $3";
        let id = due.connection_id;
        self.lock_scim_connection(id).await?;
        let connection = self.find_scim_connection(id).await?;
        let needed = |it: &ScimConnection| match it.state() {
            ConnectionState::Attention => Some(true),
            ConnectionState::Connected => Some(false),
            ConnectionState::Disabled | ConnectionState::AwaitingFirstRequest => None,
        };
        let Some(connection) = connection.filter(|it| needed(it) == Some(due.needed)) else {
            return Ok(false);
        };
        let values = [
            self.org_id.as_uuid().into(),
            id.as_uuid().into(),
            due.needed.into(),
            self.now.unix_micros().into(),
        ];
        let backend = self.connection().get_database_backend();
        let mark = Statement::from_sql_and_values(backend, MARK, values);
        if self.connection().execute_raw(mark).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let mut told = json!({ "id": id, "name": connection.name });
        let kind = if due.needed {
            told["reasons"] = json!(connection.reasons());
            EventType::ScimConnectionAttention
        } else {
            EventType::ScimConnectionRecovered
        };
        let data = json!({ "scim_connection": told });
        self.outbox.push(kind, Some(id), id, data);
        Ok(true)
    }
}
