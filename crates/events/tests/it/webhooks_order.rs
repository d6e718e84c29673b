//! Endpoints that want events of an organization one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rollcall_store::WebhookEndpointChange;
use rollcall_testkit::{eventually, on_each_database};

use crate::fixture::{Fixture, quick};
use crate::receiver::{Answer, Receiver};

on_each_database! {
    async fn an_event_that_fails_holds_back_its_organization_only(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let open = Arc::new(AtomicBool::new(false));
        let held = fixture.organization("Held").await;
        let (opened, held_id) = (Arc::clone(&open), held.org_id().to_string());
        let receiver = Receiver::start(move |request| {
            let event = request.event();
            let stuck = event["organization_id"] == held_id.as_str() && event["sequence"] == 3;
            let fails = stuck && !opened.load(Ordering::SeqCst);
            Answer::Status(if fails { 500 } else { 200 })
        }).await;
        let _ = fixture.store.relay_events().await.unwrap();
        let ordered = WebhookEndpointChange { ordered: Some(true), ..quick() };
        let _ = fixture.endpoint(&receiver.url, ordered).await;
        let events = fixture.send();
        let free = fixture.organization("Free").await;
        fixture.events(&held, 6).await;
        fixture.events(&free, 20).await;
        let taken_of = |org: &rollcall_store::OrgHandle| {
            let id = org.org_id().to_string();
            let seen = receiver.seen().into_iter().filter(|request| request.taken);
            let events = seen.map(|request| request.event());
            let of = events.filter(|event| event["organization_id"] == id.as_str());
            of.map(|event| event["sequence"].as_u64().unwrap()).collect::<Vec<_>>()
        };

        eventually("the other organization has all", async || taken_of(&free).len() == 21).await;
        assert_eq!(taken_of(&free), (1..=21).collect::<Vec<_>>());
        assert_eq!(taken_of(&held), [2]);

        open.store(true, Ordering::SeqCst);
        eventually("the rest follows", async || taken_of(&held).len() == 6).await;
        assert_eq!(taken_of(&held), (2..=7).collect::<Vec<_>>());
        events.stop().await;
    }
}
