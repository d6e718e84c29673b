//! Sessions of operators in the console.

use std::time::Duration;

use rollcall_model::{ApiKeyId, ApiKeyRole, PageRequest};
use rollcall_store::{AuditQuery, Granted, NewApiKey, NewPageSession, PageSession};
use rollcall_testkit::on_each_database;

use crate::fixture::Fixture;

const IDLE: Duration = Duration::from_mins(30);
const HOUR: Duration = Duration::from_hours(1);

/// An API key whose digest is `digest` repeated.
async fn key(fixture: &Fixture, digest: u8) -> ApiKeyId {
    let id = ApiKeyId::new(fixture.clock.as_ref());
    let new = NewApiKey {
        id,
        name: "operator".to_owned(),
        prefix: "rca_abcd".to_owned(),
        digest: [digest; 32],
        role: ApiKeyRole::Admin,
        organization_id: None,
    };
    let origin = fixture.origin();
    fixture.store.insert_api_key(new, origin).await.unwrap();
    id
}

/// A session of an hour whose digest is `digest` repeated.
async fn begin(fixture: &Fixture, api_key_id: ApiKeyId, digest: u8) {
    begin_as(fixture, api_key_id, None, digest).await;
}

async fn begin_as(fixture: &Fixture, api_key_id: ApiKeyId, granted: Option<Granted>, digest: u8) {
    let new = NewPageSession {
        digest: [digest; 32],
        api_key_id,
        granted,
        expires_at: fixture.store.clock().now().plus(HOUR),
    };
    let origin = fixture.origin();
    fixture
        .store
        .insert_page_session(new, origin)
        .await
        .unwrap();
}

async fn find(fixture: &Fixture, digest: u8) -> Option<PageSession> {
    fixture
        .store
        .find_page_session(&[digest; 32])
        .await
        .unwrap()
}

on_each_database! {
    async fn a_session_is_found_by_its_digest_until_it_ends(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let operator = key(&fixture, 1).await;
        begin(&fixture, operator, 7).await;
        begin(&fixture, operator, 8).await;
        assert_eq!(find(&fixture, 7).await.unwrap().api_key_id, operator);
        assert_eq!(find(&fixture, 9).await, None);
        fixture.store.delete_page_session(&[7; 32]).await.unwrap();
        fixture.store.delete_page_session(&[7; 32]).await.unwrap();
        assert_eq!(find(&fixture, 7).await, None);
        assert!(find(&fixture, 8).await.is_some());
    }

    async fn what_a_person_was_granted_holds_for_that_session_alone(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let person = key(&fixture, 1).await;
        let granted = Granted {
            role: ApiKeyRole::ReadOnly,
            organization_id: Some(acme.org_id()),
        };
        begin_as(&fixture, person, Some(granted), 7).await;
        begin(&fixture, person, 8).await;
        assert_eq!(find(&fixture, 7).await.unwrap().granted, Some(granted));
        assert_eq!(find(&fixture, 8).await.unwrap().granted, None);
    }

    async fn whoever_signs_in_is_in_the_audit_log(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let operator = key(&fixture, 1).await;
        begin(&fixture, operator, 7).await;
        let signed_in = AuditQuery {
            action: Some("console.signed_in".to_owned()),
            ..AuditQuery::default()
        };
        let page = PageRequest { after: None, limit: 10 };
        let rows = fixture.store.list_audit_log(&signed_in, page).await.unwrap().items;
        assert_eq!((rows.len(), rows[0].target.as_str()), (1, operator.to_string().as_str()));
    }

    async fn use_keeps_a_session_alive_and_its_end_does_not_move(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let operator = key(&fixture, 1).await;
        begin(&fixture, operator, 7).await;
        let begun = find(&fixture, 7).await.unwrap();
        let is_over = async |digest| {
            let now = fixture.store.clock().now();
            find(&fixture, digest).await.unwrap().is_over(now, IDLE)
        };
        fixture.clock.advance(Duration::from_mins(29));
        fixture.store.touch_page_session(&[7; 32]).await.unwrap();
        fixture.clock.advance(Duration::from_mins(29));
        assert!(!is_over(7).await);
        fixture.clock.advance(Duration::from_mins(1));
        assert!(is_over(7).await);
        fixture.store.touch_page_session(&[7; 32]).await.unwrap();
        assert!(!is_over(7).await);
        fixture.clock.advance(Duration::from_mins(1));
        fixture.store.touch_page_session(&[7; 32]).await.unwrap();
        assert!(is_over(7).await);
        assert_eq!(find(&fixture, 7).await.unwrap().expires_at, begun.expires_at);
    }

    async fn what_the_next_page_is_to_say_is_said_once(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let operator = key(&fixture, 1).await;
        begin(&fixture, operator, 7).await;
        begin(&fixture, operator, 8).await;
        fixture.store.save_page_flash(&[7; 32], "It was done.").await.unwrap();
        assert_eq!(find(&fixture, 7).await.unwrap().flash.as_deref(), Some("It was done."));
        assert_eq!(find(&fixture, 8).await.unwrap().flash, None);
        fixture.store.touch_page_session(&[7; 32]).await.unwrap();
        assert_eq!(find(&fixture, 7).await.unwrap().flash, None);
    }

    async fn a_session_goes_with_its_key_and_when_another_begins_after_its_end(
        database: TestDatabase
    ) {
        let fixture = Fixture::on(&database).await;
        let (operator, other) = (key(&fixture, 1).await, key(&fixture, 2).await);
        begin(&fixture, operator, 7).await;
        begin(&fixture, other, 8).await;
        assert!(fixture.store.delete_api_key(operator, fixture.origin()).await.unwrap());
        assert_eq!(find(&fixture, 7).await, None);
        assert!(find(&fixture, 8).await.is_some());
        fixture.clock.advance(HOUR);
        assert!(find(&fixture, 8).await.is_some());
        begin(&fixture, other, 9).await;
        assert_eq!(find(&fixture, 8).await, None);
    }
}
