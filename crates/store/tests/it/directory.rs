//! Users, groups and members as rows.

use rollcall_store::{DirectoryQuery, MemberId, MembersChanged, StoreError};
use rollcall_testkit::on_each_database;
use serde_json::json;

use crate::fixture::{Fixture, as_members, filter, group, resource, user};

on_each_database! {
    async fn a_dropped_transaction_leaves_nothing(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let before = fixture.store.outbox_len().await.unwrap();
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(user("amy")).await.unwrap();
        drop(tx);
        assert_eq!(ours.find_user(amy.id).await.unwrap(), None);
        assert_eq!(fixture.store.outbox_len().await.unwrap(), before);
    }

    async fn user_names_are_compared_without_case_beyond_ascii(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        tx.insert_user(user("ÉLODIE")).await.unwrap();
        let refused = tx.insert_user(user("e\u{301}lodie")).await;
        assert!(matches!(refused, Err(StoreError::Conflict { attribute }) if attribute == "userName"));
    }

    async fn counts_follow_what_is_added_and_removed(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let everybody = DirectoryQuery { limit: 10, ..DirectoryQuery::default() };
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(user("amy")).await.unwrap();
        tx.insert_user(user("bob")).await.unwrap();
        tx.insert_group(group("Sales"), &as_members(&[amy.id])).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ours.search_users(&everybody).await.unwrap().total, 2);
        assert_eq!(ours.search_groups(&everybody).await.unwrap().total, 1);

        let mut tx = ours.begin(fixture.request()).await.unwrap();
        tx.delete_user(amy.id).await.unwrap();
        tx.delete_user(amy.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ours.search_users(&everybody).await.unwrap().total, 1);
    }

    async fn an_address_is_found_for_each_of_its_owners(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        for name in ["amy", "bob"] {
            let body = json!({ "userName": name, "emails": [{ "value": "Team@acme.example" }] });
            tx.insert_user(resource(body)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let query = DirectoryQuery {
            filter: Some(filter("emails.value eq \"team@ACME.example\"")),
            limit: 1,
            ..DirectoryQuery::default()
        };
        let found = ours.search_users(&query).await.unwrap();
        assert_eq!((found.total, found.items.len()), (2, 1));
    }

    async fn a_member_that_leaves_and_joins_in_one_transaction_is_no_change(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(user("amy")).await.unwrap();
        let sales = tx.insert_group(group("Sales"), &as_members(&[amy.id])).await.unwrap().group;
        tx.commit().await.unwrap();

        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let locked = tx.lock_group(sales.id).await.unwrap().unwrap();
        let mut changed = MembersChanged::default();
        changed.extend(tx.remove_all_members(sales.id).await.unwrap());
        changed.extend(tx.add_members(sales.id, &as_members(&[amy.id])).await.unwrap());
        assert!(changed.is_empty());
        let saved = tx.save_group(locked, sales.resource.clone(), &changed).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(saved.version, 1);
        let members = ours.members_of(&[sales.id]).await.unwrap().remove(&sales.id).unwrap();
        assert_eq!(members.len(), 1);
        assert_eq!((members[0].id, members[0].display.as_deref()), (MemberId::User(amy.id), Some("amy")));
    }

    async fn more_members_than_one_statement_takes_are_added_and_removed(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let mut ids = Vec::new();
        for number in 0..1_100 {
            ids.push(tx.insert_user(user(&format!("user{number}"))).await.unwrap().id);
        }
        let all = tx.insert_group(group("All"), &as_members(&ids)).await.unwrap().group;
        tx.commit().await.unwrap();
        assert_eq!(ours.members_of(&[all.id]).await.unwrap()[&all.id].len(), 1_100);

        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let locked = tx.lock_group(all.id).await.unwrap().unwrap();
        let changed = tx.replace_members(all.id, &as_members(&ids[..3])).await.unwrap();
        tx.save_group(locked, all.resource, &changed).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ours.members_of(&[all.id]).await.unwrap()[&all.id].len(), 3);
    }
}
