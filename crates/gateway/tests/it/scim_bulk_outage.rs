//! Bulk requests while the database takes no users. On PostgreSQL alone: a trigger can answer
//! there as a server does that is out of resources.

use rollcall_testkit::{TestApp, TestDatabase, block_on};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

const OUTAGE: &str = "
    create sequence tries;
    create function away() returns trigger language plpgsql as $$
    begin
        perform nextval('tries');
        raise exception 'out of resources' using errcode = '53000';
    end $$;
    create trigger away before insert on users for each row execute function away()
";

/// A gateway on a database that counts and refuses every new user.
async fn app() -> TestApp {
    let app = TestApp::start(TestDatabase::postgres().await).await;
    let raw = app.database.raw().await;
    raw.execute_unprepared(OUTAGE).await.unwrap();
    raw.close().await.unwrap();
    app
}

async fn tries(app: &TestApp) -> i64 {
    let raw = app.database.raw().await;
    let sql = "select last_value from tries";
    let row = raw
        .query_one_raw(Statement::from_string(raw.get_database_backend(), sql))
        .await;
    raw.close().await.unwrap();
    row.unwrap().unwrap().try_get("", "last_value").unwrap()
}

fn users(count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| {
            let name = format!("user{number}");
            json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": { "userName": name } })
        })
        .collect()
}

fn body(operations: &[Value]) -> Value {
    let schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
    json!({ "schemas": [schema], "Operations": operations })
}

#[test]
fn a_job_of_which_nothing_could_be_tried_is_to_be_sent_again() {
    block_on(async {
        let app = app().await;
        let acme = app.connect("Acme").await;

        let refused = acme.scim.post("/Bulk", body(&users(20))).await.expect(503);

        assert!(!refused.header("retry-after").is_empty());
        assert_eq!(
            refused.text("/detail"),
            "the service is not available now; try again in a moment"
        );
        assert_eq!(tries(&app).await, 3);
    });
}

#[test]
fn what_was_done_before_the_outage_is_told_and_the_rest_is_not_tried() {
    block_on(async {
        let app = app().await;
        let acme = app.connect("Acme").await;
        let group = json!({ "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "displayName": "g" } });
        let mut operations = vec![group.clone()];
        operations.extend(users(4));

        let reply = acme.scim.post("/Bulk", body(&operations)).await.expect(200);

        let entries = reply.body["Operations"].as_array().unwrap();
        let told: Vec<_> = entries
            .iter()
            .map(|entry| {
                let detail = entry["response"]["detail"].as_str().unwrap_or_default();
                format!("{} {detail}", entry["status"].as_str().unwrap())
            })
            .collect();
        let away = "503 the service is not available now; try again in a moment";
        let not_tried = "503 not tried: the service is not available now; try again in a moment";
        assert_eq!(told, ["201 ", away, away, away, not_tried]);
        assert_eq!(tries(&app).await, 3);
    });
}

#[test]
fn two_outages_with_something_done_between_them_do_not_end_a_job() {
    block_on(async {
        let app = app().await;
        let acme = app.connect("Acme").await;
        let group = |name: &str| json!({ "method": "POST", "path": "/Groups", "bulkId": name, "data": { "displayName": name } });
        let mut operations = users(4);
        operations.insert(2, group("a"));
        operations.push(group("b"));

        let reply = acme.scim.post("/Bulk", body(&operations)).await.expect(200);

        let entries = reply.body["Operations"].as_array().unwrap();
        let statuses: Vec<_> = entries.iter().map(|entry| &entry["status"]).collect();
        assert_eq!(statuses, ["503", "503", "201", "503", "503", "201"]);
        assert_eq!(tries(&app).await, 4);
    });
}
