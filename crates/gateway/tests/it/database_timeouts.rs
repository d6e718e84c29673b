//! What takes the database too long is cut off and answered with 503. On PostgreSQL alone: SQLite
//! has one writer, who waits for nobody.

use std::time::Duration;

use rollcall_store::{PoolState, StoreOptions};
use rollcall_testkit::{Connection, Reply, TestApp, TestDatabase, block_on};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::json;

const SHORT: Duration = Duration::from_millis(200);

async fn app(change: impl FnOnce(&mut StoreOptions)) -> TestApp {
    TestApp::start(TestDatabase::postgres().await.with_options(change)).await
}

async fn create(acme: &Connection, name: &str) -> Reply {
    acme.scim.post("/Users", json!({ "userName": name })).await
}

/// Takes the users away from everybody else, until the connection is told to commit.
async fn hold_users(app: &TestApp) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(app.database.url());
    options.max_connections(1);
    let holder = sea_orm::Database::connect(options).await.unwrap();
    for sql in ["begin", "lock table users in access exclusive mode"] {
        holder.execute_unprepared(sql).await.unwrap();
    }
    holder
}

/// A refusal that says when to come back, and nothing of the database.
fn is_told_to_come_back(reply: Reply) {
    let reply = reply.expect(503);
    assert_eq!(reply.header("retry-after"), "2");
    let away = "the service is not available now; try again in a moment";
    assert_eq!(reply.text("/detail"), away);
}

#[test]
fn a_slow_statement_is_cut_off_and_its_change_not_made() {
    block_on(async {
        let app = app(|options| options.statement_timeout = SHORT).await;
        let acme = app.connect("Acme").await;
        let raw = app.database.raw().await;
        let slow = "
            create function slow() returns trigger language plpgsql as $$
            begin perform pg_sleep(60); return new; end $$;
            create trigger slow before insert on users for each row execute function slow()";
        raw.execute_unprepared(slow).await.unwrap();

        is_told_to_come_back(create(&acme, "amy").await);

        let quick = "drop trigger slow on users";
        raw.execute_unprepared(quick).await.unwrap();
        let _ = create(&acme, "amy").await.expect(201);
        assert_eq!(
            app.event_types(&acme.organization).await.last().unwrap(),
            "user.created"
        );
        let users = acme.scim.get("/Users").await.expect(200);
        assert_eq!(users.body["totalResults"], 1);
    });
}

#[test]
fn a_wait_for_a_lock_is_cut_off_for_writers_and_readers() {
    block_on(async {
        let app = app(|options| options.lock_timeout = SHORT).await;
        let acme = app.connect("Acme").await;
        let _ = create(&acme, "zoe").await.expect(201);
        let holder = hold_users(&app).await;

        is_told_to_come_back(create(&acme, "amy").await);
        is_told_to_come_back(acme.scim.get("/Users").await);

        holder.execute_unprepared("commit").await.unwrap();
        let _ = create(&acme, "amy").await.expect(201);
    });
}

#[test]
fn who_finds_no_free_connection_in_time_is_told_to_come_back() {
    block_on(async {
        let app = app(|options| {
            options.max_connections = 3; // two for requests
            options.acquire_timeout = SHORT;
        })
        .await;
        let acme = app.connect("Acme").await;
        let holder = hold_users(&app).await;
        let creations = ["amy", "bob"].map(|name| {
            let scim = acme.scim.clone();
            tokio::spawn(async move { scim.post("/Users", json!({ "userName": name })).await })
        });
        let blocked = "select count(*) as n from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'";
        loop {
            let statement = Statement::from_string(holder.get_database_backend(), blocked);
            let row = holder.query_one_raw(statement).await.unwrap().unwrap();
            if row.try_get::<i64>("", "n").unwrap() == 2 {
                break;
            }
        }

        let waiting = tokio::spawn({
            let scim = acme.scim.clone();
            async move { scim.get("/Users").await }
        });
        let full = |state: PoolState| state.open == 2 && state.idle == 0 && state.waiting >= 1;
        while !full(app.state().store.pool_state()) {
            tokio::task::yield_now().await;
        }
        is_told_to_come_back(waiting.await.unwrap());
        is_told_to_come_back(app.api.get("/v1/organizations").await);
        let metrics = app.api.get("/metrics").await.expect(200);

        holder.execute_unprepared("commit").await.unwrap();
        for creation in creations {
            let _ = creation.await.unwrap().expect(201);
        }
        for line in [
            "rollcall_database_connections 2\n",
            "rollcall_database_connections_idle 0\n",
            "rollcall_database_waiting ",
        ] {
            assert!(metrics.body.as_str().unwrap().contains(line), "{line}");
        }
    });
}
