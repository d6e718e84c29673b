//! Budgets of one process.

use std::sync::{Mutex, PoisonError};

use super::Key;
use super::gcra::{self, Grant, Quota};
use super::table::Table;

/// When the budget of each connection is full again, in microseconds.
#[derive(Debug, Default)]
pub(super) struct LocalBudgets(Mutex<Table<Key, u64>>);

impl LocalBudgets {
    /// Takes `cells`. `None` if there are too many connections to keep count of one more.
    pub(super) fn take(&self, key: Key, quota: Quota, cells: u64, now: u64) -> Option<Grant> {
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = budgets.entry(key, |full_at| *full_at > now)?;
        Some(gcra::take(quota, full_at, now, cells, cells))
    }

    /// Notes how the budget that all replicas share stands, to go on from there without Redis.
    pub(super) fn note(&self, key: Key, told: &Grant, now: u64) {
        let full_in = u64::try_from(told.full_in.as_micros()).unwrap_or(u64::MAX);
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = budgets.entry(key, |full_at| *full_at > now) {
            *full_at = now.saturating_add(full_in);
        }
    }
}
