//! Product attributes: named, tried out, listed, and kept from the identity provider.

use rollcall_testkit::{TestApp, on_each_database};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn patch(operation: Value) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": [operation] })
}

on_each_database! {
    async fn a_mapping_is_tried_saved_listed_and_removed(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let body = json!({
            "schemas": [USER, ENTERPRISE], "userName": "amy", "seniority": "seven",
            "emails": [{ "value": "amy@example.com", "type": "work" }],
            ENTERPRISE: { "department": "Tours" },
        });
        let amy = acme.scim.post("/Users", body).await.expect(201).text("/id").to_owned();
        let mappings = format!("{}/attribute-mappings", acme.path());
        let department = format!("{ENTERPRISE}:department");
        let tried = json!({ "user_id": amy, "mappings": [
            { "name": "team", "path": department, "type": "string" },
            { "name": "mail", "path": "emails[type eq \"work\"].value", "type": "string" },
            { "name": "level", "path": "seniority", "type": "integer" },
            { "name": "desk", "path": "desk", "type": "string", "required": true },
        ] });
        let preview = app.api.post(&format!("{mappings}/preview"), tried).await.expect(200);
        let given: Vec<_> = preview.body["attributes"].as_array().unwrap().iter()
            .map(|it| (it["outcome"].as_str().unwrap(), it["value"].clone(), it["detail"].clone()))
            .collect();
        assert_eq!(given, [
            ("value", json!("Tours"), Value::Null),
            ("value", json!("amy@example.com"), Value::Null),
            ("mistyped", Value::Null, json!("what stands at `seniority` is no integer")),
            ("missing", Value::Null, json!("the user has no value at `desk`")),
        ]);

        for (name, path, kind, required) in [
            ("team", department.as_str(), "string", true), ("level", "seniority", "integer", false),
            ("desk", "desk", "string", true), ("nick", "nickName", "string", false),
        ] {
            let body = json!({ "path": path, "type": kind, "required": required });
            let _ = app.api.put(&format!("{mappings}/{name}"), body).await.expect(200);
        }
        let users = app.api.get(&format!("{}/users", acme.path())).await.expect(200);
        let listed = &users.body["data"][0];
        assert_eq!(listed["attributes"], json!({ "team": "Tours" }));
        assert_eq!(listed["attribute_problems"], json!({
            "desk": "the user has no value at `desk`",
            "level": "what stands at `seniority` is no integer",
        }));
        let _ = app.api.delete(&format!("{mappings}/desk")).await.expect(204);
        let _ = app.api.get(&format!("{mappings}/desk")).await.expect(404);
        let all = app.api.get(&mappings).await.expect(200);
        assert_eq!(all.body["data"].as_array().unwrap().len(), 3);
        let before = app.events(&acme.organization).await.len();
        let same = json!({ "path": "nickName", "type": "string" });
        let _ = app.api.put(&format!("{mappings}/nick"), same).await.expect(200);
        assert_eq!(app.events(&acme.organization).await.len(), before);
    }

    async fn a_mapping_that_can_give_nothing_is_refused(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        for (name, body, field) in [
            ("n%C3%A4me", json!({ "path": "title", "type": "string" }), "name"),
            ("title", json!({ "path": "emails[", "type": "string" }), "path"),
            ("title", json!({ "path": "password", "type": "string" }), "path"),
            ("title", json!({ "path": "userName", "type": "string", "system": true }), "path"),
            ("title", json!({ "path": "title", "type": "text" }), "type"),
        ] {
            let path = format!("{}/attribute-mappings/{name}", acme.path());
            let refused = app.api.put(&path, body).await.expect(422);
            assert_eq!(refused.body["field"], field);
        }
    }

    async fn what_the_vendor_keeps_to_itself_is_not_set_by_an_identity_provider(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let body = json!({ "schemas": [USER], "userName": "amy", "title": "Dr" });
        let amy = acme.scim.post("/Users", body).await.expect(201).text("/id").to_owned();
        let path = format!("{}/attribute-mappings/title", acme.path());
        let mapping = json!({ "path": "title", "type": "string", "system": true });
        let _ = app.api.put(&path, mapping).await.expect(200);

        let user = format!("/Users/{amy}");
        let replace = patch(json!({ "op": "replace", "path": "title", "value": "Prof" }));
        let patched = acme.scim.patch(&user, replace).await.expect(200);
        assert_eq!(patched.body["title"], "Dr");
        let put = json!({ "schemas": [USER], "userName": "amy", "title": "Prof", "nickName": "A" });
        let replaced = acme.scim.put(&user, put).await.expect(200);
        assert_eq!((&replaced.body["title"], &replaced.body["nickName"]), (&json!("Dr"), &json!("A")));
        let remove = patch(json!({ "op": "remove", "path": "title" }));
        let kept = acme.scim.patch(&user, remove).await.expect(200);
        assert_eq!(kept.body["title"], "Dr");
        let body = json!({ "schemas": [USER], "userName": "bob", "title": "Prof" });
        let bob = acme.scim.post("/Users", body).await.expect(201);
        assert_eq!(bob.body.get("title"), None);
        app.flush().await;
        let log = app.api.get(&format!("{}/requests", acme.path())).await.expect(200);
        assert!(log.body.to_string().contains("system_attribute_ignored"), "{}", log.body);
    }
}
