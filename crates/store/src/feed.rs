//! The feed: committed events, in an order that never changes once it has been seen.
//!
//! An event has a place here once the [relay](crate::relay) has given it one.

use rollcall_model::{Event, EventId, EventType, OrgId, RequestId, ScimConnectionId, Timestamp};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
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
    /// And only of this one: what the caller may see, if that is not everything.
    pub bound_to: Option<OrgId>,
    /// Only of these types; empty means every type.
    pub types: Vec<EventType>,
    /// At most this many.
    pub limit: u64,
}

/// How much of the feed one statement looks through for types that may be rare: without a bound it
/// could take longer than any statement may, and a follower would never get past it.
const AT_A_LOOK: u64 = 100_000;

/// How often a page looks on if it has found nothing.
const LOOKS: u32 = 10;

impl FeedQuery {
    /// Whether no index leads from one wanted event to the next.
    const fn looks_through_all(&self) -> bool {
        !self.types.is_empty() && self.org_id.is_none() && self.bound_to.is_none()
    }
}

/// The next events.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedPage {
    /// In the order of the feed.
    pub events: Vec<Event>,
    /// Everything up to here was looked at: the `after` to go on with. Events that were not wanted
    /// do not hold it up. Below `end` there may be more, also if `events` is empty.
    pub read_to: u64,
    /// Where the feed ended, before it was read.
    pub end: u64,
    /// Events up to here are no longer kept, after it was read. Whoever went on from before here has
    /// missed some.
    pub removed_to: u64,
}

impl TryFrom<Model> for Event {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let corrupt = |reason: String| StoreError::corrupt("events", row.id, reason);
        let number =
            |value: i64| u64::try_from(value).map_err(|reason| corrupt(reason.to_string()));
        let kind = EventType::from_name(&row.kind)
            .ok_or_else(|| corrupt(format!("unknown type `{}`", row.kind)))?;
        Ok(Self {
            id: EventId::from_uuid(row.id),
            kind,
            version: kind.version(),
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

pub(crate) fn in_outbox() -> Select<Entity> {
    Entity::find().filter(Column::Position.is_null())
}

impl Store {
    /// Reads events in the order of the feed, after placing what was committed before the call: who
    /// was told that a change is done finds its event. This crosses organizations, so it is for the
    /// vendor's API keys only.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn read_feed(&self, query: &FeedQuery) -> Result<FeedPage, StoreError> {
        self.place_new_events().await?;
        self.read_placed(query).await
    }

    /// Reads events as [`Self::read_feed`] does, without those that the relay has not placed yet.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn read_placed(&self, query: &FeedQuery) -> Result<FeedPage, StoreError> {
        // The end is asked for before, and what was removed after: events that come or go
        // meanwhile are then neither passed over nor missed without a word.
        let end = self.feed_end().await?;
        let (mut read_to, mut looks) = (query.after, 0);
        loop {
            looks += 1;
            let upto = read_to.saturating_add(AT_A_LOOK);
            let upto = (query.looks_through_all() && upto < end).then_some(upto);
            let events = self.read_between(query, read_to, upto).await?;
            let full = u64::try_from(events.len()).is_ok_and(|many| many >= query.limit);
            let last = events.last().map_or(read_to, |event| event.position);
            read_to = match upto {
                _ if full => last,
                Some(upto) => upto,
                None => last.max(end),
            };
            if !events.is_empty() || upto.is_none() || looks == LOOKS {
                return Ok(FeedPage {
                    read_to,
                    events,
                    end,
                    removed_to: self.feed_floor().await?,
                });
            }
        }
    }

    /// The events that are wanted after a position, and up to another one.
    async fn read_between(
        &self,
        query: &FeedQuery,
        after: u64,
        upto: Option<u64>,
    ) -> Result<Vec<Event>, StoreError> {
        let position = |at: u64| i64::try_from(at).unwrap_or(i64::MAX);
        let mut select = Entity::find().filter(Column::Position.gt(position(after)));
        if let Some(upto) = upto {
            select = select.filter(Column::Position.lte(position(upto)));
        }
        for org_id in query.org_id.iter().chain(&query.bound_to) {
            select = select.filter(Column::OrgId.eq(org_id.as_uuid()));
        }
        if !query.types.is_empty() {
            select =
                select.filter(Column::Kind.is_in(query.types.iter().map(|kind| kind.as_str())));
        }
        let rows = select
            .order_by_asc(Column::Position)
            .limit(query.limit)
            .all(&self.db)
            .await?;
        rows.into_iter().map(Event::try_from).collect()
    }

    /// How many committed events have no place in the feed yet.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn outbox_len(&self) -> Result<u64, StoreError> {
        Ok(in_outbox().count(&self.db).await?)
    }

    /// When the oldest of them was made.
    pub(crate) async fn oldest_in_outbox(&self) -> Result<Option<Timestamp>, StoreError> {
        let oldest = in_outbox()
            .select_only()
            .column_as(Column::OccurredAt.min(), "oldest")
            .into_tuple::<Option<i64>>()
            .one(&self.db)
            .await?;
        Ok(oldest.flatten().map(Timestamp::from_unix_micros))
    }
}
