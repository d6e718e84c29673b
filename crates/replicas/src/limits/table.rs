//! A table with a most: what is over is swept away when it has grown, and beyond the most nothing
//! new is taken in.

use std::collections::HashMap;
use std::hash::Hash;

/// Entries at most. One is of a connection that was active within seconds.
pub(crate) const MOST_ENTRIES: usize = 100_000;

/// Before so many entries a sweep is not worth its while.
const FIRST_SWEEP: usize = 1_024;

/// A bounded table.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    entries: HashMap<K, V>,
    sweep_at: usize,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            sweep_at: FIRST_SWEEP,
        }
    }
}

impl<K: Eq + Hash, V: Default> Table<K, V> {
    /// The entry of a key, made if it is not there. `None` if the table is full of entries that
    /// `is_used` says are still needed.
    pub(crate) fn entry(&mut self, key: K, is_used: impl Fn(&V) -> bool) -> Option<&mut V> {
        if self.entries.len() >= self.sweep_at && !self.entries.contains_key(&key) {
            self.entries.retain(|_, value| is_used(value));
            // Twice as many before the next one, so that sweeping costs each entry its share.
            self.sweep_at = (2 * self.entries.len()).clamp(FIRST_SWEEP, MOST_ENTRIES);
            if self.entries.len() >= MOST_ENTRIES {
                return None;
            }
        }
        Some(self.entries.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_makes_room() {
        let mut table: Table<usize, bool> = Table::default();
        for key in 0..3 * MOST_ENTRIES {
            *table.entry(key, |used| *used).unwrap() = key % 1_000 == 0;
        }
        assert!(
            table.entries.len() <= 2 * FIRST_SWEEP,
            "{}",
            table.entries.len()
        );
        assert!(table.entries.contains_key(&0));
    }

    #[test]
    fn a_full_table_takes_nothing_new_and_keeps_what_it_has() {
        let mut table: Table<usize, bool> = Table::default();
        for key in 0..MOST_ENTRIES {
            *table.entry(key, |used| *used).unwrap() = true;
        }
        assert!(table.entry(MOST_ENTRIES, |used| *used).is_none());
        assert!(table.entry(7, |used| *used).is_some());
        assert_eq!(table.entries.len(), MOST_ENTRIES);
    }
}
