//! The client that measures: a fixed number of connections, each of which sends its next request
//! when it has the answer to the last.
//!
//! It shares the machine with what it measures, so it does as little as it can: requests are bytes
//! that a [`Script`] writes, and of an answer only status and length are understood. It is bounded by
//! its number of connections, and refuses every address that is not loopback: nothing here can
//! be pointed at somebody else's server.

mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

pub use wire::{Answer, Connection};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one connection sends.
pub trait Script: Send {
    /// Writes the next request, whole, into an empty buffer; `false` if there is none left.
    fn next(&mut self, request: &mut Vec<u8>) -> bool;

    /// Looks at the answer.
    ///
    /// # Errors
    ///
    /// It is not what was expected; this ends the run.
    fn answered(&mut self, answer: &Answer<'_>) -> anyhow::Result<()>;
}

/// How much is sent.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Connections at the same time.
    pub connections: usize,
    /// When no further request is sent. Scripts may end before.
    pub time: Duration,
    /// The time from one request of a connection to its next; without it, the next is sent when
    /// the last was answered.
    pub every: Option<Duration>,
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many answers of each status.
    pub statuses: BTreeMap<u16, u64>,
    /// From the first request to the last answer.
    pub time: Duration,
    /// The time of each answer in microseconds, sorted.
    micros: Vec<u32>,
}

impl Outcome {
    /// How many answers came.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.micros.len()
    }

    /// Answers in a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.micros.len() as f64 / self.time.as_secs_f64()
    }

    /// The time within which this part of all answers came, in microseconds: 0.5 is the median.
    #[must_use]
    pub fn quantile(&self, part: f64) -> f64 {
        let last = self.micros.len().saturating_sub(1);
        let index = (last as f64 * part).round() as usize;
        self.micros.get(index).copied().map_or(0.0, f64::from)
    }

    /// Adds the answers of another time under the same circumstances.
    pub fn join(&mut self, other: Self) {
        self.time += other.time;
        self.add(other);
        self.micros.sort_unstable();
    }

    fn add(&mut self, other: Self) {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.micros.extend(other.micros);
    }
}

impl Load {
    /// As many as the server answers, for a time.
    #[must_use]
    pub const fn closed(connections: usize, time: Duration) -> Self {
        Self {
            connections,
            time,
            every: None,
        }
    }

    /// Sends what the scripts say, one for each connection. All of it runs on one thread of its
    /// own, so that the rest of this program does not disturb it.
    ///
    /// # Errors
    ///
    /// The address is not loopback, a connection fails, an answer takes a minute, or a script
    /// finds an answer wrong.
    pub async fn send<S: Script + 'static>(
        self,
        address: SocketAddr,
        script: impl Fn(usize) -> S,
    ) -> anyhow::Result<Outcome> {
        let scripts: Vec<S> = (0..self.connections).map(script).collect();
        let sending = tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(self.send_all(address, scripts))
        });
        sending.await.context("the client was cut off")?
    }

    async fn send_all<S: Script + 'static>(
        self,
        address: SocketAddr,
        scripts: Vec<S>,
    ) -> anyhow::Result<Outcome> {
        let mut ready = Vec::new();
        for script in scripts {
            ready.push((script, Connection::open(address).await?));
        }
        let begin = Instant::now();
        let mut clients = JoinSet::new();
        for (script, connection) in ready {
            clients.spawn(self.one(script, connection, begin));
        }
        let mut all = Outcome::default();
        while let Some(done) = clients.join_next().await {
            all.add(done.context("a client was cut off")??);
        }
        all.time = begin.elapsed();
        all.micros.sort_unstable();
        ensure!(!all.micros.is_empty(), "nothing was sent");
        Ok(all)
    }

    async fn one<S: Script>(
        self,
        mut script: S,
        mut connection: Connection,
        begin: Instant,
    ) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        let mut request = Vec::new();
        let mut due = begin;
        while begin.elapsed() < self.time {
            if let Some(every) = self.every {
                sleep_until(due.into()).await;
                due += every;
            }
            request.clear();
            if !script.next(&mut request) {
                break;
            }
            let sent = Instant::now();
            let Ok(answer) = timeout(PATIENCE, connection.exchange(&request)).await else {
                bail!("no answer in {} s", PATIENCE.as_secs());
            };
            let answer = answer?;
            let micros = sent.elapsed().as_micros();
            outcome
                .micros
                .push(u32::try_from(micros).unwrap_or(u32::MAX));
            *outcome.statuses.entry(answer.status).or_default() += 1;
            script.answered(&answer)?;
        }
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_read_from_the_sorted_times() {
        let outcome = Outcome {
            micros: (1..=101).collect(),
            time: Duration::from_secs(2),
            ..Outcome::default()
        };
        assert_eq!(
            (outcome.quantile(0.5), outcome.quantile(0.99)),
            (51.0, 100.0)
        );
        assert!((outcome.rate() - 50.5).abs() < f64::EPSILON);
    }
}
