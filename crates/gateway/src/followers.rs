//! Who waits for events: requests that are answered when there is one, and streams.
//!
//! They hold no connection to the database while they wait, only memory and a socket. Their number
//! has a limit all the same, so that followers cannot use up what identity providers need.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What somebody waits with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Following {
    /// A request that is answered once.
    Waiting,
    /// A stream of server-sent events.
    Stream,
}

/// The followers of one server.
#[derive(Clone, Debug, Default)]
pub struct Followers {
    waiting: Arc<AtomicUsize>,
    streams: Arc<AtomicUsize>,
}

/// A place among the followers, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Followers {
    /// A place for one more, unless `limit` are taken.
    pub(crate) fn enter(&self, following: Following, limit: usize) -> Option<Place> {
        let (own, others) = match following {
            Following::Waiting => (&self.waiting, &self.streams),
            Following::Stream => (&self.streams, &self.waiting),
        };
        // Counted first: two who come at once must not both take the last place.
        let before = own.fetch_add(1, Ordering::SeqCst);
        let place = Place(Arc::clone(own));
        (before + others.load(Ordering::SeqCst) < limit).then_some(place)
    }

    /// How many requests wait, and how many streams there are.
    pub(crate) fn count(&self) -> (usize, usize) {
        let count = |places: &AtomicUsize| places.load(Ordering::SeqCst);
        (count(&self.waiting), count(&self.streams))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_over_both_kinds_and_given_back() {
        let followers = Followers::default();
        let first = followers.enter(Following::Waiting, 2).unwrap();
        let second = followers.enter(Following::Stream, 2).unwrap();
        assert!(followers.enter(Following::Stream, 2).is_none());
        assert!(followers.enter(Following::Waiting, 2).is_none());
        assert_eq!(followers.count(), (1, 1));
        drop(first);
        assert!(followers.enter(Following::Stream, 2).is_some());
        drop(second);
        assert_eq!(followers.count(), (0, 0));
    }
}
