//! What happens to stored names when the rules for comparing them change.

use rollcall_scim::user_name;
use rollcall_store::{DirectoryQuery, KeyClash, Rekeyed};
use rollcall_testkit::{TestDatabase, on_each_database};
use sea_orm::ConnectionTrait;

use crate::fixture::{Fixture, as_members, filter, group, user};

/// Writes as a release with other rules would have.
async fn as_before(database: &TestDatabase, changes: &[&str]) {
    let raw = database.raw().await;
    for change in changes {
        raw.execute_unprepared(change).await.unwrap();
    }
    raw.close().await.unwrap();
}

fn named(name: &str) -> DirectoryQuery {
    DirectoryQuery {
        filter: Some(filter(&format!("userName eq \"{name}\""))),
        limit: 10,
        ..DirectoryQuery::default()
    }
}

on_each_database! {
    async fn keys_are_made_anew_once_when_their_rules_have_changed(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let store = &fixture.store;
        assert!(!store.has_current_keys().await.unwrap());
        assert_eq!(store.rekey().await.unwrap(), Rekeyed::default());
        assert!(store.has_current_keys().await.unwrap());

        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(user("ＡＭＹ")).await.unwrap();
        let sales = tx.insert_group(group("Sales"), &as_members(&[amy.id])).await.unwrap().group;
        tx.commit().await.unwrap();
        let told = store.outbox_len().await.unwrap();
        as_before(&database, &[
            "update users set user_name_key = 'of-before'",
            "update groups set display_name_key = 'of-before'",
            "delete from installation where name = 'key_rules'",
        ]).await;
        assert_eq!(ours.search_users(&named("amy")).await.unwrap().total, 0);

        let done = store.rekey().await.unwrap();
        assert_eq!((done.users, done.groups, done.clashes), (1, 1, Vec::new()));
        let found = ours.search_users(&named("amy")).await.unwrap();
        assert_eq!(found.items, [amy]);
        assert_eq!(ours.find_group(sales.id).await.unwrap(), Some(sales));
        assert_eq!(store.outbox_len().await.unwrap(), told);
        assert_eq!(store.rekey().await.unwrap(), Rekeyed::default());
    }

    async fn names_that_become_one_are_reported_and_stay_two_people(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(user("amy")).await.unwrap();
        let other = tx.insert_user(user("another")).await.unwrap();
        tx.commit().await.unwrap();
        // A release that told wide letters from others would have let both in.
        let body = other.resource.to_stored().replace("another", "ＡＭＹ");
        let body = body.replace('\'', "''");
        as_before(&database, &[
            &format!("update users set user_name_key = 'ａｍｙ', body = '{body}' where user_name_key = 'another'"),
            "delete from installation where name = 'key_rules'",
        ]).await;

        let done = fixture.store.rekey().await.unwrap();
        let clash = KeyClash { connection_id: ours.connection_id(), user_id: other.id };
        assert_eq!((done.users, done.clashes), (2, vec![clash]));
        let found = ours.search_users(&named("amy")).await.unwrap();
        assert_eq!(found.items, [amy]);
        let kept = ours.find_user(other.id).await.unwrap().unwrap();
        assert_eq!(kept.resource.user_name(), Some("ＡＭＹ"));
        assert_eq!(kept.version, other.version);
    }

    async fn the_rules_that_are_stored_name_the_versions_of_unicode(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        fixture.store.rekey().await.unwrap();
        let raw = database.raw().await;
        let row = raw
            .query_one_raw(sea_orm::Statement::from_string(
                raw.get_database_backend(),
                "select value from installation where name = 'key_rules'",
            ))
            .await
            .unwrap()
            .unwrap();
        let value: Vec<u8> = row.try_get("", "value").unwrap();
        assert_eq!(String::from_utf8(value).unwrap(), user_name::key_rules());
    }
}
