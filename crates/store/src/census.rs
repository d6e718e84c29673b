//! How much there is of everything: what the gauges show.

use std::sync::LazyLock;

use rollcall_model::{AttentionReason, ConnectionState, IdpKind, ScimConnectionId, Timestamp};
use sea_orm::{FromQueryResult, Statement};
use uuid::Uuid;

use crate::attention::REASONS;
use crate::connect::Store;
use crate::error::StoreError;

/// Numbers over all organizations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Organizations.
    pub organizations: u64,
    /// SCIM connections, by what they are.
    pub connections: Vec<CountedConnections>,
    /// Those that need attention for each reason, in the order of [`AttentionReason::ALL`].
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

/// How many SCIM connections of an identity provider are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedConnections {
    /// The provider that their requests were recognised as, else the one that was chosen.
    pub idp: Option<IdpKind>,
    /// The state.
    pub state: ConnectionState,
    /// How many.
    pub count: u64,
}

impl Census {
    /// How many SCIM connections are in a state, whoever their identity provider is.
    #[must_use]
    pub fn in_state(&self, state: ConnectionState) -> u64 {
        let these = self.connections.iter().filter(|it| it.state == state);
        these.map(|it| it.count).sum()
    }
}

/// A SCIM connection that is switched on and was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalledConnection {
    /// Its id.
    pub id: ScimConnectionId,
    /// The provider that its requests were recognised as, else the one that was chosen.
    pub idp: Option<IdpKind>,
    /// When its last request came; up to a few seconds behind.
    pub last_request_at: Timestamp,
}

#[derive(FromQueryResult)]
struct Row {
    organizations: i64,
    users: i64,
    groups: i64,
    parked: i64,
}

#[derive(FromQueryResult)]
struct ConnectionsRow {
    idp: Option<String>,
    disabled: i64,
    awaiting: i64,
    connected: i64,
    attention: i64,
    no_live_token: i64,
    token_expiring: i64,
    auth_failing: i64,
    errors_rising: i64,
    quiet: i64,
}

impl ConnectionsRow {
    const fn for_reason(&self, reason: AttentionReason) -> i64 {
        match reason {
            AttentionReason::NoLiveToken => self.no_live_token,
            AttentionReason::TokenExpiring => self.token_expiring,
            AttentionReason::AuthFailing => self.auth_failing,
            AttentionReason::ErrorsRising => self.errors_rising,
            AttentionReason::Quiet => self.quiet,
        }
    }
}

#[derive(FromQueryResult)]
struct CalledRow {
    id: Uuid,
    idp: Option<String>,
    last_request_at: i64,
}

#[derive(FromQueryResult)]
struct Inactive {
    users: i64,
}

const COUNT: &str = "
    select
        (select count(*) from organizations) as organizations,
        (select cast(coalesce(sum(users), 0) as bigint) from directory_counts) as users,
        (select cast(coalesce(sum(groups), 0) as bigint) from directory_counts) as groups,
        (select count(*) from parked_references) as parked";

/// The states are those of `ScimConnection::state`; a test holds the two against each other.
static COUNT_CONNECTIONS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "
    select c.idp,
        sum(case when not c.enabled then 1 else 0 end) as disabled,
        sum(case when c.enabled and c.first_request_at is null
            then 1 else 0 end) as awaiting,
        sum(case when c.in_use and c.reasons = 0 then 1 else 0 end) as connected,
        sum(case when c.in_use and c.reasons <> 0 then 1 else 0 end) as attention,
        {}
    from (
        select coalesce(recognised_idp, idp) as idp, enabled, first_request_at,
            enabled and first_request_at is not null as in_use, {} as reasons
        from scim_connections s
    ) as c
    group by c.idp",
        AttentionReason::ALL
            .map(|reason| format!(
                "sum(case when c.in_use and c.reasons & {} <> 0 then 1 else 0 end) as {}",
                reason.bit(),
                reason.as_str()
            ))
            .join(", "),
        REASONS.as_str()
    )
});

/// A look at the index for each connection, and an entry for each user who is inactive: those who are
/// active, nearly all, are not read.
const COUNT_INACTIVE: &str = "
    select cast(coalesce(sum((
        select count(*) from users u
        where u.org_id = d.org_id and u.scim_connection_id = d.scim_connection_id
            and u.active = false
    )), 0) as bigint) as users
    from directory_counts d";

const CALLED: &str = "
    select id, coalesce(recognised_idp, idp) as idp, last_request_at
    from scim_connections
    where enabled and first_request_at is not null and last_request_at is not null";

impl Store {
    /// Counts everything. Reads every connection once, so it is for the metrics page, which
    /// asks a few times a minute.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn census(&self) -> Result<Census, StoreError> {
        let statement = Statement::from_string(self.db.get_database_backend(), COUNT);
        let Some(row) = Row::find_by_statement(statement).one(&self.db).await? else {
            return Ok(Census::default());
        };
        let (connections, reasons) = self.count_connections().await?;
        Ok(Census {
            organizations: count(row.organizations),
            connections,
            reasons,
            users: count(row.users),
            groups: count(row.groups),
            parked_references: count(row.parked),
            outbox: self.outbox_len().await?,
            outbox_since: self.oldest_in_outbox().await?,
            feed_end: self.feed_end().await?,
            feed_floor: self.feed_floor().await?,
        })
    }

    /// By state, and by reason.
    async fn count_connections(
        &self,
    ) -> Result<(Vec<CountedConnections>, [u64; AttentionReason::ALL.len()]), StoreError> {
        let statement = Statement::from_sql_and_values(
            self.db.get_database_backend(),
            COUNT_CONNECTIONS.as_str(),
            [self.clock.now().unix_micros().into()],
        );
        let rows = ConnectionsRow::find_by_statement(statement);
        let mut counted = Vec::new();
        let mut reasons = AttentionReason::ALL.map(|_| 0);
        for row in rows.all(&self.db).await? {
            let idp = kind(row.idp.as_deref());
            for (state, number) in [
                (ConnectionState::Disabled, row.disabled),
                (ConnectionState::AwaitingFirstRequest, row.awaiting),
                (ConnectionState::Connected, row.connected),
                (ConnectionState::Attention, row.attention),
            ] {
                let count = count(number);
                counted.push(CountedConnections { idp, state, count });
            }
            for (total, reason) in reasons.iter_mut().zip(AttentionReason::ALL) {
                *total += count(row.for_reason(reason));
            }
        }
        Ok((counted, reasons))
    }

    /// Counts the users who are inactive. Reads all of them, so it is for once a minute.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn count_inactive_users(&self) -> Result<u64, StoreError> {
        let statement = Statement::from_string(self.db.get_database_backend(), COUNT_INACTIVE);
        let row = Inactive::find_by_statement(statement).one(&self.db).await?;
        Ok(row.map_or(0, |row| count(row.users)))
    }

    /// Every SCIM connection that is switched on and was called, for the metrics of single
    /// connections.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn called_connections(&self) -> Result<Vec<CalledConnection>, StoreError> {
        let statement = Statement::from_string(self.db.get_database_backend(), CALLED);
        let rows = CalledRow::find_by_statement(statement)
            .all(&self.db)
            .await?;
        let called = rows.into_iter().map(|row| CalledConnection {
            id: ScimConnectionId::from_uuid(row.id),
            idp: kind(row.idp.as_deref()),
            last_request_at: Timestamp::from_unix_micros(row.last_request_at),
        });
        Ok(called.collect())
    }
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}

/// A name that a later release knows is none here.
fn kind(name: Option<&str>) -> Option<IdpKind> {
    name.and_then(|name| name.parse().ok())
}
