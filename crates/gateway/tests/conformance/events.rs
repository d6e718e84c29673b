//! Events (RFC 9967): what is said while they are not served.

use rollcall_testkit::{Client, on_each_database};
use serde_json::{Value, json};

use crate::fixture::{Fixture, USER, create};

on_each_database! {
    async fn security_events_are_not_announced_and_a_wish_for_an_asynchronous_answer_is_ignored(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let config = f.scim().get("/ServiceProviderConfig").await.expect(200).body;
        assert!(config.get("securityEvents").is_none());

        let body = json!({ "schemas": [USER], "userName": "async" });
        let request = f.scim().request("POST", "/Users")
            .header("content-type", "application/scim+json")
            .header("Prefer", "respond-async, wait=5")
            .body(body.to_string());
        let created = Client::read(request).await.expect(201);
        assert_eq!(created.body["userName"], "async");
        for header in ["set-txn", "preference-applied"] {
            assert_eq!(created.header(header), "", "{header}");
        }
    }

    async fn no_event_holds_a_password_whatever_the_way_it_came(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let secret = "canary-5Qh7-hunter2";
        let sent = json!({ "schemas": [USER], "userName": "pw", "password": secret });
        let id = create(f.scim(), "/Users", sent.clone()).await;
        let mut replaced = sent;
        replaced["title"] = json!("Prof");
        let _ = f.scim().put(&format!("/Users/{id}"), replaced).await.expect(200);
        let pathless = json!([{ "op": "replace", "value": { "password": secret, "nickName": "p" } }]);
        let _ = f.patch_user(&id, pathless).await.expect(200);

        let events = f.app.events(&f.tenant.organization).await;
        let told: Vec<&Value> = events.iter().filter(|event| event["data"]["user"]["id"] == id.as_str()).collect();
        assert_eq!(told.len(), 3, "{events:?}");
        assert!(!Value::from(events).to_string().contains(secret));
    }
}
