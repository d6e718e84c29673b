//! Groups and their members over HTTP.

use std::collections::BTreeSet;

use rollcall_testkit::{Connection, TestApp, on_each_database};
use serde_json::{Value, json};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

async fn users(connection: &Connection, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        let created = connection
            .scim
            .post("/Users", json!({ "userName": name }))
            .await;
        ids.push(created.expect(201).text("/id"));
    }
    ids
}

async fn group(connection: &Connection, members: &[&String]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "displayName": "Sales", "externalId": "g1", "members": members });
    let created = connection.scim.post("/Groups", body).await.expect(201);
    format!("/Groups/{}", created.text("/id"))
}

async fn members(connection: &Connection, path: &str) -> BTreeSet<String> {
    let read = connection.scim.get(path).await.expect(200);
    let members = read.body["members"].as_array().cloned().unwrap_or_default();
    members
        .iter()
        .map(|member| member["value"].as_str().unwrap().to_owned())
        .collect()
}

fn set(ids: &[&String]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).clone()).collect()
}

fn patch(operations: Value) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": operations })
}

on_each_database! {
    async fn members_are_added_and_removed_in_the_shapes_of_entra_and_okta(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let ids = users(&acme, &["amy", "bob", "cy"]).await;
        let path = group(&acme, &[]).await;

        let steps = [
            (json!([{ "op": "Add", "path": "members", "value": [
                { "$ref": null, "value": ids[0] }, { "$ref": null, "value": ids[1] }] }]),
             set(&[&ids[0], &ids[1]])),
            (json!([{ "op": "add", "value": { "members": [{ "value": ids[2] }] } }]),
             set(&[&ids[0], &ids[1], &ids[2]])),
            (json!([{ "op": "Remove", "path": "members", "value": [{ "value": ids[0] }] }]),
             set(&[&ids[1], &ids[2]])),
            (json!([{ "op": "remove", "path": format!("members[value eq \"{}\"]", ids[1]) },
                    { "op": "add", "path": "members", "value": [{ "value": ids[0] }] }]),
             set(&[&ids[0], &ids[2]])),
            (json!([{ "op": "replace", "path": "members", "value": [{ "value": ids[1] }] }]),
             set(&[&ids[1]])),
            (json!([{ "op": "remove", "path": "members" }]), set(&[])),
        ];
        for (operations, expected) in steps {
            let answer = acme.scim.patch(&path, patch(operations.clone())).await.expect(204);
            assert_eq!(answer.body, Value::Null);
            assert_eq!(members(&acme, &path).await, expected, "{operations}");
        }
    }

    async fn each_member_that_joins_or_leaves_makes_one_event(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let ids = users(&acme, &["amy", "bob"]).await;
        let path = group(&acme, &[&ids[0]]).await;
        let before = app.events("acme").await.len();

        let add = json!([{ "op": "add", "path": "members", "value": [
            { "value": ids[0] }, { "value": ids[1] }] }]);
        let _ = acme.scim.patch(&path, patch(add.clone())).await.expect(204);
        let again = acme.scim.patch(&path, patch(add)).await.expect(204);

        let events = app.events("acme").await;
        assert_eq!(events.len(), before + 1, "the member who was there, and the repetition, are no change");
        assert_eq!(events[before]["type"], "group.member_added");
        assert_eq!(events[before]["data"]["user"]["id"], json!(ids[1]));
        assert_eq!(again.header("etag"), "W/\"2\"");
    }

    async fn an_unknown_member_refuses_the_whole_request_where_references_are_not_parked(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let refuse = json!({ "settings": { "unknown_references": "refuse" } });
        let _ = app.api.patch(&acme.path(), refuse).await.expect(200);
        let ids = users(&acme, &["amy"]).await;
        let path = group(&acme, &[]).await;
        let stranger = "01890000-0000-7000-8000-000000000000";

        for id in [stranger, "nobody"] {
            let operations = json!([
                { "op": "replace", "path": "displayName", "value": "Renamed" },
                { "op": "add", "path": "members", "value": [{ "value": ids[0] }, { "value": id }] },
            ]);
            let refused = acme.scim.patch(&path, patch(operations)).await.expect(400);
            assert_eq!(refused.body["scimType"], "invalidValue");
            let detail = refused.text("/detail");
            assert!(detail.contains(id), "{detail}");
        }

        assert_eq!(members(&acme, &path).await, set(&[]));
        let read = acme.scim.get(&path).await.expect(200);
        assert_eq!((&read.body["displayName"], read.header("etag")), (&json!("Sales"), "W/\"1\""));
    }

    async fn a_member_of_another_tenant_is_as_unknown_as_nobody(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let refuse = json!({ "settings": { "unknown_references": "refuse" } });
        let _ = app.api.patch(&acme.path(), refuse).await.expect(200);
        let globex = app.connect("Globex").await;
        let theirs = users(&globex, &["eve"]).await;

        let body = json!({ "displayName": "Sales", "members": [{ "value": theirs[0] }] });
        let refused = acme.scim.post("/Groups", body).await.expect(400);

        assert_eq!(refused.text("/detail"), format!("there is no user or group with the id `{}`", theirs[0]));
        assert_eq!(acme.scim.get("/Groups").await.expect(200).body["totalResults"], json!(0));
    }

    async fn put_sets_the_whole_membership(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let ids = users(&acme, &["amy", "bob", "cy"]).await;
        let path = group(&acme, &[&ids[0], &ids[1]]).await;

        let body = json!({ "displayName": "Sales", "members": [
            { "value": ids[1] }, { "value": ids[2] }] });
        let answer = acme.scim.put(&path, body).await.expect(200);
        assert_eq!(answer.body["members"].as_array().unwrap().len(), 2);
        assert_eq!(members(&acme, &path).await, set(&[&ids[1], &ids[2]]));

        let _ = acme.scim.put(&path, json!({ "displayName": "Sales" })).await.expect(200);
        assert_eq!(members(&acme, &path).await, set(&[]));
    }

    async fn a_rename_leaves_the_members(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let ids = users(&acme, &["amy"]).await;
        let path = group(&acme, &[&ids[0]]).await;

        let rename = json!([{ "op": "replace", "value": { "id": path[8..], "displayName": "Revenue" } }]);
        let _ = acme.scim.patch(&path, patch(rename)).await.expect(204);

        let read = acme.scim.get(&path).await.expect(200);
        assert_eq!(read.body["displayName"], "Revenue");
        assert_eq!(members(&acme, &path).await, set(&[&ids[0]]));
        let user = acme.scim.get(&format!("/Users/{}", ids[0])).await.expect(200);
        assert_eq!(user.body["groups"][0]["display"], "Revenue");
    }

    async fn members_are_not_sent_when_they_are_excluded(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let ids = users(&acme, &["amy"]).await;
        let path = group(&acme, &[&ids[0]]).await;

        let one = acme.scim.get(&format!("{path}?excludedAttributes=members")).await.expect(200);
        assert_eq!(one.body.get("members"), None);
        let filter = "filter=displayName%20eq%20%22SALES%22&excludedAttributes=members";
        let list = acme.scim.get(&format!("/Groups?{filter}")).await.expect(200);
        assert_eq!(list.body["totalResults"], json!(1));
        assert_eq!(list.body["Resources"][0].get("members"), None);
    }

    async fn concurrent_changes_of_one_group_lose_nobody(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let names: Vec<String> = (0..24).map(|n| format!("user{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let ids = users(&acme, &names).await;
        let path = group(&acme, &[]).await;

        let changes: Vec<_> = ids.iter().cloned().map(|id| {
            let (scim, path) = (acme.scim.clone(), path.clone());
            tokio::spawn(async move {
                let add = json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]);
                scim.patch(&path, patch(add)).await.status
            })
        }).collect();
        for change in changes {
            assert_eq!(change.await.unwrap(), 204);
        }

        assert_eq!(members(&acme, &path).await.len(), 24);
        let read = acme.scim.get(&path).await.expect(200);
        assert_eq!(read.header("etag"), "W/\"25\"");
    }
}
