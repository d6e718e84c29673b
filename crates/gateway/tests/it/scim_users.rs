//! Users over HTTP.

use rollcall_testkit::{Client, Connection, Reply, TestApp, on_each_database};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

async fn create(connection: &Connection, user_name: &str) -> Reply {
    let body = json!({ "schemas": [USER], "userName": user_name, "active": true });
    connection.scim.post("/Users", body).await.expect(201)
}

fn patch(operations: Value) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": operations })
}

on_each_database! {
    async fn a_created_user_is_answered_with_its_address_and_version(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;

        let created = acme.scim.post("/Users", json!({
            "schemas": [USER, ENTERPRISE],
            "userName": "Amy@acme.example",
            "name": { "givenName": "Amy", "familyName": "Adams" },
            "emails": [{ "value": "amy@acme.example", "type": "work", "primary": true }],
            "password": "not-kept",
            ENTERPRISE: { "department": "Sales" },
        })).await.expect(201);

        let id = created.text("/id");
        let location = format!("{}/Users/{id}", acme.scim.base());
        assert_eq!(created.header("location"), location);
        assert_eq!(created.header("etag"), "W/\"1\"");
        assert_eq!(created.header("content-type"), "application/scim+json; charset=utf-8");
        assert_eq!(created.body, json!({
            "schemas": [USER, ENTERPRISE],
            "id": id,
            "userName": "Amy@acme.example",
            "name": { "givenName": "Amy", "familyName": "Adams" },
            "emails": [{ "value": "amy@acme.example", "type": "work", "primary": true }],
            ENTERPRISE: { "department": "Sales" },
            "meta": {
                "resourceType": "User",
                "created": "2026-11-22T00:00:00.000Z",
                "lastModified": "2026-11-22T00:00:00.000Z",
                "version": "W/\"1\"",
                "location": location,
            },
        }));
        let read = acme.scim.get(&format!("/Users/{id}")).await.expect(200);
        assert_eq!(read.body, created.body);
    }

    async fn a_user_name_is_taken_whatever_its_case(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = create(&acme, "amy@acme.example").await;

        let body = json!({ "schemas": [USER], "userName": "AMY@acme.example" });
        let refused = acme.scim.post("/Users", body).await.expect(409);

        assert_eq!(refused.body, json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "409",
            "scimType": "uniqueness",
            "detail": "another resource of this connection has this `userName`",
        }));
    }

    async fn two_connections_may_have_the_same_user_name(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let globex = app.connect("Globex").await;
        let _ = create(&acme, "amy@example.com").await;
        let _ = create(&globex, "amy@example.com").await;
    }

    async fn a_deactivated_user_stays_and_can_come_back(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/Users/{}", create(&acme, "amy").await.text("/id"));

        let off = patch(json!([{ "op": "Replace", "path": "active", "value": "False" }]));
        let answer = acme.scim.patch(&path, off).await.expect(200);
        assert_eq!(answer.body["active"], json!(false));
        let found = acme.scim.get("/Users?filter=userName%20eq%20%22amy%22").await.expect(200);
        assert_eq!(found.body["totalResults"], json!(1));
        let on = patch(json!([{ "op": "replace", "value": { "active": true } }]));
        let _ = acme.scim.patch(&path, on).await.expect(200);

        let types = app.event_types("acme").await;
        assert_eq!(types[types.len() - 2..], ["user.deactivated", "user.reactivated"]);
    }

    async fn a_write_that_changes_nothing_makes_no_event_and_no_version(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let created = create(&acme, "amy").await;
        let path = format!("/Users/{}", created.text("/id"));
        let events = app.events("acme").await.len();
        app.clock.advance_millis(5_000);

        let same = patch(json!([{ "op": "replace", "path": "active", "value": true }]));
        let _ = acme.scim.patch(&path, same).await.expect(200);
        let put = acme.scim.put(&path, created.body.clone()).await.expect(200);

        assert_eq!(put.body, created.body);
        assert_eq!(app.events("acme").await.len(), events);
    }

    async fn last_modified_moves_even_when_the_clock_does_not(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/Users/{}", create(&acme, "amy").await.text("/id"));

        let titled = patch(json!([{ "op": "add", "path": "title", "value": "Dr" }]));
        let answer = acme.scim.patch(&path, titled).await.expect(200);

        assert_eq!(answer.body["meta"]["created"], "2026-11-22T00:00:00.000Z");
        assert_eq!(answer.body["meta"]["lastModified"], "2026-11-22T00:00:00.001Z");
        assert_eq!(answer.header("etag"), "W/\"2\"");
    }

    async fn a_stale_version_is_refused_and_changes_nothing(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let path = format!("/Users/{}", create(&acme, "amy").await.text("/id"));
        let titled = |title: &str| patch(json!([{ "op": "add", "path": "title", "value": title }]));
        let _ = acme.scim.patch(&path, titled("Dr")).await.expect(200);

        let request = acme.scim.request("PATCH", &path).header("if-match", "W/\"1\"");
        let stale = Client::read(request.body(titled("Prof").to_string())).await.expect(412);

        assert_eq!(stale.body["status"], "412");
        let read = acme.scim.get(&path).await.expect(200);
        assert_eq!(read.body["title"], "Dr");
        let request = acme.scim.request("GET", &path).header("if-none-match", "W/\"2\"");
        let _ = Client::read(request).await.expect(304);
    }

    async fn a_deleted_user_is_gone_and_leaves_its_groups(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let id = create(&acme, "amy").await.text("/id");
        let group = acme.scim.post("/Groups", json!({
            "displayName": "Sales", "members": [{ "value": id }],
        })).await.expect(201);
        let path = format!("/Users/{id}");

        let _ = acme.scim.delete(&path).await.expect(204);

        let _ = acme.scim.get(&path).await.expect(404);
        let _ = acme.scim.delete(&path).await.expect(404);
        let group = acme.scim.get(&format!("/Groups/{}", group.text("/id"))).await.expect(200);
        assert_eq!(group.body.get("members"), None);
        assert_eq!(group.header("etag"), "W/\"2\"");
        let types = app.event_types("acme").await;
        assert_eq!(types[types.len() - 2..], ["group.member_removed", "user.deleted"]);
        let list = acme.scim.get("/Users").await.expect(200);
        assert_eq!(list.body["totalResults"], json!(0));
    }

    async fn a_user_shows_the_groups_it_is_in(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let id = create(&acme, "amy").await.text("/id");
        let group = acme.scim.post("/Groups", json!({
            "displayName": "Sales", "members": [{ "value": id }],
        })).await.expect(201).text("/id");

        let read = acme.scim.get(&format!("/Users/{id}")).await.expect(200);

        assert_eq!(read.body["groups"], json!([{
            "value": group,
            "$ref": format!("{}/Groups/{group}", acme.scim.base()),
            "display": "Sales",
            "type": "direct",
        }]));
        let without = acme.scim.get(&format!("/Users/{id}?excludedAttributes=groups")).await;
        assert_eq!(without.expect(200).body.get("groups"), None);
    }
}
