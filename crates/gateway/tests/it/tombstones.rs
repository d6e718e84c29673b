//! What is left of deleted users and groups, and how they come back.

use rollcall_testkit::{Client, Connection, TestApp, TestDatabase, on_each_database};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

const DAY: u64 = 24 * 60 * 60 * 1_000;

/// A deleted user of a group, and its id.
async fn deleted(acme: &Connection, user_name: &str) -> String {
    let body = json!({ "userName": user_name, "externalId": "E1", "title": "Guide" });
    let id = acme.scim.post("/Users", body).await.expect(201).text("/id");
    let members = json!([{ "value": id }]);
    let group = json!({ "displayName": "Guides", "members": members });
    let _ = acme.scim.post("/Groups", group).await.expect(201);
    let _ = acme.scim.delete(&format!("/Users/{id}")).await.expect(204);
    id
}

async fn choose(app: &TestApp, acme: &Connection, settings: Value) {
    let _ = app
        .api
        .patch(&acme.path(), json!({ "settings": settings }))
        .await
        .expect(200);
}

/// What the management API lists.
async fn listed(app: &TestApp, acme: &Connection, what: &str) -> Value {
    let list = app
        .api
        .get(&format!("{}/{what}", acme.path()))
        .await
        .expect(200);
    list.body["data"].clone()
}

async fn rows(database: &TestDatabase) -> i64 {
    let raw = database.raw().await;
    let count = "select cast(count(*) as bigint) as n from tombstones";
    let statement = Statement::from_string(raw.get_database_backend(), count);
    let row = raw.query_one_raw(statement).await.unwrap().unwrap();
    raw.close().await.unwrap();
    row.try_get("", "n").unwrap()
}

/// The statuses of `count` requests sent at once, in ascending order.
async fn statuses(
    count: usize,
    scim: &Client,
    path: &str,
    body: impl Fn(usize) -> Value,
) -> Vec<u16> {
    let requests: Vec<_> = (0..count)
        .map(|number| {
            let (scim, path, body) = (scim.clone(), path.to_owned(), body(number));
            tokio::spawn(async move { scim.post(&path, body).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.unwrap());
    }
    statuses.sort_unstable();
    statuses
}

/// One 201, and 409 for all the others.
fn one_of(count: usize) -> Vec<u16> {
    let mut statuses = vec![409; count];
    statuses[0] = 201;
    statuses
}

on_each_database! {
    async fn what_is_left_of_a_user_is_shown_to_the_vendor_alone_and_purged_in_time(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let id = deleted(&acme, "Amy").await;

        assert_eq!(listed(&app, &acme, "deleted-users").await, json!([{
            "id": id,
            "user_name": "Amy",
            "external_id": "E1",
            "deleted_at": "2026-11-22T00:00:00.000Z",
            "purge_at": "2026-12-22T00:00:00.000Z",
        }]));
        assert_eq!(listed(&app, &acme, "users").await, json!([]));
        let seen = [
            acme.scim.get("/Users").await.expect(200),
            acme.scim.get("/Users?filter=externalId%20eq%20%22E1%22").await.expect(200),
            acme.scim.get("/?filter=userName%20pr").await.expect(200),
        ];
        for list in seen {
            assert_eq!(list.body["totalResults"], 0);
        }
        app.purge().await;
        assert_eq!(rows(&app.database).await, 1);

        app.clock.advance_millis(30 * DAY);
        assert_eq!(listed(&app, &acme, "deleted-users").await, json!([]));
        let restore = format!("{}/deleted-users/{id}/restore", acme.path());
        let _ = app.api.post(&restore, json!({})).await.expect(404);
        app.purge().await;
        assert_eq!(rows(&app.database).await, 0);
        let metrics = app.api.get("/metrics").await.expect(200);
        let metrics = metrics.body.as_str().unwrap();
        assert!(metrics.contains("rollcall_tombstones_purged_total 1"), "{metrics}");
    }

    async fn a_connection_takes_its_tombstones_with_it(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        deleted(&acme, "Amy").await;
        let path = format!("{}?confirm=Acme%20directory", acme.path());
        let _ = app.api.delete(&path).await.expect(204);
        assert_eq!(rows(&app.database).await, 0);
    }

    async fn a_purge_goes_through_every_organization(database: TestDatabase) {
        let app = TestApp::start(database).await;
        for name in ["A", "B", "C"] {
            let connection = app.connect(name).await;
            deleted(&connection, "Amy").await;
            deleted(&connection, "Bob").await;
        }
        app.clock.advance_millis(30 * DAY - 1);
        app.purge().await;
        assert_eq!(rows(&app.database).await, 6);
        // The next round begins an hour after the last one.
        app.clock.advance_millis(DAY);
        app.purge().await;
        assert_eq!(rows(&app.database).await, 0);
    }

    async fn the_vendor_can_bring_a_user_back_as_it_was(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let id = deleted(&acme, "Amy").await;
        let restore = format!("{}/deleted-users/{id}/restore", acme.path());

        let back = app.api.post(&restore, json!({})).await.expect(200);

        assert_eq!(back.body["id"], id.as_str());
        assert_eq!(back.body["version"], 2);
        assert_eq!(back.body["groups"], json!([]));
        let read = acme.scim.get(&format!("/Users/{id}")).await.expect(200);
        assert_eq!(read.body["title"], "Guide");
        assert_eq!(read.body["meta"]["version"], "W/\"2\"");
        assert_eq!(read.body["meta"]["created"], "2026-11-22T00:00:00.000Z");
        assert_eq!(read.body.get("groups"), None);
        let list = acme.scim.get("/Users").await.expect(200);
        assert_eq!(list.body["totalResults"], 1);
        let events = app.events("acme").await;
        let last = events.last().unwrap();
        assert_eq!(last["type"], "user.restored");
        assert_eq!(last["data"]["user"]["userName"], "Amy");
        assert!(last["actor"].as_str().unwrap().starts_with("key_"));
        assert_eq!(listed(&app, &acme, "deleted-users").await, json!([]));
        let _ = app.api.post(&restore, json!({})).await.expect(404);
    }

    async fn what_no_schema_knows_comes_back_with_its_owner(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let owners = [
            ("/Users", "deleted-users", json!({ "userName": "amy", "shoeSize": 42 })),
            ("/Groups", "deleted-groups", json!({ "displayName": "Crew", "shoeSize": 42 })),
        ];
        for (endpoint, deleted, body) in owners {
            let id = acme.scim.post(endpoint, body).await.expect(201).text("/id");
            let _ = acme.scim.delete(&format!("{endpoint}/{id}")).await.expect(204);
            let restore = format!("{}/{deleted}/{id}/restore", acme.path());
            let back = app.api.post(&restore, json!({})).await.expect(200);
            assert_eq!(back.body["unmapped"], json!({ "shoeSize": 42 }), "{}", back.body);
        }
    }

    async fn a_user_whose_name_is_taken_cannot_be_brought_back(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let id = deleted(&acme, "Amy").await;
        let _ = acme.scim.post("/Users", json!({ "userName": "AMY" })).await.expect(201);
        let restore = format!("{}/deleted-users/{id}/restore", acme.path());
        let refused = app.api.post(&restore, json!({})).await.expect(409);
        assert_eq!(refused.body["field"], "userName");
        assert_eq!(listed(&app, &acme, "deleted-users").await[0]["id"], id.as_str());
    }

    async fn a_tombstone_of_another_tenant_is_as_missing_as_none(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let globex = app.connect("Globex").await;
        let id = deleted(&acme, "Amy").await;
        for id in [id.as_str(), "01890000-0000-7000-8000-000000000000", "amy"] {
            for what in ["deleted-users", "deleted-groups"] {
                let restore = format!("{}/{what}/{id}/restore", globex.path());
                let _ = app.api.post(&restore, json!({})).await.expect(404);
            }
        }
        choose(&app, &globex, json!({ "deleted_users": "restore" })).await;
        let body = json!({ "userName": "Amy", "externalId": "E1" });
        let made = globex.scim.post("/Users", body).await.expect(201);
        assert_ne!(made.text("/id"), id);
        assert_eq!(listed(&app, &acme, "deleted-users").await[0]["id"], id.as_str());
    }

    async fn a_deleted_group_can_be_brought_back_without_members(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let amy = acme.scim.post("/Users", json!({ "userName": "amy" })).await.expect(201).text("/id");
        let body = json!({ "displayName": "Guides", "externalId": "G1", "members": [{ "value": amy }] });
        let id = acme.scim.post("/Groups", body).await.expect(201).text("/id");
        let _ = acme.scim.delete(&format!("/Groups/{id}")).await.expect(204);

        assert_eq!(listed(&app, &acme, "deleted-groups").await, json!([{
            "id": id,
            "display_name": "Guides",
            "external_id": "G1",
            "deleted_at": "2026-11-22T00:00:00.000Z",
            "purge_at": "2026-12-22T00:00:00.000Z",
        }]));
        let restore = format!("{}/deleted-groups/{id}/restore", acme.path());
        let back = app.api.post(&restore, json!({})).await.expect(200);
        assert_eq!(back.body["version"], 2);

        let read = acme.scim.get(&format!("/Groups/{id}")).await.expect(200);
        assert_eq!(read.body.get("members"), None);
        assert_eq!(app.event_types("acme").await.last().unwrap(), "group.restored");
        let _ = app.api.post(&restore, json!({})).await.expect(404);
    }

    async fn a_post_that_brings_a_user_back_writes_it_anew(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        choose(&app, &acme, json!({ "deleted_users": "restore" })).await;
        let id = deleted(&acme, "Amy").await;

        let back = acme.scim.post("/Users", json!({ "userName": "amy", "nickName": "A" })).await.expect(201);

        assert_eq!(back.text("/id"), id);
        assert_eq!(back.header("etag"), "W/\"2\"");
        assert_eq!(back.body["userName"], "amy");
        assert_eq!(back.body["nickName"], "A");
        for left in ["title", "externalId", "groups"] {
            assert_eq!(back.body.get(left), None, "{left}");
        }
        assert_eq!(listed(&app, &acme, "deleted-users").await, json!([]));
        // Of several the last one comes back, and the name counts before the external id.
        let _ = acme.scim.delete(&format!("/Users/{id}")).await.expect(204);
        choose(&app, &acme, json!({ "deleted_users": "new" })).await;
        let later = deleted(&acme, "bob").await;
        choose(&app, &acme, json!({ "deleted_users": "restore" })).await;
        let body = json!({ "userName": "amy", "externalId": "E1" });
        let _ = acme.scim.post("/Users", body).await.expect(201);
        assert!(listed(&app, &acme, "deleted-users").await[0]["id"] == later.as_str());
    }

    async fn a_deleted_user_comes_back_once_whoever_asks_at_the_same_time(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        choose(&app, &acme, json!({ "deleted_users": "restore" })).await;
        let id = deleted(&acme, "amy").await;
        let same = statuses(8, &acme.scim, "/Users", |_| json!({ "userName": "amy" })).await;
        assert_eq!(same, one_of(8));
        let _ = acme.scim.get(&format!("/Users/{id}")).await.expect(200);
        let restored = app.event_types("acme").await;
        assert_eq!(restored.iter().filter(|kind| *kind == "user.restored").count(), 1);
    }

    async fn a_post_of_an_inactive_user_says_how_to_bring_it_back(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let body = json!({ "userName": "amy", "active": false });
        let id = acme.scim.post("/Users", body.clone()).await.expect(201).text("/id");
        let refused = acme.scim.post("/Users", body).await.expect(409);
        assert_eq!(refused.body["scimType"], "uniqueness");
        assert_eq!(refused.body["detail"], format!(
            "a user with this `userName` exists and is inactive; to bring it back, set `active` to \
             true with PATCH or PUT at /Users/{id} instead of creating it"
        ));
    }

    async fn a_reactivated_user_keeps_its_groups_and_loses_what_was_not_sent(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        choose(&app, &acme, json!({ "inactive_users": "reactivate" })).await;
        let body = json!({ "userName": "amy", "title": "Guide", "active": false });
        let id = acme.scim.post("/Users", body).await.expect(201).text("/id");
        let group = json!({ "displayName": "Guides", "members": [{ "value": id }] });
        let group = acme.scim.post("/Groups", group).await.expect(201).text("/id");

        let back = acme.scim.post("/Users", json!({ "userName": "Amy" })).await.expect(201);

        assert_eq!(back.text("/id"), id);
        assert_eq!(back.header("etag"), "W/\"2\"");
        assert_eq!(back.body.get("title"), None);
        assert_eq!(back.body["groups"][0]["value"], group.as_str());
        assert_eq!(acme.scim.get(&format!("/Users/{id}")).await.expect(200).body, back.body);
    }

    async fn of_equal_external_ids_at_the_same_time_one_wins(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        choose(&app, &acme, json!({ "unique_external_ids": true })).await;
        let user = |number: usize| json!({ "userName": format!("u{number}"), "externalId": "E" });
        assert_eq!(statuses(16, &acme.scim, "/Users", user).await, one_of(16));
        let group = |number: usize| json!({ "displayName": format!("g{number}"), "externalId": "E" });
        assert_eq!(statuses(16, &acme.scim, "/Groups", group).await, one_of(16));
    }

    async fn a_taken_external_id_is_refused_in_every_kind_of_write(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        choose(&app, &acme, json!({ "unique_external_ids": true })).await;
        let patch = json!({ "Operations": [{ "op": "add", "path": "externalId", "value": "E1" }],
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] });
        for (endpoint, name) in [("/Users", "userName"), ("/Groups", "displayName")] {
            let body = |text: &str, external_id: &str| json!({ name: text, "externalId": external_id });
            let first = acme.scim.post(endpoint, body("one", "E1")).await.expect(201).text("/id");
            let second = acme.scim.post(endpoint, body("two", "E2")).await.expect(201);
            let path = format!("{endpoint}/{}", second.text("/id"));
            for refused in [
                acme.scim.post(endpoint, body("three", "E1")).await,
                acme.scim.put(&path, body("two", "E1")).await,
                acme.scim.patch(&path, patch.clone()).await,
            ] {
                let refused = refused.expect(409);
                assert_eq!(refused.body["scimType"], "uniqueness");
                assert!(refused.text("/detail").contains("`externalId`"), "{}", refused.body);
            }
            assert_eq!(acme.scim.get(&path).await.expect(200).body, second.body);
            // Case counts, what one has itself does not, and the deleted have nothing.
            let _ = acme.scim.put(&path, body("two", "e1")).await.expect(200);
            let _ = acme.scim.put(&path, body("two!", "e1")).await.expect(200);
            let _ = acme.scim.delete(&format!("{endpoint}/{first}")).await.expect(204);
            let _ = acme.scim.put(&path, body("two", "E1")).await.expect(200);
        }
    }
}
