//! A handle reaches its own tenant and nothing else.

use rollcall_model::PageRequest;
use rollcall_store::{DirectoryQuery, StoreError};
use rollcall_testkit::on_each_database;

use crate::fixture::{Fixture, as_members, group, user};

on_each_database! {
    async fn a_foreign_id_is_as_missing_as_none_at_all(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let globex = fixture.organization("Globex").await;
        let ours = fixture.connection(&acme, 1).await;
        let theirs = fixture.connection(&globex, 2).await;
        let mut tx = theirs.begin(fixture.request()).await.unwrap();
        let eve = tx.insert_user(user("eve")).await.unwrap();
        let club = tx.insert_group(group("Club"), &as_members(&[eve.id])).await.unwrap().group;
        tx.commit().await.unwrap();

        assert_eq!(ours.find_user(eve.id).await.unwrap(), None);
        assert_eq!(ours.find_group(club.id).await.unwrap(), None);
        assert!(ours.members_of(&[club.id]).await.unwrap().is_empty());
        assert!(ours.groups_of(&[eve.id]).await.unwrap().is_empty());
        let everybody = DirectoryQuery { limit: 10, ..DirectoryQuery::default() };
        assert_eq!(ours.search_users(&everybody).await.unwrap().total, 0);
        assert!(acme.find_scim_connection(theirs.connection_id()).await.unwrap().is_none());
        assert!(acme.open_connection(theirs.connection_id()).await.unwrap().is_none());

        let mut tx = ours.begin(fixture.request()).await.unwrap();
        assert_eq!(tx.lock_user(eve.id).await.unwrap(), None);
        assert_eq!(tx.lock_group(club.id).await.unwrap(), None);
        assert!(!tx.delete_group(club.id).await.unwrap());
        tx.delete_user(eve.id).await.unwrap();
        // A name that nobody has, and so it waits.
        let lured = tx.insert_group(group("Ours"), &as_members(&[eve.id])).await.unwrap().group;
        tx.commit().await.unwrap();
        assert!(ours.members_of(&[lured.id]).await.unwrap().is_empty());
        assert!(theirs.groups_of(&[eve.id]).await.unwrap()[&eve.id].iter().all(|group| group.id == club.id));
        let parked = ours.parked_members_of(&[lured.id]).await.unwrap();
        assert_eq!(parked[&lured.id], [eve.id.to_scim()]);
        let all = PageRequest { after: None, limit: 10 };
        assert!(theirs.list_parked_references(all).await.unwrap().items.is_empty());
        assert!(theirs.find_user(eve.id).await.unwrap().is_some());
    }

    async fn a_connection_cannot_be_linked_to_a_foreign_login_provider(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let globex = fixture.organization("Globex").await;
        let ours = fixture.connection(&acme, 1).await;
        let theirs = fixture.connection(&globex, 2).await;
        let theirs = globex.find_scim_connection(theirs.connection_id()).await.unwrap().unwrap();
        let change = rollcall_store::ScimConnectionChange {
            sso_connection_id: Some(theirs.sso_connection_id),
            ..Default::default()
        };
        let mut tx = acme.begin(fixture.origin()).await.unwrap();
        let refused = tx.change_scim_connection(ours.connection_id(), change).await;
        assert!(matches!(refused, Err(StoreError::ParentMissing)));
    }

    async fn a_token_is_found_by_its_digest_and_by_nothing_else(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let found = fixture.store.find_token(&[1; 32]).await.unwrap().unwrap();
        assert_eq!(found.connection_id, ours.connection_id());
        assert!(fixture.store.find_token(&[3; 32]).await.unwrap().is_none());
    }
}
