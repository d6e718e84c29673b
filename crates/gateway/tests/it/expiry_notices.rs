//! What is told of tokens that are about to end.

use std::time::Duration;

use rollcall_store::{DueNotice, Store};
use rollcall_testkit::{Connection, TestApp, TestDatabase, block_on, on_each_database};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_hours(24);

/// The notices of Acme so far: the token's name, the days that are left, and whether another token
/// outlives it.
async fn notices(app: &TestApp) -> Value {
    let events = app.events("acme").await;
    let notices = events.iter().filter_map(|event| {
        let kind = event["type"].as_str()?.strip_prefix("scim_token.expir")?;
        let token = &event["data"]["scim_token"];
        let left = match kind {
            "ing" => token["days_left"].clone(),
            _ => json!("over"),
        };
        assert_eq!(event["actor"], "system");
        Some(json!([token["name"], left, token["has_successor"]]))
    });
    notices.collect()
}

async fn token(app: &TestApp, of: &Connection, name: &str, days: u32) -> String {
    let body = json!({ "name": name, "expires_in_days": days });
    let made = app.api.post(&format!("{}/tokens", of.path()), body).await;
    made.expect(201).text("/id")
}

async fn revoke(app: &TestApp, of: &Connection, id: &str) {
    let path = format!("{}/tokens/{id}", of.path());
    let _ = app.api.delete(&path).await.expect(204);
}

/// Goes on day by day, looking as often as the gateway does at least.
async fn pass(app: &TestApp, days: u32) {
    for _ in 0..days {
        app.clock.advance(DAY);
        app.tell_notices().await;
    }
}

on_each_database! {
    async fn a_token_is_told_of_at_each_of_its_days_and_at_its_end_once(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        pass(&app, 334).await;
        assert_eq!(notices(&app).await, json!([]));
        pass(&app, 60).await;
        let told = |left: Value| json!(["First token", left, false]);
        let all = [json!(30), json!(14), json!(7), json!(1), json!("over")].map(told);
        assert_eq!(notices(&app).await, json!(all));
        let listed = app.api.get(&format!("{}/tokens", acme.path())).await.expect(200);
        assert_eq!((&listed.body["data"][0]["state"], &listed.body["data"][0]["expires_in_days"]), (&json!("expired"), &json!(0)));
    }

    async fn a_short_token_is_not_told_of_days_that_it_never_had(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = token(&app, &acme, "week", 7).await;
        let _ = token(&app, &acme, "eight", 8).await;
        app.tell_notices().await;
        assert_eq!(notices(&app).await, json!([]));
        pass(&app, 10).await;
        let expected = json!([
            ["eight", 7, true], ["week", 1, true], ["week", "over", true], ["eight", 1, true], ["eight", "over", true],
        ]);
        let sorted = |list: Value| {
            let mut list: Vec<_> = list.as_array().unwrap().iter().map(Value::to_string).collect();
            list.sort();
            list
        };
        assert_eq!(sorted(notices(&app).await), sorted(expected));
    }

    async fn a_revoked_token_is_not_told_of_and_one_that_was_missed_is_told_of_as_it_is_now(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        revoke(&app, &acme, &acme.token_id).await;
        let next = token(&app, &acme, "next", 100).await;
        app.clock.advance(95 * DAY);
        app.tell_notices().await;
        assert_eq!(notices(&app).await, json!([["next", 7, false]]));
        revoke(&app, &acme, &next).await;
        pass(&app, 10).await;
        assert_eq!(notices(&app).await.as_array().unwrap().len(), 1);
        let _ = token(&app, &acme, "forgotten", 10).await;
        app.clock.advance(100 * DAY);
        app.tell_notices().await;
        assert_eq!(notices(&app).await.as_array().unwrap().len(), 1);
    }

    async fn gauges_count_the_tokens_that_end_soon_or_have_ended(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        for days in [1, 6, 10, 20, 40] {
            let _ = token(&app, &acme, "some", days).await;
        }
        revoke(&app, &acme, &token(&app, &acme, "revoked", 6).await).await;
        let gauges = async || {
            let page = app.api.get("/metrics").await.expect(200).body;
            let page = page.as_str().unwrap();
            let value = |days: &str| {
                let name = format!("rollcall_scim_tokens_expiring{{days=\"{days}\"}} ");
                page.lines().find_map(|line| line.strip_prefix(&name).map(str::to_owned)).unwrap()
            };
            ["30", "14", "7", "1", "expired"].map(value)
        };
        assert_eq!(gauges().await, ["4", "3", "2", "1", "0"]);
        app.clock.advance(7 * DAY);
        assert_eq!(gauges().await, ["2", "2", "1", "0", "2"]);
    }
}

#[test]
fn two_gateways_tell_each_notice_once() {
    block_on(async {
        let database = TestDatabase::postgres().await;
        let again = database.share();
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        for _ in 0..20 {
            let _ = token(&app, &acme, "some", 60).await;
        }
        app.clock.advance(40 * DAY);
        let [here, there] = [&app.database, &again];
        let (here, there) = (
            here.store(app.clock.clone()).await,
            there.store(app.clock.clone()).await,
        );
        // Both have seen what is due before either has told it.
        let due = [
            here.due_expiry_notices(100).await.unwrap(),
            there.due_expiry_notices(100).await.unwrap(),
        ];
        assert_eq!(due.each_ref().map(Vec::len), [20, 20]);
        let tell = async |store: &Store, due: &[DueNotice]| {
            let mut told = 0;
            for notice in due {
                told += usize::from(store.tell_expiry(*notice).await.unwrap());
            }
            told
        };
        let (one, two) = tokio::join!(tell(&here, &due[0]), tell(&there, &due[1]));
        assert_eq!(one + two, 20);
        assert_eq!(notices(&app).await.as_array().unwrap().len(), 20);
    });
}
