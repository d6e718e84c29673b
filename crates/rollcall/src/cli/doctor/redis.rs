//! Redis: whether it answers, is new enough, and does not refuse writes when it is full.

use rollcall_model::{Clock, SystemClock};
use rollcall_replicas::{RedisFacts, inspect};

use super::database::tell_clock;
use super::report::Report;
use crate::config::{Config, DatabaseKind};
use crate::wiring;

const CHECK: &str = "redis";

/// The oldest release that is tested.
const OLDEST: (u32, u32) = (6, 2);

pub(super) async fn check(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let Some(options) = wiring::redis_options(config) else {
        let found = match config.database_kind() {
            DatabaseKind::Sqlite => "none is configured, and one process needs none",
            DatabaseKind::Postgres => {
                "none is configured: limits are those of each process, and a revoked token is let in \
                 by other processes for about a second"
            }
        };
        report.ok(CHECK, found)?;
        return Ok(());
    };
    let before = SystemClock.now();
    let facts = match inspect(&options).await {
        Ok(facts) => facts,
        Err(error) => {
            report.failed(
                CHECK,
                format!("it cannot be used: {error}"),
                "start it, or correct `redis_url`; the server runs without it, with limits of each \
                 process by itself",
            )?;
            return Ok(());
        }
    };
    let asked = (before, SystemClock.now());
    tell(report, &facts)?;
    tell_clock(report, "Redis", facts.now, asked)?;
    Ok(())
}

fn tell(report: &mut Report, facts: &RedisFacts) -> std::io::Result<()> {
    let Some(version) = &facts.version else {
        return report.ok(
            CHECK,
            "it answers; its user may not ask for the version (`+info`), which is not needed otherwise",
        );
    };
    if is_older(version) {
        return report.failed(
            CHECK,
            format!("Redis {version} is too old"),
            format!("use {}.{} or later", OLDEST.0, OLDEST.1),
        );
    }
    let policy = facts.memory_policy.as_deref().unwrap_or("unknown");
    if facts.max_memory > 0 && policy == "noeviction" {
        return report.warning(
            CHECK,
            format!(
                "Redis {version} refuses writes when {} MiB are full (`maxmemory-policy noeviction`), \
                 and counts as away then",
                facts.max_memory / 1_024 / 1_024
            ),
            "use `volatile-ttl`, or make sure that nothing else fills it",
        );
    }
    report.ok(
        CHECK,
        format!("Redis {version} answers (`maxmemory-policy` {policy})"),
    )
}

fn is_older(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) < OLDEST,
        // It does not number itself as Redis does.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, older) in [
            ("6.0.16", true),
            ("5.14.1", true),
            ("6.2.0", false),
            ("7.0.15", false),
            ("10.1", false),
            ("valkey", false),
        ] {
            assert_eq!(is_older(version), older, "{version}");
        }
    }
}
