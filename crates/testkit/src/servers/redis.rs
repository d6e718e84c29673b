//! The Redis server of a test run.

use super::url_of_service;

/// Names the variable that holds the URL of the Redis server, with its password.
pub const REDIS_URL_VARIABLE: &str = "ROLLCALL_TEST_REDIS_URL";

/// URL of the Redis server that `scripts/with-services` started, with its password.
///
/// All tests of a run share the server: a test takes keys that no other test takes.
///
/// # Panics
///
/// If the tests were started without `scripts/with-services`.
pub fn redis_url() -> String {
    url_of_service(REDIS_URL_VARIABLE, "a Redis server").into()
}
