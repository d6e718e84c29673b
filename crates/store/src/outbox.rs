//! The outbox: what a transaction will tell, written as its last act.
//!
//! The sequence counter of an organization is one row that each of its writes updates, and the head
//! of its audit chain stands there too. Its lock is held until the commit is on disk, so it is taken
//! last, when nothing but inserts and the commit itself are left to do; what changes who may come
//! in takes one more (see `access_changes`).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use rollcall_model::{
    Actor, AuditHash, Clock, EventId, EventType, OrgId, Origin, ScimConnectionId, Stale, Timestamp,
    TracePlace,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, Statement};
use serde_json::{Value, json};

use crate::audit::{self, Entry, Link, Taken, Wanted, detail};
use crate::changes::changes;
use crate::entity::events;
use crate::error::StoreError;
use crate::spans;

/// How many rows one INSERT carries: events have eleven columns, and SQLite takes 32,766 values.
const ROWS_PER_INSERT: usize = 500;

/// One change as one statement. `$1` is the organization, `$2` how many events it makes (one or
/// none), `$3` and `$4` are for the chain, `$5` to `$11` are of the audit row, `$12` to `$14` of the event,
/// `$15` is how many users become active, `$16` where the event is from in a trace.
static ONE_AT_ONCE: LazyLock<String> = LazyLock::new(|| {
    let appended = audit::appended("$3", "$4");
    format!(
        "with taken as (
            insert into event_sequences (org_id, last, active_users, audit_number, audit_hash)
            values ($1, $2, $15, 1, sha256($3 || int8send(1) || $4))
            {appended}
        ), audited as (
            insert into audit_log (org_id, id, at, actor, action, target, request_id, detail,
                number, hash)
            select $1, $5, $6, $7, $8, $9, $10, $11, audit_number, audit_hash from taken
        )
        insert into events (org_id, sequence, id, type, scim_connection_id, occurred_at, actor,
            request_id, data, trace)
        select $1, last, $12, $8, $13, $6, $7, $10, $14, $16 from taken where $2 = 1"
    )
});

/// Many changes as one statement, after their numbers were taken. `$1` is the organization, `$2` the
/// changes, `$3` to `$5` and `$7` what they have in common, `$6` the new head of the chain.
const MANY_AT_ONCE: &str = "
    with changes as (
        select * from json_to_recordset($2::json) as change (
            number bigint, hash text, audit uuid, kind text, target text, detail text,
            sequence bigint, event uuid, connection uuid, data text)
    ), audited as (
        insert into audit_log (org_id, id, at, actor, action, target, request_id, detail, number,
            hash)
        select $1, audit, $3, $4, kind, target, $5, detail, number, decode(hash, 'hex')
        from changes
    ), moved as (
        update event_sequences set audit_hash = $6 where org_id = $1
    )
    insert into events (org_id, sequence, id, type, scim_connection_id, occurred_at, actor,
        request_id, data, trace)
    select $1, sequence, event, kind, connection, $3, $4, $5, data, $7
    from changes where event is not null";

/// What is told to the feed.
struct Told {
    kind: EventType,
    connection_id: Option<ScimConnectionId>,
    data: Value,
}

/// One change that is going to be told.
struct Change {
    action: Cow<'static, str>,
    /// What was changed: the text form of its id.
    target: String,
    /// What the audit row says of it, beyond what the event does.
    detail: Option<Value>,
    /// `None`: only the audit log has it.
    event: Option<Told>,
}

/// The changes of one transaction, in the order they were made.
pub(crate) struct Outbox {
    clock: Arc<dyn Clock>,
    org_id: OrgId,
    origin: Origin,
    changes: Vec<Change>,
    /// By how much the number of active users changes.
    active_change: i64,
    /// Where the transaction began, for what follows from it.
    trace: Option<TracePlace>,
}

impl Outbox {
    pub(crate) fn new(clock: Arc<dyn Clock>, org_id: OrgId, origin: Origin) -> Self {
        Self {
            clock,
            org_id,
            origin,
            changes: Vec::new(),
            active_change: 0,
            trace: spans::place(),
        }
    }

    /// The clock that this transaction takes its times and ids from.
    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Who makes these changes.
    pub(crate) const fn actor(&self) -> Actor {
        self.origin.actor
    }

    /// Counts users that become active, or who were and are no longer. They have an event as well.
    pub(crate) const fn count_active(&mut self, change: i64) {
        self.active_change += change;
    }

    /// By how much this transaction changes the number of active users.
    pub(crate) const fn active_change(&self) -> i64 {
        self.active_change
    }

    /// Queues one event and its audit row, which says nothing that the event does not.
    pub(crate) fn push(
        &mut self,
        kind: EventType,
        connection_id: Option<ScimConnectionId>,
        target: impl ToString,
        data: Value,
    ) {
        self.push_with(kind, connection_id, target, data, None);
    }

    /// Queues what somebody made through management: the event, and the audit row with what there
    /// is now.
    pub(crate) fn push_made(
        &mut self,
        kind: EventType,
        connection_id: Option<ScimConnectionId>,
        target: impl ToString,
        data: Value,
    ) {
        let made = detail::made(data.clone());
        self.push_with(kind, connection_id, target, data, Some(made));
    }

    /// Queues what somebody changed through management. The event tells what there is now and what is
    /// not as before; the audit row what differs. Neither side may hold a secret.
    pub(crate) fn push_change(
        &mut self,
        kind: EventType,
        connection_id: Option<ScimConnectionId>,
        target: impl ToString,
        before: Value,
        after: Value,
    ) {
        let mut data = after.clone();
        let (before, after) = (detail::subject(before), detail::subject(after));
        data["changes"] = changes(&before, &after);
        let changed = detail::changed(&before, &after);
        self.push_with(kind, connection_id, target, data, Some(changed));
    }

    /// Queues what somebody deleted through management; the audit row tells what there was.
    pub(crate) fn push_gone(
        &mut self,
        kind: EventType,
        connection_id: Option<ScimConnectionId>,
        target: impl ToString,
        data: Value,
        before: Value,
    ) {
        let gone = detail::gone(before);
        self.push_with(kind, connection_id, target, data, Some(gone));
    }

    /// Queues an audit row without an event.
    pub(crate) fn note(
        &mut self,
        action: impl Into<Cow<'static, str>>,
        target: impl ToString,
        detail: Value,
    ) {
        self.changes.push(Change {
            action: action.into(),
            target: target.to_string(),
            detail: (!detail.is_null()).then_some(detail),
            event: None,
        });
    }

    /// Queues one event, and its audit row with a detail of its own.
    pub(crate) fn push_with(
        &mut self,
        kind: EventType,
        connection_id: Option<ScimConnectionId>,
        target: impl ToString,
        data: Value,
        detail: Option<Value>,
    ) {
        self.changes.push(Change {
            action: kind.as_str().into(),
            target: target.to_string(),
            detail,
            event: Some(Told {
                kind,
                connection_id,
                data,
            }),
        });
    }

    /// The types of the events that were queued.
    pub(crate) fn kinds(&self) -> Vec<EventType> {
        let told = self
            .changes
            .iter()
            .filter_map(|change| change.event.as_ref());
        told.map(|told| told.kind).collect()
    }

    /// What the changes make out of date in those who remember it.
    pub(crate) fn stale(&self) -> BTreeSet<Stale> {
        let told = self
            .changes
            .iter()
            .filter_map(|change| change.event.as_ref());
        told.filter(|told| told.kind.changes_access())
            .map(|told| match told.connection_id {
                Some(id) => Stale::Connection(id),
                None => Stale::Organization(self.org_id),
            })
            .collect()
    }

    /// How many events are queued.
    pub(crate) fn events(&self) -> usize {
        let told = self.changes.iter().filter(|change| change.event.is_some());
        told.count()
    }

    /// Writes everything that was queued; nothing, if nothing was. `at_once` says that the database
    /// can do so in one statement.
    pub(crate) async fn write(
        self,
        tx: &impl ConnectionTrait,
        at_once: bool,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let entry = |change| self.entry(change, now);
        let entries: Vec<Entry> = self.changes.iter().map(entry).collect();
        match (entries.first(), self.changes.first()) {
            (Some(entry), Some(change)) if at_once && self.changes.len() == 1 => {
                return self.write_one(tx, entry, change).await;
            }
            (Some(_), Some(_)) => {}
            _ => return Ok(()),
        }
        let told = || {
            self.changes
                .iter()
                .filter_map(|change| change.event.as_ref())
        };
        let events = told().count();
        let wanted = Wanted {
            events,
            rows: entries.len(),
            active_users: self.active_change,
        };
        let taken = audit::take(tx, Some(self.org_id), wanted).await?;
        if at_once {
            return self.write_many(tx, &taken, &entries).await;
        }
        let at = entries.first().map_or(0, |entry| entry.at.unix_micros());
        audit::append(tx, taken.before, entries).await?;
        let rows: Vec<_> = told()
            .zip(taken.sequences(events))
            .map(|(told, sequence)| self.event_row(told, sequence, at))
            .collect();
        for rows in rows.chunks(ROWS_PER_INSERT) {
            events::Entity::insert_many(rows.iter().cloned())
                .exec_without_returning(tx)
                .await?;
        }
        Ok(())
    }

    fn entry(&self, change: &Change, now: Timestamp) -> Entry {
        audit::entry(
            (self.clock(), now),
            Some(self.org_id),
            &self.origin,
            (&change.action, change.target.clone()),
            change.detail.as_ref(),
        )
    }

    fn event_row(&self, told: &Told, sequence: i64, at: i64) -> events::ActiveModel {
        events::ActiveModel {
            org_id: Set(self.org_id.as_uuid()),
            sequence: Set(sequence),
            id: Set(EventId::new(self.clock()).as_uuid()),
            kind: Set(told.kind.as_str().to_owned()),
            scim_connection_id: Set(told.connection_id.map(|id| id.as_uuid())),
            occurred_at: Set(at),
            actor: Set(self.origin.actor.to_string()),
            request_id: Set(self.origin.request_id.as_uuid()),
            data: Set(told.data.to_string()),
            position: Set(None),
            trace: Set(self.trace.map(|place| place.to_bytes().to_vec())),
        }
    }

    async fn write_one(
        &self,
        tx: &impl ConnectionTrait,
        entry: &Entry,
        change: &Change,
    ) -> Result<(), StoreError> {
        let told = change.event.as_ref();
        let connection = told.and_then(|told| told.connection_id);
        let values: [sea_orm::Value; 16] = [
            self.org_id.as_uuid().into(),
            i64::from(told.is_some()).into(),
            Link::beginning(entry.org_id).hash.to_vec().into(),
            entry.digest().to_vec().into(),
            entry.id.as_uuid().into(),
            entry.at.unix_micros().into(),
            entry.actor.clone().into(),
            entry.action.clone().into(),
            entry.target.clone().into(),
            entry.request_id.as_uuid().into(),
            entry.detail.clone().into(),
            EventId::new(self.clock()).as_uuid().into(),
            connection.map(|id| id.as_uuid()).into(),
            told.map(|told| told.data.to_string()).into(),
            self.active_change.into(),
            spans::column(self.trace),
        ];
        let sql = ONE_AT_ONCE.as_str();
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
        tx.execute_raw(statement).await?;
        Ok(())
    }

    async fn write_many(
        &self,
        tx: &impl ConnectionTrait,
        taken: &Taken,
        entries: &[Entry],
    ) -> Result<(), StoreError> {
        let links = audit::links(taken.before, entries);
        let (Some(head), Some(first)) = (links.last(), entries.first()) else {
            return Ok(());
        };
        let events = self.changes.iter().filter(|change| change.event.is_some());
        let mut sequences = taken.sequences(events.count());
        let rows: Value = self
            .changes
            .iter()
            .zip(entries)
            .zip(&links)
            .map(|((change, entry), link)| {
                let told = change.event.as_ref();
                json!({
                    "number": link.number,
                    "hash": AuditHash(link.hash),
                    "audit": entry.id.as_uuid(),
                    "kind": change.action,
                    "target": change.target,
                    "detail": entry.detail,
                    "sequence": told.and_then(|_| sequences.next()),
                    "event": told.map(|_| EventId::new(self.clock()).as_uuid()),
                    "connection": told.and_then(|told| told.connection_id).map(|id| id.as_uuid()),
                    "data": told.map(|told| told.data.to_string()),
                })
            })
            .collect();
        let values: [sea_orm::Value; 7] = [
            self.org_id.as_uuid().into(),
            rows.to_string().into(),
            first.at.unix_micros().into(),
            first.actor.clone().into(),
            first.request_id.as_uuid().into(),
            head.hash.to_vec().into(),
            spans::column(self.trace),
        ];
        let backend = tx.get_database_backend();
        tx.execute_raw(Statement::from_sql_and_values(
            backend,
            MANY_AT_ONCE,
            values,
        ))
        .await?;
        Ok(())
    }
}
