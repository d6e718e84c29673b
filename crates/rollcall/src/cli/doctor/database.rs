//! The database: whether it answers, can be served from, is up to date, and whether the secret key and
//! the clock fit it.

use std::path::Path;

use rollcall_model::{Clock, SystemClock, Timestamp, chain};
use rollcall_orgs::secret::is_key_of;
use rollcall_store::{Store, StoreError};

use super::report::Report;
use crate::config::{Config, DatabaseKind};
use crate::wiring;

const CHECK: &str = "database";
const KEY: &str = "secret key";

/// The database, if it can be asked more.
pub(super) async fn check(report: &mut Report, config: &Config) -> anyhow::Result<Option<Store>> {
    let named = wiring::describe(config);
    if config.database_kind() == DatabaseKind::Sqlite {
        let file = wiring::sqlite_file(config.database_url.expose());
        if !file.exists() {
            check_missing(report, &file)?;
            check_key(report, config, None).await?;
            return Ok(None);
        }
    }
    let store = match wiring::open(config).await {
        Ok(store) => store,
        Err(error) => {
            report.failed(
                CHECK,
                format!("{error:#}"),
                "start it, or correct `database_url`; `serve` would wait for it and end",
            )?;
            check_key(report, config, None).await?;
            return Ok(None);
        }
    };
    match store.check_server().await {
        Ok(found) => {
            for refusal in &found.refusals {
                let mend = "`serve` refuses it until that is changed";
                report.failed(CHECK, format!("{named} cannot be used: {refusal}"), mend)?;
            }
            if found.refusals.is_empty() {
                report.ok(CHECK, format!("{named} answers ({})", found.server))?;
            }
            for warning in found.warnings {
                let mend = "the chapter on operations says what each setting is for";
                report.warning(CHECK, warning, mend)?;
            }
        }
        Err(error) => report.failed(CHECK, unread(&error), "see the log of the server")?,
    }
    check_schema(report, config, &store).await?;
    check_key(report, config, Some(&store)).await?;
    check_clock(report, &store).await?;
    Ok(Some(store))
}

fn unread(error: &StoreError) -> String {
    format!("it cannot be read: {}", chain(error))
}

fn check_missing(report: &mut Report, file: &Path) -> std::io::Result<()> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // Whoever may make a file there makes one and removes it again.
    match tempfile::NamedTempFile::new_in(folder) {
        Ok(_) => report.ok(
            CHECK,
            format!(
                "the SQLite database {} is made at the first start",
                file.display()
            ),
        ),
        Err(error) => report.failed(
            CHECK,
            format!("no file can be made in {}: {error}", folder.display()),
            "make the folder, owned by the user that the server runs as",
        ),
    }
}

async fn check_schema(report: &mut Report, config: &Config, store: &Store) -> anyhow::Result<()> {
    const CHECK: &str = "migrations";
    match (store.pending_migrations().await, config.auto_migrate) {
        (Ok(0), _) => report.ok(CHECK, "the schema is up to date")?,
        (Ok(steps), true) => report.warning(
            CHECK,
            format!("{steps} are to be applied"),
            "the next start does that, or `rollcall migrate` now",
        )?,
        (Ok(steps), false) => report.failed(
            CHECK,
            format!("{steps} are to be applied, and `auto_migrate` is off"),
            "run `rollcall migrate`",
        )?,
        (Err(error), _) => report.failed(CHECK, unread(&error), "see the log of the server")?,
    }
    Ok(())
}

async fn check_key(
    report: &mut Report,
    config: &Config,
    store: Option<&Store>,
) -> anyhow::Result<()> {
    let key = match wiring::find_secret_key(config) {
        Ok(Some(key)) => key,
        Ok(None) => {
            let sealed = match store {
                // Before its first migration there is no table to ask.
                Some(store) => store.has_key_check().await.unwrap_or(false),
                None => false,
            };
            if sealed {
                report.failed(
                    KEY,
                    "its file is missing, and the database was used with it",
                    "put it back from your backup, or set `secret_key`",
                )?;
            } else {
                report.ok(KEY, "one is made beside the database at the first start")?;
            }
            return Ok(());
        }
        Err(error) => {
            let mend = "make one with `openssl rand -base64 32`, or put the old one back";
            report.failed(KEY, format!("{error:#}"), mend)?;
            return Ok(());
        }
    };
    let Some(store) = store else {
        report.ok(
            KEY,
            "it can be read; the database could not be asked whether it is its own",
        )?;
        return Ok(());
    };
    match is_key_of(store, &key).await {
        Ok(Some(true)) => report.ok(KEY, "it is the one that the database was first used with")?,
        Ok(Some(false)) => report.failed(
            KEY,
            "it is not the one that the database was first used with",
            "start with that key again: secrets in the database cannot be read with this one",
        )?,
        Ok(None) | Err(_) => report.ok(KEY, "it can be used; the database was not used yet")?,
    }
    Ok(())
}

/// How far apart two clocks may be before it is said, and before it does harm, in seconds.
const APART: f64 = 2.0;
const FAR_APART: f64 = 30.0;

/// Says how far the clock of this machine is from one that was asked between two moments.
pub(super) fn tell_clock(
    report: &mut Report,
    whose: &str,
    theirs: Timestamp,
    asked: (Timestamp, Timestamp),
) -> std::io::Result<()> {
    const CHECK: &str = "clock";
    let seconds = skew(theirs, asked);
    let found = format!("this machine is {seconds:+.1} seconds off {whose}");
    let mend = "let both follow the same time servers (chrony, systemd-timesyncd): tokens and \
                signatures are judged by the clock";
    match seconds.abs() {
        off if off >= FAR_APART => report.failed(CHECK, found, mend),
        off if off >= APART => report.warning(CHECK, found, mend),
        _ => report.ok(CHECK, found),
    }
}

/// How many seconds this machine is ahead of another.
fn skew(theirs: Timestamp, (before, after): (Timestamp, Timestamp)) -> f64 {
    let middle = before.plus(after.since(before) / 2);
    middle.since(theirs).as_secs_f64() - theirs.since(middle).as_secs_f64()
}

async fn check_clock(report: &mut Report, store: &Store) -> anyhow::Result<()> {
    let before = SystemClock.now();
    let theirs = store.server_clock().await;
    let asked = (before, SystemClock.now());
    match theirs {
        Ok(Some(theirs)) => tell_clock(report, "the database's server", theirs, asked)?,
        Ok(None) => report.ok("clock", "the database is on this machine")?,
        // That it cannot be read was said.
        Err(_) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_compared_with_the_middle_of_the_wait() {
        let at = |millis: i64| Timestamp::from_unix_micros(millis * 1_000);
        assert!((skew(at(1_000), (at(3_000), at(5_000))) - 3.0).abs() < 1e-9);
        assert!((skew(at(9_000), (at(3_000), at(5_000))) + 5.0).abs() < 1e-9);
    }
}
