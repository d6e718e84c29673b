//! One request to a large installation and to a small one, in turns.

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::installation::Installation;
use crate::load::{Connection, Script};
use crate::measure::middle;
use crate::sizes::Sizes;
use crate::workloads::{Workload, WorkloadScript};

/// How often each side is asked before anything counts.
const WARM_UP: usize = 20;

/// What takes seconds is asked less often: a ratio that is far off shows all the same.
const LONGEST_WARM_UP: Duration = Duration::from_secs(3);
const LONGEST: Duration = Duration::from_secs(15);
const LEAST: usize = 10;

/// Medians of the large side and of the small one, in microseconds.
pub(super) async fn medians(
    large: &Installation,
    small: &Installation,
    workload: Workload,
    sizes: &Sizes,
) -> anyhow::Result<(f64, f64)> {
    let mut sides = [
        Side::open(large, workload).await?,
        Side::open(small, workload).await?,
    ];
    let begin = Instant::now();
    for round in 0..WARM_UP {
        in_turn(&mut sides, round).await?;
        if begin.elapsed() > LONGEST_WARM_UP {
            break;
        }
    }
    for side in &mut sides {
        side.micros.clear();
    }
    let begin = Instant::now();
    for round in 0..sizes.growth_requests {
        in_turn(&mut sides, round).await?;
        if round >= LEAST && begin.elapsed() > LONGEST {
            break;
        }
    }
    let [large, small] = sides.map(|side| middle(side.micros));
    Ok((large, small))
}

/// Asks both, the one and then the other first.
async fn in_turn(sides: &mut [Side; 2], round: usize) -> anyhow::Result<()> {
    let [large, small] = sides;
    if round.is_multiple_of(2) {
        large.send().await?;
        small.send().await
    } else {
        small.send().await?;
        large.send().await
    }
}

struct Side {
    connection: Connection,
    script: WorkloadScript,
    request: Vec<u8>,
    /// Whether each request is sent once before it is timed: a first sign-in writes a link, and among
    /// many organizations every one would be a first.
    twice: bool,
    micros: Vec<f64>,
}

impl Side {
    async fn open(installation: &Installation, workload: Workload) -> anyhow::Result<Self> {
        Ok(Self {
            connection: installation.connect().await?,
            script: workload.script(&installation.directories, 0, 1),
            request: Vec::new(),
            twice: workload == Workload::SignIn,
            micros: Vec::new(),
        })
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        self.request.clear();
        ensure!(self.script.next(&mut self.request), "nothing to send");
        if self.twice {
            let answer = self.connection.exchange(&self.request).await?;
            self.script.answered(&answer)?;
        }
        let begin = Instant::now();
        let answer = self.connection.exchange(&self.request).await?;
        self.micros.push(begin.elapsed().as_secs_f64() * 1e6);
        self.script.answered(&answer)
    }
}
