//! Whose turn it is: how many SCIM requests work at once, and a fair line for the others.
//!
//! A request works when it asks the database, and the database does only so much at once. Beyond
//! that, requests wait here, where waiting costs nothing, and each connection has a line of its
//! own: turns go round the lines, so that a connection that sends ten thousand requests keeps
//! another one waiting for one of them and not for all. No connection has more than its share of
//! turns at a time either, so that a turn is free when another connection comes.
//!
//! Lines are bounded. Whoever finds its own line full is told to slow down (429), since its other
//! requests are what it would wait for; whoever waited too long is told that the server has too
//! much to do (503). A request takes its turn when its body is there, so that a slow client holds
//! nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rollcall_model::ScimConnectionId;
use tokio::sync::oneshot;

/// How many requests work and wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Requests that work at once, of all connections.
    pub at_once: usize,
    /// Requests that work at once, of one connection.
    pub at_once_per_connection: usize,
    /// Requests that wait, of one connection.
    pub waiting_per_connection: usize,
    /// How long one waits.
    pub patience: Duration,
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self {
            at_once: 8,
            at_once_per_connection: 8,
            waiting_per_connection: 100,
            patience: Duration::from_secs(10),
        }
    }
}

/// Why a request does not get a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    /// Too many requests of its own connection wait before it.
    LineFull,
    /// Its turn did not come in time.
    WaitedTooLong,
}

/// The turns of one server. Clones share them.
#[derive(Clone)]
pub struct Admission {
    limits: AdmissionLimits,
    lines: Arc<Mutex<Lines>>,
}

/// The right to work. Dropped, it goes to the next who waits.
pub(crate) struct Turn {
    /// `None` if it is none: nobody was there to take it.
    held: Option<(Arc<Mutex<Lines>>, ScimConnectionId)>,
}

struct Lines {
    limits: AdmissionLimits,
    free: usize,
    of: HashMap<ScimConnectionId, Line>,
    /// Connections with somebody who waits, in the order in which they are next.
    next: VecDeque<ScimConnectionId>,
}

#[derive(Default)]
struct Line {
    working: usize,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

impl Admission {
    /// Turns of a server that has not begun.
    #[must_use]
    pub fn new(limits: AdmissionLimits) -> Self {
        let lines = Lines {
            limits,
            free: limits.at_once,
            of: HashMap::new(),
            next: VecDeque::new(),
        };
        Self {
            limits,
            lines: Arc::new(Mutex::new(lines)),
        }
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self, of: ScimConnectionId) -> Result<Turn, Busy> {
        let turn = {
            let mut lines = lock(&self.lines);
            if lines.is_free_for(of) {
                lines.begin(of);
                return Ok(Turn {
                    held: Some((Arc::clone(&self.lines), of)),
                });
            }
            lines.wait(of)?
        };
        match tokio::time::timeout(self.limits.patience, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(Busy::WaitedTooLong),
        }
    }

    /// How many work and how many wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let lines = lock(&self.lines);
        let waiting = lines.of.values().map(|line| line.waiting.len()).sum();
        (self.limits.at_once - lines.free, waiting)
    }
}

/// A panic cannot leave the lines half changed: nothing in here calls what could.
fn lock(lines: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lines {
    fn is_free_for(&self, of: ScimConnectionId) -> bool {
        self.free > 0
            && self.of.get(&of).is_none_or(|line| {
                line.working < self.limits.at_once_per_connection && line.waiting.is_empty()
            })
    }

    fn begin(&mut self, of: ScimConnectionId) {
        self.free -= 1;
        self.of.entry(of).or_default().working += 1;
    }

    fn wait(&mut self, of: ScimConnectionId) -> Result<oneshot::Receiver<Turn>, Busy> {
        let line = self.of.entry(of).or_default();
        if line.waiting.len() >= self.limits.waiting_per_connection {
            // Some may have given up, and hold their place only until their turn comes.
            line.waiting.retain(|waiter| !waiter.is_closed());
        }
        if line.waiting.len() >= self.limits.waiting_per_connection {
            return Err(Busy::LineFull);
        }
        if line.waiting.is_empty() {
            self.next.push_back(of);
        }
        let (sender, receiver) = oneshot::channel();
        line.waiting.push_back(sender);
        Ok(receiver)
    }

    /// Ends a turn, and gives out what is free.
    fn end(&mut self, of: ScimConnectionId, shared: &Arc<Mutex<Self>>) {
        self.free += 1;
        if let Some(line) = self.of.get_mut(&of) {
            line.working -= 1;
        }
        self.give_out(shared);
        let over = self
            .of
            .get(&of)
            .is_some_and(|line| line.working == 0 && line.waiting.is_empty());
        if over {
            self.of.remove(&of);
        }
    }

    fn give_out(&mut self, shared: &Arc<Mutex<Self>>) {
        // Whoever waits does so because all turns are taken or its connection has its share, and one
        // turn has ended: no line can take two. One that has its share keeps its place.
        for _ in 0..self.next.len() {
            if self.free == 0 {
                return;
            }
            let Some(of) = self.next.pop_front() else {
                return;
            };
            let Some(line) = self.of.get_mut(&of) else {
                continue;
            };
            if line.working < self.limits.at_once_per_connection && line.give_next(of, shared) {
                self.free -= 1;
            }
            if !line.waiting.is_empty() {
                self.next.push_back(of);
            } else if line.working == 0 {
                self.of.remove(&of);
            }
        }
    }
}

impl Line {
    /// Gives a turn to the first who still waits; `false` if nobody does.
    fn give_next(&mut self, of: ScimConnectionId, shared: &Arc<Mutex<Lines>>) -> bool {
        while let Some(waiter) = self.waiting.pop_front() {
            let turn = Turn {
                held: Some((Arc::clone(shared), of)),
            };
            match waiter.send(turn) {
                Ok(()) => {
                    self.working += 1;
                    return true;
                }
                // The lock is held here: its drop must not ask for it.
                Err(mut turn) => turn.held = None,
            }
        }
        false
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some((lines, of)) = self.held.take() {
            lock(&lines).end(of, &lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use rollcall_model::{ManualClock, Timestamp};

    use super::*;

    const LIMITS: AdmissionLimits = AdmissionLimits {
        at_once: 3,
        at_once_per_connection: 2,
        waiting_per_connection: 2,
        patience: Duration::from_secs(60),
    };

    fn connections() -> [ScimConnectionId; 3] {
        let clock = ManualClock::at(Timestamp::from_unix_micros(0));
        [(); 3].map(|()| ScimConnectionId::new(&clock))
    }

    /// A turn that is there without waiting.
    fn at_once(admission: &Admission, of: ScimConnectionId) -> Option<Turn> {
        admission.turn(of).now_or_never()?.ok()
    }

    #[tokio::test]
    async fn a_connection_has_its_share_and_leaves_a_turn_for_another() {
        let admission = Admission::new(LIMITS);
        let [loud, quiet, late] = connections();
        let _first = at_once(&admission, loud).unwrap();
        let second = at_once(&admission, loud).unwrap();
        assert!(at_once(&admission, loud).is_none(), "its share is two");
        let _other = at_once(&admission, quiet).unwrap();
        assert!(at_once(&admission, late).is_none(), "all three are taken");
        drop(second);
        assert!(at_once(&admission, late).is_some());
        assert_eq!(admission.load(), (2, 0));
    }

    #[tokio::test]
    async fn turns_go_round_the_lines() {
        let limits = AdmissionLimits {
            at_once: 1,
            at_once_per_connection: 1,
            ..LIMITS
        };
        let admission = Admission::new(limits);
        let [loud, quiet, _] = connections();
        let working = at_once(&admission, loud).unwrap();
        let mut waiting: Vec<_> = [loud, loud, quiet]
            .into_iter()
            .map(|of| Box::pin(admission.turn(of)))
            .collect();
        for turn in &mut waiting {
            assert!(turn.as_mut().now_or_never().is_none());
        }
        assert_eq!(admission.load(), (1, 3));
        let mut order = Vec::new();
        let mut held = Some(working);
        while let Some(turn) = held.take() {
            drop(turn);
            for (number, turn) in waiting.iter_mut().enumerate() {
                if order.contains(&number) {
                    continue;
                }
                if let Some(next) = turn.as_mut().now_or_never() {
                    order.push(number);
                    held = next.ok();
                    break;
                }
            }
        }
        assert_eq!(
            order,
            [0, 2, 1],
            "the quiet one came last and is not the last"
        );
        assert_eq!(admission.load(), (0, 0));
        assert!(
            lock(&admission.lines).of.is_empty(),
            "nothing is kept of those who left"
        );
    }

    #[tokio::test]
    async fn a_full_line_is_told_at_once_and_who_gave_up_holds_no_place() {
        let admission = Admission::new(LIMITS);
        let [loud, ..] = connections();
        let working = [at_once(&admission, loud), at_once(&admission, loud)];
        let mut waiting: Vec<_> = (0..2).map(|_| Box::pin(admission.turn(loud))).collect();
        for turn in &mut waiting {
            assert!(turn.as_mut().now_or_never().is_none());
        }
        let refused = admission.turn(loud).now_or_never();
        assert!(matches!(refused, Some(Err(Busy::LineFull))));
        waiting.pop();
        let mut third = Box::pin(admission.turn(loud));
        assert!(third.as_mut().now_or_never().is_none(), "it waits");
        drop(waiting);
        drop(working);
        assert!(third.await.is_ok(), "those who gave up are passed over");
        assert_eq!(admission.load(), (0, 0));
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told() {
        let admission = Admission::new(AdmissionLimits {
            patience: Duration::ZERO,
            ..LIMITS
        });
        let [loud, ..] = connections();
        let working = [at_once(&admission, loud), at_once(&admission, loud)];
        assert!(matches!(
            admission.turn(loud).await,
            Err(Busy::WaitedTooLong)
        ));
        drop(working);
        assert_eq!(admission.load(), (0, 0));
    }

    #[tokio::test]
    async fn a_turn_that_comes_to_somebody_who_left_goes_on() {
        let admission = Admission::new(LIMITS);
        let [loud, ..] = connections();
        let first = at_once(&admission, loud).unwrap();
        let _second = at_once(&admission, loud).unwrap();
        let mut given = Box::pin(admission.turn(loud));
        assert!(given.as_mut().now_or_never().is_none());
        let mut next = Box::pin(admission.turn(loud));
        assert!(next.as_mut().now_or_never().is_none());
        drop(first);
        // It was given the turn, and never looked.
        drop(given);
        assert!(next.await.is_ok());
    }
}
