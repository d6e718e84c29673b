//! How much a SCIM connection may ask for.

use std::time::{Duration, Instant};

use rollcall_gateway::Settings;
use rollcall_model::RatePerSecond;
use rollcall_testkit::{Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

/// Reads and writes per second, and the seconds that can be saved up.
fn limits(reads: u32, writes: u32, seconds: u32) -> impl FnOnce(&mut Settings) {
    move |settings| {
        settings.rate_limits.reads_per_second = RatePerSecond::new(reads).unwrap();
        settings.rate_limits.writes_per_second = RatePerSecond::new(writes).unwrap();
        settings.rate_limits.burst_seconds = seconds;
    }
}

fn user(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
    })
}

fn header<'r>(reply: &'r Reply, name: &str) -> Option<&'r str> {
    reply.headers.get(name).map(|value| value.to_str().unwrap())
}

/// What a reply says of limits.
fn told(reply: &Reply) -> String {
    let fields = ["retry-after", "ratelimit", "ratelimit-policy"];
    let told = fields.map(|name| format!("{name}: {}", header(reply, name).unwrap_or("none")));
    format!("{}\n{}", reply.status, told.join("\n"))
}

async fn read(connection: &Connection) -> Reply {
    connection.scim.get("/Users?count=1").await
}

async fn set(app: &TestApp, connection: &Connection, limits: Value) {
    let settings = json!({ "settings": { "rate_limits": limits } });
    let _ = app
        .api
        .patch(&connection.path(), settings)
        .await
        .expect(200);
}

on_each_database! {
    async fn a_connection_that_asks_too_much_is_told_when_to_come_back(database: TestDatabase) {
        let app = TestApp::start_with(database, limits(2, 1, 1)).await;
        let connection = app.connect("Acme").await;

        insta::assert_snapshot!(told(&read(&connection).await), @r#"
        200
        retry-after: none
        ratelimit: "reads";r=1;t=1
        ratelimit-policy: "reads";q=2;w=1
        "#);
        let _ = read(&connection).await.expect(200);
        let refused = read(&connection).await;
        insta::assert_snapshot!(told(&refused), @r#"
        429
        retry-after: 1
        ratelimit: "reads";r=0;t=1
        ratelimit-policy: "reads";q=2;w=1
        "#);
        insta::assert_json_snapshot!(refused.body, @r#"
        {
          "schemas": [
            "urn:ietf:params:scim:api:messages:2.0:Error"
          ],
          "status": "429",
          "detail": "this connection sent more reads than the 2 per second it may: wait 1 s and send the request again; if that happens outside of a first import, ask the vendor for a higher limit"
        }
        "#);

        app.clock.advance(Duration::from_millis(500));
        let _ = read(&connection).await.expect(200);
    }

    async fn a_refused_write_leaves_its_connection_open(database: TestDatabase) {
        let app = TestApp::start_with(database, limits(1, 1, 1)).await;
        let connection = app.connect("Acme").await;
        let _ = connection.scim.post("/Users", user("a@example.com")).await.expect(201);
        let short = connection.scim.post("/Users", user("b@example.com")).await.expect(429);
        assert_eq!(header(&short, "connection"), None);
    }

    async fn who_goes_on_asking_is_refused_later(database: TestDatabase) {
        let app = TestApp::start_with(database, limits(1, 1, 1)).await;
        let connection = app.connect("Acme").await;
        let _ = read(&connection).await.expect(200);
        let _ = read(&connection).await.expect(429);
        for _ in 0..2 {
            let asked = Instant::now();
            let _ = read(&connection).await.expect(429);
            assert!(asked.elapsed() >= Duration::from_millis(250));
        }
    }

    async fn reads_do_not_use_up_what_writes_may(database: TestDatabase) {
        let app = TestApp::start_with(database, limits(1, 2, 1)).await;
        let connection = app.connect("Acme").await;
        let _ = read(&connection).await.expect(200);
        let _ = read(&connection).await.expect(429);
        let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] });
        let _ = connection.scim.post("/Users/.search", search).await.expect(429);
        let _ = connection.scim.post("/Users", user("a@example.com")).await.expect(201);
        let _ = connection.scim.post("/Users", user("b@example.com")).await.expect(201);
        let _ = connection.scim.post("/Users", user("c@example.com")).await.expect(429);
        app.clock.advance(Duration::from_secs(1));
        let users = read(&connection).await.expect(200);
        assert_eq!(users.body["totalResults"], 2);
    }

    async fn another_connection_is_not_slowed_down(database: TestDatabase) {
        let app = TestApp::start_with(database, limits(1, 1, 1)).await;
        let (busy, calm) = (app.connect("Acme").await, app.connect("Umbrella").await);
        let _ = read(&busy).await.expect(200);
        let _ = read(&busy).await.expect(429);
        let _ = read(&calm).await.expect(200);
    }

    async fn a_connection_can_have_limits_of_its_own(database: TestDatabase) {
        let app = TestApp::start_with(database, limits(1, 1, 1)).await;
        let connection = app.connect("Acme").await;
        set(&app, &connection, json!({ "reads_per_second": 3 })).await;
        let reply = read(&connection).await.expect(200);
        assert_eq!(header(&reply, "ratelimit-policy"), Some("\"reads\";q=3;w=1"));

        set(&app, &connection, json!({ "reads_per_second": 0 })).await;
        for _ in 0..10 {
            let reply = read(&connection).await.expect(200);
            assert_eq!(header(&reply, "ratelimit"), None);
        }

        set(&app, &connection, json!({ "reads_per_second": null })).await;
        let reply = app.api.get(&connection.path()).await.expect(200);
        let unset = json!({ "reads_per_second": null, "writes_per_second": null });
        assert_eq!(reply.body["settings"]["rate_limits"], unset);
        app.clock.advance(Duration::from_secs(1));
        let reply = read(&connection).await.expect(200);
        assert_eq!(header(&reply, "ratelimit-policy"), Some("\"reads\";q=1;w=1"));
    }

    async fn each_operation_of_a_bulk_request_is_a_write(database: TestDatabase) {
        let app = TestApp::start_with(database, limits(10, 2, 2)).await;
        let connection = app.connect("Acme").await;
        let bulk = |names: &[&str]| {
            let operations: Vec<Value> = names
                .iter()
                .map(|name| json!({
                    "method": "POST", "path": "/Users", "bulkId": name, "data": user(name),
                }))
                .collect();
            json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                "Operations": operations,
            })
        };
        let reply = connection.scim.post("/Bulk", bulk(&["a", "b", "c"])).await.expect(200);
        assert_eq!(header(&reply, "ratelimit"), Some("\"writes\";r=1;t=2"));
        let refused = connection.scim.post("/Bulk", bulk(&["d", "e", "f"])).await.expect(429);
        assert_eq!(header(&refused, "retry-after"), Some("1"));
        let users = read(&connection).await.expect(200);
        assert_eq!(users.body["totalResults"], 3);
    }

    async fn refusals_are_counted_and_the_first_of_a_second_is_logged(database: TestDatabase) {
        let app = TestApp::start_with(database, limits(1, 1, 1)).await;
        let connection = app.connect("Acme").await;
        let _ = read(&connection).await.expect(200);
        for _ in 0..5 {
            let _ = read(&connection).await.expect(429);
        }
        app.flush().await;

        let log = app.api.get(&format!("{}/requests", connection.path())).await.expect(200);
        let lines = log.body["data"].as_array().unwrap();
        let mut statuses: Vec<u64> = lines
            .iter()
            .map(|line| line["status"].as_u64().unwrap())
            .collect();
        // All of it happened in one moment, so the log has no order.
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 429]);
        let metrics = app.api.get("/metrics").await.expect(200);
        let counted = "rollcall_rate_limited_total{budget=\"reads\"} 5";
        assert!(metrics.body.as_str().unwrap().contains(counted));

        let shown = app.api.get(&connection.path()).await.expect(200);
        insta::assert_json_snapshot!(shown.body["recent"], @r#"
        {
          "requests": 6,
          "failures": 5,
          "since": "2026-11-21T23:00:00.000Z"
        }
        "#);
        let list = format!("/v1/organizations/{}/scim-connections", connection.organization);
        let list = app.api.get(&list).await.expect(200);
        assert_eq!(list.body["data"][0]["recent"], shown.body["recent"]);
    }

    async fn a_refused_token_takes_nothing_off_a_budget(database: TestDatabase) {
        let app = TestApp::start_with(database, limits(1, 1, 1)).await;
        let connection = app.connect("Acme").await;
        let other = app.connect("Umbrella").await;
        let stranger = app.scim_at(&format!("/scim/v2/{}", connection.id), Some(&other.token));
        for _ in 0..3 {
            let reply = stranger.get("/Users").await.expect(401);
            assert_eq!(header(&reply, "ratelimit"), None);
        }
        let _ = read(&connection).await.expect(200);
        let _ = read(&other).await.expect(200);
    }
}
