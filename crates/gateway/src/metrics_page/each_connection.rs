//! Metrics of single SCIM connections, for those who ask for them.
//!
//! A connection is a series for each outcome of its requests and one for how quiet it is, on every
//! replica, so nobody gets them without asking. `top` has at most 20 of the quietest and 20 of the
//! busiest, whatever there is. Requests of the others are counted all the same: a connection that
//! comes into the top brings its whole count along, and none of its series ever falls.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use rollcall_metrics::{EachConnection, Outcome};
use rollcall_model::{ScimConnectionId, Timestamp};
use rollcall_store::CalledConnection;

use super::label;

/// How many of the quietest and of the busiest connections [`EachConnectionMetrics::Top`] shows.
const TOP: usize = 20;

/// Of which SCIM connections there are metrics one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EachConnectionMetrics {
    /// Of none.
    #[default]
    Off,
    /// Of the quietest and the busiest.
    Top,
    /// Of all: as many series as there are connections, and more.
    All,
}

type Counts = Vec<(Outcome, u64)>;

/// What this process answered to each connection since it started.
#[derive(Default)]
pub(super) struct Requests {
    shown: EachConnectionMetrics,
    counts: Mutex<HashMap<ScimConnectionId, Counts>>,
}

impl Requests {
    pub(super) fn of(shown: EachConnectionMetrics) -> Self {
        Self {
            shown,
            counts: Mutex::default(),
        }
    }

    pub(super) fn are_counted(&self) -> bool {
        self.shown != EachConnectionMetrics::Off
    }

    pub(super) fn count(&self, connection: ScimConnectionId, outcome: Outcome) {
        if !self.are_counted() {
            return;
        }
        // A panic while it was held leaves a count that is too low.
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = all.entry(connection).or_default();
        match counts.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, count)) => *count += 1,
            None => counts.push((outcome, 1)),
        }
    }

    /// What is shown of these connections. What was counted of others is forgotten: they are gone, or
    /// switched off.
    pub(super) fn told(
        &self,
        called: Vec<CalledConnection>,
        now: Timestamp,
    ) -> Vec<EachConnection> {
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let there: HashSet<_> = called.iter().map(|it| it.id).collect();
        all.retain(|id, _| there.contains(id));
        let shown = match self.shown {
            EachConnectionMetrics::Off => Vec::new(),
            EachConnectionMetrics::Top => top(called, &all),
            EachConnectionMetrics::All => called,
        };
        let told = shown.into_iter().map(|it| EachConnection {
            id: it.id.to_string(),
            idp: label(it.idp),
            quiet_for: Some(now.since(it.last_request_at)),
            requests: all.get(&it.id).cloned().unwrap_or_default(),
        });
        told.collect()
    }
}

fn top(
    mut called: Vec<CalledConnection>,
    counts: &HashMap<ScimConnectionId, Counts>,
) -> Vec<CalledConnection> {
    called.sort_unstable_by_key(|it| it.last_request_at);
    let rest = called.split_off(called.len().min(TOP));
    let total = |it: &CalledConnection| -> u64 {
        let counts = counts.get(&it.id).into_iter().flatten();
        counts.map(|(_, count)| count).sum()
    };
    let mut busiest: Vec<_> = rest.into_iter().filter(|it| total(it) > 0).collect();
    busiest.sort_unstable_by_key(|it| Reverse(total(it)));
    busiest.truncate(TOP);
    called.extend(busiest);
    called
}

#[cfg(test)]
mod tests {
    use rollcall_model::IdpKind;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> ScimConnectionId {
        ScimConnectionId::from_uuid(Uuid::from_u128(number))
    }

    /// Connections of which the n-th was quiet for n seconds.
    fn called(many: u32) -> Vec<CalledConnection> {
        let now = 1_000_000_000;
        let each = (0..many).map(|number| CalledConnection {
            id: id(number.into()),
            idp: Some(IdpKind::Okta),
            last_request_at: Timestamp::from_unix_micros(now - i64::from(number) * 1_000_000),
        });
        each.collect()
    }

    fn told(requests: &Requests, called: Vec<CalledConnection>) -> Vec<EachConnection> {
        requests.told(called, Timestamp::from_unix_micros(1_000_000_000))
    }

    #[test]
    fn nothing_is_counted_of_connections_that_nobody_asked_for() {
        let requests = Requests::of(EachConnectionMetrics::Off);
        requests.count(id(1), Outcome::Ok);
        assert!(told(&requests, called(3)).is_empty());
        assert!(requests.counts.lock().unwrap().is_empty());
    }

    #[test]
    fn the_top_is_the_quietest_and_the_busiest_and_has_an_end() {
        let requests = Requests::of(EachConnectionMetrics::Top);
        // All but the first are busy, the second most of all.
        for number in 1..1_000 {
            requests.count(id(number), Outcome::Ok);
        }
        requests.count(id(1), Outcome::Conflict);
        let told = told(&requests, called(1_000));

        assert_eq!(told.len(), 2 * TOP);
        let quiet = |at: usize| told[at].quiet_for.unwrap().as_secs();
        assert_eq!((quiet(0), quiet(TOP - 1)), (999, 980));
        assert_eq!(told[TOP].id, id(1).to_string());
        assert_eq!(
            told[TOP].requests,
            [(Outcome::Ok, 1), (Outcome::Conflict, 1)]
        );
    }

    #[test]
    fn all_are_told_and_those_that_are_gone_are_forgotten() {
        let requests = Requests::of(EachConnectionMetrics::All);
        requests.count(id(1), Outcome::Ok);
        requests.count(id(77), Outcome::Ok);
        let told = told(&requests, called(50));

        assert_eq!(told.len(), 50);
        assert!(told.iter().all(|it| it.idp == "okta"));
        assert_eq!(requests.counts.lock().unwrap().len(), 1);
    }
}
