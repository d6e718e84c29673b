//! Requests that meet each other: in the database, and on their way to it.

use std::time::Duration;

use rollcall_testkit::{Reply, TestApp, TestDatabase, on_each_database};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, Statement, TransactionOptions, TransactionTrait,
};
use serde_json::json;

/// Waits until a transaction of this database waits for a lock of another.
async fn until_somebody_waits(raw: &DatabaseConnection) {
    let waiting = "select count(*) as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    loop {
        let asked = Statement::from_string(raw.get_database_backend(), waiting);
        let row = raw.query_one_raw(asked).await.unwrap().unwrap();
        if row.try_get::<i64>("", "waiting").unwrap() > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

fn metric(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find(|line| line.split(' ').next() == Some(name));
    let value = line.unwrap().rsplit(' ').next().unwrap();
    value.parse().unwrap()
}

#[test]
fn a_write_that_the_database_breaks_off_for_another_is_done_again() {
    rollcall_testkit::block_on(async {
        let app = TestApp::start(TestDatabase::postgres().await).await;
        let acme = app.connect("Acme").await;
        let amy = acme
            .scim
            .post("/Users", json!({ "userName": "amy" }))
            .await
            .expect(201);
        let members = json!([{ "value": amy.text("/id") }]);
        let group = json!({ "displayName": "Sales", "members": members });
        let _ = acme.scim.post("/Groups", group).await.expect(201);
        let raw = app.database.raw().await;

        // The deletion locks the group and waits for the user; whoever has the user then wants the
        // group. The one that waited first is broken off.
        let other = raw
            .begin_with_options(TransactionOptions::default())
            .await
            .unwrap();
        other
            .execute_unprepared("select 1 from users for update")
            .await
            .unwrap();
        let path = format!("/Users/{}", amy.text("/id"));
        let deletion = acme.scim.delete(&path);
        let opponent = async {
            until_somebody_waits(&raw).await;
            other
                .execute_unprepared("select 1 from groups for update")
                .await
                .unwrap();
            other.commit().await.unwrap();
        };
        let (deleted, ()) = tokio::join!(deletion, opponent);
        assert_eq!(deleted.status, 204);
        let (_, metrics) = app.state().metrics.render().unwrap();
        assert_eq!(metric(&metrics, "rollcall_writes_repeated_total"), 1.0);
        raw.close().await.unwrap();
    });
}

on_each_database! {
    async fn of_more_requests_than_may_wait_some_are_told_to_slow_down(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            settings.admission.at_once = 2;
            settings.admission.at_once_per_connection = 1;
            settings.admission.waiting_per_connection = 1;
        }).await;
        let acme = app.connect("Acme").await;
        let globex = app.connect("Globex").await;
        let many = (0..40).map(|number| {
            let body = json!({ "userName": format!("user {number}") });
            let scim = &acme.scim;
            async move { scim.post("/Users", body).await }
        });
        let others = futures_util::future::join_all((0..5).map(|_| globex.scim.get("/Users")));
        let (replies, others) = tokio::join!(futures_util::future::join_all(many), others);
        let with = |status| replies.iter().filter(move |it: &&Reply| it.status == status);
        assert_eq!(with(201).count() + with(429).count(), 40);
        assert!(with(201).count() >= 2 && with(429).count() >= 1);
        for refused in with(429) {
            assert_eq!(refused.header("retry-after"), "1");
            assert!(refused.text("/detail").contains("send fewer at the same time"));
        }
        // The other connection's line is its own.
        assert!(others.iter().any(|reply| reply.status == 200));
        let (_, metrics) = app.state().metrics.render().unwrap();
        let refused = metric(&metrics, "rollcall_turns_refused_total{reason=\"line_full\"}");
        assert!(refused >= with(429).count() as f64);
        let all = acme.scim.get("/Users").await.expect(200);
        assert_eq!(all.body["totalResults"], with(201).count());
    }

    async fn a_request_that_waits_too_long_is_told_to_come_again(database: TestDatabase) {
        let app = TestApp::start_with(database, |settings| {
            settings.admission.at_once_per_connection = 1;
            settings.admission.patience = Duration::ZERO;
        }).await;
        let acme = app.connect("Acme").await;
        let many = (0..20).map(|_| acme.scim.get("/Users"));
        let replies = futures_util::future::join_all(many).await;
        assert!(replies.iter().any(|reply| reply.status == 200));
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
            assert_eq!(refused.header("content-type"), "application/scim+json; charset=utf-8");
        }
    }
}
