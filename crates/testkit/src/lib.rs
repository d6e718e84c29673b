//! What tests of several crates share: real database servers, a real gateway over HTTP, and what
//! identity providers send.
//!
//! A test that needs a database is written once, inside [`on_each_database!`], and runs on SQLite
//! and on a PostgreSQL server that `scripts/with-services` started. Nothing is mocked.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test kit reports by panicking, as its tests do"
)]

mod app;
mod client;
mod database;
mod dns;
pub mod manual;
pub mod oidc;
mod pages;
pub mod replay;
pub mod servers;

pub use app::{BASE_DOMAIN, Connection, TestApp};
pub use client::{Client, Reply};
pub use database::TestDatabase;
pub use dns::TestDns;

/// Runs a test's future on a runtime of its own.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// Waits until something is so, and looks again every few milliseconds.
///
/// # Panics
///
/// If it is not so within half a minute.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so().await {
        assert!(
            begun.elapsed().as_secs() < 30,
            "not within half a minute: {what}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// Compiles tests twice: in a module `on_sqlite` and in a module `on_postgres`.
///
/// Each test takes a fresh, migrated [`TestDatabase`].
#[macro_export]
macro_rules! on_each_database {
    ($(
        $(#[$attribute:meta])*
        async fn $name:ident($database:ident: TestDatabase) $body:block
    )+) => {
        $(
            $(#[$attribute])*
            async fn $name($database: $crate::TestDatabase) $body
        )+

        mod on_sqlite {
            $(
                #[test]
                fn $name() {
                    $crate::block_on(async {
                        super::$name($crate::TestDatabase::sqlite().await).await;
                    });
                }
            )+
        }

        mod on_postgres {
            $(
                #[test]
                fn $name() {
                    $crate::block_on(async {
                        super::$name($crate::TestDatabase::postgres().await).await;
                    });
                }
            )+
        }
    };
}
