//! What a process remembers of the tokens that were used lately, and how it forgets.
//!
//! A request would otherwise ask the database who sends it before it asks for anything else. What
//! is remembered is dropped at once by whoever commits a change in this process, and by
//! [`Store::forget`] for what another process committed. Both can fail, so nothing is trusted for
//! longer than [`REMEMBER_FOR`] unless the database itself says that it still holds (see
//! `access_changes`): no token is let in longer than that after it was revoked, whatever fails.
//!
//! Unknown tokens are not remembered: a token works from the moment it is made, and nobody fills
//! the memory by guessing.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use rollcall_model::Stale;

use crate::access_changes::LastChange;
use crate::connect::Store;
use crate::routing::{Carried, StoredCredential};
use crate::search::Anchors;
use crate::shape::Shapes;

/// For how long a token is let in without asking the database about it, or about all changes.
pub const REMEMBER_FOR: Duration = Duration::from_secs(5);

/// A token is read again after so long in any case: what is found out about an identity provider
/// is written without being told to anybody.
const KEEP_FOR: Duration = Duration::from_secs(600);

/// How many tokens a process remembers; about 6 MiB.
const TOKENS: usize = 20_000;

/// Told of what each committed change made stale.
pub type StaleListener = Arc<dyn Fn(Stale) + Send + Sync>;

struct Known {
    token: Arc<StoredCredential>,
    read_at: Instant,
}

/// What one process remembers.
pub(crate) struct Remembered {
    pub(crate) shapes: Shapes,
    /// Places in long lists.
    pub(crate) anchors: Anchors,
    tokens: Cache<Carried, Arc<Known>>,
    /// Grows with everything that is forgotten. What was read before it grew is not kept.
    forgotten: AtomicU64,
    listener: OnceLock<StaleListener>,
    trust: Mutex<Option<Trust>>,
    /// Numbers of changes that were forgotten here when they were committed.
    own_changes: Mutex<BTreeSet<i64>>,
}

/// How far the changes of the database are known.
#[derive(Clone, Copy)]
struct Trust {
    /// Everything that was committed before was heard of.
    since: Instant,
    /// The last of it.
    known_changes: LastChange,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            shapes: Shapes::default(),
            anchors: Anchors::default(),
            tokens: Cache::new(TOKENS),
            forgotten: AtomicU64::new(0),
            listener: OnceLock::new(),
            trust: Mutex::default(),
            own_changes: Mutex::default(),
        }
    }
}

/// A moment before a read; see [`Remembered::keep`].
#[derive(Clone, Copy)]
pub(crate) struct Before {
    forgotten: u64,
    at: Instant,
}

impl Remembered {
    /// What was found for what a request carries, if it was read lately.
    pub(crate) fn token(&self, carried: &Carried) -> Option<Arc<StoredCredential>> {
        let known = self.tokens.get(carried)?;
        let age = known.read_at.elapsed();
        let holds = age < REMEMBER_FOR || (age < KEEP_FOR && self.is_trusted());
        holds.then(|| Arc::clone(&known.token))
    }

    fn trusted(&self) -> MutexGuard<'_, Option<Trust>> {
        self.trust.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what was not forgotten held a moment ago.
    fn is_trusted(&self) -> bool {
        self.trusted()
            .is_some_and(|trust| trust.since.elapsed() < REMEMBER_FOR)
    }

    /// The last change that was heard of; `None` before anybody has asked.
    pub(crate) fn known_changes(&self) -> Option<LastChange> {
        self.trusted().map(|trust| trust.known_changes)
    }

    /// Trusts what is remembered: all changes up to this number, which are all that were committed
    /// before that moment, were heard of.
    pub(crate) fn trust(&self, since: Instant, known_changes: LastChange) {
        *self.trusted() = Some(Trust {
            since,
            known_changes,
        });
    }

    /// To be called before a token is read.
    pub(crate) fn before_read(&self) -> Before {
        Before {
            forgotten: self.forgotten.load(Ordering::SeqCst),
            at: Instant::now(),
        }
    }

    /// Keeps a token that was read, unless something was forgotten since before: that may have
    /// been meant for what was just read.
    pub(crate) fn keep(&self, carried: Carried, token: Arc<StoredCredential>, before: Before) {
        let known = Known {
            token,
            read_at: before.at,
        };
        self.tokens.insert(carried, Arc::new(known));
        if self.forgotten.load(Ordering::SeqCst) != before.forgotten {
            self.tokens.remove(&carried);
        }
    }

    pub(crate) fn forget(&self, stale: &BTreeSet<Stale>) {
        if stale.is_empty() {
            return;
        }
        // First, so that what is read meanwhile is not kept.
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        let everything = stale.contains(&Stale::Everything);
        self.tokens.retain(|_, known| {
            let token = &known.token;
            !everything
                && !stale.contains(&Stale::Connection(token.connection_id))
                && !stale.contains(&Stale::Organization(token.org_id))
        });
    }

    /// Takes note of the numbers of changes that this process has committed and forgotten itself.
    pub(crate) fn committed(&self, numbers: RangeInclusive<i64>) {
        self.own_changes().extend(numbers);
    }

    /// Those of them up to this one, which are not asked for again.
    pub(crate) fn own_changes_up_to(&self, last: i64) -> BTreeSet<i64> {
        let mut own = self.own_changes();
        let later = own.split_off(&(last + 1));
        std::mem::replace(&mut *own, later)
    }

    /// To be called when their numbers may be handed out again.
    pub(crate) fn forget_own_changes(&self) {
        self.own_changes().clear();
    }

    fn own_changes(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.own_changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what a change of this process made stale, and tells of it.
    pub(crate) fn changed(&self, stale: BTreeSet<Stale>) {
        self.forget(&stale);
        if let Some(listener) = self.listener.get() {
            stale.into_iter().for_each(|stale| listener(stale));
        }
    }
}

impl Store {
    /// Forgets what another process changed.
    pub fn forget(&self, stale: Stale) {
        self.remembered.forget(&BTreeSet::from([stale]));
    }

    /// Has `listener` told what each change that this process commits makes stale, so that other
    /// processes can be told. It must return at once. Only the first one is taken; a second call
    /// does nothing.
    pub fn on_stale(&self, listener: StaleListener) {
        let _ = self.remembered.listener.set(listener);
    }
}
