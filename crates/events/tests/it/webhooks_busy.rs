//! Attempts that end while the database has no time for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rollcall_store::{OrgHandle, OrgTx, WebhookEndpointChange};
use rollcall_testkit::{eventually, on_each_database};

use crate::fixture::Fixture;
use crate::receiver::{Answer, Receiver};

const CONNECTIONS: u32 = 3;

/// How long anybody waits for a connection here.
const SHORT: Duration = Duration::from_millis(50);

/// Holds everything that writers need: all connections, or the one turn to write.
async fn hold_all(fixture: &Fixture, org: &OrgHandle) -> Vec<OrgTx> {
    let (mut held, mut refused) = (Vec::new(), 0);
    // Once might be somebody else who has a connection for a moment.
    while refused < 3 {
        match org.begin(fixture.origin()).await {
            Ok(tx) => held.push(tx),
            Err(_) => refused += 1,
        }
    }
    held
}

on_each_database! {
    async fn an_attempt_that_ends_while_the_database_is_busy_is_not_made_again(database: TestDatabase) {
        let database = database.with_options(|options| {
            options.max_connections = CONNECTIONS;
            options.acquire_timeout = SHORT;
        });
        let fixture = Fixture::on(database).await;
        let org = fixture.organization("A").await;
        let _ = fixture.store.relay_events().await.unwrap();
        let (arrived, may_answer) = (Arc::new(AtomicBool::default()), Arc::new(AtomicBool::default()));
        let (came, go_on) = (Arc::clone(&arrived), Arc::clone(&may_answer));
        let receiver = Receiver::start(move |_| {
            came.store(true, Ordering::SeqCst);
            tokio::task::block_in_place(|| {
                while !go_on.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
            });
            Answer::Status(200)
        })
        .await;
        let endpoint = fixture.endpoint(&receiver.url, WebhookEndpointChange::default()).await;
        let queued = fixture.store.queue_webhook_test(endpoint.id, None, fixture.origin());
        let queued = queued.await.unwrap();
        let events = fixture.send();
        eventually("it arrives", async || arrived.load(Ordering::SeqCst)).await;

        let held = hold_all(&fixture, &org).await;
        may_answer.store(true, Ordering::SeqCst);
        eventually("it is answered", async || receiver.seen().len() == 1).await;
        // As long as several look in vain for a connection, so that the first attempt to tell has done so.
        for _ in 0..5 {
            assert!(org.begin(fixture.origin()).await.is_err());
        }
        drop(held);

        eventually("it is noted", async || fixture.count(endpoint.id, "delivered").await == 1).await;
        let found = fixture.store.find_webhook_delivery(endpoint.id, queued.id).await.unwrap();
        let (delivery, attempts) = found.unwrap();
        assert_eq!((delivery.attempts, attempts.len(), receiver.seen().len()), (1, 1, 1));
        events.stop().await;
    }
}
