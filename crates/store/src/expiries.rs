//! Telling of the end of SCIM tokens, before and after it.
//!
//! A token is told of when 30, 14, 7 and 1 days of its life are left, and when it has expired, each
//! once: what was told last stands in the token's row, which the transaction of the notice's event
//! holds. A token that was made for fewer days is not told of as if it had had more. Where nobody was
//! there to tell in time, the latest notice alone is told: older ones would not be true any more.
//! What was revoked, or is going to be, needs no notice.

use std::time::Duration;

use rollcall_model::{EventType, OrgId, Origin, ScimConnectionId, Timestamp, TokenId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Statement,
};
use serde_json::json;

use crate::connect::Store;
use crate::entity::scim_tokens::{Column, Entity, Model};
use crate::error::StoreError;
use crate::handle::OrgTx;

/// How many days are left at each notice, in the order of time; 0 is the end.
const NOTICES: [i64; 5] = [30, 14, 7, 1, 0];

/// How long after the end it is still told of: an old database that is put back tells nothing of
/// tokens that nobody remembers.
const TELL_FOR: Duration = Duration::from_hours(30 * 24);

const DAY: Duration = Duration::from_hours(24);

/// A token that a notice is due for.
#[derive(Clone, Copy, Debug)]
pub struct DueNotice {
    org_id: OrgId,
    connection_id: ScimConnectionId,
    token_id: TokenId,
}

/// How many tokens that nobody revoked end soon, or have ended lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpiringTokens {
    /// Within 30 days.
    pub within_30_days: u64,
    /// Within 14 days.
    pub within_14_days: u64,
    /// Within 7 days.
    pub within_7_days: u64,
    /// Within a day.
    pub within_1_day: u64,
    /// In the last 30 days.
    pub expired: u64,
}

#[derive(FromQueryResult)]
struct Counted {
    within_30_days: i64,
    within_14_days: i64,
    within_7_days: i64,
    within_1_day: i64,
    expired: i64,
}

const COUNT: &str = "
    select
        coalesce(sum(case when expires_at > $1 then 1 else 0 end), 0) as within_30_days,
        coalesce(sum(case when expires_at > $1 and expires_at <= $2 then 1 else 0 end), 0)
            as within_14_days,
        coalesce(sum(case when expires_at > $1 and expires_at <= $3 then 1 else 0 end), 0)
            as within_7_days,
        coalesce(sum(case when expires_at > $1 and expires_at <= $4 then 1 else 0 end), 0)
            as within_1_day,
        coalesce(sum(case when expires_at <= $1 then 1 else 0 end), 0) as expired
    from scim_tokens
    where expires_at > $5 and expires_at <= $6 and (revoked_at is null or revoked_at > $1)";

fn in_days(now: Timestamp, days: i64) -> i64 {
    now.plus(life(days)).unix_micros()
}

fn life(days: i64) -> Duration {
    DAY * u32::try_from(days).unwrap_or(u32::MAX)
}

/// The tokens that some notice is due for.
fn due(now: Timestamp) -> Condition {
    let one = |days: i64| {
        let micros = i64::try_from(life(days).as_micros()).unwrap_or(i64::MAX);
        let lifetime = Expr::col(Column::ExpiresAt).sub(Expr::col(Column::CreatedAt));
        let told = Condition::any()
            .add(Column::NoticeDays.is_null())
            .add(Column::NoticeDays.gt(days));
        Condition::all()
            .add(Column::ExpiresAt.lte(in_days(now, days)))
            .add(lifetime.gt(micros))
            .add(told)
    };
    let any = NOTICES
        .into_iter()
        .fold(Condition::any(), |any, days| any.add(one(days)));
    Condition::all()
        .add(Column::ExpiresAt.gt(now.minus(TELL_FOR).unix_micros()))
        .add(Column::RevokedAt.is_null())
        .add(any)
}

impl Store {
    /// Tokens that a notice is due for, at most `limit`. Reads the tokens of all organizations, which
    /// are few.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn due_expiry_notices(&self, limit: u64) -> Result<Vec<DueNotice>, StoreError> {
        let rows = Entity::find()
            .filter(due(self.clock.now()))
            .order_by_asc(Column::OrgId)
            .order_by_asc(Column::ScimConnectionId)
            .order_by_asc(Column::Id)
            .limit(limit)
            .all(&self.db)
            .await?;
        let notices = rows.into_iter().map(|row| DueNotice {
            org_id: OrgId::from_uuid(row.org_id),
            connection_id: ScimConnectionId::from_uuid(row.scim_connection_id),
            token_id: TokenId::from_uuid(row.id),
        });
        Ok(notices.collect())
    }

    /// Tells of a token what is due; `false` if another process has.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn tell_expiry(&self, notice: DueNotice) -> Result<bool, StoreError> {
        let origin = Origin::system(self.clock());
        let mut tx = OrgTx::begin(self, notice.org_id, origin).await?;
        let told = tx.tell_expiry(notice).await?;
        if told {
            tx.commit().await?;
        }
        Ok(told)
    }

    /// Counts the tokens that end soon or have ended lately.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn count_expiring_tokens(&self) -> Result<ExpiringTokens, StoreError> {
        let now = self.clock.now();
        let values = [
            now.unix_micros(),
            in_days(now, 14),
            in_days(now, 7),
            in_days(now, 1),
            now.minus(TELL_FOR).unix_micros(),
            in_days(now, 30),
        ];
        let statement = Statement::from_sql_and_values(
            self.db.get_database_backend(),
            COUNT,
            values.map(sea_orm::Value::from),
        );
        let Some(row) = Counted::find_by_statement(statement).one(&self.db).await? else {
            return Ok(ExpiringTokens::default());
        };
        let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
        Ok(ExpiringTokens {
            within_30_days: count(row.within_30_days),
            within_14_days: count(row.within_14_days),
            within_7_days: count(row.within_7_days),
            within_1_day: count(row.within_1_day),
            expired: count(row.expired),
        })
    }
}

impl OrgTx {
    async fn tell_expiry(&mut self, notice: DueNotice) -> Result<bool, StoreError> {
        let own = Condition::all()
            .add(Column::OrgId.eq(self.org_id.as_uuid()))
            .add(Column::ScimConnectionId.eq(notice.connection_id.as_uuid()));
        let this = own.clone().add(Column::Id.eq(notice.token_id.as_uuid()));
        let row = Entity::find()
            .filter(this.clone())
            .filter(due(self.now))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        let Some(token) = row else {
            return Ok(false);
        };
        let reached = |days: &i64| token.expires_at <= in_days(self.now, *days);
        let Some(days) = NOTICES.into_iter().rfind(reached) else {
            return Ok(false);
        };
        Entity::update_many()
            .col_expr(Column::NoticeDays, Expr::value(days))
            .filter(this)
            .exec(self.connection())
            .await?;
        let successor = Entity::find()
            .filter(own)
            .filter(Column::ExpiresAt.gt(token.expires_at))
            .filter(Column::RevokedAt.is_null())
            .one(self.connection())
            .await?;
        self.push_notice(&token, days, successor.is_some());
        Ok(true)
    }

    fn push_notice(&mut self, token: &Model, days: i64, has_successor: bool) {
        let connection_id = ScimConnectionId::from_uuid(token.scim_connection_id);
        let id = TokenId::from_uuid(token.id);
        let mut told = json!({
            "id": id,
            "name": token.name,
            "prefix": token.prefix,
            "expires_at": Timestamp::from_unix_micros(token.expires_at),
            "has_successor": has_successor,
        });
        let kind = if days == 0 {
            EventType::ScimTokenExpired
        } else {
            told["days_left"] = json!(days);
            EventType::ScimTokenExpiring
        };
        let data = json!({ "scim_token": told });
        self.outbox.push(kind, Some(connection_id), id, data);
    }
}
