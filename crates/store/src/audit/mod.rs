//! The audit log: who did what, written in the transaction that does it.
//!
//! What belongs to the installation and to no organization, such as an API key, stands under the
//! nil UUID, so that the table's key can begin with the organization as every other does.

mod chain;
pub(crate) mod detail;
mod read;
mod swaps;
mod verify;

use std::ops::RangeInclusive;

use rollcall_model::{AuditId, Clock, OrgId, Origin, Timestamp};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, Statement};
use serde_json::Value;

pub(crate) use self::chain::{Entry, Link, appended, column_of};
pub use self::read::AuditQuery;
pub(crate) use self::read::newest_about;
pub use self::verify::{AuditFault, AuditFinding, AuditReport};
use crate::entity::audit_log::{ActiveModel, Entity};
use crate::error::StoreError;

/// How many rows one INSERT carries: they have ten columns, and SQLite takes 32,766 values.
const ROWS_PER_INSERT: usize = 500;

/// One row to be: who does which action to which target, by which request.
///
/// Its time is that of `at` to the millisecond, as it is shown, so that the hash can be computed from
/// what is shown.
pub(crate) fn entry(
    (clock, at): (&dyn Clock, Timestamp),
    org_id: Option<OrgId>,
    origin: &Origin,
    (action, target): (&str, String),
    detail: Option<&Value>,
) -> Entry {
    Entry {
        org_id,
        id: AuditId::new(clock),
        at: at.truncated_to_millis(),
        actor: origin.actor.to_string(),
        action: action.to_owned(),
        target,
        request_id: origin.request_id,
        detail: detail.map(Value::to_string),
    }
}

/// What a transaction needs of its organization's counters.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// Numbers of events.
    pub(crate) events: usize,
    /// Places in the chain.
    pub(crate) rows: usize,
    /// By how much the number of active users changes.
    pub(crate) active_users: i64,
}

/// What was taken for a transaction: the last of its numbers in the sequence of events, and where
/// the chain ends before it.
pub(crate) struct Taken {
    pub(crate) last_event: i64,
    pub(crate) before: Link,
}

impl Taken {
    /// The numbers that were taken for so many events.
    pub(crate) fn sequences(&self, events: usize) -> RangeInclusive<i64> {
        self.last_event + 1 - count(events)..=self.last_event
    }
}

/// Takes numbers for events and for rows of the log, and with them the lock that every writer of the
/// organization takes last.
pub(crate) async fn take(
    tx: &impl ConnectionTrait,
    org_id: Option<OrgId>,
    wanted: Wanted,
) -> Result<Taken, StoreError> {
    const TAKE: &str = "
        insert into event_sequences (org_id, last, audit_number, active_users)
        values ($1, $2, $3, $4)
        on conflict (org_id) do update set
            last = event_sequences.last + excluded.last,
            audit_number = event_sequences.audit_number + excluded.audit_number,
            active_users = event_sequences.active_users + excluded.active_users
        returning last, audit_number, audit_hash";
    let (events, rows) = (count(wanted.events), count(wanted.rows));
    let values = [
        column_of(org_id).into(),
        events.into(),
        rows.into(),
        wanted.active_users.into(),
    ];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), TAKE, values);
    let corrupt =
        |reason: &str| StoreError::corrupt("event_sequences", column_of(org_id), reason.to_owned());
    let row = tx.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| corrupt("the upsert returned no row"))?;
    let mut before = Link::beginning(org_id);
    before.number = row.try_get::<i64>("", "audit_number")? - rows;
    if let Some(hash) = row.try_get::<Option<Vec<u8>>>("", "audit_hash")? {
        let hash = hash.try_into();
        before.hash = hash.map_err(|_| corrupt("the hash has not 32 bytes"))?;
    }
    Ok(Taken {
        last_event: row.try_get("", "last")?,
        before,
    })
}

/// The places of rows that follow each other.
pub(crate) fn links(before: Link, entries: &[Entry]) -> Vec<Link> {
    let mut link = before;
    let next = |entry: &Entry| {
        link = link.followed_by(&entry.digest());
        link
    };
    entries.iter().map(next).collect()
}

/// Writes rows at the places that were taken for them, and moves the head of the chain.
pub(crate) async fn append(
    tx: &impl ConnectionTrait,
    before: Link,
    entries: Vec<Entry>,
) -> Result<(), StoreError> {
    let links = links(before, &entries);
    let (Some(head), Some(first)) = (links.last().copied(), entries.first()) else {
        return Ok(());
    };
    let org_id = column_of(first.org_id);
    let rows: Vec<_> = entries.into_iter().zip(&links).map(row).collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        Entity::insert_many(rows.iter().cloned())
            .exec_without_returning(tx)
            .await?;
    }
    const MOVE: &str = "update event_sequences set audit_hash = $2 where org_id = $1";
    let values = [org_id.into(), head.hash.to_vec().into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), MOVE, values);
    tx.execute_raw(statement).await?;
    Ok(())
}

/// Writes one row of the installation's own log. Its chain is locked until the commit, so this comes
/// last.
pub(crate) async fn append_to_installation(
    tx: &impl ConnectionTrait,
    entry: Entry,
) -> Result<(), StoreError> {
    let taken = take(
        tx,
        None,
        Wanted {
            rows: 1,
            ..Wanted::default()
        },
    )
    .await?;
    append(tx, taken.before, vec![entry]).await
}

fn row((entry, link): (Entry, &Link)) -> ActiveModel {
    ActiveModel {
        org_id: Set(column_of(entry.org_id)),
        id: Set(entry.id.as_uuid()),
        at: Set(entry.at.unix_micros()),
        actor: Set(entry.actor),
        action: Set(entry.action),
        target: Set(entry.target),
        request_id: Set(entry.request_id.as_uuid()),
        detail: Set(entry.detail),
        number: Set(Some(link.number)),
        hash: Set(Some(link.hash.to_vec())),
    }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
