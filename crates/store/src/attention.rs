//! Telling that a SCIM connection needs attention, why, and that it is well again.
//!
//! Nothing happens at the moment when a connection loses its last token by the clock or falls silent,
//! so somebody has to look. What was told last stands in the connection's row, which the transaction of
//! the event holds. It is told again when the reasons are others. A connection that comes and goes is told
//! of every [`APART`] at most.

use std::sync::LazyLock;
use std::time::Duration;

use rollcall_model::{
    Attention, AttentionReason, ConnectionState, EXPIRING, EventType, OrgId, Origin,
    ScimConnection, ScimConnectionId,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::json;
use uuid::Uuid;

use crate::connect::Store;
use crate::error::StoreError;
use crate::handle::OrgTx;

/// How long nothing is told of a connection after something was.
const APART: Duration = Duration::from_mins(5);

/// The reasons for which a connection `s` that is in use needs a person at `$1`, as the sum of their
/// bits. They are those of `rollcall_model::Evidence`; a test holds the two against each other.
pub(crate) static REASONS: LazyLock<String> = LazyLock::new(|| {
    let own = "org_id = s.org_id and {}.scim_connection_id = s.id";
    let of = |table: &str| format!("{table}.{}", own.replace("{}", table));
    let used = |token: &str| {
        format!(
            "{} and {token}.expires_at > $1 and {token}.revoked_at is null
                and {token}.last_used_at is not null",
            of(token)
        )
    };
    let expiring = EXPIRING.map(|notice| {
        let micros = notice.as_micros();
        format!("(t.expires_at - $1 <= {micros} and t.expires_at - t.created_at > {micros})")
    });
    let bit = AttentionReason::bit;
    format!(
        "(case when exists (
                select 1 from scim_tokens t where {tokens} and t.expires_at > $1
                    and (t.revoked_at is null or t.revoked_at > $1)
            ) or exists (
                select 1 from oauth_clients o where {clients} and o.revoked_at is null
            ) then 0 else {no_live_token} end
        + case when exists (
                select 1 from scim_tokens t where {used} and ({expiring}) and not exists (
                    select 1 from scim_tokens u where {used_too} and u.expires_at > t.expires_at)
            ) and not exists (
                select 1 from oauth_clients o where {clients} and o.revoked_at is null
                    and o.last_used_at is not null
            ) then {token_expiring} else 0 end
        + coalesce((
            select case when h.errors_rising_since is not null then {errors_rising} else 0 end
                + case when s.last_request_at > h.active_until then 0
                    else case when h.auth_failing_since is not null then {auth_failing} else 0 end
                        + case when h.quiet_from <= $1 then {quiet} else 0 end
                    end
            from scim_connection_habits h where {habits}
        ), 0))",
        tokens = of("t"),
        clients = of("o"),
        habits = of("h"),
        used = used("t"),
        used_too = used("u"),
        expiring = expiring.join(" or "),
        no_live_token = bit(AttentionReason::NoLiveToken),
        token_expiring = bit(AttentionReason::TokenExpiring),
        auth_failing = bit(AttentionReason::AuthFailing),
        errors_rising = bit(AttentionReason::ErrorsRising),
        quiet = bit(AttentionReason::Quiet),
    )
});

/// Reasons as the sum of their bits.
fn set_of(reasons: &[Attention]) -> i64 {
    reasons.iter().map(|it| it.reason.bit()).sum()
}

/// A connection of which something is to be told.
#[derive(Clone, Copy, Debug)]
pub struct DueAttention {
    org_id: OrgId,
    connection_id: ScimConnectionId,
    reasons: i64,
}

#[derive(FromQueryResult)]
struct Found {
    org_id: Uuid,
    id: Uuid,
    reasons: i64,
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
            "select org_id, id, reasons from (
                select s.org_id, s.id, s.attention_reasons as told, cast({} as bigint) as reasons
                from scim_connections s
                where s.enabled and s.first_request_at is not null
                    and (s.attention_told_at is null or s.attention_told_at <= $2)
            ) as c where reasons <> told order by org_id, id limit $3",
            REASONS.as_str()
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
            reasons: row.reasons,
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
        const MARK: &str = "update scim_connections
            set attention_reasons = $3, attention_told = $4, attention_told_at = $5
            where org_id = $1 and id = $2 and attention_reasons <> $3";
        let id = due.connection_id;
        self.lock_scim_connection(id).await?;
        let connection = self.find_scim_connection(id).await?;
        let reasons = |it: &ScimConnection| match it.state() {
            ConnectionState::Attention | ConnectionState::Connected => Some(set_of(it.attention())),
            ConnectionState::Disabled | ConnectionState::AwaitingFirstRequest => None,
        };
        let Some(connection) = connection.filter(|it| reasons(it) == Some(due.reasons)) else {
            return Ok(false);
        };
        let needed = due.reasons != 0;
        let values = [
            self.org_id.as_uuid().into(),
            id.as_uuid().into(),
            due.reasons.into(),
            needed.into(),
            self.now.unix_micros().into(),
        ];
        let backend = self.connection().get_database_backend();
        let mark = Statement::from_sql_and_values(backend, MARK, values);
        if self.connection().execute_raw(mark).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let mut told = json!({ "id": id, "name": connection.name });
        let kind = if needed {
            told["reasons"] = json!(connection.reasons());
            told["attention"] = json!(connection.attention());
            EventType::ScimConnectionAttention
        } else {
            EventType::ScimConnectionRecovered
        };
        let data = json!({ "scim_connection": told });
        self.outbox.push(kind, Some(id), id, data);
        Ok(true)
    }
}
