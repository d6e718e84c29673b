//! The real PostgreSQL and Redis servers that tests use.
//!
//! The servers are started outside of the test processes, by `scripts/with-services`: nextest
//! gives every test a process of its own, so a server started from a test would be started once
//! for each. Tests learn the addresses from two environment variables. Without them a test
//! fails; it is never skipped, because a skipped test looks like a passed one. A test that stops
//! or restarts a server starts one for itself: [`OwnPostgres`],
//! [`OwnRedis`].

mod own_postgres;
mod postgres;
mod redis;

pub use own_postgres::{OwnPostgres, free_port, server_user};
pub use postgres::{POSTGRES_URL_VARIABLE, PostgresServer, postgres_admin_url};
pub use redis::{OwnRedis, REDIS_URL_VARIABLE, redis_url};

/// The URL that `scripts/with-services` put into an environment variable.
///
/// # Panics
///
/// If the variable is missing, empty or not a URL. The message tells how to start the tests.
#[expect(
    clippy::panic,
    reason = "called from tests only, and a test without its server must fail"
)]
fn url_of_service(variable: &str, service: &str) -> url::Url {
    let text = std::env::var(variable).unwrap_or_default();
    if text.is_empty() {
        panic!(
            "this test needs {service}, and {variable} is not set. \
             Run the tests through `make test`, or one of them through \
             `scripts/with-services cargo nextest run -E 'test(name)'`."
        );
    }
    match url::Url::parse(&text) {
        Ok(url) => url,
        Err(error) => panic!("{variable} is not a URL: {error}"),
    }
}
