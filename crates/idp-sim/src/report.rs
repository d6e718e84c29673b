//! What a run did, in numbers and as a closing table.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::Failure;
use crate::operation::Operation;
use crate::percentile::percentile;

/// Failures shown by `Display`; all of them are in [`Report::failed`].
const SHOWN_FAILURES: usize = 10;

/// What a run did.
///
/// `created` to `deleted` count people and groups, not requests: a group created and then filled
/// by three requests is one created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests sent, tries included.
    pub requests: u64,
    /// People and groups made.
    pub created: u64,
    /// People and groups that were there and were changed.
    pub updated: u64,
    /// People and groups found as they should be, or left out as this provider would.
    pub unchanged: u64,
    /// People and groups deleted.
    pub deleted: u64,
    /// Steps the endpoint did not let happen, in the order they failed.
    pub failed: Vec<Failure>,
    /// Half of the answers came within this time; from sending to the last byte.
    pub p50: Duration,
    /// 99 of 100 answers came within this time.
    pub p99: Duration,
    /// The same by operation; operations without an answer are left out.
    pub operations: Vec<OperationReport>,
}

/// What one operation cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationReport {
    /// Which operation.
    pub operation: Operation,
    /// Answers, of any status.
    pub answers: u64,
    /// Half of them came within this time.
    pub p50: Duration,
    /// 99 of 100 came within this time.
    pub p99: Duration,
}

impl Report {
    /// Whether the endpoint took everything.
    pub fn is_clean(&self) -> bool {
        self.failed.is_empty()
    }

    /// How many writes were answered: none in a second run over an unchanged directory.
    pub fn writes(&self) -> u64 {
        let writes = self
            .operations
            .iter()
            .filter(|row| row.operation.method().is_write());
        writes.map(|row| row.answers).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} requests: created {}, updated {}, unchanged {}, deleted {}, failed {}",
            self.requests,
            self.created,
            self.updated,
            self.unchanged,
            self.deleted,
            self.failed.len()
        )?;
        writeln!(f)?;
        writeln!(
            f,
            "{:<16} {:>8} {:>9} {:>9}",
            "operation", "answers", "p50 ms", "p99 ms"
        )?;
        for row in &self.operations {
            line(f, row.operation.label(), row.answers, row.p50, row.p99)?;
        }
        let answers = self.operations.iter().map(|row| row.answers).sum();
        line(f, "all", answers, self.p50, self.p99)?;
        for failure in self.failed.iter().take(SHOWN_FAILURES) {
            writeln!(f, "failed: {failure}")?;
        }
        match self.failed.len().saturating_sub(SHOWN_FAILURES) {
            0 => Ok(()),
            more => writeln!(f, "and {more} more failures"),
        }
    }
}

fn line(
    f: &mut fmt::Formatter<'_>,
    label: &str,
    answers: u64,
    p50: Duration,
    p99: Duration,
) -> fmt::Result {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    writeln!(
        f,
        "{label:<16} {answers:>8} {:>9.1} {:>9.1}",
        ms(p50),
        ms(p99)
    )
}

/// What became of one person or group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Created,
    Updated,
    Unchanged,
    Deleted,
}

/// A report in the making, shared by the steps of one run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    report: Report,
    latencies: BTreeMap<Operation, Vec<Duration>>,
}

impl Tally {
    pub(crate) fn sent(&self) {
        self.counts().report.requests += 1;
    }

    pub(crate) fn answered(&self, operation: Operation, latency: Duration) {
        self.counts()
            .latencies
            .entry(operation)
            .or_default()
            .push(latency);
    }

    pub(crate) fn finished(&self, outcome: Outcome) {
        let report = &mut self.counts().report;
        match outcome {
            Outcome::Created => report.created += 1,
            Outcome::Updated => report.updated += 1,
            Outcome::Unchanged => report.unchanged += 1,
            Outcome::Deleted => report.deleted += 1,
        }
    }

    pub(crate) fn failed(&self, failure: Failure) {
        tracing::debug!(%failure, "step failed");
        self.counts().report.failed.push(failure);
    }

    pub(crate) fn into_report(self) -> Report {
        let Counts {
            mut report,
            latencies,
        } = self
            .counts
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        for (operation, mut times) in latencies {
            times.sort_unstable();
            report.operations.push(OperationReport {
                operation,
                answers: u64::try_from(times.len()).unwrap_or(u64::MAX),
                p50: percentile(&times, 50),
                p99: percentile(&times, 99),
            });
            all.append(&mut times);
        }
        all.sort_unstable();
        report.p50 = percentile(&all, 50);
        report.p99 = percentile(&all, 99);
        report
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // A panic elsewhere leaves numbers behind that are still right.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Outcome, Tally};
    use crate::error::Failure;
    use crate::operation::Operation;

    #[test]
    fn the_closing_table_shows_counts_times_and_failures() {
        let tally = Tally::default();
        for ms in [4, 2, 9] {
            tally.sent();
            tally.answered(Operation::CreateUser, Duration::from_millis(ms));
        }
        tally.answered(Operation::FindUser, Duration::from_micros(1500));
        tally.finished(Outcome::Created);
        tally.failed(Failure {
            status: Some(409),
            ..Failure::of(Operation::CreateUser, "ada@x.example", "userName is taken")
        });

        insta::assert_snapshot!(tally.into_report(), @"
        3 requests: created 1, updated 0, unchanged 0, deleted 0, failed 1

        operation         answers    p50 ms    p99 ms
        find_user               1       1.5       1.5
        create_user             3       4.0       9.0
        all                     4       2.0       9.0
        failed: POST /Users for ada@x.example: 409: userName is taken
        ");
    }
}
