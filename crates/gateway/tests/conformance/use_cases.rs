//! What provisioning is for (RFC 7642).

use rollcall_testkit::{TestApp, on_each_database};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use uuid::Uuid;

use crate::fixture::{Fixture, USER, create, expect_error, query, user_names};

/// Actor, action and target of every row of the audit log of one organization, oldest first.
async fn audit_log(app: &TestApp, organization: &str) -> Vec<(String, String, String)> {
    let raw = app.database.raw().await;
    let sql = "select a.actor, a.action, a.target, a.request_id, a.at
               from audit_log a join organizations o on o.id = a.org_id
               where o.slug = $1 order by a.id";
    let backend = raw.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, [organization.into()]);
    let rows = raw.query_all_raw(statement).await.unwrap();
    raw.close().await.unwrap();
    rows.iter()
        .map(|row| {
            let at: i64 = row.try_get("", "at").unwrap();
            assert!(at >= 1_795_305_600_000_000);
            assert!(!row.try_get::<Uuid>("", "request_id").unwrap().is_nil());
            let text = |name: &str| row.try_get::<String>("", name).unwrap();
            (text("actor"), text("action"), text("target"))
        })
        .collect()
}

on_each_database! {
    async fn each_write_is_told_to_the_audit_log_once(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let before = audit_log(&f.app, &f.tenant.slug).await.len();
        // Rows of one millisecond have no order.
        let later = || f.app.clock.advance_millis(1);
        later();
        let amy = create(f.scim(), "/Users", json!({ "schemas": [USER], "userName": "amy" })).await;
        let titled = json!([{ "op": "add", "path": "title", "value": "Guide" }]);
        later();
        let _ = f.patch_user(&amy, titled.clone()).await.expect(200);
        later();
        // What changes nothing and what is refused is no write. The second is in the request log.
        let _ = f.patch_user(&amy, titled).await.expect(200);
        later();
        let taken = json!({ "schemas": [USER], "userName": "AMY" });
        expect_error(&f.scim().post("/Users", taken).await, 409, "uniqueness");
        later();
        let _ = f.patch_user(&amy, json!([{ "op": "replace", "path": "active", "value": false }])).await;
        later();
        let _ = f.scim().delete(&format!("/Users/{amy}")).await.expect(204);

        let log = audit_log(&f.app, &f.tenant.slug).await;
        let target = log[before].2.clone();
        assert!(target.starts_with("usr_"), "{target}");
        let told: Vec<&str> = log[before..]
            .iter()
            .map(|(actor, action, about)| {
                assert_eq!((actor, about), (&f.tenant.id, &target));
                action.as_str()
            })
            .collect();
        assert_eq!(told, ["user.created", "user.updated", "user.deactivated", "user.deleted"]);

        f.app.flush().await;
        let requests = f.app.api.get(&format!("{}/requests", f.tenant.path())).await.expect(200);
        let requests = requests.body["data"].as_array().unwrap();
        let statuses: Vec<&serde_json::Value> =
            requests.iter().take(6).map(|request| &request["status"]).collect();
        assert_eq!(statuses, [204, 200, 409, 200, 200, 201]);
    }

    async fn what_changed_since_a_moment_can_be_fetched(database: TestDatabase) {
        let f = Fixture::start(database).await;
        f.app.clock.advance_millis(60_000);
        let titled = json!([{ "op": "add", "path": "title", "value": "Guide" }]);
        let _ = f.patch_user(&f.u3, titled).await.expect(200);
        let since = query(&[("filter", "meta.lastModified gt \"2026-11-22T00:00:30Z\"")]);
        let changed = f.scim().get(&format!("/Users?{since}")).await.expect(200);
        assert_eq!(user_names(&changed), ["Zoe"]);
        let last = f.app.events(&f.tenant.organization).await.pop().unwrap();
        assert_eq!(last["type"], "user.updated");
        assert_eq!(last["data"]["user"]["title"], "Guide");
    }
}
