//! Signals to processes that this one has started.
//!
//! `kill` is a program and not a system call here: the workspace forbids `unsafe`, and a signal a
//! run needs no more.

use std::process::Command;
use std::time::Duration;

use anyhow::ensure;

/// How long a server may take to do what a signal asks for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Sends a signal, by its name without `SIG`.
///
/// # Errors
///
/// There is no such process.
pub(crate) fn send(signal: &str, pid: u32) -> anyhow::Result<()> {
    let sent = Command::new("kill")
        .args([&format!("-{signal}"), &pid.to_string()])
        .status()?;
    ensure!(sent.success(), "no process {pid} takes SIG{signal}");
    Ok(())
}
