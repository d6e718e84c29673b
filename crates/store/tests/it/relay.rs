//! The relay of several processes, under writers that commit at the same time.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rollcall_model::{Event, EventType, OrgId};
use rollcall_store::{FeedQuery, Relayed, Store};
use rollcall_testkit::{TestDatabase, eventually, on_each_database};

use crate::fixture::{Fixture, user};

const WRITERS: usize = 6;
const WRITES: usize = 15;

/// Follows what the relays have placed, by the cursor of each answer, until everything was written
/// and placed.
async fn follow(store: Store, mut query: FeedQuery, over: Arc<AtomicBool>) -> Vec<Event> {
    let mut seen = Vec::new();
    loop {
        let last = over.load(Ordering::SeqCst);
        let page = store.read_placed(&query).await.unwrap();
        assert!(page.read_to >= query.after);
        let done = page.events.is_empty() && last;
        seen.extend(page.events);
        query.after = page.read_to;
        if done {
            return seen;
        }
        tokio::task::yield_now().await;
    }
}

fn check(seen: &[Event], ids: &[OrgId], seed: u64) {
    let mut next: HashMap<OrgId, u64> = HashMap::new();
    for (index, event) in seen.iter().enumerate() {
        assert_eq!(event.position, index as u64 + 1, "seed {seed}: {event:?}");
        let sequence = next.entry(event.organization_id).or_default();
        *sequence += 1;
        assert_eq!(event.sequence, *sequence, "seed {seed}: {event:?}");
    }
    assert_eq!(next.len(), ids.len());
}

on_each_database! {
    async fn no_follower_misses_what_two_relays_place_while_others_commit(database: TestDatabase) {
        let seed = fastrand::u64(..);
        let mut rng = fastrand::Rng::with_seed(seed);
        let fixture = Fixture::on(&database).await;
        let second = database.store(fixture.clock.clone()).await;
        let mut handles = Vec::new();
        for number in 0..3 {
            let org = fixture.organization(&format!("Org {number}")).await;
            handles.push(fixture.connection(&org, number).await);
        }
        let ids: Vec<OrgId> = handles.iter().map(|handle| handle.org_id()).collect();
        let over = Arc::new(AtomicBool::new(false));
        let relays: Vec<_> = [fixture.store.clone(), second.clone()].map(|store| {
            let over = over.clone();
            tokio::spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    let _: Relayed = store.relay_events().await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        }).into();
        let of_all = FeedQuery { limit: 7, ..FeedQuery::default() };
        let of_one = FeedQuery {
            org_id: Some(ids[1]),
            types: vec![EventType::UserCreated],
            limit: 2,
            ..FeedQuery::default()
        };
        let all = tokio::spawn(follow(second.clone(), of_all, over.clone()));
        let one = tokio::spawn(follow(fixture.store.clone(), of_one, over.clone()));

        let writers: Vec<_> = (0..WRITERS).map(|writer| {
            let handle = handles[writer % handles.len()].clone();
            let request = fixture.request();
            let mut rng = rng.fork();
            tokio::spawn(async move {
                let mut made = 0;
                for number in 0..WRITES {
                    let mut tx = handle.begin(request).await.unwrap();
                    let many = rng.usize(1..5);
                    for part in 0..many {
                        tx.insert_user(user(&format!("user {writer} {number} {part}"))).await.unwrap();
                    }
                    // What is rolled back leaves no gap.
                    if rng.u8(..4) > 0 {
                        tx.commit().await.unwrap();
                        made += many;
                    }
                }
                (handle.org_id(), made)
            })
        }).collect();
        let mut made: HashMap<OrgId, usize> = HashMap::new();
        for writer in writers {
            let (org_id, many) = writer.await.unwrap();
            *made.entry(org_id).or_default() += many;
        }
        eventually("everything is placed", async || fixture.store.outbox_len().await.unwrap() == 0).await;
        over.store(true, Ordering::SeqCst);
        for relay in relays {
            relay.await.unwrap();
        }

        let all = all.await.unwrap();
        check(&all, &ids, seed);
        assert_eq!(all.len() as u64, fixture.store.feed_end().await.unwrap());
        let one = one.await.unwrap();
        assert_eq!(one.len(), made.get(&ids[1]).copied().unwrap_or(0), "seed {seed}");
        let expected = all.iter().filter(|event| {
            event.organization_id == ids[1] && event.kind == EventType::UserCreated
        });
        assert!(expected.eq(one.iter()), "seed {seed}");
    }

    async fn whoever_waits_hears_of_a_commit_of_this_process_and_of_another(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let other = database.store(fixture.clock.clone()).await;
        let (mut here, mut there) = (fixture.store.watch_feed(), other.watch_feed());
        let committed = tokio::time::timeout(Duration::from_secs(20), fixture.store.events_committed());
        let (_, committed) = tokio::join!(fixture.organization("Acme"), committed);
        committed.unwrap();
        fixture.store.relay_events().await.unwrap();
        assert_eq!(*here.borrow_and_update(), fixture.store.feed_end().await.unwrap());
        assert_eq!(*there.borrow_and_update(), 0);
        other.relay_events().await.unwrap();
        assert_eq!(*there.borrow_and_update(), *here.borrow());
    }
}

#[test]
fn a_relay_does_not_wait_for_one_that_is_at_it() {
    use sea_orm::{ConnectionTrait, TransactionOptions, TransactionTrait};

    rollcall_testkit::block_on(async {
        let database = TestDatabase::postgres().await;
        let fixture = Fixture::on(&database).await;
        fixture.organization("Acme").await;
        let raw = database.raw().await;
        let tx = raw
            .begin_with_options(TransactionOptions::default())
            .await
            .unwrap();
        // "rollcall" in ASCII, as in `dialect`.
        let lock = "select pg_advisory_xact_lock(8245928655518264428)";
        tx.execute_unprepared(lock).await.unwrap();
        assert_eq!(
            fixture.store.relay_events().await.unwrap(),
            Relayed::Elsewhere
        );
        tx.commit().await.unwrap();
        let placed = fixture.store.relay_events().await.unwrap();
        assert!(
            matches!(placed, Relayed::Placed(many) if many > 0),
            "{placed:?}"
        );
    });
}
