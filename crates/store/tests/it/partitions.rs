//! PostgreSQL databases whose tables that grow are split by organization.
//!
//! What the store promises holds there too: `scripts/run-tests` runs the tests of the store and of
//! the gateway a second time, with every database split. Here is what is particular to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rollcall_model::SystemClock;
use rollcall_store::{FeedQuery, SplitRefused, Store};
use rollcall_testkit::servers::OwnPostgres;
use rollcall_testkit::{TestDatabase, block_on};
use sea_orm::{ConnectionTrait, Statement};

use crate::fixture::{Fixture, user};

const PARTITIONS: u32 = 4;

async fn store(database: &TestDatabase) -> Store {
    database.store(Arc::new(SystemClock)).await
}

/// Every table that grows, with how many partitions it has.
async fn split_tables(database: &TestDatabase) -> BTreeMap<String, i64> {
    let raw = database.raw().await;
    let sql = "select parent.relname::text as name, count(*) as parts
        from pg_inherits join pg_class parent on parent.oid = inhparent and parent.relkind = 'p'
        group by 1";
    let statement = Statement::from_string(raw.get_database_backend(), sql);
    let rows = raw.query_all_raw(statement).await.unwrap();
    raw.close().await.unwrap();
    let row = |row: &sea_orm::QueryResult| {
        (
            row.try_get("", "name").unwrap(),
            row.try_get("", "parts").unwrap(),
        )
    };
    rows.iter().map(row).collect()
}

#[test]
fn every_table_that_refers_to_users_or_events_is_split_alike() {
    block_on(async {
        let database = TestDatabase::split_postgres(PARTITIONS).await;
        let tables = split_tables(&database).await;
        let names: Vec<_> = tables.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "audit_log",
                "events",
                "group_groups",
                "group_members",
                "groups",
                "parked_references",
                "scim_request_contents",
                "scim_requests",
                "sign_in_links",
                "tombstones",
                "unique_values",
                "user_emails",
                "user_managers",
                "user_roles",
                "users",
                "waiting_users",
            ]
        );
        assert!(tables.values().all(|parts| *parts == i64::from(PARTITIONS)));
        let store = store(&database).await;
        assert_eq!(store.partitions().await.unwrap(), Some(PARTITIONS));
    });
}

#[test]
fn a_later_migration_splits_what_it_makes() {
    block_on(async {
        let database = TestDatabase::split_postgres(PARTITIONS).await;
        let raw = database.raw().await;
        for sql in [
            "drop table tombstones",
            "delete from seaql_migrations where version like '%tombstones'",
        ] {
            raw.execute_unprepared(sql).await.unwrap();
        }
        assert!(!split_tables(&database).await.contains_key("tombstones"));

        store(&database).await.migrate().await.unwrap();

        let tables = split_tables(&database).await;
        assert_eq!(tables["tombstones"], i64::from(PARTITIONS));
    });
}

#[test]
fn only_an_empty_postgresql_database_is_split_and_only_once() {
    block_on(async {
        let whole = TestDatabase::empty_postgres("").await;
        store(&whole).await.migrate().await.unwrap();
        let refused = store(&whole).await.migrate_split(PARTITIONS).await;
        assert!(matches!(refused, Err(SplitRefused::NotEmpty)));
        assert_eq!(store(&whole).await.partitions().await.unwrap(), None);

        let sqlite = TestDatabase::sqlite().await;
        let refused = store(&sqlite).await.migrate_split(PARTITIONS).await;
        assert!(matches!(refused, Err(SplitRefused::NotPostgres)));

        let split = TestDatabase::empty_postgres("").await;
        for number in [0, 1, 65] {
            let refused = store(&split).await.migrate_split(number).await;
            assert!(matches!(refused, Err(SplitRefused::Number)), "{number}");
        }
        store(&split).await.migrate_split(PARTITIONS).await.unwrap();
        store(&split).await.migrate_split(PARTITIONS).await.unwrap();
        let refused = store(&split).await.migrate_split(8).await;
        assert!(matches!(
            refused,
            Err(SplitRefused::Already { there: PARTITIONS })
        ));
    });
}

#[test]
fn a_server_without_room_for_the_locks_is_told_before_anything_is_made() {
    block_on(async {
        let server = OwnPostgres::start();
        let database = TestDatabase::empty_on(&server).await;
        let store = store(&database).await;

        let refused = store.migrate_split(64).await;

        // It has 50 connections, with 64 locks for each.
        let expected = (9_600, 3_200);
        assert!(
            matches!(refused, Err(SplitRefused::Locks { needed, room }) if (needed, room) == expected)
        );
        store.migrate_split(16).await.unwrap();
    });
}

#[test]
fn readers_of_the_feed_at_the_same_time_give_each_event_one_place() {
    block_on(async {
        let database = TestDatabase::split_postgres(PARTITIONS).await;
        let fixture = Fixture::on(&database).await;
        let mut expected = 0;
        for number in 0..8 {
            let org = fixture.organization(&format!("Org {number}")).await;
            let connection = fixture.connection(&org, number).await;
            for name in ["amy", "bob", "cat"] {
                let mut tx = connection.begin(fixture.request()).await.unwrap();
                tx.insert_user(user(name)).await.unwrap();
                tx.commit().await.unwrap();
                expected += 1;
            }
        }
        let parts = "select count(distinct tableoid) as n from users";
        let raw = database.raw().await;
        let statement = Statement::from_string(raw.get_database_backend(), parts);
        let row = raw.query_one_raw(statement).await.unwrap().unwrap();
        assert!(row.try_get::<i64>("", "n").unwrap() > 1, "all in one");

        let readers: Vec<_> = (0..4)
            .map(|_| {
                let store = fixture.store.clone();
                tokio::spawn(async move {
                    let query = FeedQuery {
                        limit: 500,
                        ..FeedQuery::default()
                    };
                    store.read_feed(&query).await.unwrap().events
                })
            })
            .collect();
        for reader in readers {
            let events = reader.await.unwrap();
            let positions: Vec<_> = events.iter().map(|event| event.position).collect();
            let distinct: BTreeSet<_> = positions.iter().copied().collect();
            assert_eq!(distinct.len(), positions.len());
            assert!(positions.is_sorted());
            let created = events
                .iter()
                .filter(|it| it.kind.as_str() == "user.created");
            assert_eq!(created.count(), expected);
        }
        let end = fixture.store.feed_end().await.unwrap();
        assert_eq!(
            end,
            fixture
                .store
                .read_feed(&FeedQuery {
                    limit: 500,
                    ..FeedQuery::default()
                })
                .await
                .unwrap()
                .events
                .len() as u64
        );
    });
}
