//! What a start finds out about the server before it writes anything.

use std::sync::Arc;

use rollcall_model::SystemClock;
use rollcall_store::ServerCheck;
use rollcall_testkit::servers::OwnPostgres;
use rollcall_testkit::{TestDatabase, block_on};
use sea_orm::ConnectionTrait;

async fn check(database: &TestDatabase) -> ServerCheck {
    let store = database.store(Arc::new(SystemClock)).await;
    store.check_server().await.unwrap()
}

/// The beginning of each sentence, up to its first colon.
fn beginnings(sentences: &[String]) -> Vec<&str> {
    let beginning = |sentence: &String| sentence.find(':').unwrap_or(sentence.len());
    sentences.iter().map(|it| &it[..beginning(it)]).collect()
}

#[test]
fn a_server_that_keeps_what_it_acknowledges_is_taken_without_a_word() {
    block_on(async {
        let server = OwnPostgres::start();
        let found = check(&TestDatabase::on(&server).await).await;
        assert!(found.server.starts_with("PostgreSQL "), "{}", found.server);
        assert_eq!(found.refusals, Vec::<String>::new());
        assert_eq!(found.warnings, Vec::<String>::new());
    });
}

#[test]
fn a_server_that_may_lose_what_it_acknowledges_is_warned_of() {
    block_on(async {
        let found = check(&TestDatabase::postgres().await).await;
        assert_eq!(found.refusals, Vec::<String>::new());
        assert_eq!(
            beginnings(&found.warnings),
            [
                "`fsync` is off on the PostgreSQL server",
                "`full_page_writes` is off on the PostgreSQL server",
            ]
        );
    });
}

#[test]
fn a_database_that_takes_no_writes_is_refused() {
    block_on(async {
        let database = TestDatabase::empty_postgres("").await;
        let raw = database.raw().await;
        let read_only = "do $$ begin execute format(
            'alter database %I set default_transaction_read_only = on', current_database());
            end $$";
        raw.execute_unprepared(read_only).await.unwrap();
        let found = check(&database).await;
        assert_eq!(
            beginnings(&found.refusals),
            ["transactions are read-only by default"]
        );
    });
}

#[test]
fn a_schema_of_a_later_release_is_told() {
    block_on(async {
        for database in [TestDatabase::sqlite().await, TestDatabase::postgres().await] {
            let raw = database.raw().await;
            let newer = "insert into seaql_migrations (version, applied_at) values ('m29990101_000001_x', 0)";
            raw.execute_unprepared(newer).await.unwrap();
            let found = check(&database).await;
            assert_eq!(found.refusals, Vec::<String>::new());
            let told =
                "a later release has changed the schema (1 steps that this one does not know)";
            assert_eq!(beginnings(&found.warnings).last(), Some(&told));
        }
    });
}
