//! Events in a Redis stream: all of them, in order, whatever becomes of Redis.

use redis::aio::MultiplexedConnection;
use rollcall_replicas::StreamEntry;
use rollcall_testkit::servers::OwnRedis;
use rollcall_testkit::{TestApp, TestDatabase, block_on, eventually};
use serde_json::{Value, json};

use crate::fixture::{Replica, options};

type Entries = Vec<(String, Vec<(String, String)>)>;

async fn connect(redis: &OwnRedis) -> MultiplexedConnection {
    let client = redis::Client::open(redis.url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// The ids of the entries, and those of their events.
async fn entries(connection: &mut MultiplexedConnection, key: &str) -> Vec<(String, String)> {
    let read = redis::cmd("XRANGE").arg(key).arg("-").arg("+").clone();
    let entries: Entries = read.query_async(connection).await.unwrap();
    let ids = |(id, fields): (String, Vec<(String, String)>)| (id, fields[0].1.clone());
    entries.into_iter().map(ids).collect()
}

fn entry(position: u64, id: &str) -> StreamEntry {
    StreamEntry {
        position,
        id: id.to_owned(),
        kind: "user.created".to_owned(),
        organization_id: "org_1".to_owned(),
        event: "{}".to_owned(),
    }
}

#[test]
fn an_event_is_added_once_and_a_database_that_was_restored_loses_none() {
    block_on(async {
        let redis = OwnRedis::start();
        let options = options(&redis.url());
        let replica = Replica::listening(&options).await;
        let stream = replica.replicas.event_stream("events", 0).unwrap();
        let mut connection = connect(&redis).await;
        let first = [entry(1, "a"), entry(2, "b"), entry(3, "c")];
        assert_eq!(stream.add(&first).await.unwrap(), 3);
        // The answer was lost, and it is tried again with what came meanwhile.
        let again = [entry(2, "b"), entry(3, "c"), entry(4, "d")];
        assert_eq!(stream.add(&again).await.unwrap(), 1);
        // The database forgot 3 and 4, and gives the positions to others.
        let anew = [entry(3, "x"), entry(4, "y"), entry(5, "z")];
        assert_eq!(stream.add(&anew).await.unwrap(), 3);

        let told = entries(&mut connection, "events").await;
        let told: Vec<_> = told
            .iter()
            .map(|(id, event)| (id.as_str(), event.as_str()))
            .collect();
        let expected = [
            ("1-0", "a"),
            ("2-0", "b"),
            ("3-0", "c"),
            ("4-0", "d"),
            ("4-1", "x"),
            ("4-2", "y"),
            ("5-0", "z"),
        ];
        assert_eq!(told, expected);
    });
}

#[test]
fn a_stream_keeps_about_as_many_as_it_is_told() {
    block_on(async {
        let redis = OwnRedis::start();
        let options = options(&redis.url());
        let replica = Replica::listening(&options).await;
        let stream = replica.replicas.event_stream("events", 100).unwrap();
        for thousand in 0..3 {
            let many: Vec<_> = (1..=1_000)
                .map(|number| entry(thousand * 1_000 + number, &format!("{thousand} {number}")))
                .collect();
            assert_eq!(stream.add(&many).await.unwrap(), 1_000);
        }
        let mut connection = connect(&redis).await;
        assert!(entries(&mut connection, "events").await.len() < 1_000);
    });
}

#[test]
fn a_stream_catches_up_after_an_outage_and_holds_nobody_up() {
    block_on(async {
        let mut redis = OwnRedis::start();
        let options = options(&redis.url());
        let database = TestDatabase::postgres().await;
        let app = TestApp::start_with_stream(database, &options, "events").await;
        let acme = app.connect("Acme").await;
        let told = async |many: usize| {
            eventually("everything is in the stream", async || {
                let mut connection = connect(&redis).await;
                entries(&mut connection, "events").await.len() >= many
            })
            .await;
        };
        let feed = async || app.api.get("/v1/events?limit=500").await.expect(200);
        let events = |page: &Value| page["data"].as_array().unwrap().len();
        told(events(&feed().await.body)).await;

        redis.kill();
        for number in 0..20 {
            let user = json!({ "userName": format!("user {number}") });
            let _ = acme.scim.post("/Users", user).await.expect(201);
        }
        // It comes back with nothing of what it had.
        let before = events(&feed().await.body);
        redis.start_again();
        eventually("what came meanwhile is in the stream", async || {
            let mut connection = connect(&redis).await;
            let entries = entries(&mut connection, "events").await;
            let page = feed().await.body;
            let wanted = page["data"].as_array().unwrap();
            let wanted = wanted.iter().map(|event| event["id"].as_str().unwrap());
            let wanted: Vec<_> = wanted.skip(before - 20).collect();
            let there: Vec<_> = entries.iter().map(|(_, event)| event.as_str()).collect();
            there.ends_with(&wanted)
        })
        .await;
        app.stop().await;
    });
}
