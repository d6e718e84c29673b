//! The PostgreSQL server of a test run.

use url::Url;

use super::url_of_service;

/// Names the variable that holds the URL of a superuser's connection to the database `postgres`.
pub const POSTGRES_URL_VARIABLE: &str = "ROLLCALL_TEST_POSTGRES_URL";

/// A running PostgreSQL server on which tests may make and drop databases.
#[derive(Clone, Debug)]
pub struct PostgresServer {
    admin_url: Url,
}

impl PostgresServer {
    /// The server that `scripts/with-services` started for this test run.
    ///
    /// # Panics
    ///
    /// If the tests were started without it.
    pub fn from_env() -> Self {
        Self {
            admin_url: url_of_service(POSTGRES_URL_VARIABLE, "a PostgreSQL server"),
        }
    }

    /// URL of a superuser's connection to the database `postgres`, with its password.
    pub fn admin_url(&self) -> &str {
        self.admin_url.as_str()
    }

    /// The same connection to another database of this server.
    pub fn database_url(&self, database: &str) -> String {
        let mut url = self.admin_url.clone();
        url.set_path(database);
        url.into()
    }
}

/// URL of a superuser's connection to the database `postgres`, with its password.
///
/// # Panics
///
/// If the tests were started without `scripts/with-services`.
pub fn postgres_admin_url() -> String {
    PostgresServer::from_env().admin_url().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_keeps_host_user_and_parameters() {
        let server = PostgresServer {
            admin_url: Url::parse("postgres://rollcall:pw@127.0.0.1:5433/postgres?sslmode=disable")
                .unwrap(),
        };

        insta::assert_snapshot!(
            server.database_url("test_7"),
            @"postgres://rollcall:pw@127.0.0.1:5433/test_7?sslmode=disable"
        );
    }
}
