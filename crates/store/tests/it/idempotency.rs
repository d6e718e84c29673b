//! Remembered answers.

use std::time::Duration;

use rollcall_model::{ApiKeyId, ApiKeyRole};
use rollcall_store::{Begun, NewApiKey, Remembered};
use rollcall_testkit::on_each_database;

use crate::fixture::Fixture;

async fn api_key(fixture: &Fixture) -> ApiKeyId {
    let key = NewApiKey {
        id: ApiKeyId::new(fixture.clock.as_ref()),
        name: "tests".to_owned(),
        prefix: "rck_abcde".to_owned(),
        digest: [9; 32],
        role: ApiKeyRole::Admin,
        organization_id: None,
    };
    fixture
        .store
        .insert_api_key(key, fixture.origin())
        .await
        .unwrap()
        .id
}

on_each_database! {
    async fn a_key_is_new_then_unfinished_then_answered_and_forgotten_after_a_day(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let store = &fixture.store;
        let id = api_key(&fixture).await;
        assert_eq!(store.begin_idempotent(id, "k", [1; 32]).await.unwrap(), Begun::New);
        assert_eq!(store.begin_idempotent(id, "k", [1; 32]).await.unwrap(), Begun::Unfinished);
        let answer = Remembered { status: 201, body: "{}".to_owned() };
        store.finish_idempotent(id, "k", Some(answer.clone())).await.unwrap();
        assert_eq!(store.begin_idempotent(id, "k", [1; 32]).await.unwrap(), Begun::Answered(answer));
        assert_eq!(store.begin_idempotent(id, "k", [2; 32]).await.unwrap(), Begun::Different);
        fixture.clock.advance(Duration::from_hours(25));
        assert_eq!(store.begin_idempotent(id, "k", [2; 32]).await.unwrap(), Begun::New);
        store.finish_idempotent(id, "k", None).await.unwrap();
        assert_eq!(store.begin_idempotent(id, "k", [1; 32]).await.unwrap(), Begun::New);
    }

    async fn of_two_deletions_of_the_last_two_api_keys_one_is_refused(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let first = api_key(&fixture).await;
        let second = NewApiKey {
            id: ApiKeyId::new(fixture.clock.as_ref()),
            name: "second".to_owned(),
            prefix: "rck_fghij".to_owned(),
            digest: [8; 32],
            role: ApiKeyRole::Admin,
            organization_id: None,
        };
        let second = fixture.store.insert_api_key(second, fixture.origin()).await.unwrap().id;
        let (store, other) = (fixture.store.clone(), fixture.store.clone());
        let origin = fixture.origin();
        let (a, b) = tokio::join!(
            tokio::spawn(async move { store.delete_api_key(first, origin).await.is_ok() }),
            tokio::spawn(async move { other.delete_api_key(second, origin).await.is_ok() }),
        );
        assert!(a.unwrap() != b.unwrap());
        let first = fixture.store.find_api_key_by_id(first).await.unwrap();
        let second = fixture.store.find_api_key_by_id(second).await.unwrap();
        assert!(first.is_some() != second.is_some());
    }
}
