//! How much a SCIM connection may ask for: a budget of reads and one of writes.
//!
//! Over Redis the budgets are those of all replicas together. While Redis is away each process goes on
//! by itself from what it was told last: limits fail open, because what is behind them is a
//! customer's directory, which must not stop being synced for want of a counter.

mod gcra;
mod leases;
mod local;
mod table;

#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use redis::Script;
use redis::aio::ConnectionManager;
use rollcall_metrics::{Budget, Metrics};
use rollcall_model::{ScimConnectionId, Timestamp};

use self::gcra::Grant;
pub use self::gcra::{MOST_BURST_SECONDS, Quota};
use self::leases::{Held, Leases};
use self::local::LocalBudgets;
pub(crate) use self::table::MOST_ENTRIES;
use self::table::Table;
use crate::link::Link;

/// Whose budget, and which of the two.
type Key = (ScimConnectionId, Budget);

/// How often a refusal of one budget is worth a line in a log, at most.
const TELL_EVERY: Duration = Duration::from_secs(1);

static GCRA: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("gcra.lua")));

/// How a budget stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which budget it is.
    pub budget: Budget,
    /// What it holds and how fast it refills.
    pub quota: Quota,
    /// Cells left, as far as this process knows.
    pub left: u64,
    /// How long until it is full, or, after a refusal, until the request can come again.
    pub resets_in: Duration,
}

/// Whether a request fits into its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does, and was taken off.
    Allowed(Standing),
    /// It does not, and nothing was taken off.
    Refused {
        /// How the budget stands.
        standing: Standing,
        /// Whether this is worth a line in a log: refusals come in floods, and the first of each
        /// second stands for them.
        worth_telling: bool,
    },
}

/// The budgets of every connection, as this process sees them.
pub(crate) struct Limits {
    link: Option<Arc<Link>>,
    key_prefix: String,
    local: LocalBudgets,
    leases: Leases,
    told: Mutex<Table<Key, Option<Timestamp>>>,
    metrics: Metrics,
}

impl Limits {
    pub(crate) fn new(link: Option<Arc<Link>>, key_prefix: String, metrics: Metrics) -> Self {
        Self {
            link,
            key_prefix,
            local: LocalBudgets::default(),
            leases: Leases::default(),
            told: Mutex::default(),
            metrics,
        }
    }

    /// Takes `cells` off a budget, or none. More than the budget holds at most count as that much,
    /// so that a large request waits for a full budget and not for ever.
    pub(crate) async fn take(
        &self,
        connection: ScimConnectionId,
        budget: Budget,
        quota: Quota,
        cells: u64,
        now: Timestamp,
    ) -> Verdict {
        let key = (connection, budget);
        let cells = cells.min(quota.burst());
        let micros = u64::try_from(now.unix_micros()).unwrap_or(0);
        let grant = match &self.link {
            Some(link) => self.take_shared(link, key, quota, cells, micros).await,
            None => None,
        };
        let grant = grant.or_else(|| self.local.take(key, quota, cells, micros));
        let Some(grant) = grant else {
            // Too many connections at once to keep count of this one.
            return Verdict::Allowed(Standing {
                budget,
                quota,
                left: quota.burst(),
                resets_in: Duration::ZERO,
            });
        };
        let standing = |resets_in| Standing {
            budget,
            quota,
            left: grant.left,
            resets_in,
        };
        if grant.wait.is_zero() {
            return Verdict::Allowed(standing(grant.full_in));
        }
        self.metrics.rate_limited(budget);
        Verdict::Refused {
            standing: standing(grant.wait),
            worth_telling: self.is_worth_telling(key, now),
        }
    }

    /// Takes from what all replicas share; `None` if Redis is away.
    async fn take_shared(
        &self,
        link: &Link,
        key: Key,
        quota: Quota,
        cells: u64,
        now: u64,
    ) -> Option<Grant> {
        let more = match self.leases.take(key, quota, cells, now) {
            Held::Known(grant) => return Some(grant),
            Held::Ask { more } => more,
        };
        let name = redis_key(&self.key_prefix, key);
        let ask = move |manager| run(GCRA.clone(), manager, name, quota, cells, more);
        let told = link.ask(ask).await?;
        self.local.note(key, &told, now);
        Some(self.leases.note(key, cells, told, now))
    }

    fn is_worth_telling(&self, key: Key, now: Timestamp) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = |at: &Option<Timestamp>| at.is_some_and(|at| now.since(at) < TELL_EVERY);
        let Some(last) = told.entry(key, lately) else {
            return false;
        };
        let worth = !lately(last);
        if worth {
            *last = Some(now);
        }
        worth
    }
}

fn redis_key(prefix: &str, (connection, budget): Key) -> String {
    format!("{prefix}rate:{connection}:{}", budget.label())
}

async fn run(
    script: Script,
    mut manager: ConnectionManager,
    key: String,
    quota: Quota,
    cells: u64,
    more: u64,
) -> redis::RedisResult<Grant> {
    let mut step = script.key(key);
    step.arg(quota.per_second())
        .arg(quota.window_micros())
        .arg(cells)
        .arg(cells + more);
    let (taken, wait, left, full_in): (u64, u64, u64, u64) =
        step.invoke_async(&mut manager).await?;
    Ok(Grant {
        cells: taken,
        wait: Duration::from_micros(wait),
        left,
        full_in: Duration::from_micros(full_in),
    })
}
