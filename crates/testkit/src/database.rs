//! A database of its own for each test.
//!
//! On PostgreSQL it is cloned from a template that the first test of a run migrates; on SQLite it
//! is a file in a temporary folder.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use rollcall_model::Clock;
use rollcall_store::{Store, StoreOptions, Synchronous};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

use crate::servers::{OwnPostgres, PostgresServer};

/// The key of the advisory lock under which the template is made: "template" in ASCII.
const TEMPLATE_LOCK: i64 = 0x7465_6d70_6c61_7465;

/// The list of migrations: a template that was made from another list is another template, so
/// that one server can serve several working copies.
const MIGRATIONS: &str = include_str!("../../../migrations/src/lib.rs");

/// Names the variable that says into how many partitions the tables of every PostgreSQL database of
/// a test run are split. Without it they are whole, as they are where nobody asked for anything.
const PARTITIONS_VARIABLE: &str = "ROLLCALL_TEST_HASH_PARTITIONS";

/// A fresh, migrated database that goes away with this value.
pub struct TestDatabase {
    options: StoreOptions,
    /// The folder of an SQLite file.
    _folder: Option<TempDir>,
    /// The name of a PostgreSQL database, to be dropped.
    name: Option<String>,
}

impl TestDatabase {
    /// An SQLite file.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rollcall.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        migrate(&url, None).await;
        Self {
            options: options(&url),
            _folder: Some(folder),
            name: None,
        }
    }

    /// A database of the PostgreSQL server of this test run.
    ///
    /// # Panics
    ///
    /// If the server was not started, or refuses.
    pub async fn postgres() -> Self {
        let server = PostgresServer::from_env();
        let admin = Database::connect(server.admin_url()).await.unwrap();
        make_template(&admin, &server).await;
        admin.close().await.unwrap();
        Self::empty_postgres(&format!("template {}", template())).await
    }

    /// A database of the PostgreSQL server of this test run whose tables that grow are split.
    ///
    /// # Panics
    ///
    /// If the server was not started, or refuses.
    pub async fn split_postgres(partitions: u32) -> Self {
        let database = Self::empty_postgres("").await;
        migrate(database.url(), Some(partitions)).await;
        database
    }

    /// A database of the PostgreSQL server of this test run in which there is nothing yet; `how` is
    /// what `create database` is told beside the name.
    ///
    /// # Panics
    ///
    /// If the server was not started, or refuses.
    pub async fn empty_postgres(how: &str) -> Self {
        let server = PostgresServer::from_env();
        let admin = Database::connect(server.admin_url()).await.unwrap();
        let name = format!("test_{:016x}", fastrand::u64(..));
        run(&admin, &format!("create database {name} {how}")).await;
        admin.close().await.unwrap();
        Self {
            options: options(&server.database_url(&name)),
            _folder: None,
            name: Some(name),
        }
    }

    /// The same database once more, for a second gateway. It goes away with the first value.
    #[must_use]
    pub fn share(&self) -> Self {
        Self {
            options: self.options.clone(),
            _folder: None,
            name: None,
        }
    }

    /// A migrated database of a server that the test has for itself. It ends with the server.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn on(server: &OwnPostgres) -> Self {
        let database = Self::empty_on(server).await;
        migrate(database.url(), None).await;
        database
    }

    /// As [`Self::on`], with nothing in it yet.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn empty_on(server: &OwnPostgres) -> Self {
        let admin = Database::connect(server.admin_url()).await.unwrap();
        run(&admin, "create database rollcall").await;
        admin.close().await.unwrap();
        Self {
            options: options(&server.database_url("rollcall")),
            _folder: None,
            name: None,
        }
    }

    /// The same database, opened by stores and gateways with other options.
    #[must_use]
    pub fn with_options(mut self, change: impl FnOnce(&mut StoreOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// Its URL, as the configuration takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.options.url
    }

    /// How a store opens it.
    #[must_use]
    pub fn options(&self) -> StoreOptions {
        self.options.clone()
    }

    /// A store on it.
    ///
    /// # Panics
    ///
    /// If it cannot be opened.
    pub async fn store(&self, clock: Arc<dyn Clock>) -> Store {
        Store::connect(&self.options(), clock).await.unwrap()
    }

    /// A plain connection to it, to look at rows that no handle shows.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    pub async fn raw(&self) -> DatabaseConnection {
        Database::connect(self.url()).await.unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(name) = self.name.take() else { return };
        let server = PostgresServer::from_env();
        let dropped = std::thread::spawn(move || {
            crate::block_on(async {
                let admin = Database::connect(server.admin_url()).await.unwrap();
                run(&admin, &format!("drop database {name} with (force)")).await;
            });
        });
        // A test that has failed already is not to fail a second time here.
        let _ = dropped.join();
    }
}

fn options(url: &str) -> StoreOptions {
    StoreOptions {
        max_connections: 8,
        acquire_timeout: Duration::from_secs(20),
        ..StoreOptions::of(url)
    }
}

/// Into how many partitions this test run wants its PostgreSQL databases split.
fn partitions() -> Option<u32> {
    let number = std::env::var(PARTITIONS_VARIABLE).ok()?;
    Some(number.parse().unwrap())
}

/// The name of the template.
fn template() -> String {
    let mut hasher = DefaultHasher::new();
    MIGRATIONS.hash(&mut hasher);
    partitions().hash(&mut hasher);
    format!("rollcall_template_{:016x}", hasher.finish())
}

/// Makes the template if no other test process has.
async fn make_template(admin: &DatabaseConnection, server: &PostgresServer) {
    let exists = format!("select 1 from pg_database where datname = '{}'", template());
    let row = admin
        .query_one_raw(statement(admin, &exists))
        .await
        .unwrap();
    if row.is_some() {
        return;
    }
    // The lock belongs to a session, so it is taken, used and let go on one connection.
    let mut options = sea_orm::ConnectOptions::new(server.admin_url());
    options.max_connections(1);
    let session = Database::connect(options).await.unwrap();
    run(
        &session,
        &format!("select pg_advisory_lock({TEMPLATE_LOCK})"),
    )
    .await;
    let row = session
        .query_one_raw(statement(&session, &exists))
        .await
        .unwrap();
    if row.is_none() {
        // Under another name until it is whole: a clone of half a template would be half.
        let making = format!("{}_in_the_making", template());
        run(&session, &format!("create database {making}")).await;
        migrate(&server.database_url(&making), partitions()).await;
        run(
            &session,
            &format!("alter database {making} rename to {}", template()),
        )
        .await;
    }
    session.close().await.unwrap();
}

async fn migrate(url: &str, partitions: Option<u32>) {
    let options = StoreOptions {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(20),
        synchronous: Synchronous::Normal,
        ..StoreOptions::of(url)
    };
    let clock = Arc::new(rollcall_model::SystemClock);
    let store = Store::connect(&options, clock).await.unwrap();
    match partitions {
        None => store.migrate().await.unwrap(),
        Some(partitions) => store.migrate_split(partitions).await.unwrap(),
    }
    store.close().await.unwrap();
}

fn statement(db: &DatabaseConnection, sql: &str) -> sea_orm::Statement {
    sea_orm::Statement::from_string(db.get_database_backend(), sql.to_owned())
}

async fn run(db: &DatabaseConnection, sql: &str) {
    if let Err(error) = db.execute_unprepared(sql).await {
        panic!("{sql}: {error}");
    }
}
