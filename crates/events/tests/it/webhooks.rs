//! Every event arrives, whatever receivers and processes do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rollcall_model::SystemClock;
use rollcall_orgs::webhooks::rotate_secret;
use rollcall_store::WebhookEndpointChange;
use rollcall_testkit::{eventually, on_each_database};

use crate::fixture::{Fixture, bytes_of, quick, send_from};
use crate::receiver::{Answer, Receiver};

on_each_database! {
    async fn every_event_arrives_at_a_receiver_that_fails_at_random(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        // Of a hundred requests: 25 answer 500, 20 hang up, 5 stall, 10 answer 429.
        let receiver = Receiver::start(|_| match fastrand::u8(0..100) {
            0..25 => Answer::Status(500),
            25..45 => Answer::Close,
            45..50 => Answer::Stall,
            50..60 => Answer::Head("HTTP/1.1 429 Slow down\r\nretry-after: 0\r\n"),
            _ => Answer::Status(204),
        }).await;
        let endpoint = fixture.endpoint(&receiver.url, quick()).await;
        let events = fixture.send();
        let orgs = [fixture.organization("A").await, fixture.organization("B").await];
        let written = orgs.iter().map(|org| fixture.events(org, 40));
        for events in written {
            events.await;
        }

        eventually("every event was taken", async || receiver.taken().len() >= 82).await;

        eventually("all of it was noted", async || {
            fixture.count(endpoint.id, "delivered").await == 82
        }).await;
        let mut sequences: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for request in receiver.seen() {
            assert_eq!(request.signature, request.expected(&endpoint.secret));
            let event = request.event();
            assert_eq!(event["id"], request.id.as_str());
            let org = event["organization_id"].as_str().unwrap().to_owned();
            sequences.entry(org).or_default().push(event["sequence"].as_u64().unwrap());
        }
        for seen in sequences.values_mut() {
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(*seen, (1..=41).collect::<Vec<_>>());
        }
        events.stop().await;
    }

    async fn an_endpoint_that_stalls_holds_its_own_slots_only(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let (stalled, healthy) = (
            Receiver::start(|_| Answer::Stall).await,
            Receiver::start(|_| Answer::Status(200)).await,
        );
        let slow = WebhookEndpointChange {
            timeout: Some(Duration::from_secs(60)),
            max_in_flight: Some(2),
            ..WebhookEndpointChange::default()
        };
        let dead = fixture.endpoint(&stalled.url, slow).await;
        let alive = fixture.endpoint(&healthy.url, quick()).await;
        // Fewer slots than the stalled endpoint would take if anything but its limit held it back.
        let options = rollcall_events::webhooks::WebhookOptions { concurrency: 4, ..fixture.options() };
        let events = fixture.send_with(options);
        let org = fixture.organization("A").await;
        fixture.events(&org, 10).await;
        eventually("it stalls", async || stalled.stalling() == 2).await;

        fixture.events(&org, 60).await;
        eventually("the other has all of it", async || healthy.taken().len() == 71).await;

        assert_eq!(stalled.stalling(), 2);
        assert_eq!(stalled.seen().len(), 2);
        assert_eq!(fixture.count(dead.id, "pending").await, 71);
        eventually("all of it was noted", async || {
            fixture.count(alive.id, "delivered").await == 71
        }).await;
        events.stop().await;
    }

    async fn what_a_dead_process_had_taken_is_sent_by_another(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let receiver = Receiver::start(|_| Answer::Status(200)).await;
        let endpoint = fixture.endpoint(&receiver.url, quick()).await;
        let _ = fixture.organization("A").await;
        let _ = fixture.store.relay_events().await.unwrap();
        let claim = || fixture.store.claim_webhook_deliveries(endpoint.id, 10, Duration::ZERO);
        let taken = claim().await.unwrap().unwrap();
        assert_eq!(taken.deliveries.len(), 1);
        assert!(claim().await.unwrap().is_none());

        let events = fixture.send();
        eventually("it arrives", async || receiver.taken().len() == 1).await;
        eventually("that was noted", async || fixture.count(endpoint.id, "delivered").await == 1).await;

        let delivery = taken.deliveries[0].id;
        let (delivery, attempts) = fixture.store.find_webhook_delivery(endpoint.id, delivery)
            .await.unwrap().unwrap();
        assert_eq!(delivery.attempts, 2);
        assert!(attempts[0].error.as_deref().unwrap().contains("ended before it knew"));
        assert_eq!((attempts[1].status, attempts[1].response.as_deref()), (Some(200), Some("heard")));
        events.stop().await;
    }

    async fn while_a_secret_is_replaced_both_sign(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let receiver = Receiver::start(|_| Answer::Status(200)).await;
        let endpoint = fixture.endpoint(&receiver.url, quick()).await;
        let rotate = async |overlap| {
            let tools = (&fixture.store, fixture.key());
            let issued = rotate_secret(tools, None, endpoint.id, overlap, fixture.origin());
            bytes_of(&issued.await.unwrap().secret)
        };
        let second = rotate(Duration::from_secs(60)).await;
        let events = fixture.send();
        let org = fixture.organization("A").await;
        eventually("it arrives", async || receiver.seen().len() == 1).await;
        let request = receiver.seen()[0].clone();
        assert_eq!(
            request.signatures(),
            [request.expected(&second), request.expected(&endpoint.secret)]
        );

        let third = rotate(Duration::ZERO).await;
        fixture.events(&org, 1).await;
        eventually("the next arrives", async || receiver.seen().len() == 2).await;
        let request = receiver.seen()[1].clone();
        assert_eq!(request.signatures(), [request.expected(&third)]);
        events.stop().await;
    }

    async fn two_replicas_never_send_the_same_attempt(database: TestDatabase) {
        let other = database.share();
        let fixture = Fixture::on(database).await;
        let together = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&together);
        let receiver = Receiver::start(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            Answer::Status(200)
        }).await;
        let endpoint = fixture.endpoint(&receiver.url, quick()).await;
        let store = other.store(Arc::new(SystemClock)).await;
        let replicas = [fixture.send(), send_from(&store, &fixture.metrics, fixture.options())];
        let org = fixture.organization("A").await;
        fixture.events(&org, 100).await;

        eventually("all was noted", async || fixture.count(endpoint.id, "delivered").await == 101).await;

        assert_eq!(together.load(Ordering::SeqCst), 101);
        assert_eq!(receiver.taken().len(), 101);
        for replica in replicas {
            replica.stop().await;
        }
    }
}
