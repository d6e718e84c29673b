//! Followers that wait: requests that are answered when there is something, and streams.

use std::time::{Duration, Instant};

use rollcall_gateway::Settings;
use rollcall_testkit::{Client, Connection, TestApp, eventually, on_each_database};
use serde_json::{Value, json};

use crate::raw_stream::Stream;

/// Longer than any of these takes, shorter than a request may wait.
const SOON: Duration = Duration::from_secs(20);

async fn end(app: &TestApp) -> String {
    let page = app.api.get("/v1/events?limit=500").await.expect(200);
    page.text("/next_cursor")
}

async fn create(connection: &Connection, name: &str) {
    let user = json!({ "userName": name });
    let _ = connection.scim.post("/Users", user).await.expect(201);
}

/// A stream that looks all the time who follows it.
const fn often(settings: &mut Settings) {
    settings.limits.stream_silence = Duration::from_millis(10);
}

fn names(page: &Value) -> Vec<&str> {
    let events = page["data"].as_array().unwrap();
    let name = |event: &'_ Value| {
        event["data"]["user"]["userName"]
            .as_str()
            .map(str::to_owned)
    };
    events
        .iter()
        .filter(|event| name(event).is_some())
        .map(|event| event["data"]["user"]["userName"].as_str().unwrap())
        .collect()
}

/// Waits for events beside the test, until as many wait as are told.
async fn waiting(
    app: &TestApp,
    client: &Client,
    path: String,
    many: usize,
) -> tokio::task::JoinHandle<(rollcall_testkit::Reply, Duration)> {
    let client = client.clone();
    let begun = Instant::now();
    let answer = tokio::spawn(async move { (client.get(&path).await, begun.elapsed()) });
    eventually("it waits", async || {
        let metrics = app.api.get("/metrics").await.body;
        let line = format!("rollcall_feed_waiting {many}");
        metrics
            .as_str()
            .unwrap_or_default()
            .lines()
            .any(|it| it == line)
    })
    .await;
    answer
}

on_each_database! {
    async fn a_request_that_waits_is_answered_as_soon_as_there_is_something(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/events?after={}&types=user.created&wait_seconds=60", end(&app).await);
        let answer = waiting(&app, &app.api, path, 1).await;
        eventually("nobody holds a connection", async || {
            let pool = app.state().store.pool_state();
            pool.open == pool.idle
        })
        .await;

        create(&acme, "amy").await;

        let (reply, took) = answer.await.unwrap();
        assert_eq!(names(&reply.expect(200).body), ["amy"]);
        assert!(took < SOON, "{took:?}");
    }

    async fn a_key_that_is_deleted_while_it_waits_is_told_nothing(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let key = app.api.post("/v1/api-keys", json!({ "name": "second" })).await.expect(201);
        let second = app.api.with_bearer(Some(&key.text("/secret")));
        let path = format!("/v1/events?after={}&types=user.created&wait_seconds=60", end(&app).await);
        let answer = waiting(&app, &second, path, 1).await;
        let _ = app.api.delete(&format!("/v1/api-keys/{}", key.text("/id"))).await.expect(204);
        create(&acme, "amy").await;
        let (reply, _) = answer.await.unwrap();
        let _ = reply.expect(401);
    }

    async fn what_is_there_already_is_not_waited_for(database: TestDatabase) {
        let app = TestApp::start(database).await;
        app.connect("Acme").await;
        let begun = Instant::now();
        let reply = app.api.get("/v1/events?wait_seconds=60").await.expect(200);
        assert!(!reply.body["data"].as_array().unwrap().is_empty());
        assert!(begun.elapsed() < SOON);
    }

    async fn a_cursor_moves_on_past_events_that_are_not_wanted(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        let begin = end(&app).await;
        create(&globex, "bob").await;
        let end = end(&app).await;
        let path = format!("/v1/events?after={begin}&types=user.created&organization={}", acme.organization);
        let page = app.api.get(&path).await.expect(200);
        assert_eq!(page.body["data"], json!([]));
        assert_eq!(page.text("/next_cursor"), end);

        // Whoever waits through them is told the same at the end.
        let waiting = waiting(&app, &app.api, format!("{path}&wait_seconds=1"), 1);
        create(&globex, "bea").await;
        let (reply, _) = waiting.await.await.unwrap();
        let cursor: u64 = reply.expect(200).text("/next_cursor").parse().unwrap();
        assert!(cursor >= end.parse().unwrap());

        // A page that is full stops at its last event.
        create(&acme, "amy").await;
        create(&acme, "ann").await;
        create(&globex, "bill").await;
        let page = app.api.get(&format!("{path}&limit=1")).await.expect(200);
        assert_eq!(names(&page.body), ["amy"]);
        let next = page.text("/next_cursor");
        let path = format!("/v1/events?after={next}&types=user.created&organization={}", acme.organization);
        let page = app.api.get(&path).await.expect(200);
        assert_eq!(names(&page.body), ["ann"]);
    }

    async fn a_server_that_stops_ends_those_who_wait(database: TestDatabase) {
        let app = TestApp::start(database).await;
        app.connect("Acme").await;
        let after = end(&app).await;
        let path = format!("/v1/events?after={after}&wait_seconds=60");
        let answer = waiting(&app, &app.api, path, 1).await;
        let mut stream = Stream::open(&app.api, &format!("/v1/events/stream?after={after}")).await;
        let begun = Instant::now();
        app.stop().await;
        let (reply, _) = answer.await.unwrap();
        let reply = reply.expect(200);
        assert_eq!((&reply.body["data"], reply.text("/next_cursor")), (&json!([]), after));
        while stream.next().await.is_some() {}
        assert!(begun.elapsed() < SOON);
    }

    async fn only_so_many_wait_at_once(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| settings.limits.max_followers = 1).await;
        app.connect("Acme").await;
        let path = format!("/v1/events?after={}&types=user.created&wait_seconds=60", end(&app).await);
        let first = waiting(&app, &app.api, path.clone(), 1).await;
        let refused = app.api.get(&path).await.expect(503);
        assert_eq!(refused.body["code"], "too_many_followers");
        assert!(!refused.header("retry-after").is_empty());
        let refused = app.api.get("/v1/events/stream").await.expect(503);
        assert_eq!(refused.body["code"], "too_many_followers");
        // Who does not wait needs no place.
        let _ = app.api.get("/v1/events").await.expect(200);
        first.abort();
    }

    async fn a_stream_tells_what_happens_and_goes_on_from_its_last_id(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        let after = end(&app).await;
        let path = format!("/v1/events/stream?after={after}&types=user.created&organization={}", acme.slug);
        let mut stream = Stream::open(&app.api, &path).await;
        create(&globex, "bob").await;
        create(&acme, "amy").await;
        let amy = stream.event().await;
        assert_eq!((amy.kind.as_str(), &amy.data["data"]["user"]["userName"]), ("user.created", &json!("amy")));
        assert_eq!(amy.id, amy.data["position"].to_string());
        drop(stream);

        create(&acme, "ann").await;
        let request = app.api.request("GET", &path).header("Last-Event-ID", &amy.id);
        let mut stream = Stream::of(request).await;
        assert_eq!(stream.event().await.data["data"]["user"]["userName"], "ann");
        let refused = Client::read(app.api.request("GET", &path).header("Last-Event-ID", "x"));
        assert_eq!(refused.await.expect(422).body["field"], "Last-Event-ID");
    }

    async fn a_stream_ends_with_the_key_that_opened_it(database: TestDatabase) {
        let app = TestApp::start_with(database, often).await;
        let key = app.api.post("/v1/api-keys", json!({ "name": "second" })).await.expect(201);
        let second = app.api.with_bearer(Some(&key.text("/secret")));
        let mut stream = Stream::open(&second, "/v1/events/stream").await;
        for _ in 0..5 {
            assert!(stream.next().await.is_some(), "it ended while its key was there");
        }
        let _ = app.api.delete(&format!("/v1/api-keys/{}", key.text("/id"))).await.expect(204);
        // Whoever reads that waits no longer than a test may.
        while stream.next().await.is_some() {}
        let refused = Client::read(second.request("GET", "/v1/events/stream")).await;
        let _ = refused.expect(401);
    }

    async fn a_stream_ends_when_its_time_is_over_and_goes_on_where_it_was(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            often(settings);
            settings.limits.stream_lasts = Duration::from_millis(200);
        })
        .await;
        let acme = app.connect("Acme").await;
        let path = format!("/v1/events/stream?after={}&types=user.created", end(&app).await);
        let mut stream = Stream::open(&app.api, &path).await;
        let mut last = None;
        while let Some(block) = stream.next().await {
            let id = block.lines().find_map(|line| line.strip_prefix("id: "));
            last = id.map(str::to_owned).or(last);
        }
        create(&acme, "amy").await;
        let request = app.api.request("GET", &path).header("Last-Event-ID", last.unwrap());
        let mut stream = Stream::of(request).await;
        assert_eq!(stream.event().await.data["data"]["user"]["userName"], "amy");
    }

    async fn a_bound_key_follows_its_own_organization_alone(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (acme, globex) = (app.connect("Acme").await, app.connect("Globex").await);
        let key = json!({ "name": "acme", "organization_id": acme.organization, "role": "read_only" });
        let key = app.api.post("/v1/api-keys", key).await.expect(201);
        let bound = app.api.with_bearer(Some(&key.text("/secret")));
        let after = end(&app).await;
        let mut stream = Stream::open(&bound, &format!("/v1/events/stream?after={after}&types=user.created")).await;
        let path = format!("/v1/events?after={after}&types=user.created&wait_seconds=60");
        let answer = waiting(&app, &bound, path, 1).await;
        let foreign = format!("/v1/events?after={after}&wait_seconds=1&organization={}", globex.organization);
        let foreign = waiting(&app, &bound, foreign, 2).await;
        create(&globex, "bob").await;
        create(&acme, "amy").await;
        assert_eq!(stream.event().await.data["data"]["user"]["userName"], "amy");
        let (reply, _) = answer.await.unwrap();
        assert_eq!(names(&reply.expect(200).body), ["amy"]);
        let (reply, _) = foreign.await.unwrap();
        assert_eq!(reply.expect(200).body["data"], json!([]));
    }
}
