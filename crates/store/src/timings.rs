//! How long the database takes, told to whoever measures it.
//!
//! This crate knows no metrics. A statement costs one more look at the clock, and the observer what
//! it makes of it. What is measured is pinned where it stands, as for `spans::watch`.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use sea_orm::metric::Info;

use crate::connect::Store;

/// Whoever measures the database.
pub trait DatabaseObserver: Send + Sync {
    /// Somebody had a connection after so long.
    fn waited(&self, took: Duration);

    /// A statement took so long; `reads` says that it was a `select`.
    fn asked(&self, reads: bool, took: Duration);
}

/// What a pool tells, once there is somebody who listens. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Timings(Arc<OnceLock<Arc<dyn DatabaseObserver>>>);

impl Timings {
    /// Runs something that waits for a connection, and tells how long it did.
    pub(crate) async fn wait<T>(&self, work: impl Future<Output = T> + Unpin) -> T {
        let Some(observer) = self.0.get() else {
            return work.await;
        };
        let begun = Instant::now();
        let done = work.await;
        observer.waited(begun.elapsed());
        done
    }

    /// Tells of somebody who had a connection at once.
    pub(crate) fn did_not_wait(&self) {
        if let Some(observer) = self.0.get() {
            observer.waited(Duration::ZERO);
        }
    }

    /// Runs a statement, and tells how long it took.
    pub(crate) async fn ask<T>(&self, reads: bool, work: impl Future<Output = T> + Unpin) -> T {
        let Some(observer) = self.0.get() else {
            return work.await;
        };
        let begun = Instant::now();
        let done = work.await;
        observer.asked(reads, begun.elapsed());
        done
    }

    /// What the library calls after each statement.
    pub(crate) fn callback(&self) -> impl Fn(&Info<'_>) + Send + Sync + 'static {
        let timings = self.clone();
        move |info| {
            if let Some(observer) = timings.0.get() {
                observer.asked(only_reads(&info.statement.sql), info.elapsed);
            }
        }
    }
}

/// Whether a statement cannot write. A data-modifying statement of PostgreSQL can begin with `with`, so
/// that one may.
pub(crate) fn only_reads(sql: &str) -> bool {
    let word = sql.trim_start().get(..6);
    word.is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

impl Store {
    /// Tells somebody how long the database takes, of this store and its clones. For one observer;
    /// another one is passed over.
    pub fn observe_database(&self, observer: Arc<dyn DatabaseObserver>) {
        let _ = self.db.timings().0.set(observer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_write_reads() {
        assert!(only_reads("SELECT 1"));
        assert!(only_reads("\n    select 1"));
        for sql in [
            "with gone as (delete from users) select 1",
            "insert into users values (1) returning id",
            "",
        ] {
            assert!(!only_reads(sql), "{sql}");
        }
    }
}
