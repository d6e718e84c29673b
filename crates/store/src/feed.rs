//! The feed: committed events, in an order that never changes once it has been seen.
//!
//! An event gets its `position` after its transaction has committed, under a lock that one
//! process holds at a time, in the order of its organization's sequence. A number taken inside
//! the transaction would not do: a lower one can commit after a higher one has been read, and a
//! follower would never see it. See docs/decisions/0005-event-order.md.

use rollcall_model::{Event, EventId, EventType, OrgId, RequestId, ScimConnectionId, Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use crate::connect::Store;
use crate::entity::events::{Column, Entity, Model};
use crate::error::StoreError;

/// Which events are wanted.
#[derive(Clone, Debug, Default)]
pub struct FeedQuery {
    /// Only after this position; 0 is the beginning.
    pub after: u64,
    /// Only of this organization.
    pub org_id: Option<OrgId>,
    /// Only of these types; empty means every type.
    pub types: Vec<EventType>,
    /// At most this many.
    pub limit: u64,
}

/// Gives every event in the outbox its place behind those that have one.
///
/// Within an organization the sequence decides. `max(position)` reads one index entry. A limited
/// number at a time, so that a feed nobody has read for months does not hold up the writers.
const ASSIGN_POSITIONS: &str = "
    update events
    set position = placed.position
    from (
        select org_id, sequence,
               (select coalesce(max(position), 0) from events where position is not null)
               + row_number() over (order by org_id, sequence) as position
        from (
            select org_id, sequence
            from events
            where position is null
            order by org_id, sequence
            limit 5000
        ) as batch
    ) as placed
    where events.org_id = placed.org_id and events.sequence = placed.sequence";

impl TryFrom<Model> for Event {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let corrupt = |reason: String| StoreError::corrupt("events", row.id, reason);
        let number =
            |value: i64| u64::try_from(value).map_err(|reason| corrupt(reason.to_string()));
        Ok(Self {
            id: EventId::from_uuid(row.id),
            kind: EventType::from_name(&row.kind)
                .ok_or_else(|| corrupt(format!("unknown type `{}`", row.kind)))?,
            organization_id: OrgId::from_uuid(row.org_id),
            scim_connection_id: row.scim_connection_id.map(ScimConnectionId::from_uuid),
            sequence: number(row.sequence)?,
            position: number(row.position.unwrap_or(0))?,
            occurred_at: Timestamp::from_unix_micros(row.occurred_at),
            actor: row.actor,
            request_id: RequestId::from_uuid(row.request_id),
            data: serde_json::from_str(&row.data).map_err(|reason| corrupt(reason.to_string()))?,
        })
    }
}

fn in_outbox() -> Select<Entity> {
    Entity::find().filter(Column::Position.is_null())
}

impl Store {
    /// Reads events in the order of the feed. This crosses organizations, so it is for the
    /// vendor's API keys only.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn read_feed(&self, query: &FeedQuery) -> Result<Vec<Event>, StoreError> {
        self.place_new_events().await?;
        let after = i64::try_from(query.after).unwrap_or(i64::MAX);
        let mut select = Entity::find().filter(Column::Position.gt(after));
        if let Some(org_id) = query.org_id {
            select = select.filter(Column::OrgId.eq(org_id.as_uuid()));
        }
        if !query.types.is_empty() {
            select =
                select.filter(Column::Kind.is_in(query.types.iter().map(|kind| kind.as_str())));
        }
        select
            .order_by_asc(Column::Position)
            .limit(query.limit)
            .all(&self.db)
            .await?
            .into_iter()
            .map(Event::try_from)
            .collect()
    }

    /// The position of the newest event in the feed; 0 if there is none.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn feed_end(&self) -> Result<u64, StoreError> {
        let last = Entity::find()
            .filter(Column::Position.is_not_null())
            .order_by_desc(Column::Position)
            .one(&self.db)
            .await?;
        let position = last.and_then(|event| event.position).unwrap_or(0);
        Ok(u64::try_from(position).unwrap_or(0))
    }

    /// How many committed events have no place in the feed yet.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn outbox_len(&self) -> Result<u64, StoreError> {
        Ok(in_outbox().count(&self.db).await?)
    }

    async fn place_new_events(&self) -> Result<(), StoreError> {
        while !in_outbox().limit(1).all(&self.db).await?.is_empty() {
            let tx = self.begin_write().await?;
            self.dialect.lock_feed(&tx).await?;
            tx.connection().execute_unprepared(ASSIGN_POSITIONS).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
