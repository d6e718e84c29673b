//! What PostgreSQL's pool holds between statements keeps nobody from a connection.

use std::time::Duration;

use rollcall_model::{OrgRef, PageRequest};
use rollcall_store::{OrgHandle, StoreError};
use rollcall_testkit::{TestDatabase, block_on, eventually};
use sea_orm::{ConnectionTrait, Statement};

use crate::fixture::{Fixture, user};

/// A fixture whose pool has two connections.
async fn fixture(database: &TestDatabase) -> (Fixture, OrgHandle) {
    let fixture = Fixture::on(database).await;
    let org = fixture.organization("Acme").await;
    (fixture, org)
}

async fn two_connections() -> TestDatabase {
    TestDatabase::postgres().await.with_options(|options| {
        options.max_connections = 2;
        options.acquire_timeout = Duration::from_secs(20);
    })
}

/// A statement that stands alone.
async fn look(fixture: &Fixture) -> Result<usize, StoreError> {
    let all = PageRequest {
        after: None,
        limit: 10,
    };
    let page = fixture.store.list_organizations(all).await?;
    Ok(page.items.len())
}

/// How many connections to the database there are beside the one that asks.
async fn connections(database: &TestDatabase) -> i64 {
    let raw = database.raw().await;
    let sql = "select count(*) as n from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    let statement = Statement::from_string(raw.get_database_backend(), sql);
    let row = raw.query_one_raw(statement).await.unwrap().unwrap();
    raw.close().await.unwrap();
    row.try_get("", "n").unwrap()
}

#[test]
fn transactions_get_the_connections_that_statements_had() {
    block_on(async {
        let database = two_connections().await;
        let (fixture, org) = fixture(&database).await;
        let both = tokio::join!(look(&fixture), look(&fixture));
        assert_eq!((both.0.unwrap(), both.1.unwrap()), (1, 1));
        // One that somebody waited for goes back to the pool, which takes a moment.
        eventually("no connection is in use", async || {
            let state = fixture.store.pool_state();
            state.open == state.idle
        })
        .await;

        let (one, two) = tokio::join!(org.begin(fixture.origin()), org.begin(fixture.origin()));
        assert_eq!(fixture.store.pool_state().idle, 0);
        one.unwrap().commit().await.unwrap();
        two.unwrap().commit().await.unwrap();

        assert_eq!(look(&fixture).await.unwrap(), 1);
    });
}

#[test]
fn many_who_want_statements_and_transactions_all_have_their_turn() {
    block_on(async {
        let database = two_connections().await;
        let (fixture, org) = fixture(&database).await;
        let ours = fixture.connection(&org, 1).await;
        let one = async |number: usize| {
            for _ in 0..10 {
                if number.is_multiple_of(2) {
                    assert_eq!(look(&fixture).await.unwrap(), 1);
                } else {
                    let mut tx = ours.begin(fixture.request()).await.unwrap();
                    let name = format!("user-{}", fixture.request());
                    let _ = tx.insert_user(user(&name)).await.unwrap();
                    tx.commit().await.unwrap();
                }
            }
        };
        futures_util::future::join_all((0..20).map(one)).await;
        assert!(fixture.store.pool_state().open <= 2);
    });
}

#[test]
fn a_statement_that_nobody_waits_for_any_more_does_not_answer_the_next() {
    block_on(async {
        let database = two_connections().await;
        let (fixture, org) = fixture(&database).await;
        for _ in 0..20 {
            // Polled once, so the statement is on its way when it is dropped.
            let dropped = tokio::time::timeout(Duration::ZERO, look(&fixture)).await;
            let found = fixture
                .store
                .open_organization(&OrgRef::Id(org.org_id()))
                .await
                .unwrap();
            assert_eq!(
                found.map(|found| found.org_id()),
                Some(org.org_id()),
                "{dropped:?}"
            );
        }
    });
}

#[test]
fn what_nobody_uses_goes_back_and_is_closed_when_its_time_is_over() {
    block_on(async {
        let database = two_connections()
            .await
            .with_options(|options| options.idle_timeout = Duration::from_secs(1));
        let (fixture, _) = fixture(&database).await;
        let both = tokio::join!(look(&fixture), look(&fixture));
        both.0.unwrap();
        both.1.unwrap();

        eventually("the connections are closed", async || {
            connections(&database).await == 0
        })
        .await;

        assert_eq!(look(&fixture).await.unwrap(), 1);
    });
}

#[test]
fn a_store_that_holds_connections_closes_them() {
    block_on(async {
        let database = two_connections().await;
        let (fixture, _) = fixture(&database).await;
        let both = tokio::join!(look(&fixture), look(&fixture));
        both.0.unwrap();
        both.1.unwrap();

        fixture.store.close().await.unwrap();

        eventually("the connections are closed", async || {
            connections(&database).await == 0
        })
        .await;
    });
}
