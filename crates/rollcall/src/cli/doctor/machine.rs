//! What the machine has left: room on the disk, and file descriptors.

use std::io;
use std::path::Path;

use rustix::fs::statvfs;
use rustix::process::{Resource, getrlimit};

use super::report::Report;
use crate::config::{Config, DatabaseKind};
use crate::wiring;

const MIB: u64 = 1_024 * 1_024;

/// Below this much room it is said, and below that nothing can be promised.
const LITTLE: u64 = 2_048 * MIB;
const TOO_LITTLE: u64 = 100 * MIB;

/// What a process has open beside connections: files, listeners, timers.
const OTHERS: u64 = 64;

pub(super) fn check_disk(report: &mut Report, config: &Config) -> io::Result<()> {
    const CHECK: &str = "disk";
    if config.database_kind() == DatabaseKind::Postgres {
        return report.ok(
            CHECK,
            "nothing is kept on this machine; watch the disk of the database's server there",
        );
    }
    let file = wiring::sqlite_file(config.database_url.expose());
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let free = match statvfs(folder) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => {
            let found = format!(
                "the folder {} cannot be looked at: {error}",
                folder.display()
            );
            return report.failed(CHECK, found, "make it, or correct `database_url`");
        }
    };
    let found = format!("{} MiB are free in {}", free / MIB, folder.display());
    let mend = "make room: the database grows by events and requests (`events.retention_days`, \
                `request_log.retention_days`), and a backup needs as much again";
    match free {
        0..TOO_LITTLE => report.failed(CHECK, found, mend),
        TOO_LITTLE..LITTLE => report.warning(CHECK, found, mend),
        _ => report.ok(CHECK, found),
    }
}

pub(super) fn check_descriptors(report: &mut Report, config: &Config) -> io::Result<()> {
    const CHECK: &str = "file descriptors";
    let connections = u64::try_from(config.limits.max_connections).unwrap_or(u64::MAX);
    let pool = u64::from(config.database.max_connections);
    let needed = connections.saturating_add(pool).saturating_add(OTHERS);
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let found = format!(
        "a process that is started like this one may have {allowed} open, and `limits.max_connections` \
         with the pool of the database takes up to {needed}"
    );
    if allowed < needed {
        let mend = "raise `ulimit -n` (`LimitNOFILE` of systemd) where the server is started, or lower \
                    `limits.max_connections`";
        return report.warning(CHECK, found, mend);
    }
    report.ok(CHECK, found)
}
