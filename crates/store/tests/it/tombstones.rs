//! What is left of deleted users, and how it goes.

use std::sync::Arc;
use std::time::Duration;

use rollcall_model::{ManualClock, OrgRef, PageRequest, Timestamp, UserId};
use rollcall_store::{Purged, Store, StoreOptions};
use rollcall_testkit::on_each_database;

use crate::fixture::{Fixture, user};

/// Everything that can be brought back, on one page.
const ALL: PageRequest<UserId> = PageRequest {
    after: None,
    limit: 1_000,
};

on_each_database! {
    async fn a_purge_takes_small_steps(database: TestDatabase) {
        const MORE_THAN_A_STEP: usize = 501;
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let connection = fixture.connection(&acme, 1).await;
        let mut tx = connection.begin(fixture.request()).await.unwrap();
        for number in 0..MORE_THAN_A_STEP {
            let id = tx.insert_user(user(&format!("user{number}"))).await.unwrap().id;
            tx.delete_user(id).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(connection.list_deleted_users(ALL).await.unwrap().items.len(), MORE_THAN_A_STEP);
        let early = fixture.store.purge_tombstones(None).await.unwrap();
        assert_eq!((early.tombstones, early.done), (0, true));

        fixture.clock.advance(Duration::from_hours(30 * 24));
        assert_eq!(connection.list_deleted_users(ALL).await.unwrap().items, []);
        let mut steps = Vec::new();
        let mut after = None;
        loop {
            let Purged { tombstones, after: next, done } =
                fixture.store.purge_tombstones(after).await.unwrap();
            steps.push(tombstones);
            if done {
                break;
            }
            after = next;
        }
        assert_eq!(steps, [500, 1, 0]);
    }

    async fn with_no_retention_nothing_is_left(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let connection = fixture.connection(&acme, 1).await;
        let options = StoreOptions {
            tombstone_retention: Duration::ZERO,
            ..database.options()
        };
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_micros(1_700_000_000_000_000)));
        let store = Store::connect(&options, clock).await.unwrap();
        let acme = store.open_organization(&OrgRef::Id(acme.org_id())).await.unwrap().unwrap();
        let forgetful = acme.open_connection(connection.connection_id()).await.unwrap().unwrap();
        let mut tx = forgetful.begin(fixture.request()).await.unwrap();
        let id = tx.insert_user(user("amy")).await.unwrap().id;
        tx.delete_user(id).await.unwrap();
        assert!(tx.restore_user(id).await.unwrap().is_none());
        tx.commit().await.unwrap();
        assert_eq!(forgetful.list_deleted_users(ALL).await.unwrap().items, []);
    }
}
