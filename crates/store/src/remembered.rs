//! What a process remembers of the tokens that were used lately, and how it forgets.
//!
//! A request would otherwise ask the database who sends it before it asks for anything else. What
//! is remembered is dropped at once by whoever commits a change in this process, and by
//! [`Store::forget`] for what another process committed. Should no word of a change come,
//! everything is read again after [`REMEMBER_FOR`]: no token is let in longer than that after it
//! was revoked, whatever fails.
//!
//! Unknown tokens are not remembered: a token works from the moment it is made, and nobody fills
//! the memory by guessing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use rollcall_model::Stale;

use crate::connect::Store;
use crate::routing::StoredToken;
use crate::search::Anchors;
use crate::shape::Shapes;

/// For how long a token is let in without asking the database again.
pub const REMEMBER_FOR: Duration = Duration::from_secs(5);

/// How many tokens a process remembers; about 6 MiB.
const TOKENS: usize = 20_000;

/// Told of what each committed change made stale.
pub type StaleListener = Arc<dyn Fn(Stale) + Send + Sync>;

struct Known {
    token: Arc<StoredToken>,
    read_at: Instant,
}

/// What one process remembers.
pub(crate) struct Remembered {
    pub(crate) shapes: Shapes,
    /// Places in long lists.
    pub(crate) anchors: Anchors,
    tokens: Cache<[u8; 32], Arc<Known>>,
    /// Grows with everything that is forgotten. What was read before it grew is not kept.
    forgotten: AtomicU64,
    listener: OnceLock<StaleListener>,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            shapes: Shapes::default(),
            anchors: Anchors::default(),
            tokens: Cache::new(TOKENS),
            forgotten: AtomicU64::new(0),
            listener: OnceLock::new(),
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
    /// The token of a digest, if it was read lately.
    pub(crate) fn token(&self, digest: &[u8; 32]) -> Option<Arc<StoredToken>> {
        let known = self.tokens.get(digest)?;
        (known.read_at.elapsed() < REMEMBER_FOR).then(|| Arc::clone(&known.token))
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
    pub(crate) fn keep(&self, digest: [u8; 32], token: Arc<StoredToken>, before: Before) {
        let known = Known {
            token,
            read_at: before.at,
        };
        self.tokens.insert(digest, Arc::new(known));
        if self.forgotten.load(Ordering::SeqCst) != before.forgotten {
            self.tokens.remove(&digest);
        }
    }

    fn forget(&self, stale: Stale) {
        // First, so that what is read meanwhile is not kept.
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.tokens.retain(|_, known| match stale {
            Stale::Connection(id) => known.token.connection_id != id,
            Stale::Organization(id) => known.token.org_id != id,
            Stale::Everything => false,
        });
    }

    /// Forgets what a change of this process made stale, and tells of it.
    pub(crate) fn changed(&self, stale: Stale) {
        self.forget(stale);
        if let Some(listener) = self.listener.get() {
            listener(stale);
        }
    }
}

impl Store {
    /// Forgets what another process changed.
    pub fn forget(&self, stale: Stale) {
        self.remembered.forget(stale);
    }

    /// Has `listener` told what each change that this process commits makes stale, so that other
    /// processes can be told. It must return at once. Only the first one is taken; a second call
    /// does nothing.
    pub fn on_stale(&self, listener: StaleListener) {
        let _ = self.remembered.listener.set(listener);
    }
}
