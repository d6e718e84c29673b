//! Tells of tokens that are about to end or have ended, and of connections that need attention, off
//! the request path.

use std::time::Duration;

use rollcall_model::Timestamp;
use rollcall_store::{Store, StoreError};
use tokio::sync::Mutex;

/// How long nothing is done after everything that was due has been told.
const REST: Duration = Duration::from_mins(1);

/// How many notices are told in one step.
const AT_A_TIME: u64 = 100;

/// The notices of one server. Several servers on one database each look for what is due, and one
/// of them tells it.
#[derive(Default)]
pub struct Notices(Mutex<Option<Timestamp>>);

impl Notices {
    /// Takes one small step, unless everything was told a moment ago. Whether everything is.
    ///
    /// # Errors
    ///
    /// The database is not available. What was not told is due the next time.
    pub async fn step(&self, store: &Store) -> Result<bool, StoreError> {
        let mut rests_until = self.0.lock().await;
        let now = store.clock().now();
        if rests_until.is_some_and(|until| now < until) {
            return Ok(true);
        }
        let due = store.due_expiry_notices(AT_A_TIME).await?;
        for notice in &due {
            store.tell_expiry(*notice).await?;
        }
        let attention = store.due_attention(AT_A_TIME).await?;
        for connection in &attention {
            store.tell_attention(*connection).await?;
        }
        let done = due.is_empty() && attention.is_empty();
        if done {
            *rests_until = Some(now.plus(REST));
        }
        Ok(done)
    }
}
