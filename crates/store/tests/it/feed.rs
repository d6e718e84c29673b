//! The feed under writers that commit at the same time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rollcall_model::{Event, EventType};
use rollcall_store::FeedQuery;
use rollcall_testkit::on_each_database;
use sea_orm::ConnectionTrait;

use crate::fixture::{Fixture, user};

const WRITERS: usize = 8;
const WRITES: usize = 12;

on_each_database! {
    async fn a_follower_sees_every_event_once_and_in_the_order_of_its_organization(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let mut handles = Vec::new();
        for number in 0..3 {
            let org = fixture.organization(&format!("Org {number}")).await;
            handles.push(fixture.connection(&org, number).await);
        }
        let expected = fixture.store.outbox_len().await.unwrap() as usize + WRITERS * WRITES;
        let done = AtomicBool::new(false);

        let writing = async {
            let writers: Vec<_> = (0..WRITERS).map(|writer| {
                let handle = handles[writer % handles.len()].clone();
                let request = fixture.request();
                tokio::spawn(async move {
                    for number in 0..WRITES {
                        let mut tx = handle.begin(request).await.unwrap();
                        tx.insert_user(user(&format!("user {writer} {number}"))).await.unwrap();
                        tx.commit().await.unwrap();
                    }
                })
            }).collect();
            for writer in writers {
                writer.await.unwrap();
            }
            done.store(true, Ordering::SeqCst);
        };
        let following = async {
            let mut seen: Vec<Event> = Vec::new();
            loop {
                let over = done.load(Ordering::SeqCst);
                let query = FeedQuery {
                    after: seen.last().map_or(0, |event| event.position),
                    limit: 7,
                    ..FeedQuery::default()
                };
                let page = fixture.store.read_feed(&query).await.unwrap().events;
                if page.is_empty() && over {
                    return seen;
                }
                seen.extend(page);
                tokio::task::yield_now().await;
            }
        };
        let ((), seen) = tokio::join!(writing, following);

        assert_eq!(seen.len(), expected);
        let mut next: HashMap<_, u64> = HashMap::new();
        for event in &seen {
            let sequence = next.entry(event.organization_id).or_default();
            *sequence += 1;
            assert_eq!(event.sequence, *sequence, "{event:?}");
        }
    }

    async fn a_follower_of_what_is_rare_gets_through_a_long_feed_in_steps(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let first = fixture.store.read_feed(&FeedQuery { limit: 9, ..FeedQuery::default() }).await.unwrap();
        let raw = database.raw().await;
        let away = "update events set position = position + 2500000";
        raw.execute_unprepared(away).await.unwrap();
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        tx.insert_user(user("amy")).await.unwrap();
        tx.commit().await.unwrap();

        let mut query = FeedQuery { types: vec![EventType::UserCreated], limit: 9, ..FeedQuery::default() };
        let mut pages = 0;
        let found = loop {
            pages += 1;
            let page = fixture.store.read_feed(&query).await.unwrap();
            assert!(page.read_to > query.after);
            if !page.events.is_empty() {
                break page;
            }
            query.after = page.read_to;
        };
        assert_eq!(found.events[0].position, 2_500_000 + first.end + 1);
        assert_eq!((found.read_to, found.events.len(), pages), (found.end, 1, 3));
    }

    async fn events_are_filtered_by_organization_and_type(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let globex = fixture.organization("Globex").await;
        let ours = fixture.connection(&acme, 1).await;
        fixture.connection(&globex, 2).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        tx.insert_user(user("amy")).await.unwrap();
        tx.commit().await.unwrap();

        let query = FeedQuery {
            org_id: Some(acme.org_id()),
            types: vec![EventType::UserCreated],
            limit: 10,
            ..FeedQuery::default()
        };
        let found = fixture.store.read_feed(&query).await.unwrap().events;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].data["user"]["userName"], "amy");
        assert_eq!(found[0].actor, ours.connection_id().to_string());
    }
}

mod retention {
    use std::time::Duration;

    use rollcall_model::Timestamp;
    use rollcall_store::FeedQuery;
    use rollcall_testkit::on_each_database;

    use crate::fixture::{Fixture, user};

    const DAY: Duration = Duration::from_hours(24);

    async fn read(fixture: &Fixture, after: u64) -> rollcall_store::FeedPage {
        let query = FeedQuery {
            after,
            limit: 5_000,
            ..FeedQuery::default()
        };
        fixture.store.read_feed(&query).await.unwrap()
    }

    async fn remove(fixture: &Fixture, before: Timestamp) -> u64 {
        let mut removed = 0;
        loop {
            match fixture.store.remove_old_events(before).await.unwrap() {
                0 => return removed,
                some => removed += some,
            }
        }
    }

    on_each_database! {
        async fn old_events_go_and_their_positions_are_never_given_again(database: TestDatabase) {
            let fixture = Fixture::on(&database).await;
            let org = fixture.organization("Acme").await;
            let handle = fixture.connection(&org, 1).await;
            let mut tx = handle.begin(fixture.request()).await.unwrap();
            for number in 0..1_200 {
                tx.insert_user(user(&format!("user {number}"))).await.unwrap();
            }
            tx.commit().await.unwrap();
            let all = read(&fixture, 0).await;
            assert_eq!(all.removed_to, 0);
            fixture.clock.advance(DAY);
            assert_eq!(remove(&fixture, fixture.store.clock().now().minus(2 * DAY)).await, 0);

            let removed = remove(&fixture, fixture.store.clock().now()).await;

            assert_eq!(removed as usize, all.events.len());
            let none = read(&fixture, 0).await;
            assert_eq!((none.events.len(), none.removed_to, none.end), (0, all.end, all.end));
            let mut tx = handle.begin(fixture.request()).await.unwrap();
            tx.insert_user(user("amy")).await.unwrap();
            tx.commit().await.unwrap();
            let next = read(&fixture, all.end).await;
            assert_eq!(next.events.len(), 1, "{next:?}");
            let (position, sequence) = (next.events[0].position, next.events[0].sequence);
            assert_eq!(position, all.end + 1);
            assert_eq!(sequence, all.events.last().unwrap().sequence + 1);
        }

        async fn two_processes_that_remove_at_once_remove_each_event_once(database: TestDatabase) {
            let fixture = Fixture::on(&database).await;
            let org = fixture.organization("Acme").await;
            fixture.connection(&org, 1).await;
            let all = read(&fixture, 0).await;
            fixture.clock.advance(DAY);
            let now = fixture.store.clock().now();
            let (one, two) = tokio::join!(remove(&fixture, now), remove(&fixture, now));
            assert!(one + two == all.events.len() as u64, "{one} {two}");
            assert_eq!(fixture.store.feed_floor().await.unwrap(), all.end);
        }
    }
}
