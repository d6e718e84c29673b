//! Pages by number far into a list are those of the list, whatever happens between them.

use std::time::Duration;

use rollcall_model::UserId;
use rollcall_store::{ConnectionHandle, DirectoryQuery};
use rollcall_testkit::on_each_database;

use crate::fixture::{Fixture, user};

const USERS: usize = 1_200;

async fn page(ours: &ConnectionHandle, offset: u64) -> Vec<UserId> {
    let query = DirectoryQuery {
        offset,
        limit: 50,
        ..DirectoryQuery::default()
    };
    let found = ours.search_users(&query).await.unwrap();
    found.items.iter().map(|user| user.id).collect()
}

/// Compares pages in an order in which some of them begin where others ended.
async fn compare(ours: &ConnectionHandle, all: &[UserId]) {
    for offset in [1_100, 1_000, 1_050, 1_100, 1_149, 990, 1_190, 0] {
        let end = all.len().min(offset + 50);
        assert_eq!(
            page(ours, offset as u64).await,
            all[offset..end],
            "at {offset}"
        );
    }
}

on_each_database! {
    async fn a_page_is_the_same_whether_a_place_near_it_is_known_or_not(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let mut all = Vec::new();
        for number in 0..USERS {
            all.push(tx.insert_user(user(&format!("user {number}"))).await.unwrap().id);
        }
        tx.commit().await.unwrap();
        all.sort_unstable();
        fixture.clock.advance(Duration::from_secs(120));
        compare(&ours, &all).await;

        let gone = all.remove(7);
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        tx.delete_user(gone).await.unwrap();
        tx.commit().await.unwrap();
        compare(&ours, &all).await;

        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let back = tx.restore_user(gone).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        all.insert(7, back.id);
        compare(&ours, &all).await;

        let mut tx = ours.begin(fixture.request()).await.unwrap();
        all.push(tx.insert_user(user("new")).await.unwrap().id);
        tx.commit().await.unwrap();
        compare(&ours, &all).await;
    }
}
