//! The database of a configuration: opened, described, brought up to date.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use percent_encoding::percent_decode_str;
use rollcall_model::SystemClock;
use rollcall_store::{Rekeyed, ServerCheck, Store, StoreError, StoreOptions, Synchronous};
use url::Url;

use crate::config::{Config, DatabaseKind, SqliteSynchronous};

/// Opens the database that the configuration names.
///
/// # Errors
///
/// It cannot be reached. The sentence names it, and not its password.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Store> {
    let database = &config.database;
    let options = StoreOptions {
        url: config.database_url.expose().to_owned(),
        min_connections: database.min_connections,
        max_connections: database.max_connections,
        acquire_timeout: database.acquire_timeout,
        connect_timeout: database.connect_timeout,
        idle_timeout: database.idle_timeout,
        max_lifetime: database.max_lifetime,
        statement_timeout: database.statement_timeout,
        lock_timeout: database.lock_timeout,
        idle_in_transaction_timeout: database.idle_in_transaction_timeout,
        synchronous: match config.sqlite_synchronous {
            SqliteSynchronous::Full => Synchronous::Full,
            SqliteSynchronous::Normal => Synchronous::Normal,
        },
        tombstone_retention: config.scim.tombstone_retention,
    };
    Store::connect(&options, Arc::new(SystemClock))
        .await
        .with_context(|| {
            let database = describe(config);
            format!("cannot open {database}; is it there, and is `database_url` right?")
        })
}

/// The database, for people: which one and where, without user and password.
pub(crate) fn describe(config: &Config) -> String {
    match config.database_kind() {
        DatabaseKind::Sqlite => {
            let path = sqlite_file(config.database_url.expose());
            format!("the SQLite database {}", path.display())
        }
        DatabaseKind::Postgres => match Url::parse(config.database_url.expose()) {
            Ok(url) => format!(
                "the PostgreSQL database {} at {}:{}",
                url.path().trim_start_matches('/'),
                url.host_str().unwrap_or("localhost"),
                url.port().unwrap_or(5432),
            ),
            Err(_) => "the PostgreSQL database".to_owned(),
        },
    }
}

/// The file of an SQLite URL, read as the driver reads it.
pub(crate) fn sqlite_file(url: &str) -> PathBuf {
    let rest = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
        .unwrap_or(url);
    let path = rest.split('?').next().unwrap_or(rest);
    PathBuf::from(percent_decode_str(path).decode_utf8_lossy().into_owned())
}

/// Looks whether the server is one that can be served from, and says in the log what is wrong with
/// one that can.
///
/// # Errors
///
/// Everything that has to be changed first, or the database cannot be asked.
pub(crate) async fn check_server(store: &Store, config: &Config) -> anyhow::Result<ServerCheck> {
    let check = store
        .check_server()
        .await
        .with_context(|| format!("cannot look at {}", describe(config)))?;
    for warning in &check.warnings {
        tracing::warn!(server = %check.server, "{warning}");
    }
    if !check.refusals.is_empty() {
        bail!(
            "{} cannot be used: {}",
            describe(config),
            check.refusals.join("; and ")
        );
    }
    Ok(check)
}

/// Applies what the schema needs, or refuses to go on when the operator wants to do that.
pub(super) async fn bring_up_to_date(store: &Store, config: &Config) -> anyhow::Result<()> {
    let cannot = || format!("cannot bring {} up to date", describe(config));
    check_server(store, config).await?;
    if let Some(partitions) = store.partitions().await.with_context(cannot)? {
        tracing::info!(partitions, "the tables that grow are split by organization");
    }
    let pending = store.pending_migrations().await.with_context(cannot)?;
    if pending > 0 {
        if !config.auto_migrate {
            bail!(
                "{} is {pending} migrations behind, and `auto_migrate` is off: run \
                 `rollcall migrate`",
                describe(config)
            );
        }
        store.migrate().await.with_context(cannot)?;
        tracing::info!(migrations = pending, "the database was brought up to date");
    }
    if !config.auto_migrate && !store.has_current_keys().await.with_context(cannot)? {
        bail!(
            "names in {} are compared by the rules of another release, and `auto_migrate` is off: \
             run `rollcall migrate`",
            describe(config)
        );
    }
    renew_keys(store).await.with_context(cannot)?;
    Ok(())
}

/// Makes the keys of names anew where they are of a release with other rules. Says in the log who
/// cannot be told apart any more.
pub(crate) async fn renew_keys(store: &Store) -> Result<Rekeyed, StoreError> {
    let renewed = store.rekey().await?;
    for clash in &renewed.clashes {
        tracing::warn!(
            connection.id = %clash.connection_id,
            user.id = %clash.user_id,
            "this `userName` is the same as another's by the rules of this release: both users \
             stay, but a look-up finds one of them; have the identity provider rename one"
        );
    }
    if renewed.users + renewed.groups > 0 {
        tracing::info!(
            users = renewed.users,
            groups = renewed.groups,
            clashes = renewed.clashes.len(),
            "names are compared by the rules of this release now"
        );
    }
    Ok(renewed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(url: &str) -> String {
        let variables = [
            ("ROLLCALL_DATABASE_URL", url),
            (
                "ROLLCALL_SECRET_KEY",
                "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            ),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        describe(&Config::load(None, variables.into_iter()).unwrap())
    }

    #[test]
    fn a_database_is_named_without_user_and_password() {
        insta::assert_snapshot!(
            described("postgres://me:pass-word@db.example.com/rollcall?sslmode=require"),
            @"the PostgreSQL database rollcall at db.example.com:5432"
        );
        insta::assert_snapshot!(
            described("sqlite://data/my%20rollcall.db?mode=rwc"),
            @"the SQLite database data/my rollcall.db"
        );
    }

    #[test]
    fn every_way_to_write_an_sqlite_url_names_its_file() {
        for (url, file) in [
            ("sqlite://rollcall.db?mode=rwc", "rollcall.db"),
            ("sqlite:rollcall.db", "rollcall.db"),
            ("sqlite:///var/lib/rollcall.db", "/var/lib/rollcall.db"),
        ] {
            assert_eq!(sqlite_file(url), PathBuf::from(file), "{url}");
        }
    }
}
