//! The outbox: what a transaction will tell, written as its last act.
//!
//! The sequence counter of an organization is one row that each of its writes updates. Its lock
//! is held until the commit is on disk, so it is taken last, when nothing but two inserts and
//! the commit itself are left to do; what changes who may come in takes one more (see
//! `access_changes`).

use std::collections::BTreeSet;
use std::sync::Arc;

use rollcall_model::{
    Actor, AuditId, Clock, EventId, EventType, OrgId, Origin, ScimConnectionId, Stale,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, Statement};
use serde_json::{Value, json};

use crate::audit;
use crate::entity::events;
use crate::error::StoreError;

/// How many rows one INSERT carries: events have nine columns, and SQLite takes 32,766 values.
const ROWS_PER_INSERT: usize = 500;

/// All of it as one statement. `$1` is the organization, `$2` how many changes there are, `$3` the
/// changes, `$4` to `$6` what they have in common, `$7` how many users become active.
const AT_ONCE: &str = "
    with changes as (
        select * from json_to_recordset($3::json) as change (
            number bigint, event uuid, audit uuid, kind text, connection uuid, target text,
            data text)
    ), audited as (
        insert into audit_log (org_id, id, at, actor, action, target, request_id)
        select $1, audit, $4, $5, kind, target, $6 from changes
    ), taken as (
        insert into event_sequences (org_id, last, active_users) values ($1, $2, $7)
        on conflict (org_id) do update set
            last = event_sequences.last + excluded.last,
            active_users = event_sequences.active_users + excluded.active_users
        returning last
    )
    insert into events (org_id, sequence, id, type, scim_connection_id, occurred_at, actor,
        request_id, data)
    select $1, taken.last - $2 + number, event, kind, connection, $4, $5, $6, data
    from taken, changes";

/// One change that is going to be told.
struct Change {
    kind: EventType,
    connection_id: Option<ScimConnectionId>,
    /// What was changed: the text form of its id.
    target: String,
    data: Value,
}

/// The changes of one transaction, in the order they were made.
pub(crate) struct Outbox {
    clock: Arc<dyn Clock>,
    org_id: OrgId,
    origin: Origin,
    changes: Vec<Change>,
    /// By how much the number of active users changes.
    active_change: i64,
}

impl Outbox {
    pub(crate) fn new(clock: Arc<dyn Clock>, org_id: OrgId, origin: Origin) -> Self {
        Self {
            clock,
            org_id,
            origin,
            changes: Vec::new(),
            active_change: 0,
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

    /// Queues one event and its audit row.
    pub(crate) fn push(
        &mut self,
        kind: EventType,
        connection_id: Option<ScimConnectionId>,
        target: impl ToString,
        data: Value,
    ) {
        self.changes.push(Change {
            kind,
            connection_id,
            target: target.to_string(),
            data,
        });
    }

    /// What the changes make out of date in those who remember it.
    pub(crate) fn stale(&self) -> BTreeSet<Stale> {
        let changes = self.changes.iter();
        let access = changes.filter(|change| change.kind.changes_access());
        access
            .map(|change| match change.connection_id {
                Some(id) => Stale::Connection(id),
                None => Stale::Organization(self.org_id),
            })
            .collect()
    }

    /// Writes everything that was queued; nothing, if nothing was. `at_once` says that the database
    /// can do so in one statement.
    pub(crate) async fn write(
        self,
        tx: &impl ConnectionTrait,
        at_once: bool,
    ) -> Result<(), StoreError> {
        if self.changes.is_empty() {
            return Ok(());
        }
        if at_once {
            return self.write_at_once(tx).await;
        }
        let at = self.clock.now().unix_micros();
        let actor = self.origin.actor.to_string();
        let request_id = self.origin.request_id.as_uuid();
        for changes in self.changes.chunks(ROWS_PER_INSERT) {
            let row_of = |change: &Change| {
                let (action, target) = (change.kind.as_str(), change.target.clone());
                let org_id = Some(self.org_id);
                audit::row(self.clock(), org_id, self.origin, action, target)
            };
            audit::insert(tx, changes.iter().map(row_of).collect()).await?;
        }
        let last = self.take_sequences(tx).await?;
        let first = last + 1 - i64::try_from(self.changes.len()).unwrap_or(i64::MAX);
        let mut sequence = first;
        for changes in self.changes.chunks(ROWS_PER_INSERT) {
            let rows: Vec<_> = changes
                .iter()
                .map(|change| {
                    let row = events::ActiveModel {
                        org_id: Set(self.org_id.as_uuid()),
                        sequence: Set(sequence),
                        id: Set(EventId::new(self.clock.as_ref()).as_uuid()),
                        kind: Set(change.kind.as_str().to_owned()),
                        scim_connection_id: Set(change.connection_id.map(|id| id.as_uuid())),
                        occurred_at: Set(at),
                        actor: Set(actor.clone()),
                        request_id: Set(request_id),
                        data: Set(change.data.to_string()),
                        position: Set(None),
                    };
                    sequence += 1;
                    row
                })
                .collect();
            events::Entity::insert_many(rows)
                .exec_without_returning(tx)
                .await?;
        }
        Ok(())
    }

    async fn write_at_once(self, tx: &impl ConnectionTrait) -> Result<(), StoreError> {
        let clock = self.clock();
        let rows: Value = self
            .changes
            .iter()
            .zip(1_i64..)
            .map(|(change, number)| {
                json!({
                    "number": number,
                    "event": EventId::new(clock).as_uuid(),
                    "audit": AuditId::new(clock).as_uuid(),
                    "kind": change.kind.as_str(),
                    "connection": change.connection_id.map(|id| id.as_uuid()),
                    "target": change.target,
                    "data": change.data.to_string(),
                })
            })
            .collect();
        let values: [sea_orm::Value; 7] = [
            self.org_id.as_uuid().into(),
            i64::try_from(self.changes.len()).unwrap_or(i64::MAX).into(),
            rows.to_string().into(),
            clock.now().unix_micros().into(),
            self.origin.actor.to_string().into(),
            self.origin.request_id.as_uuid().into(),
            self.active_change.into(),
        ];
        let backend = tx.get_database_backend();
        tx.execute_raw(Statement::from_sql_and_values(backend, AT_ONCE, values))
            .await?;
        Ok(())
    }

    /// Takes as many numbers as there are changes, and returns the last of them.
    async fn take_sequences(&self, tx: &impl ConnectionTrait) -> Result<i64, StoreError> {
        let how_many = i64::try_from(self.changes.len()).unwrap_or(i64::MAX);
        let statement = Statement::from_sql_and_values(
            tx.get_database_backend(),
            "insert into event_sequences (org_id, last, active_users) values ($1, $2, $3)
             on conflict (org_id) do update set
                last = event_sequences.last + excluded.last,
                active_users = event_sequences.active_users + excluded.active_users
             returning last",
            [
                self.org_id.as_uuid().into(),
                how_many.into(),
                self.active_change.into(),
            ],
        );
        let row = tx.query_one_raw(statement).await?.ok_or_else(|| {
            StoreError::corrupt("event_sequences", self.org_id, "the upsert returned no row")
        })?;
        Ok(row.try_get("", "last")?)
    }
}
