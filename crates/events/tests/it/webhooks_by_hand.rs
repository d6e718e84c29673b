//! Tests, replays, redeliveries, pauses, and what is removed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rollcall_events::webhooks::WebhookOptions;
use rollcall_model::{EventType, PauseReason};
use rollcall_store::{FeedQuery, ReplayRange, WebhookEndpointChange};
use rollcall_testkit::{eventually, on_each_database};

use crate::fixture::{Fixture, quick};
use crate::receiver::{Answer, Receiver};

/// A receiver whose status a test sets.
async fn receiver(status: u16) -> (Receiver, Arc<AtomicU16>) {
    let status = Arc::new(AtomicU16::new(status));
    let answered = Arc::clone(&status);
    let receiver = Receiver::start(move |_| Answer::Status(answered.load(Ordering::SeqCst)));
    (receiver.await, status)
}

on_each_database! {
    async fn a_range_of_the_feed_is_sent_again_with_the_same_ids(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let org = fixture.organization("A").await;
        let other = fixture.organization("B").await;
        fixture.events(&org, 5).await;
        fixture.events(&other, 2).await;
        let feed = FeedQuery { limit: 100, ..FeedQuery::default() };
        let feed = fixture.store.read_feed(&feed).await.unwrap().events;
        let (receiver, _) = receiver(200).await;
        let endpoint = fixture.endpoint_of(Some(&org), &receiver.url, quick()).await;
        let events = fixture.send();

        let range = ReplayRange {
            after: feed[0].position,
            up_to: None,
            types: vec![EventType::OrganizationUpdated],
        };
        let of = Some(org.org_id());
        let replay = || fixture.store.replay_to_webhook(endpoint.id, of, &range, fixture.origin());
        let queued = replay().await.unwrap();

        let expected: Vec<_> = feed.iter()
            .filter(|it| it.organization_id == org.org_id() && it.kind == EventType::OrganizationUpdated)
            .map(|it| it.id.to_string())
            .collect();
        assert_eq!(queued, 5);
        eventually("they arrive", async || {
            expected.iter().all(|id| receiver.taken().contains(id))
        }).await;
        assert_eq!(replay().await.unwrap(), 5);
        eventually("they arrive again", async || {
            let seen = receiver.seen();
            expected.iter().all(|id| seen.iter().filter(|it| it.id == *id).count() == 2)
        }).await;
        events.stop().await;
    }

    async fn a_test_is_delivered_like_an_event(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let (receiver, _) = receiver(200).await;
        let endpoint = fixture.endpoint(&receiver.url, quick()).await;
        let events = fixture.send();
        let queued = fixture.store.queue_webhook_test(endpoint.id, None, fixture.origin());
        let queued = queued.await.unwrap();
        eventually("it arrives", async || receiver.seen().len() == 1).await;
        let request = receiver.seen()[0].clone();
        assert_eq!(request.event()["type"], "webhook_endpoint.test");
        assert_eq!(request.id, queued.event_id.to_string());
        assert_eq!(request.signature, request.expected(&endpoint.secret));
        events.stop().await;
    }

    async fn what_was_given_up_can_be_sent_again(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let (receiver, status) = receiver(500).await;
        let endpoint = fixture.endpoint(&receiver.url, quick()).await;
        let options = WebhookOptions { give_up_after: Duration::from_millis(300), ..fixture.options() };
        let events = fixture.send_with(options);
        let _ = fixture.organization("A").await;
        eventually("it is given up", async || fixture.count(endpoint.id, "failed").await == 1).await;
        status.store(200, Ordering::SeqCst);
        let delivery = fixture.deliveries(endpoint.id).await[0].clone();
        assert!(delivery.attempts > 1);

        let queued = fixture.store.redeliver_webhook((endpoint.id, None), delivery.id, fixture.origin());
        assert!(queued.await.unwrap());

        eventually("it arrives", async || fixture.count(endpoint.id, "delivered").await == 1).await;
        events.stop().await;
    }

    async fn an_endpoint_that_only_fails_is_paused_and_misses_nothing(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let (receiver, status) = receiver(500).await;
        let org = fixture.organization("A").await;
        let _ = fixture.store.relay_events().await.unwrap();
        let endpoint = fixture.endpoint_of(Some(&org), &receiver.url, quick()).await;
        let options = WebhookOptions { pause_after: Duration::from_millis(300), ..fixture.options() };
        let events = fixture.send_with(options);
        fixture.events(&org, 1).await;
        let paused = async || {
            let found = fixture.store.find_webhook_endpoint(None, endpoint.id).await;
            found.unwrap().unwrap().paused.map(|(_, reason)| reason)
        };
        eventually("it is paused", async || paused().await == Some(PauseReason::Failing)).await;
        let query = FeedQuery { types: vec![EventType::WebhookEndpointPaused], limit: 10, ..FeedQuery::default() };
        let told = fixture.store.read_feed(&query).await.unwrap().events;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].data["webhook_endpoint"]["pause_reason"], "failing");

        status.store(200, Ordering::SeqCst);
        fixture.events(&org, 3).await;
        let _ = fixture.store.relay_events().await.unwrap();
        assert_eq!(fixture.count(endpoint.id, "delivered").await, 0);
        let resume = WebhookEndpointChange { enabled: Some(true), ..WebhookEndpointChange::default() };
        let of = Some(org.org_id());
        let resumed = fixture.store.change_webhook_endpoint(of, endpoint.id, resume, fixture.origin());
        assert!(resumed.await.unwrap().unwrap().paused.is_none());

        // The endpoint's own creation, four changes, and what was told of the endpoint.
        eventually("everything arrives", async || fixture.count(endpoint.id, "delivered").await == 7).await;
        assert_eq!(fixture.count(endpoint.id, "pending").await, 0);
        events.stop().await;
    }

    async fn an_endpoint_that_is_gone_is_paused_at_once(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let (receiver, _) = receiver(410).await;
        let endpoint = fixture.endpoint(&receiver.url, quick()).await;
        let events = fixture.send();
        let _ = fixture.organization("A").await;
        eventually("it is paused", async || {
            let found = fixture.store.find_webhook_endpoint(None, endpoint.id).await;
            found.unwrap().unwrap().paused.is_some_and(|(_, reason)| reason == PauseReason::Gone)
        }).await;
        assert_eq!(receiver.seen().len(), 1);
        events.stop().await;
    }

    async fn what_is_old_or_of_nobody_is_removed(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let (receiver, _) = receiver(200).await;
        let delivered = fixture.endpoint(&receiver.url, quick()).await;
        let gone = fixture.endpoint(&receiver.url, WebhookEndpointChange { enabled: Some(false), ..quick() }).await;
        let events = fixture.send();
        let org = fixture.organization("A").await;
        fixture.events(&org, 3).await;
        eventually("all is delivered", async || fixture.count(delivered.id, "delivered").await == 4).await;
        assert_eq!(fixture.count(gone.id, "pending").await, 4);
        events.stop().await;
        let store = &fixture.store;
        assert!(store.delete_webhook_endpoint(None, gone.id, fixture.origin()).await.unwrap());
        let now = store.clock().now();
        let long_ago = now.minus(Duration::from_secs(60));
        assert_eq!(store.remove_old_webhook_deliveries(long_ago, now).await.unwrap(), 4);
        assert_eq!(fixture.count(gone.id, "pending").await, 0);
        assert_eq!(fixture.count(delivered.id, "delivered").await, 4);

        let removed = store.remove_old_webhook_deliveries(store.clock().now(), long_ago).await;

        assert_eq!(removed.unwrap(), 4);
        assert!(fixture.deliveries(delivered.id).await.is_empty());
    }
}
