//! Places in long lists that a process remembers, so that a page far into one is found from nearby.
//!
//! A page by number has to pass over what comes before it, and identity providers page that way
//! through everybody. Of each page that is read far enough into a list of everything, the places of its
//! ends are kept: the next page begins beside one of them, and the same page at one.
//!
//! A place is exact for as long as nobody was removed or brought back: new resources come at the
//! end, in the order of their ids. Each removal and each return moves a number in the row that holds
//! the counts (`rearranged`), which every list reads; places are kept under it, and forgotten when it
//! moved. The ids of the last moments are not kept: another process may still be adding one that
//! comes before them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache;
use rollcall_model::{ScimConnectionId, Timestamp};
use uuid::Uuid;

use crate::filter_sql::Table;

/// Lists shorter than this are passed over quickly enough.
pub(crate) const FROM: u64 = 1_000;

/// How many lists a process remembers places of.
const LISTS: usize = 1_000;

/// How many places of one list; about 64 KiB.
const PLACES: usize = 2_000;

/// How far the clocks of processes may be apart.
const SETTLED_AFTER: Duration = Duration::from_secs(60);

/// Which list.
type List = (ScimConnectionId, Table);

/// What a process remembers of long lists.
pub(crate) struct Anchors(Cache<List, Arc<Mutex<Places>>>);

#[derive(Default)]
struct Places {
    /// The value of `rearranged` that they hold for.
    rearranged: i64,
    /// Ids by how many come before them.
    ids: BTreeMap<u64, Uuid>,
}

impl Default for Anchors {
    fn default() -> Self {
        Self(Cache::new(LISTS))
    }
}

impl Anchors {
    /// The nearest known place that is not beyond `offset`: how many come before it, and its id.
    pub(crate) fn before(&self, list: List, rearranged: i64, offset: u64) -> Option<(u64, Uuid)> {
        let places = self.0.get(&list)?;
        let places = places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.rearranged != rearranged {
            return None;
        }
        let (before, id) = places.ids.range(..=offset).next_back()?;
        Some((*before, *id))
    }

    /// Keeps a place that was read when the list was at `rearranged`.
    pub(crate) fn keep(&self, list: List, rearranged: i64, place: (u64, Uuid), now: Timestamp) {
        let (before, id) = place;
        if before < FROM || !is_settled(id, now) {
            return;
        }
        let places = match self.0.get(&list) {
            Some(places) => places,
            None => {
                let places: Arc<Mutex<Places>> = Arc::default();
                self.0.insert(list, Arc::clone(&places));
                places
            }
        };
        let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.rearranged > rearranged {
            return;
        }
        if places.rearranged != rearranged || places.ids.len() >= PLACES {
            places.ids.clear();
        }
        places.rearranged = rearranged;
        places.ids.insert(before, id);
    }
}

/// Whether nobody adds an id before this one any more (RFC 9562 §5.7: it begins with its time).
fn is_settled(id: Uuid, now: Timestamp) -> bool {
    let millis = i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX);
    let made = Timestamp::from_unix_micros(millis.saturating_mul(1_000));
    now.since(made) >= SETTLED_AFTER
}

#[cfg(test)]
mod tests {
    use rollcall_model::ManualClock;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_micros(1_000_000_000_000);

    fn list() -> List {
        (ScimConnectionId::new(&ManualClock::at(NOW)), Table::Users)
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn the_nearest_place_that_is_not_beyond_is_found() {
        let (anchors, list) = (Anchors::default(), list());
        for place in [1_000, 2_000, 3_000] {
            anchors.keep(list, 1, (place, id(place.into())), NOW);
        }
        assert_eq!(anchors.before(list, 1, 999), None);
        assert_eq!(anchors.before(list, 1, 2_000), Some((2_000, id(2_000))));
        assert_eq!(anchors.before(list, 1, 2_999), Some((2_000, id(2_000))));
        assert_eq!(anchors.before(self::list(), 1, 2_999), None);
    }

    #[test]
    fn places_are_forgotten_when_somebody_left_and_are_not_kept_from_before() {
        let (anchors, list) = (Anchors::default(), list());
        anchors.keep(list, 1, (2_000, id(2)), NOW);
        assert_eq!(anchors.before(list, 2, 2_000), None);
        anchors.keep(list, 2, (3_000, id(3)), NOW);
        anchors.keep(list, 1, (4_000, id(4)), NOW);
        assert_eq!(anchors.before(list, 2, 9_000), Some((3_000, id(3))));
    }

    #[test]
    fn what_is_near_the_beginning_or_was_just_made_is_not_kept() {
        let (anchors, list) = (Anchors::default(), list());
        anchors.keep(list, 0, (FROM - 1, id(1)), NOW);
        let fresh = u128::try_from(NOW.unix_millis() - 10).unwrap() << 80;
        anchors.keep(list, 0, (FROM, id(fresh)), NOW);
        assert_eq!(anchors.before(list, 0, 9_000), None);
    }

    #[test]
    fn memory_is_bounded() {
        let (anchors, list) = (Anchors::default(), list());
        for place in 0..2 * PLACES as u64 {
            anchors.keep(list, 0, (FROM + place, id(place.into())), NOW);
        }
        let places = anchors.0.get(&list).unwrap();
        assert!(places.lock().unwrap().ids.len() <= PLACES);
    }
}
