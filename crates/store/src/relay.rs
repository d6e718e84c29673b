//! The relay: committed events get their place in the feed.
//!
//! An event gets its `position` after its transaction has committed, under a lock that one
//! process holds at a time, in the order of its organization's sequence. A number taken inside
//! the transaction would not do: a lower one can commit after a higher one has been read, and a
//! follower would never see it. See docs/decisions/0005-event-order.md.
//!
//! A process that finds the lock taken need not wait for it: its holder looks once more after it
//! has let go, and so sees whatever was committed before anybody found it taken.

use std::collections::HashMap;

use rollcall_model::EventType;
use sea_orm::{ConnectionTrait, FromQueryResult, QuerySelect, Statement};
use tokio::sync::watch;
use tracing::{Instrument, Span};

use crate::connect::Store;
use crate::dialect::WriteTx;
use crate::entity::events::Model;
use crate::error::StoreError;
use crate::feed::in_outbox;
use crate::webhooks::fan_out;

/// How many events one transaction places: a feed that nobody has placed for long does not hold up
/// the writers.
const AT_A_TIME: i64 = 5_000;

/// The last position that was given; 0 before the first one. `max(position)` reads one index entry.
const FEED_END: &str = "
    select coalesce(max(place), 0) as place
    from (
        select max(position) as place from events where position is not null
        union all
        select removed_to from feed_floor
    ) as ends";

/// Gives the oldest events in the outbox their places behind `$1`. Within an organization the
/// sequence decides. `$2` is how many at most.
const PLACE: &str = "
    update events
    set position = placed.place
    from (
        select org_id, sequence, $1 + row_number() over (order by org_id, sequence) as place
        from (
            select org_id, sequence
            from events
            where position is null
            order by org_id, sequence
            limit $2
        ) as batch
    ) as placed
    where events.org_id = placed.org_id and events.sequence = placed.sequence";

#[derive(FromQueryResult)]
struct Place {
    place: i64,
}

/// What a round of the relay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relayed {
    /// So many events were placed, and the outbox was empty at the end.
    Placed(u64),
    /// Another process is at it, and will see what was committed until now.
    Elsewhere,
}

impl Store {
    /// Places what is in the outbox, unless another process is at it, and takes note of where the
    /// feed ends. To be called after commits of this process, and every moment for those of
    /// others.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn relay_events(&self) -> Result<Relayed, StoreError> {
        self.relay_events_in(Span::none).await
    }

    /// As [`Self::relay_events`]; `span` makes the span of what is done, if there is something to do.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn relay_events_in(&self, span: impl Fn() -> Span) -> Result<Relayed, StoreError> {
        let mut placed = 0;
        while self.outbox_waits().await? {
            match self.place_unless_locked().instrument(span()).await? {
                Some(more) => placed += more,
                None => return Ok(Relayed::Elsewhere),
            }
        }
        self.news.feed_ends_at(self.feed_end().await?);
        Ok(Relayed::Placed(placed))
    }

    /// Places one batch; `None` if another process is at it.
    async fn place_unless_locked(&self) -> Result<Option<u64>, StoreError> {
        let tx = self.begin_write().await?;
        if !self.dialect.try_lock_feed(&tx).await? {
            return Ok(None);
        }
        self.place_and_commit(tx).await.map(Some)
    }

    /// Places what is in the outbox, waiting for whoever is at it.
    pub(crate) async fn place_new_events(&self) -> Result<(), StoreError> {
        while self.outbox_waits().await? {
            let tx = self.begin_write().await?;
            self.dialect.lock_feed(&tx).await?;
            self.place_and_commit(tx).await?;
        }
        Ok(())
    }

    /// The position of the newest event in the feed, whether or not it is still kept; 0 if there
    /// was none.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn feed_end(&self) -> Result<u64, StoreError> {
        Ok(u64::try_from(end_of_feed(&self.db).await?).unwrap_or(0))
    }

    /// The position of the last event that is no longer kept, because it was kept long enough; 0 if
    /// there is none.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn feed_floor(&self) -> Result<u64, StoreError> {
        const FLOOR: &str = "select removed_to as place from feed_floor";
        Ok(u64::try_from(place(&self.db, FLOOR).await?).unwrap_or(0))
    }

    /// Where the feed ends, as far as this process knows. It hears of what it places itself at once,
    /// of what others place when its relay looks. For those who wait for events.
    #[must_use]
    pub fn watch_feed(&self) -> watch::Receiver<u64> {
        self.news.watch_feed()
    }

    /// How many events of which type this process has committed since the last time that somebody
    /// asked. For one who counts them.
    #[must_use]
    pub fn take_committed_events(&self) -> HashMap<EventType, u64> {
        self.news.take_uncounted()
    }

    /// Waits until this process has committed events since the last time that somebody waited.
    /// For one waiter, the relay.
    pub async fn events_committed(&self) {
        self.news.events_committed().await;
    }

    /// Waits until this process has queued a webhook delivery for another reason than an event that
    /// was placed, since the last time that somebody waited. For one waiter, the webhook workers.
    pub async fn webhooks_queued(&self) {
        self.news.webhooks_queued().await;
    }

    async fn outbox_waits(&self) -> Result<bool, StoreError> {
        let first: Vec<Model> = in_outbox().limit(1).all(&self.db).await?;
        Ok(!first.is_empty())
    }

    /// One batch. The caller holds the lock, and began its wait for it before this transaction's
    /// first look at the events.
    async fn place_and_commit(&self, tx: WriteTx) -> Result<u64, StoreError> {
        let end = end_of_feed(tx.connection()).await?;
        let place = Statement::from_sql_and_values(
            tx.connection().get_database_backend(),
            PLACE,
            [end.into(), AT_A_TIME.into()],
        );
        let placed = tx.connection().execute_raw(place).await?.rows_affected();
        let up_to = end.saturating_add(i64::try_from(placed).unwrap_or(i64::MAX));
        fan_out(tx.connection(), self.clock(), (end, up_to)).await?;
        tx.commit().await?;
        let end = u64::try_from(end).unwrap_or(0) + placed;
        self.news.feed_ends_at(end);
        Ok(placed)
    }
}

/// See [`Store::feed_end`].
pub(crate) async fn end_of_feed(db: &impl ConnectionTrait) -> Result<i64, StoreError> {
    place(db, FEED_END).await
}

async fn place(db: &impl ConnectionTrait, sql: &str) -> Result<i64, StoreError> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let place = Place::find_by_statement(statement).one(db).await?;
    Ok(place.map_or(0, |row| row.place))
}
