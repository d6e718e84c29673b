//! How much there is of everything: what the gauges show.

use std::sync::LazyLock;

use rollcall_model::{AttentionReason, Timestamp};
use sea_orm::{FromQueryResult, Statement};

use crate::attention::REASONS;
use crate::connect::Store;
use crate::error::StoreError;

/// Numbers over all organizations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Organizations.
    pub organizations: u64,
    /// SCIM connections that are switched off.
    pub disabled: u64,
    /// SCIM connections that nothing has been heard of.
    pub awaiting_first_request: u64,
    /// SCIM connections in use.
    pub connected: u64,
    /// SCIM connections that need a person.
    pub attention: u64,
    /// Those of them that do for each reason, in the order of [`AttentionReason::ALL`].
    pub reasons: [u64; AttentionReason::ALL.len()],
    /// Users of all connections.
    pub users: u64,
    /// Groups of all connections.
    pub groups: u64,
    /// References to what does not exist yet, of all connections.
    pub parked_references: u64,
    /// Events that have no place in the feed yet.
    pub outbox: u64,
    /// When the oldest of them was made.
    pub outbox_since: Option<Timestamp>,
    /// The position of the newest event in the feed.
    pub feed_end: u64,
    /// The position of the last event that is no longer kept.
    pub feed_floor: u64,
}

#[derive(FromQueryResult)]
struct Row {
    organizations: i64,
    disabled: i64,
    awaiting: i64,
    connected: i64,
    attention: i64,
    no_live_token: i64,
    token_expiring: i64,
    auth_failing: i64,
    errors_rising: i64,
    quiet: i64,
    users: i64,
    groups: i64,
    parked: i64,
}

/// The states are those of `ScimConnection::state`; a test holds the two against each other.
static COUNT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "
    select
        (select count(*) from organizations) as organizations,
        coalesce(sum(case when not c.enabled then 1 else 0 end), 0) as disabled,
        coalesce(sum(case when c.enabled and c.first_request_at is null
            then 1 else 0 end), 0) as awaiting,
        coalesce(sum(case when c.in_use and c.reasons = 0 then 1 else 0 end), 0) as connected,
        coalesce(sum(case when c.in_use and c.reasons <> 0 then 1 else 0 end), 0) as attention,
        {}
        (select cast(coalesce(sum(users), 0) as bigint) from directory_counts) as users,
        (select cast(coalesce(sum(groups), 0) as bigint) from directory_counts) as groups,
        (select count(*) from parked_references) as parked
    from (
        select enabled, first_request_at, enabled and first_request_at is not null as in_use,
            {} as reasons
        from scim_connections s
    ) as c",
        AttentionReason::ALL.map(|reason| format!(
            "coalesce(sum(case when c.in_use and c.reasons & {} <> 0 then 1 else 0 end), 0) as {},",
            reason.bit(),
            reason.as_str()
        )).concat(),
        REASONS.as_str()
    )
});

impl Store {
    /// Counts everything. Reads every connection once, so it is for the metrics page, which
    /// asks a few times a minute.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn census(&self) -> Result<Census, StoreError> {
        let statement = Statement::from_sql_and_values(
            self.db.get_database_backend(),
            COUNT.as_str(),
            [self.clock.now().unix_micros().into()],
        );
        let Some(row) = Row::find_by_statement(statement).one(&self.db).await? else {
            return Ok(Census::default());
        };
        let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
        Ok(Census {
            organizations: count(row.organizations),
            disabled: count(row.disabled),
            awaiting_first_request: count(row.awaiting),
            connected: count(row.connected),
            attention: count(row.attention),
            reasons: AttentionReason::ALL.map(|reason| {
                count(match reason {
                    AttentionReason::NoLiveToken => row.no_live_token,
                    AttentionReason::TokenExpiring => row.token_expiring,
                    AttentionReason::AuthFailing => row.auth_failing,
                    AttentionReason::ErrorsRising => row.errors_rising,
                    AttentionReason::Quiet => row.quiet,
                })
            }),
            users: count(row.users),
            groups: count(row.groups),
            parked_references: count(row.parked),
            outbox: self.outbox_len().await?,
            outbox_since: self.oldest_in_outbox().await?,
            feed_end: self.feed_end().await?,
            feed_floor: self.feed_floor().await?,
        })
    }
}
