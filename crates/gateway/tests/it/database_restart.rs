//! What clients see of a PostgreSQL server that goes away and comes back.

use std::time::Duration;

use futures_util::future::join_all;
use rollcall_testkit::servers::OwnPostgres;
use rollcall_testkit::{Connection, Reply, TestApp, TestDatabase, block_on};
use sea_orm::ConnectionTrait;
use serde_json::json;

/// How many requests are sent at once, so that the pool has as many connections.
const TOGETHER: usize = 8;

async fn create(acme: &Connection, round: &str) -> Vec<Reply> {
    join_all((0..TOGETHER).map(|number| {
        let body = json!({ "userName": format!("{round}{number}") });
        acme.scim.post("/Users", body)
    }))
    .await
}

async fn read(acme: &Connection) -> Vec<Reply> {
    join_all((0..TOGETHER).map(|_| acme.scim.get("/Users?count=1"))).await
}

fn all_are(replies: Vec<Reply>, status: u16) {
    for reply in replies {
        let _ = reply.expect(status);
    }
}

#[test]
fn an_outage_is_503_and_over_as_soon_as_the_server_is_back() {
    block_on(async {
        let server = OwnPostgres::start();
        let database = TestDatabase::on(&server).await;
        let app = TestApp::start(database.with_options(|options| {
            options.acquire_timeout = Duration::from_secs(1);
        }))
        .await;
        let acme = app.connect("Acme").await;
        all_are(create(&acme, "before").await, 201);

        server.stop();
        let mut refusals = create(&acme, "during").await;
        refusals.extend(read(&acme).await);
        refusals.push(app.api.get("/v1/organizations").await);
        for refusal in refusals {
            let refusal = refusal.expect(503);
            assert_eq!(refusal.header("retry-after"), "2");
            assert_eq!(
                refusal.text("/detail"),
                "the service is not available now; try again in a moment"
            );
        }
        let _ = app.api.get("/healthz").await.expect(200);
        let _ = app.api.get("/readyz").await.expect(503);

        server.begin();
        all_are(read(&acme).await, 200);
        all_are(create(&acme, "after").await, 201);
        let users = acme.scim.get("/Users?count=0").await.expect(200);
        assert_eq!(users.body["totalResults"], 2 * TOGETHER);
        let created = app.event_types(&acme.organization).await;
        let created = created.iter().filter(|kind| *kind == "user.created");
        assert_eq!(created.count(), 2 * TOGETHER);
    });
}

#[test]
fn connections_that_the_server_has_closed_are_noticed_by_nobody() {
    block_on(async {
        let app = TestApp::start(TestDatabase::postgres().await).await;
        let acme = app.connect("Acme").await;
        let raw = app.database.raw().await;
        let cut = "select pg_terminate_backend(pid, 5000) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()";

        for round in 0..4 {
            all_are(create(&acme, &format!("{round}-")).await, 201);
            raw.execute_unprepared(cut).await.unwrap();
            all_are(read(&acme).await, 200);
            raw.execute_unprepared(cut).await.unwrap();
        }
    });
}
