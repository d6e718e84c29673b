//! Successes that are like others: one line stands for several.
//!
//! The first successes of a kind in a minute have a line each. Beyond them a line stands for up to so
//! many, those that came while it waited to be written, so the count in it is exact and nothing has to
//! be written twice. A failure always has its own line.

use std::collections::HashMap;
use std::hash::Hash;

use rollcall_metrics::Operation;
use rollcall_model::{ScimConnectionId, Timestamp};

use super::RequestLogSettings;

/// Which successes are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    /// Whose.
    pub(crate) connection: ScimConnectionId,
    /// What was asked for.
    pub(crate) operation: Operation,
    /// Whether it needed allowances.
    pub(crate) tolerated: bool,
}

#[derive(Default)]
struct Seen {
    in_this_minute: u32,
    /// The batch in which its last line waits, its place in it, and how many it stands for besides.
    batch: u64,
    place: usize,
    others: u32,
}

/// What was seen in this minute.
pub(crate) struct Sampling<K = Kind> {
    minute: i64,
    batch: u64,
    seen: HashMap<K, Seen>,
}

impl<K> Default for Sampling<K> {
    fn default() -> Self {
        Self {
            minute: 0,
            // 0 is the batch of a kind that has no line yet.
            batch: 1,
            seen: HashMap::new(),
        }
    }
}

impl<K: Copy + Eq + Hash> Sampling<K> {
    /// Counts a success. If a line that waits is to stand for it, its place is the answer.
    pub(crate) fn count(
        &mut self,
        kind: K,
        now: Timestamp,
        settings: &RequestLogSettings,
    ) -> Option<usize> {
        const MINUTE: i64 = 60_000;
        let minute = now.unix_millis().div_euclid(MINUTE);
        if minute != self.minute {
            self.minute = minute;
            self.seen.clear();
        }
        let batch = self.batch;
        let seen = self.seen.entry(kind).or_default();
        seen.in_this_minute = seen.in_this_minute.saturating_add(1);
        let own = seen.in_this_minute <= settings.sample_above
            || seen.batch != batch
            || seen.others + 1 >= settings.sample_every;
        if own {
            return None;
        }
        seen.others += 1;
        Some(seen.place)
    }

    /// A success got a line of its own, which waits at this place.
    pub(crate) fn note_line(&mut self, kind: K, place: usize) {
        let batch = self.batch;
        if let Some(seen) = self.seen.get_mut(&kind) {
            (seen.batch, seen.place, seen.others) = (batch, place, 0);
        }
    }

    /// The lines that waited are taken away to be written.
    pub(crate) fn next_batch(&mut self) {
        self.batch += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many requests each line stands for, of so many in one batch.
    fn lines(sampling: &mut Sampling<u8>, requests: u32) -> Vec<u32> {
        let settings = RequestLogSettings {
            sample_above: 3,
            sample_every: 4,
            ..RequestLogSettings::default()
        };
        let now = Timestamp::from_unix_micros(1_700_000_000_000_000);
        let mut lines: Vec<u32> = Vec::new();
        for _ in 0..requests {
            match sampling.count(0, now, &settings) {
                Some(place) => lines[place] += 1,
                None => {
                    sampling.note_line(0, lines.len());
                    lines.push(1);
                }
            }
        }
        sampling.next_batch();
        lines
    }

    #[test]
    fn a_line_stands_for_others_once_there_were_enough() {
        let mut sampling = Sampling::default();
        assert_eq!(lines(&mut sampling, 12), [1, 1, 4, 4, 2]);
        // A line that is written is not touched again.
        assert_eq!(lines(&mut sampling, 6), [4, 2]);
        assert_eq!(lines(&mut sampling, 1), [1]);
    }
}
