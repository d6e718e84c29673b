//! The machine of a run, so that its figures can be read.

use std::fs;

use rollcall_model::{Clock, SystemClock};
use serde::{Deserialize, Serialize};

/// What figures depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor, as it calls itself.
    pub cpu: String,
    /// How many of its cores this machine has. Client, gateway and database share them.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The kernel's name and release.
    pub kernel: String,
    /// The release of PostgreSQL.
    pub postgres: String,
    /// Whether PostgreSQL waited for the disk.
    pub fsync: String,
    /// The release of Rollcall.
    pub rollcall: String,
    /// The day of the run.
    pub date: String,
}

impl Machine {
    /// This machine, today. `postgres` and `fsync` are what the server said.
    #[must_use]
    pub fn here(postgres: String, fsync: String) -> Self {
        let cpu = first("/proc/cpuinfo", "model name");
        let memory = first("/proc/meminfo", "MemTotal");
        let kibibytes: u64 = memory
            .split_whitespace()
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or(0);
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let today = SystemClock.now().to_string();
        Self {
            cpu,
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: kibibytes / 1_024,
            kernel: format!("Linux {}", release.trim()),
            postgres,
            fsync,
            rollcall: env!("CARGO_PKG_VERSION").to_owned(),
            date: today.split('T').next().unwrap_or_default().to_owned(),
        }
    }
}

/// The value of the first line of a `/proc` file that has this name.
fn first(file: &str, name: &str) -> String {
    fs::read_to_string(file)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}
