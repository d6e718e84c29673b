//! Links to the setup portal, and the sessions that they are exchanged for.

use std::time::Duration;

use rollcall_model::{
    PageRequest, PortalFormId, PortalLink, PortalLinkId, PortalLinkState, PortalSession,
    PortalSessionId,
};
use rollcall_store::{NewPortalLink, NewPortalSession, OrgHandle, StoreError};
use rollcall_testkit::on_each_database;

use crate::fixture::Fixture;

const HOUR: Duration = Duration::from_hours(1);

/// A link of an hour whose digest is `digest` repeated.
async fn link(fixture: &Fixture, org: &OrgHandle, digest: u8) -> PortalLink {
    fixture.clock.advance(Duration::from_millis(1));
    let mut tx = org.begin(fixture.origin()).await.unwrap();
    let new = NewPortalLink {
        id: PortalLinkId::new(fixture.clock.as_ref()),
        digest: [digest; 32],
        return_url: Some("https://app.example.com/".to_owned()),
        expires_at: fixture.store.clock().now().plus(HOUR),
    };
    let link = tx.insert_portal_link(new).await.unwrap();
    tx.commit().await.unwrap();
    link
}

/// Exchanges a link for a session of four hours whose digest is `digest` repeated.
async fn exchange(
    fixture: &Fixture,
    org: &OrgHandle,
    link: PortalLinkId,
    digest: u8,
) -> Option<PortalSession> {
    let mut tx = org.begin(fixture.origin()).await.unwrap();
    let new = NewPortalSession {
        id: PortalSessionId::new(fixture.clock.as_ref()),
        digest: [digest; 32],
        expires_at: fixture.store.clock().now().plus(4 * HOUR),
    };
    let session = tx.exchange_portal_link(link, new).await.unwrap();
    tx.commit().await.unwrap();
    session
}

async fn revoke(fixture: &Fixture, org: &OrgHandle, link: PortalLinkId) -> Option<PortalLink> {
    let mut tx = org.begin(fixture.origin()).await.unwrap();
    let revoked = tx.revoke_portal_link(link).await.unwrap();
    tx.commit().await.unwrap();
    revoked
}

async fn is_open(fixture: &Fixture, digest: u8) -> bool {
    let found = fixture.store.open_portal_session(&[digest; 32]).await;
    found.unwrap().is_some()
}

on_each_database! {
    async fn a_link_is_found_by_its_digest_and_exchanged_once(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let made = link(&fixture, &acme, 1).await;
        let (org, found) = fixture.store.find_portal_link(&[1; 32]).await.unwrap().unwrap();
        assert_eq!((org.org_id(), &found), (acme.org_id(), &made));
        assert!(fixture.store.find_portal_link(&[2; 32]).await.unwrap().is_none());

        let session = exchange(&fixture, &acme, made.id, 7).await.unwrap();
        assert_eq!(session.return_url, made.return_url);
        assert_eq!(exchange(&fixture, &acme, made.id, 8).await, None);
        let (org, opened) = fixture.store.open_portal_session(&[7; 32]).await.unwrap().unwrap();
        assert_eq!((org.org_id(), opened), (acme.org_id(), session));
        assert!(!is_open(&fixture, 8).await);
        let used = acme.find_portal_link(made.id).await.unwrap().unwrap();
        assert_eq!(used.state(fixture.store.clock().now()), PortalLinkState::Used);
    }

    async fn of_two_who_exchange_a_link_at_once_one_is_let_in(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let made = link(&fixture, &acme, 1).await.id;
        let (one, other) = tokio::join!(
            exchange(&fixture, &acme, made, 7),
            exchange(&fixture, &acme, made, 8)
        );
        assert_ne!(one.is_some(), other.is_some());
        assert_ne!(is_open(&fixture, 7).await, is_open(&fixture, 8).await);
    }

    async fn a_link_that_is_over_or_revoked_opens_nothing(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let revoked = link(&fixture, &acme, 1).await.id;
        assert!(revoke(&fixture, &acme, revoked).await.unwrap().revoked_at.is_some());
        assert_eq!(exchange(&fixture, &acme, revoked, 7).await, None);
        let over = link(&fixture, &acme, 2).await.id;
        fixture.clock.advance(HOUR);
        assert_eq!(exchange(&fixture, &acme, over, 7).await, None);
        assert!(!is_open(&fixture, 7).await);
    }

    async fn revoking_a_link_ends_its_session_and_no_other(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let (one, other) = (link(&fixture, &acme, 1).await.id, link(&fixture, &acme, 2).await.id);
        let _ = exchange(&fixture, &acme, one, 7).await.unwrap();
        let _ = exchange(&fixture, &acme, other, 8).await.unwrap();
        let first = revoke(&fixture, &acme, one).await.unwrap();
        assert_eq!((is_open(&fixture, 7).await, is_open(&fixture, 8).await), (false, true));
        fixture.clock.advance(Duration::from_secs(1));
        // Revoking again is no other moment.
        assert_eq!(revoke(&fixture, &acme, one).await.unwrap(), first);
    }

    async fn a_session_ends_with_its_time_and_when_it_is_left(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let (one, other) = (link(&fixture, &acme, 1).await.id, link(&fixture, &acme, 2).await.id);
        let left = exchange(&fixture, &acme, one, 7).await.unwrap();
        let _ = exchange(&fixture, &acme, other, 8).await.unwrap();
        let mut tx = acme.begin(fixture.origin()).await.unwrap();
        tx.end_portal_session(left.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((is_open(&fixture, 7).await, is_open(&fixture, 8).await), (false, true));
        fixture.clock.advance(4 * HOUR);
        assert!(!is_open(&fixture, 8).await);
    }

    async fn a_form_is_spent_once_in_each_session(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let (one, other) = (link(&fixture, &acme, 1).await.id, link(&fixture, &acme, 2).await.id);
        let one = exchange(&fixture, &acme, one, 7).await.unwrap().id;
        let other = exchange(&fixture, &acme, other, 8).await.unwrap().id;
        let form = PortalFormId::new(fixture.clock.as_ref());
        let spend = async |session| {
            let tx = acme.begin(fixture.origin()).await.unwrap();
            let spent = tx.spend_portal_form(session, form).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(spent)
        };
        assert!(spend(one).await.unwrap());
        assert!(!spend(one).await.unwrap());
        assert!(spend(other).await.unwrap());
        let nobody = PortalSessionId::new(fixture.clock.as_ref());
        assert!(matches!(spend(nobody).await, Err(StoreError::ParentMissing)));
    }

    async fn links_and_sessions_are_of_one_organization(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let (acme, other) = (fixture.organization("Acme").await, fixture.organization("Other").await);
        let foreign = link(&fixture, &other, 1).await.id;
        assert_eq!(acme.find_portal_link(foreign).await.unwrap(), None);
        assert_eq!(exchange(&fixture, &acme, foreign, 7).await, None);
        assert_eq!(revoke(&fixture, &acme, foreign).await, None);
        let session = exchange(&fixture, &other, foreign, 8).await.unwrap();
        let mut tx = acme.begin(fixture.origin()).await.unwrap();
        tx.end_portal_session(session.id).await.unwrap();
        let form = PortalFormId::new(fixture.clock.as_ref());
        assert!(tx.spend_portal_form(session.id, form).await.is_err());
        drop(tx);
        assert!(is_open(&fixture, 8).await);
    }

    async fn links_are_listed_by_cursor_oldest_first(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let (acme, other) = (fixture.organization("Acme").await, fixture.organization("Other").await);
        let mut made = Vec::new();
        for digest in 1..=3 {
            made.push(link(&fixture, &acme, digest).await.id);
        }
        let _ = link(&fixture, &other, 9).await;
        let first = acme.list_portal_links(PageRequest { after: None, limit: 2 }).await.unwrap();
        let ids: Vec<_> = first.items.iter().map(|link| link.id).collect();
        assert_eq!(ids, made[..2]);
        let rest = PageRequest { after: first.next, limit: 2 };
        let rest = acme.list_portal_links(rest).await.unwrap();
        assert_eq!((rest.items.len(), rest.items[0].id, rest.next), (1, made[2], None));
    }
}
