//! One request to a large installation and to a small one, in turns.

use std::time::Instant;

use anyhow::ensure;

use super::installation::Installation;
use crate::load::{Connection, Script};
use crate::measure::middle;
use crate::sizes::Sizes;
use crate::workloads::{Workload, WorkloadScript};

/// How often each side is asked before anything counts.
const WARM_UP: usize = 20;

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
    for round in 0..WARM_UP + sizes.growth_requests {
        if round == WARM_UP {
            for side in &mut sides {
                side.micros.clear();
            }
        }
        // The one first, and then the other.
        let (first, second) = (round % 2, (round + 1) % 2);
        sides[first].send().await?;
        sides[second].send().await?;
    }
    let [large, small] = sides.map(|side| middle(side.micros));
    Ok((large, small))
}

struct Side {
    connection: Connection,
    script: WorkloadScript,
    request: Vec<u8>,
    micros: Vec<f64>,
}

impl Side {
    async fn open(installation: &Installation, workload: Workload) -> anyhow::Result<Self> {
        Ok(Self {
            connection: installation.connect().await?,
            script: workload.script(&installation.directories, 0, 1),
            request: Vec::new(),
            micros: Vec::new(),
        })
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        self.request.clear();
        ensure!(self.script.next(&mut self.request), "nothing to send");
        let begin = Instant::now();
        let answer = self.connection.exchange(&self.request).await?;
        self.micros.push(begin.elapsed().as_secs_f64() * 1e6);
        self.script.answered(&answer)
    }
}
