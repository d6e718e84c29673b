//! What a process remembers of tokens, and when it forgets.

use std::sync::{Arc, Mutex};

use rollcall_model::{Credential, ScimConnectionId, Stale, Timestamp, TokenId};
use rollcall_store::{OrgHandle, Store};
use rollcall_testkit::on_each_database;
use sea_orm::ConnectionTrait;

use crate::fixture::Fixture;

const DIGEST: [u8; 32] = [1; 32];

async fn is_revoked(store: &Store) -> bool {
    let token = store.find_token(&DIGEST).await.unwrap().unwrap();
    token.revoked_at.is_some()
}

async fn token_id(store: &Store) -> TokenId {
    let credential = store.find_token(&DIGEST).await.unwrap().unwrap().credential;
    let Credential::Token(id) = credential else {
        unreachable!("{credential:?} is no token")
    };
    id
}

/// Revokes a token in a transaction of its own.
async fn revoke(
    fixture: &Fixture,
    org: &OrgHandle,
    of: (ScimConnectionId, TokenId),
    at: Timestamp,
) {
    let mut tx = org.begin(fixture.origin()).await.unwrap();
    assert!(tx.revoke_token(of.0, of.1, at).await.unwrap());
    tx.commit().await.unwrap();
}

on_each_database! {
    async fn what_this_process_commits_it_forgets_and_tells_at_once(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let connection = fixture.connection(&acme, 1).await.connection_id();
        let told: Arc<Mutex<Vec<Stale>>> = Arc::default();
        let heard = Arc::clone(&told);
        fixture.store.on_stale(Arc::new(move |stale| heard.lock().unwrap().push(stale)));
        let token = token_id(&fixture.store).await;

        let mut tx = acme.begin(fixture.origin()).await.unwrap();
        let now = fixture.store.clock().now();
        assert!(tx.revoke_token(connection, token, now).await.unwrap());
        assert!(!is_revoked(&fixture.store).await, "before it is committed");
        assert!(told.lock().unwrap().is_empty());
        tx.commit().await.unwrap();
        assert!(is_revoked(&fixture.store).await);
        assert_eq!(*told.lock().unwrap(), [Stale::Connection(connection)]);

        let mut tx = acme.begin(fixture.origin()).await.unwrap();
        tx.delete_organization().await.unwrap();
        tx.commit().await.unwrap();
        assert!(fixture.store.find_token(&DIGEST).await.unwrap().is_none());
        let last = told.lock().unwrap().last().copied();
        assert_eq!(last, Some(Stale::Organization(acme.org_id())));
    }

    async fn what_another_process_commits_is_forgotten_when_it_is_told(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let globex = fixture.organization("Globex").await;
        let ours = fixture.connection(&acme, 1).await.connection_id();
        let other = fixture.connection(&globex, 2).await.connection_id();
        let replica = fixture.store.reopen().await.unwrap();
        let token = token_id(&replica).await;
        let now = fixture.store.clock().now();
        revoke(&fixture, &acme, (ours, token), now).await;

        for stale in [Stale::Connection(other), Stale::Organization(globex.org_id())] {
            replica.forget(stale);
            assert!(!is_revoked(&replica).await, "{stale} is about others");
        }
        let here = [Stale::Connection(ours), Stale::Organization(acme.org_id()), Stale::Everything];
        let mut last = now;
        for stale in here {
            replica.forget(stale);
            let found = replica.find_token(&DIGEST).await.unwrap().unwrap();
            assert_eq!(found.revoked_at, Some(last), "after {stale}");
            // Revoked earlier, and remembered as it was until told again.
            last = last.minus(std::time::Duration::from_secs(1));
            revoke(&fixture, &acme, (ours, token), last).await;
        }
        replica.close().await.unwrap();
    }

    async fn what_another_process_commits_is_found_in_the_database(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await.connection_id();
        let replica = fixture.store.reopen().await.unwrap();
        replica.follow_access_changes().await.unwrap();
        let token = token_id(&replica).await;
        let now = fixture.store.clock().now();
        // More than are read at a time.
        for earlier in 0..1_005 {
            let at = now.minus(std::time::Duration::from_millis(earlier));
            revoke(&fixture, &acme, (ours, token), at).await;
        }
        assert!(!is_revoked(&replica).await, "nobody told it");
        replica.follow_access_changes().await.unwrap();
        assert!(is_revoked(&replica).await);
        replica.close().await.unwrap();
    }

    async fn a_change_that_is_undone_leaves_no_number(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await.connection_id();
        let replica = fixture.store.reopen().await.unwrap();
        let token = token_id(&replica).await;
        replica.follow_access_changes().await.unwrap();
        let now = fixture.store.clock().now();
        for commits in [false, true] {
            let mut tx = acme.begin(fixture.origin()).await.unwrap();
            assert!(tx.revoke_token(ours, token, now).await.unwrap());
            if commits {
                tx.commit().await.unwrap();
            }
            assert!(!is_revoked(&replica).await || commits);
            replica.follow_access_changes().await.unwrap();
            assert_eq!(is_revoked(&replica).await, commits);
        }
        replica.close().await.unwrap();
    }

    async fn numbers_that_are_handed_out_again_are_noticed(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await.connection_id();
        let replica = fixture.store.reopen().await.unwrap();
        let token = token_id(&replica).await;
        replica.follow_access_changes().await.unwrap();
        let now = fixture.store.clock().now();
        let earlier = now.minus(std::time::Duration::from_secs(1));
        for at in [now, earlier] {
            revoke(&fixture, &acme, (ours, token), at).await;
            replica.follow_access_changes().await.unwrap();
            let found = replica.find_token(&DIGEST).await.unwrap().unwrap();
            assert_eq!(found.revoked_at, Some(at));
            // As on a standby that took over before it had heard of this.
            let raw = database.raw().await;
            for sql in ["delete from access_changes", "update access_change_count set last = 0"] {
                raw.execute_unprepared(sql).await.unwrap();
            }
            raw.close().await.unwrap();
        }
        replica.close().await.unwrap();
    }
}
