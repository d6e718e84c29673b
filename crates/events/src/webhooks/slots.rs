//! How many requests are on their way at once.
//!
//! There are as many slots as the configuration says. A request holds one until it is answered, or
//! until it has taken [`STALLED_AFTER`]: from then on it counts among those that stall, which have room
//! of their own. So endpoints that do not answer hold slots for a second, however long their timeouts
//! are. Endpoints that have failed lately share half of the slots.

use std::collections::HashMap;
use std::time::Duration;

use rollcall_model::WebhookDeliveryId;
use tokio::time::Instant;

/// A request that takes longer gives its slot back.
const STALLED_AFTER: Duration = Duration::from_secs(1);

/// How many requests may stall, for each slot.
const STALLED_FOR_EACH: usize = 4;

struct Flight {
    failing: bool,
    begun: Instant,
}

/// The requests of this process that are on their way.
pub(super) struct Slots {
    all: usize,
    flights: HashMap<WebhookDeliveryId, Flight>,
}

impl Slots {
    pub(super) fn new(all: usize) -> Self {
        Self {
            all: all.max(2),
            flights: HashMap::new(),
        }
    }

    /// How many more requests may begin, to an endpoint that has failed lately or not.
    pub(super) fn free(&self, failing: bool, now: Instant) -> usize {
        let stalled = |flight: &&Flight| now.duration_since(flight.begun) >= STALLED_AFTER;
        let flying = self.flights.len();
        let held = flying - self.flights.values().filter(stalled).count();
        let room = self.all.saturating_mul(1 + STALLED_FOR_EACH);
        let free = self
            .all
            .saturating_sub(held)
            .min(room.saturating_sub(flying));
        if failing {
            let of_failing = self.flights.values().filter(|it| it.failing).count();
            free.min((self.all / 2).saturating_sub(of_failing))
        } else {
            free
        }
    }

    pub(super) fn begin(&mut self, id: WebhookDeliveryId, failing: bool, begun: Instant) {
        let flight = Flight { failing, begun };
        self.flights.insert(id, flight);
    }

    pub(super) fn end(&mut self, id: WebhookDeliveryId) {
        self.flights.remove(&id);
    }

    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }
}

#[cfg(test)]
mod tests {
    use rollcall_model::SystemClock;

    use super::*;

    fn begin(slots: &mut Slots, failing: bool, at: Instant) -> WebhookDeliveryId {
        let id = WebhookDeliveryId::new(&SystemClock);
        slots.begin(id, failing, at);
        id
    }

    #[test]
    fn a_request_that_stalls_gives_its_slot_back_and_there_is_an_end_to_that() {
        let mut slots = Slots::new(4);
        let start = Instant::now();
        for round in 0_u32..5 {
            let now = start + STALLED_AFTER * round;
            assert_eq!(slots.free(false, now), 4, "round {round}");
            for _ in 0..4 {
                let _ = begin(&mut slots, false, now);
            }
            assert_eq!(slots.free(false, now), 0, "round {round}");
        }
        assert_eq!(slots.free(false, start + STALLED_AFTER * 9), 0);
    }

    #[test]
    fn endpoints_that_fail_never_hold_more_than_half() {
        let mut slots = Slots::new(8);
        let start = Instant::now();
        let ids: Vec<_> = (0..4).map(|_| begin(&mut slots, true, start)).collect();
        let later = start + STALLED_AFTER * 2;
        assert_eq!(slots.free(true, later), 0);
        assert_eq!(slots.free(false, later), 8);
        slots.end(ids[0]);
        assert_eq!(slots.free(true, later), 1);
    }
}
