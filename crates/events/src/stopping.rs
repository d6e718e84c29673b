//! How tasks learn that the process ends.

use tokio::sync::watch;

/// Held by the owner of tasks.
#[derive(Default)]
pub(crate) struct Stop(watch::Sender<bool>);

/// Held by each task.
#[derive(Clone)]
pub(crate) struct Stopping(watch::Receiver<bool>);

impl Stop {
    pub(crate) fn signal(&self) -> Stopping {
        Stopping(self.0.subscribe())
    }

    pub(crate) fn now(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Waits until the process is to end.
    pub(crate) async fn begun(&mut self) {
        // An owner that is gone is an end as well.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Waits for something, and says whether there is time for it: `None` when the process is to
    /// end.
    pub(crate) async fn unless<T>(&mut self, other: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.begun() => None,
            done = other => Some(done),
        }
    }
}
