//! The feed under writers that commit at the same time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rollcall_model::Event;
use rollcall_store::FeedQuery;
use rollcall_testkit::on_each_database;

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
                let page = fixture.store.read_feed(&query).await.unwrap();
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
            types: vec![rollcall_model::EventType::UserCreated],
            limit: 10,
            ..FeedQuery::default()
        };
        let found = fixture.store.read_feed(&query).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].data["user"]["userName"], "amy");
        assert_eq!(found[0].actor, ours.connection_id().to_string());
    }
}
