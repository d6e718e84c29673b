//! What no schema of a connection knows: kept beside the resource, shown to the vendor only, and
//! turned into a schema.

use rollcall_testkit::{Connection, TestApp, TestDatabase, on_each_database};
use serde_json::{Value, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const ACME: &str = "urn:example:acme:2.0:User";

async fn connected(database: TestDatabase) -> (TestApp, Connection) {
    let app = TestApp::start(database).await;
    let connection = app.connect("Acme").await;
    (app, connection)
}

fn patch(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

async fn unmapped(app: &TestApp, connection: &Connection) -> Value {
    let listed = app
        .api
        .get(&format!("{}/users", connection.path()))
        .await
        .expect(200);
    listed.body["data"].as_array().unwrap().last().unwrap()["unmapped"].clone()
}

async fn last_event(app: &TestApp, connection: &Connection) -> Value {
    app.events(&connection.organization).await.pop().unwrap()
}

fn stray_user() -> Value {
    json!({
        "schemas": [USER, ACME],
        "userName": "nora",
        "shoeSize": 42,
        "custom": { "colour": "red", "none": null },
        "name": { "givenName": "Nora", "nick": "No" },
        "emails": [{ "value": "nora@example.com", "verified": true }],
        ENTERPRISE: { "department": "Sales", "floor": 3 },
        ACME: { "badge": "A1", "since": "2026-01-31T08:30:00Z" },
    })
}

fn stray_values() -> Value {
    json!({
        "shoeSize": 42,
        "custom": { "colour": "red" },
        "name": { "nick": "No" },
        "emails": [{ "verified": true }],
        ENTERPRISE: { "floor": 3 },
        ACME: { "badge": "A1", "since": "2026-01-31T08:30:00Z" },
    })
}

on_each_database! {
    async fn what_no_schema_knows_is_kept_and_shown_to_the_vendor_only(database: TestDatabase) {
        let (app, connection) = connected(database).await;
        let made = connection.scim.post("/Users", stray_user()).await.expect(201);
        let shown = connection.scim.get(&format!("/Users/{}", made.text("/id"))).await.expect(200);
        for answer in [&made.body, &shown.body] {
            assert_eq!(answer["schemas"], json!([USER, ENTERPRISE]));
            assert_eq!(answer["name"], json!({ "givenName": "Nora" }));
            assert_eq!(answer[ENTERPRISE], json!({ "department": "Sales" }));
            for word in ["shoeSize", "custom", "nick", "verified", "floor", "badge"] {
                assert!(!answer.to_string().contains(word), "{word}: {answer}");
            }
        }
        assert_eq!(unmapped(&app, &connection).await, stray_values());
        let event = last_event(&app, &connection).await;
        assert_eq!(event["type"], "user.created");
        assert_eq!(event["data"]["user"]["unmapped"], stray_values());
    }

    async fn a_put_replaces_what_is_unmapped(database: TestDatabase) {
        let (app, connection) = connected(database).await;
        let made = connection.scim.post("/Users", stray_user()).await.expect(201);
        let address = format!("/Users/{}", made.text("/id"));
        let same = connection.scim.put(&address, stray_user()).await.expect(200);
        assert_eq!(same.body["meta"]["version"], made.body["meta"]["version"]);

        let mut other = stray_user();
        other["shoeSize"] = json!(43);
        other.as_object_mut().unwrap().remove("custom");
        let put = connection.scim.put(&address, other).await.expect(200);
        assert_ne!(put.body["meta"]["version"], made.body["meta"]["version"]);
        let mut expected = stray_values();
        expected["shoeSize"] = json!(43);
        expected.as_object_mut().unwrap().remove("custom");
        assert_eq!(unmapped(&app, &connection).await, expected);
        assert_eq!(last_event(&app, &connection).await["data"]["user"]["unmapped"], expected);

        let plain = json!({ "schemas": [USER], "userName": "nora" });
        let _ = connection.scim.put(&address, plain).await.expect(200);
        assert_eq!(unmapped(&app, &connection).await, json!({}));
        let event = last_event(&app, &connection).await;
        assert!(event["data"]["user"].get("unmapped").is_none(), "{event}");
    }

    async fn one_unknown_path_leaves_no_leaver_enabled(database: TestDatabase) {
        let (app, connection) = connected(database).await;
        let made = connection.scim.post("/Users", json!({ "userName": "leaver", "active": true })).await.expect(201);
        let address = format!("/Users/{}", made.text("/id"));
        let roles = format!("{ACME}:roles[primary eq \"True\"].value");
        let roles = roles.as_str();
        let operations = json!([
            { "op": "Add", "path": "shoeSize", "value": 42 },
            { "op": "Add", "path": format!("{ACME}:badge"), "value": "A1" },
            { "op": "Replace", "path": "name.nick", "value": "Lee" },
            { "op": "Replace", "path": roles, "value": "admin" },
            { "op": "Remove", "path": "never.there" },
            { "op": "Replace", "path": "active", "value": "False" },
            { "op": "Add", "value": { "team": ["a"], ACME: { "floor": 3 }, "not a name": 1 } },
            { "op": "Add", "path": "team", "value": ["b", "a"] },
        ]);
        let patched = connection.scim.patch(&address, patch(operations)).await.expect(200);
        assert_eq!(patched.body["active"], false);
        assert!(!patched.body.to_string().contains("shoeSize"), "{}", patched.body);
        assert_eq!(unmapped(&app, &connection).await, json!({
            "shoeSize": 42,
            ACME: { "badge": "A1", "floor": 3 },
            "name": { "nick": "Lee" },
            (roles): "admin",
            "team": ["a", "b"],
            "not a name": 1,
        }));
        let event = last_event(&app, &connection).await;
        assert_eq!(event["type"], "user.deactivated");
        assert_eq!(event["data"]["user"]["unmapped"]["shoeSize"], 42);

        // Changed and removed, in whatever spelling.
        let operations = json!([
            { "op": "replace", "path": "SHOESIZE", "value": 43 },
            { "op": "remove", "path": format!("{}:badge", ACME.to_uppercase()) },
            { "op": "remove", "path": "name.nick" },
            { "op": "remove", "path": "team", "value": ["a"] },
            { "op": "replace", "path": roles, "value": null },
            { "op": "replace", "path": ACME, "value": { "floor": 4 } },
        ]);
        let _ = connection.scim.patch(&address, patch(operations)).await.expect(200);
        assert_eq!(unmapped(&app, &connection).await, json!({
            "shoeSize": 43, ACME: { "floor": 4 }, "team": ["b"], "not a name": 1 }));
        let again = json!([{ "op": "add", "path": "shoeSize", "value": 43 }]);
        let before = connection.scim.get(&address).await.expect(200);
        let same = connection.scim.patch(&address, patch(again)).await.expect(200);
        assert_eq!(same.body["meta"], before.body["meta"]);
        let all = json!([{ "op": "remove", "path": ACME }]);
        let _ = connection.scim.patch(&address, patch(all)).await.expect(200);
        assert_eq!(unmapped(&app, &connection).await, json!({
            "shoeSize": 43, "team": ["b"], "not a name": 1 }));
    }

    async fn groups_keep_what_is_unmapped_too(database: TestDatabase) {
        let (app, connection) = connected(database).await;
        let group = json!({ "displayName": "Sales", "costCentre": 7, "password": "hush" });
        let made = connection.scim.post("/Groups", group).await.expect(201);
        assert!(made.body.get("costCentre").is_none());
        let change = patch(json!([{ "op": "replace", "value": { "displayName": "Sold", "costCentre": 8 } }]));
        let _ = connection.scim.patch(&format!("/Groups/{}", made.text("/id")), change).await.expect(204);
        let listed = app.api.get(&format!("{}/groups", connection.path())).await.expect(200);
        assert_eq!(listed.body["data"][0]["unmapped"], json!({ "costCentre": 8 }));
        let event = last_event(&app, &connection).await;
        assert_eq!(event["data"]["group"]["unmapped"], json!({ "costCentre": 8 }));
        let proposal = format!("{}/schema-proposal?resource_type=Group", connection.path());
        let proposal = app.api.get(&proposal).await.expect(200).body;
        assert_eq!(proposal["resource_type"], "Group");
        assert_eq!(proposal["attributes"][0]["type"], "integer");
        let _ = app.api.post(&format!("{}/schemas", connection.path()), proposal).await.expect(201);
    }

    async fn secrets_are_never_kept(database: TestDatabase) {
        let (app, connection) = connected(database).await;
        let schema = json!({ "id": "urn:example:pin:User", "attributes": [
            { "name": "pin", "mutability": "writeOnly" } ] });
        let _ = app.api.post(&format!("{}/schemas", connection.path()), schema).await.expect(201);
        let body = json!({
            "userName": "careful", "password": "hush", "Initial-Password": "hush", "pin": "hush",
            "custom": { "client_secret": "hush", "shown": [{ "userPwd": "hush", "x": 1 }] },
            ACME: { "apiToken": "hush" }, ENTERPRISE: { "passphrase": "hush" } });
        let made = connection.scim.post("/Users", body).await.expect(201);
        let operations = json!([
            { "op": "add", "path": format!("{ACME}:password"), "value": "hush" },
            { "op": "add", "path": "custom.secret", "value": "hush" },
            { "op": "add", "value": { "passwd": "hush" } },
        ]);
        let _ = connection.scim.patch(&format!("/Users/{}", made.text("/id")), patch(operations)).await.expect(200);
        assert_eq!(unmapped(&app, &connection).await, json!({ "custom": { "shown": [{ "x": 1 }] } }));
        let events = json!(app.events(&connection.organization).await).to_string();
        assert!(!events.contains("hush"), "{events}");
    }

    async fn unmapped_values_are_bounded_and_the_rest_goes_through(database: TestDatabase) {
        let (app, connection) = connected(database).await;
        let mut many = json!({ "userName": "many" });
        for index in 0..150 {
            many[format!("stray{index}")] = json!(index);
        }
        let made = connection.scim.post("/Users", many).await.expect(201);
        assert_eq!(unmapped(&app, &connection).await.as_object().unwrap().len(), 100);

        let long = json!({ "userName": "long", "a": "x".repeat(10_000), "b": "x".repeat(10_000), "c": 1 });
        let _ = connection.scim.put(&format!("/Users/{}", made.text("/id")), long).await.expect(200);
        let kept = unmapped(&app, &connection).await;
        assert!(kept.get("a").is_some() && kept.get("b").is_none() && kept["c"] == 1);
        let (_, metrics) = app.state().metrics.render().unwrap();
        assert!(metrics.contains("quirk=\"unmapped_dropped\""), "{metrics}");
        assert!(metrics.contains("quirk=\"unknown_attribute\""));
    }

    async fn what_was_seen_becomes_a_schema_in_two_calls(database: TestDatabase) {
        let (app, connection) = connected(database).await;
        let proposal = format!("{}/schema-proposal", connection.path());
        let schemas = format!("{}/schemas", connection.path());
        let _ = app.api.get(&proposal).await.expect(404);
        let made = connection.scim.post("/Users", stray_user()).await.expect(201);
        let other = json!({ "userName": "omar", ACME: {
            "badge": "B2", "level": 1, "tags": ["x"], "car": { "plate": "A 1", "seats": 5 }, "bad name": 1 } });
        let _ = connection.scim.post("/Users", other).await.expect(201);
        let third = json!({ "userName": "third", ACME: { "level": 1.5, "remote": true } });
        let _ = connection.scim.post("/Users", third).await.expect(201);

        let proposed = app.api.get(&proposal).await.expect(200).body;
        assert_eq!(proposed["id"], ACME);
        let mut types: Vec<(String, String, bool)> = Vec::new();
        for attribute in proposed["attributes"].as_array().unwrap() {
            let text = |name: &str| attribute[name].as_str().unwrap().to_owned();
            types.push((text("name"), text("type"), attribute["multiValued"] == true));
        }
        types.sort();
        let expected = [
            ("badge", "string", false), ("car", "complex", false), ("level", "decimal", false),
            ("remote", "boolean", false), ("since", "dateTime", false), ("tags", "string", true),
        ];
        let expected = expected.map(|(name, kind, many)| (name.to_owned(), kind.to_owned(), many));
        assert_eq!(types, expected);
        let own = proposed["also_seen"][0].as_str().unwrap().to_owned();
        let _ = app.api.post(&schemas, proposed).await.expect(201);

        // What was kept stays unmapped until it is written again.
        let address = format!("/Users/{}", made.text("/id"));
        let before = connection.scim.get(&address).await.expect(200).body;
        assert!(before.get(ACME).is_none());
        let change = patch(json!([{ "op": "replace", "path": format!("{ACME}:badge"), "value": "A2" }]));
        let after = connection.scim.patch(&address, change).await.expect(200).body;
        assert_eq!(after[ACME], json!({ "badge": "A2" }));
        let listed = app.api.get(&format!("{}/users", connection.path())).await.expect(200);
        let users = listed.body["data"].as_array().unwrap();
        let kept = &users.iter().find(|user| user["user_name"] == "nora").unwrap()["unmapped"];
        assert_eq!(kept[ACME], json!({ "since": "2026-01-31T08:30:00Z" }));
        let put = connection.scim.put(&address, stray_user()).await.expect(200).body;
        assert_eq!(put[ACME]["since"], "2026-01-31T08:30:00.000Z");

        // Plain names get a URN of ours, and are found under it from then on.
        let named: String = url::form_urlencoded::byte_serialize(own.as_bytes()).collect();
        let proposed = app.api.get(&format!("{proposal}?id={named}")).await.expect(200).body;
        assert_eq!(proposed["id"], own.as_str());
        let _ = app.api.post(&schemas, proposed).await.expect(201);
        let put = connection.scim.put(&address, stray_user()).await.expect(200).body;
        assert_eq!(put[&own], json!({ "shoeSize": 42, "custom": { "colour": "red" } }));
    }

    async fn strict_refuses_what_it_does_not_know_and_a_malformed_path_is_refused_always(database: TestDatabase) {
        let (app, connection) = connected(database).await;
        let made = connection.scim.post("/Users", json!({ "userName": "victim", "active": true })).await.expect(201);
        let address = format!("/Users/{}", made.text("/id"));
        let malformed = ["emails[", "a b", "1a", "name..x", "emails[type eq", "[x]", "a.b.c", "name.", "emails[0].value"];
        for profile in ["compat", "strict"] {
            let settings = json!({ "settings": { "profile": profile } });
            let _ = app.api.patch(&connection.path(), settings).await.expect(200);
            for path in malformed {
                let change = patch(json!([
                    { "op": "replace", "path": "active", "value": false },
                    { "op": "add", "path": path, "value": "x" } ]));
                let refused = connection.scim.patch(&address, change).await.expect(400);
                let kinds = ["invalidPath", "invalidFilter"];
                assert!(kinds.contains(&refused.body["scimType"].as_str().unwrap()), "{path}: {}", refused.body);
            }
        }
        for path in ["shoeSize", "name.nick", &format!("{ACME}:badge")] {
            let change = patch(json!([{ "op": "add", "path": path, "value": "x" }]));
            let refused = connection.scim.patch(&address, change).await.expect(400);
            assert_eq!(refused.body["scimType"], "invalidPath", "{path}");
        }
        let body = json!({ "schemas": [USER], "userName": "victim", "shoeSize": 42 });
        for refused in [
            connection.scim.put(&address, body.clone()).await,
            connection.scim.post("/Users", body).await,
            connection.scim.patch(&address, patch(json!([{ "op": "add", "value": { "shoeSize": 1 } }]))).await,
        ] {
            assert_eq!(refused.expect(400).body["scimType"], "invalidSyntax");
        }
        assert_eq!(connection.scim.get(&address).await.expect(200).body, made.body);
        assert_eq!(unmapped(&app, &connection).await, json!({}));
    }
}
