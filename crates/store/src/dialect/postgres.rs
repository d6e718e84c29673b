//! What a connection to PostgreSQL asks of its server, and how it is looked after.

use std::time::Duration;

use sea_orm::ConnectOptions;
use sqlx::Connection;

use crate::options::StoreOptions;
use crate::pool::Losses;

/// What each connection sets, whatever the defaults of the server, the database or the role are.
///
/// The feed needs to see, after it has waited for its lock, what was committed meanwhile, and a
/// commit is acknowledged when it is on disk. Nothing may hang.
fn settings(options: &StoreOptions) -> [(&'static str, String); 6] {
    // A plain number is taken as milliseconds, and 0 would be "for ever".
    let millis = |time: Duration| time.as_millis().max(1).to_string();
    [
        ("synchronous_commit", "on".to_owned()),
        ("default_transaction_isolation", "read committed".to_owned()),
        ("statement_timeout", millis(options.statement_timeout)),
        ("lock_timeout", millis(options.lock_timeout)),
        (
            "idle_in_transaction_session_timeout",
            millis(options.idle_in_transaction_timeout),
        ),
        ("timezone", "UTC".to_owned()),
    ]
}

/// Adds what only PostgreSQL needs.
pub(super) fn configure(connect: &mut ConnectOptions, options: &StoreOptions, losses: Losses) {
    let settings = settings(options);
    connect
        // A busy connection is not asked for a sign of life: that would be a round trip for each
        // request.
        .test_before_acquire(false)
        .map_sqlx_postgres_before_acquire(move |connection, pooled| {
            let distrust = losses.distrust(pooled.idle_for);
            Box::pin(async move {
                if distrust {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .map_sqlx_postgres_opts(move |postgres| {
            postgres
                .application_name("rollcall")
                .options(settings.iter().map(|(name, value)| (*name, value.as_str())))
        });
}
