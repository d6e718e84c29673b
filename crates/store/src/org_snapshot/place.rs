//! From where to follow an organization that was read at one moment.

use rollcall_model::OrgId;
use sea_orm::{ConnectionTrait, Statement};

use crate::connect::Store;
use crate::error::StoreError;
use crate::relay::end_of_feed;

/// How often the position of an event is looked for before the relay is given up.
const LOOKS: usize = 5;

/// Where an event is.
enum Place {
    At(i64),
    InOutbox,
    /// Not kept any more, or there never was one.
    Removed,
}

async fn last_sequence(db: &impl ConnectionTrait, org_id: OrgId) -> Result<i64, StoreError> {
    const LAST: &str = "select last from event_sequences where org_id = $1";
    let values = [org_id.as_uuid().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), LAST, values);
    Ok(match db.query_one_raw(statement).await? {
        Some(row) => row.try_get("", "last")?,
        None => 0,
    })
}

async fn place_of(
    db: &impl ConnectionTrait,
    org_id: OrgId,
    sequence: i64,
) -> Result<Place, StoreError> {
    const PLACE: &str = "select position from events where org_id = $1 and sequence = $2";
    let values = [org_id.as_uuid().into(), sequence.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), PLACE, values);
    Ok(match db.query_one_raw(statement).await? {
        Some(row) => match row.try_get("", "position")? {
            Some(position) => Place::At(position),
            None => Place::InOutbox,
        },
        None => Place::Removed,
    })
}

impl Store {
    /// The number of the last event that a transaction which only reads sees of an organization, and
    /// the position in the feed behind which all later ones are.
    pub(super) async fn place_of_last(
        &self,
        db: &impl ConnectionTrait,
        org_id: OrgId,
    ) -> Result<(i64, i64), StoreError> {
        let sequence = last_sequence(db, org_id).await?;
        let cursor = match place_of(db, org_id, sequence).await? {
            Place::At(_) | Place::Removed => end_of_feed(db).await?,
            Place::InOutbox => self.wait_for_place(org_id, sequence).await?,
        };
        Ok((sequence, cursor))
    }

    /// The position of an event that was committed but is not in the feed yet. Over another
    /// connection than the snapshot's, which does not see what comes later.
    async fn wait_for_place(&self, org_id: OrgId, sequence: i64) -> Result<i64, StoreError> {
        for _ in 0..LOOKS {
            self.place_new_events().await?;
            match place_of(&self.db, org_id, sequence).await? {
                Place::At(position) => return Ok(position),
                Place::Removed => {
                    // Not the end of the feed: that may lie behind later events of the organization.
                    return Ok(i64::try_from(self.feed_floor().await?).unwrap_or(i64::MAX));
                }
                Place::InOutbox => {}
            }
        }
        Err(StoreError::too_busy())
    }
}
